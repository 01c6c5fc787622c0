#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gathering.bats - experiments/lib/results.bash: tables and curves of finished runs, what is printed of them, and where they go.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test changes its own; variables of toy.bash

load ../tools/helpers
load toy

setup() {
  begin_toy
}

@test "without a finished run there is nothing to gather" {
  script --gather
  test "$status" -eq 1 && test -z "$out"
  has_error 'no run of this grid is finished, so there is nothing to show; without --gather they are trained'
  test ! -e "$results"
  finished_runs 1
  script --gather -- --lr 5
  test "$status" -eq 1 && test -z "$out"
  has_error "Runs in $runs are of other flags, or of other learning rates than tuned.tsv has now"
}

tsv() { # words of a row, the separator being a space
  printf '%s\n' "${1// /$'\t'}"
}

# A row of the table: cell, seed, last, best, optimizer.
row() {
  printf '%s\t%s\tNA\t%s\t%s\t%s\t1\tNA\t0.5\t0.75\t0.625\t0.4\t0.4\t2\t%s\tmlp\tfashion-mnist\t2000\tsymmetric:0.4\t%s\n' \
    "$1" "$1" "$2" "$3" "$4" "$5" "$(basename "$(of "$1-seed$2")")"
}

@test "tables hold the runs, the curves, and where they come from" {
  finished_runs 2
  succeeds --gather --seeds 2
  grep -v '^#' "$results/comparison.tsv" >rows
  diff - rows <<END
$(tsv "cell method x seed test_accuracy_last test_accuracy_best test_accuracy_best_epoch \
test_accuracy_validation_selected validation_accuracy_last train_accuracy_noisy train_accuracy_clean \
noise_rate_nominal noise_rate_realised epochs optimizer net dataset train_size noise run" | sed 's/\t\t*/\t/g')
$(row sgd 1 0.51 0.56 sgd)
$(row sgd 2 0.52 0.57 sgd)
$(row bilevel 1 0.71 0.76 bilevel)
$(row bilevel 2 0.72 0.77 bilevel)
$(row uniform 1 0.61 0.66 bilevel)
$(row uniform 2 0.62 0.67 bilevel)
END
  grep -v '^#' "$results/comparison-curves.tsv" >rows
  diff - rows <<END
$(tsv "cell method x epoch seeds test_accuracy_mean test_accuracy_sd train_accuracy_noisy_mean train_accuracy_noisy_sd \
train_accuracy_clean_mean train_accuracy_clean_sd" | sed 's/\t\t*/\t/g')
$(tsv 'sgd sgd NA 1 2 0.565000 0.007071 0.500000 0.000000 0.700000 0.000000')
$(tsv 'sgd sgd NA 2 2 0.515000 0.007071 0.750000 0.000000 0.625000 0.000000')
$(tsv 'bilevel bilevel NA 1 2 0.765000 0.007071 0.500000 0.000000 0.700000 0.000000')
$(tsv 'bilevel bilevel NA 2 2 0.715000 0.007071 0.750000 0.000000 0.625000 0.000000')
$(tsv 'uniform uniform NA 1 2 0.665000 0.007071 0.500000 0.000000 0.700000 0.000000')
$(tsv 'uniform uniform NA 2 2 0.615000 0.007071 0.750000 0.000000 0.625000 0.000000')
END
  local line
  for line in 'runs: 6 of 6' 'seeds: 2' 'commit: c0ffee' 'compiler: cc 1' 'flags: -O3' 'blas: B' 'core_type: T' 'kernels: K' \
    'cpu: C' 'threads: 1' 'data_sha256: 0123' 'share_of_true_labels: 0.6' 'train_hours: 0' \
    'command: experiments/toy/comparison --scale quick --seeds 2' \
    'title: Fashion-MNIST, 2,000 training images, 40 % symmetric label noise, MLP'; do
    grep -Fqx "# $line" "$results/comparison.tsv"
    grep -Fqx "# $line" "$results/comparison-curves.tsv"
  done
  test "$(cat "$results"/* | grep -cF "$PWD")" -eq 0
  test "$(ls "$results")" = "comparison-curves.tsv
comparison.sha256
comparison.tsv"
}

