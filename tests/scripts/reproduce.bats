#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# reproduce.bats - experiments/lib/experiment.bash: flags, what it starts, skips, resumes and repeats, what it gathers, by an
# experiment of three cells in folder `toy'.  The real ones are tried out in experiments.bats.

load ../tools/helpers
load toy

setup() {
  local program
  for program in jq parallel gnuplot flock; do
    command -v "$program" >/dev/null || skip "no $program"
  done
  cd "$BATS_TEST_TMPDIR" || return
  export PARALLEL_HOME=$BATS_FILE_TMPDIR/parallel # what it finds out about the machine at its first start
  toy
}

tsv() { # words of a row, the separator being a space
  printf '%s\n' "${1// /$'\t'}"
}

@test "help names flags, scales and cells" {
  script --help
  test "$status" -eq 0 && test -z "$err"
  has 'Usage: comparison'
  has '--scale NAME  quick small (default: quick)'
  has 'sgd bilevel uniform'
  script --help --scale small
  has 'sgd bilevel uniform sgd@1 bilevel@1 sgd@2 bilevel@2'
}

@test "wrong flags and names are refused with the right ones" {
  refuses "unknown flag \`--sede' (there is: --scale --seeds" --sede 3
  refuses "unknown scale \`large' (there is: quick small)" --scale large
  refuses "unknown cell \`adam' (there is: sgd bilevel uniform)" --only=adam
  refuses "unknown cell \`adam'" --only=sgd --only=adam
  refuses "flag \`--seeds' takes a number from 1 to 9999, not \`0'" --seeds 0
  refuses "flag \`--jobs' takes a number from 1 to 9999, not \`two'" --jobs=two
  refuses "flag \`--seeds' needs a value" --seeds
  refuses "unexpected argument \`quick'" quick
  refuses "\`--seed' is this script's to give" -- --seed=4
  refuses "flag \`--out' needs a folder" --out ''
  refuses 'there is a line break in the name of the folder' --out $'two\nlines'
  refuses 'there is a line break in a flag after --' -- --data-dir $'two\nlines'
  refuses "\`-c' cannot stand after --" -- -c some.yaml
  refuses "\`--gather' and \`--dry-run' are two things" --gather --dry-run
}

@test "a missing program is named" {
  HOLDOUT=./nowhere script
  test "$status" -eq 1
  has_error "no program \`./nowhere'"
  mkdir few
  for program in awk basename bash dirname env id mkdir nproc realpath sed sha256sum sort; do
    ln -s "$(command -v $program)" few
  done
  status=0
  PATH=$PWD/few few/bash "$comparison" --out out >.out 2>.err || status=$?
  err=$(cat .err)
  test "$status" -eq 1
  has_error 'not found: jq gnuplot flock (build-aux/install-deps installs what is needed)'
  PATH=$PWD/few few/bash "$comparison" --out out --no-figures >.out 2>.err || status=$?
  err=$(cat .err)
  has_error 'not found: jq flock (build-aux/install-deps installs what is needed)'
  test -z "$(ls out)"
}

@test "two cells of one name are a mistake of the grid" {
  sed -i 's/^  cell bilevel /  cell sgd /' "$comparison"
  HOLDOUT=dry script --dry-run
  test "$status" -eq 1 && test -z "$out"
  has_error "the grid has two cells \`sgd'"
}