@test "where runs differ, the title has the range and the other lines all values" {
  finished_runs 2
  sed -i 's/"train_size": 2000/"train_size": 12000/; s/"noise_rate_nominal": 0.4/"noise_rate_nominal": 0/; s/symmetric:0.4/symmetric:0/' "$(of sgd-seed1)/summary.json"
  succeeds --gather --seeds 2
  grep -Fqx '# title: Fashion-MNIST, 2,000 to 12,000 training images, 0 to 40 % symmetric label noise, MLP' "$results/comparison.tsv"
  grep -Fqx '# images: 12000; 2000' "$results/comparison.tsv"
}

@test "the printed table has means, spreads and paired differences" {
  finished_runs 3
  succeeds --gather
  has 'sgd          3  52.00 +- 1.00   57.00 +- 1.00   75.00 +- 0.00   62.50 +- 0.00   40.00'
  has 'bilevel - sgd      +20.00 +- 0.00  +20.00 +- 0.00  bilevel is better: more than twice the standard error'
  # Differences of -1, 0 and 1 have mean 0 and standard error 0.58; of 0, 2 and 4, mean 2 and standard error 1.15.
  local seed
  for seed in 1 2 3; do
    sed -i "s/0.7${seed}00/0.5$((2 * seed - 2))00/" "$(of bilevel-seed$seed)/summary.json"
    sed -i "s/0.6${seed}00/0.5$((3 * seed - 2))00/" "$(of uniform-seed$seed)/summary.json"
  done
  succeeds --gather
  has 'bilevel - sgd      +0.00 +- 0.58   +20.00 +- 0.00  inconclusive: within twice the standard error'
  has 'uniform - sgd      +2.00 +- 1.15   +10.00 +- 0.00  inconclusive: within twice the standard error'
  has 'bilevel - uniform  -2.00 +- 0.58   +10.00 +- 0.00  bilevel is worse: more than twice the standard error'
  succeeds --gather --seeds 2
  has 'inconclusive: fewer than three seeds'
}

@test "one seed and one cell are enough for tables and figure" {
  finished_runs 1
  succeeds --gather --seeds 1
  has 'bilevel - sgd      +20.00          +20.00          one seed says nothing about the spread'
  rm -r "$(of sgd-seed1)" "$(of uniform-seed1)"
  succeeds --gather --seeds 1 --only bilevel
  has 'bilevel      1  71.00 '
  grep -Fqx '# runs: 1 of 3' "$results/comparison.tsv"
  grep -q '>bilevel<' out/plots/quick/comparison.svg
  script --gather --seeds 1
  test "$status" -eq 1
  has_error '2 of 3 runs are not finished'
  has_error 'sgd, seed 1: not begun'
}

@test "a figure that cannot be drawn is named, behind the table" {
  finished_runs 1
  printf '#!/bin/sh\nexit 1\n' >bin/gnuplot
  chmod +x bin/gnuplot
  script --gather --seeds 1
  test "$status" -eq 1
  has "table   $results/comparison.tsv"
  has_error 'not drawn: comparison'
  test -s "$results/comparison.tsv"
}

@test "runs whose labels ought to be equal and are not are refused" {
  finished_runs 1
  sed -i 's/"data_sha256": "0123"/"data_sha256": "4567"/' "$(of sgd-seed1)/summary.json"
  script --gather --seeds 1
  test "$status" -eq 1
  has_error 'runs that should have the same images and labels do not'
  has_error "$(of sgd-seed1)"
  test ! -e "$results"
}

@test "results of other settings stand apart, and cells that these make alike are named" {
  pretend
  finished_runs 1
  succeeds --gather --seeds 1
  cp "$results/comparison.tsv" before
  succeeds --seeds 1 -- --lr 0.25
  cmp before "$results/comparison.tsv"
  test "$(ls out/experiments/toy/results | wc -l)" -eq 2
  succeeds --seeds 1 --only sgd -- --optimizer sgd -O bilevel.weights=uniform
  has_error "\`bilevel' and \`sgd' are the same run"
}