@test "a folder that cannot be written" {
  pretend
  echo text >file
  script --out file --seeds 1
  test "$status" -eq 1 && test -z "$out"
  has_error 'nothing can be written in file: give another folder by --out'
  test ! -s calls
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

@test "a dry run prints the commands of the grid and their hours, and does nothing" {
  HOLDOUT=dry succeeds --dry-run --jobs 2
  test "$(wc -l <<<"$out")" -eq 9
  test "$(sort -u <<<"$out" | wc -l)" -eq 9
  test "$(grep -c -- '--optimizer sgd ' <<<"$out")" -eq 3
  test "$(grep -c -- '-O bilevel.weights=uniform ' <<<"$out")" -eq 3
  test -z "$(ls out)"
  # 9 x 1:02:03; each cell is tried out once.
  has_error '9 runs, 9 to do: about 9.30 hours of one processor, the longest run 62:03; 2 at a time about 4.65 hours'
  test "$(grep -c -- '--seed 1 --threads 1 --dry-run' tried)" -eq 3
  HOLDOUT=dry succeeds --dry-run --seeds 2 --only uniform --only sgd
  test "$(wc -l <<<"$out")" -eq 4
  # shellcheck disable=SC2016 # the expansion is the test's
  HOLDOUT=dry succeeds --dry-run --only sgd --seeds 1 -- --data-dir 'my $data'
  has "--data-dir my\\ \\\$data"
  HOLDOUT=true script --dry-run
  test "$status" -eq 1
  has_error 'sgd could not be tried out'
  # The program's own estimate, of a run of days.
  succeeds --dry-run --seeds 1 --only sgd --jobs 1 "${tiny[@]}" --epochs 1000000000 --eval-every 1000000000
  [[ $err =~ about\ ([0-9]+)\.[0-9]+\ hours ]]
  test "${BASH_REMATCH[1]}" -gt 24
}

@test "a method stands for all of its cells, a cell may have fewer seeds" {
  HOLDOUT=dry succeeds --dry-run --scale small --only sgd
  test "$(wc -l <<<"$out")" -eq 9
  HOLDOUT=dry succeeds --dry-run --scale small --only bilevel@2
  test "$(wc -l <<<"$out")" -eq 1
}

@test "runs of equal flags, however they are written, are one run" {
  local folder
  folder=$(of sgd-seed1)
  test "$(of sgd-seed1 --epochs 40)" = "$folder"
  test "$(of sgd-seed1 --epochs=7 --epochs=40)" = "$folder"
  test "$(of sgd-seed1 --epochs 41)" != "$folder"
  test "$(of sgd-seed1 -O sgd.momentum=0.5)" != "$folder"
  test "$(of sgd-seed1 -O sgd.momentum=0.9 -O sgd.momentum=0.5)" = "$(of sgd-seed1 -O sgd.momentum=0.5)"
  test "$(of sgd-seed2)" != "$folder"
  test "$(of sgd-seed1 --option=sgd.momentum=0.5)" = "$(of sgd-seed1 -O sgd.momentum=0.5)"
  test "$(of sgd-seed1 --option=a.b=1 --option=c.d=2)" != "$(of sgd-seed1 --option=a.b=3 --option=c.d=2)"
  test "$(of sgd-seed1 --plugin-dir a --plugin-dir b)" != "$(of sgd-seed1 --plugin-dir c --plugin-dir b)"
  [[ ${folder##*/} = sgd-seed1-* ]]
}

@test "the learning rate that a method chose is used" {
  mkdir -p toy/results/quick
  printf '# why\nmethod\tlearning_rate\nsgd\t0.25\n' >toy/results/quick/tuned.tsv
  HOLDOUT=dry succeeds --dry-run --seeds 1
  test "$(grep -c -- '--lr 0.25 ' <<<"$out")" -eq 1
  # One's own choice comes before the committed one.
  mkdir -p out/experiments/toy/results/quick
  printf 'method\tlearning_rate\nsgd\t0.5\n' >out/experiments/toy/results/quick/tuned.tsv
  HOLDOUT=dry succeeds --dry-run --seeds 1
  test "$(grep -c -- '--optimizer sgd --lr 0.5 ' <<<"$out")" -eq 1
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

# left_out TEXT RUN: the run's files are not believed, for that reason; the others are gathered, and it is an error.
left_out() {
  script --gather --seeds 1
  if test "$status" -ne 1 || test "$(grep -vc '^#' "$results/comparison.tsv")" -ne 3; then
    show
    return 1
  fi
  has_error '1 of 3 runs are not finished:'
  has_error "bilevel, seed 1: $2/$1"
  rm -r "$results" "$2"
  finished_runs 1
}

@test "a run whose files are damaged is named and left out, the others are gathered" {
  local run
  finished_runs 1
  run=$(of bilevel-seed1)
  sed -i '/train_accuracy_clean/d' "$run/summary.json"
  left_out 'summary.json: there is no train_accuracy_clean' "$run"
  sed -i 's/"test_accuracy_last": .*/"test_accuracy_last": "0.5\\t9",/' "$run/summary.json"
  left_out 'summary.json: test_accuracy_last is no number' "$run"
  sed -i 's/"net": .*/"net": 5,/' "$run/summary.json"
  left_out 'summary.json: net is no text' "$run"
  sed -i 's/"seed": .*/"seed": 2,/' "$run/summary.json"
  left_out 'summary.json: it is of seed 2, not 1' "$run"
  truncate -s 40 "$run/summary.json"
  left_out 'summary.json is damaged' "$run"
  : >"$run/summary.json"
  left_out 'summary.json: it is not one JSON object' "$run"
  truncate -s -9 "$run/log.jsonl"
  left_out 'log.jsonl is damaged' "$run"
  echo '"x"' >>"$run/log.jsonl"
  left_out 'log.jsonl is damaged' "$run"
  sed -i 's/"test_accuracy":0.7/"test_accuracy":"0.7"/' "$run/log.jsonl"
  sed -i 's/\("test_accuracy":"[0-9.]*\)/\1"/' "$run/log.jsonl"
  left_out 'log.jsonl is damaged' "$run"
  rm "$run/log.jsonl"
  left_out 'log.jsonl is not there, or empty' "$run"
}

@test "a torn line of timing.jsonl is noted, and the run's numbers count" {
  local run
  finished_runs 1
  run=$(of bilevel-seed1)
  printf '{"ep' >>"$run/timing.jsonl"
  succeeds --gather --seeds 1
  has_error "note: $run/timing.jsonl has a line that is no JSON object"
  grep -Fqx '# runs: 3 of 3' "$results/comparison.tsv"
  printf '{"start":"now","commit":"later"}\n{"epoch":2,"train_seconds":3600}\n' >>"$run/timing.jsonl"
  succeeds --gather --seeds 1
  grep -qx '# train_hours: 1' "$results/comparison.tsv"
  rm "$run/timing.jsonl"
  succeeds --gather --seeds 1
  has_error "note: $run has no timing.jsonl"
}

@test "a run whose command is empty, not there, or another cell's is not counted as the cell" {
  local run
  finished_runs 1
  run=$(of bilevel-seed1)
  : >"$run/command"
  left_out 'command does not have the flags of this cell' "$run"
  rm "$run/command"
  left_out 'command does not have the flags of this cell' "$run"
  cp "$(of sgd-seed1)/command" "$run/command"
  left_out 'command does not have the flags of this cell' "$run"
  # Another spelling is the same command.
  printf '%s\n' --epochs=40 >>"$run/command"
  succeeds --gather --seeds 1
  # One that has not begun gets its own, one that has begun is not gone on with.
  pretend
  rm -r "$run"
  mkdir "$run"
  : >"$run/command"
  succeeds --seeds 1
  grep -q -- '--optimizer bilevel --seed 1 --threads 1' calls
  rm "$run/summary.json"
  echo --lr >"$run/command"
  : >calls
  script --seeds 1
  test "$status" -eq 1
  has_error "$run/command does not have the flags of this cell"
  test ! -s calls
}

@test "finished runs are kept, those of other settings are others" {
  pretend
  finished_runs 1
  succeeds --seeds 1
  has_error '3 of 3 runs are finished already'
  test "$(wc -l <calls)" -eq 0
  succeeds --seeds 2
  test "$(wc -l <calls)" -eq 3
  succeeds --seeds 1 --only sgd -- --lr 0.01
  test "$(wc -l <calls)" -eq 4
  tail -n 1 calls | grep -q -- '--seed 1 --lr 0.01 --threads 1'
  succeeds --gather --seeds 1
  test "$(grep -c '^sgd' "$results/comparison.tsv")" -eq 1
}

@test "a run that fails makes the script fail and is repeated, the others go on" {
  local run
  pretend
  run=$(of bilevel-seed1)
  echo bilevel-seed1 >failing
  script --seeds 1 --jobs 1
  test "$status" -eq 1
  has_error "bilevel, seed 1: failed with status 1; read $run/output.log"
  has_error '1 of 3 runs are not finished'
  has_error 'holdout: the disk is full'
  grep -q 'the disk is full' "$run/output.log"
  grep -Fqx '# runs: 2 of 3' "$results/comparison.tsv"
  rm failing
  succeeds --seeds 1
  has_error '2 of 3 runs are finished already'
  tail -n 1 calls | grep -qx "train --resume $run --threads 1"
  grep -Fqx '# runs: 3 of 3' "$results/comparison.tsv"
}

@test "a run that another process works on is left alone" {
  local run
  pretend
  run=$(of sgd-seed1)
  mkdir -p "$run"
  echo going >"$run/output.log"
  flock "$run/lock" "$comparison" --out out --seeds 1 --only sgd >.out 2>.err && return 1
  grep -q 'sgd, seed 1: another process is working on this run' .err
  test "$(cat "$run/output.log")" = going
  test ! -s calls
}

@test "a run that has diverged is not repeated, and said to be so" {
  local run
  pretend
  run=$(of sgd-seed1)
  mkdir -p "$run"
  echo "holdout: the loss is nan: training has diverged; a smaller --lr may help" >"$run/output.log"
  script --seeds 1
  test "$status" -eq 1
  has_error 'sgd, seed 1: training has diverged, and would again'
  test "$(wc -l <calls)" -eq 2
  grep -Fqx '# runs: 2 of 3' "$results/comparison.tsv"
}

@test "runs whose labels ought to be equal and are not are refused" {
  finished_runs 1
  sed -i 's/"data_sha256": "0123"/"data_sha256": "4567"/' "$(of sgd-seed1)/summary.json"
  script --gather --seeds 1
  test "$status" -eq 1
  has_error 'runs that ought to have the same images and labels have not'
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
  has_error "\`bilevel' and \`sgd' are one run"
}

@test "the whole experiment, tiny: train, gather, draw; the figure is the same when redrawn" {
  succeeds --seeds 2 "${tiny[@]}"
  results=$(echo out/experiments/toy/results/quick+*)
  local plots
  plots=$(echo out/plots/quick+*)
  test "$(grep -vc '^#' "$results/comparison.tsv")" -eq 7
  # All cells see the same wrong labels.
  test "$(jq .labels_sha256 "$runs"/*-seed1-*/summary.json | sort -u | wc -l)" -eq 1
  test "$(jq .labels_sha256 "$runs"/*/summary.json | sort -u | wc -l)" -eq 2
  grep -q $'^bilevel\tbilevel\tNA\t2\t2\t0' "$results/comparison-curves.tsv"
  grep -q '^# commit: .' "$results/comparison.tsv"
  grep -q '</svg>' "$plots"/comparison.svg
  grep -q '>uniform<' "$plots"/comparison.svg
  cp "$plots"/comparison.svg first.svg
  cp "$results/comparison.tsv" first.tsv
  succeeds --gather --seeds 2 "${tiny[@]}"
  cmp first.svg "$plots"/comparison.svg
  cmp first.tsv "$results/comparison.tsv"
}

# Starts the comparison of one long run, waits until the run has done $1 epochs, then presses Ctrl-C, or sends signal $2 to
# the script alone.
interrupted_after() { # epochs [signal ""]
  # A shell's background job ignores Ctrl-C, what nohup starts ignores HUP, and shells cannot be taught otherwise; hence
  # perl, which parallel needs anyway.
  # shellcheck disable=SC2016 # perl's variables
  perl -e 'setpgrp; $SIG{$_} = "DEFAULT" for qw(INT HUP TERM); exec @ARGV' "$comparison" --out out --seeds 1 --only sgd \
    "${tiny[@]}" --epochs 30000 >.out 2>.err </dev/null 3>&- &
  local pid=$! tries run
  run=$(of sgd-seed1 "${tiny[@]:1}" --epochs 30000)
  for ((tries = 0; tries < 600; tries++)); do
    test ! -f "$run/log.jsonl" || test "$(wc -l <"$run/log.jsonl")" -le "$1" || break
    sleep 0.05
  done
  kill "-${2-INT}" -- "${3--}$pid"
  status=0
  wait "$pid" || status=$?
  cat .err >&2
  test "$status" -eq 130
  grep -q 'stopped; the same command goes on from here' .err
  test "$(tail -n 1 "$run/output.log" | cut -c 1-26)" = 'stopped after a checkpoint'
  test ! -e "$run/summary.json"
  test ! -e "$results"
  epochs=$(wc -l <"$run/log.jsonl")
}

@test "Ctrl-C stops with a checkpoint, and the same command goes on" {
  interrupted_after 0
  test "$epochs" -ge 1
  interrupted_after "$epochs"
  local run
  run=$(of sgd-seed1 "${tiny[@]:1}" --epochs 30000)
  test "$(grep -c '"start"' "$run/timing.jsonl")" -eq 2
  test "$(jq -s 'map(.epoch) == [range(1; length + 1)]' "$run/log.jsonl")" = true
}

@test "a signal to the script alone stops the runs with a checkpoint, too" {
  interrupted_after 0 TERM ''
  interrupted_after "$epochs" HUP ''
}
