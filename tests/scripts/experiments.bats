#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# experiments.bats - the experiments of the paper: each grid is trained, tiny, at every scale that it has.

load ../tools/helpers
bats_require_minimum_version 1.5.0

setup() {
  local program
  for program in jq parallel gnuplot flock; do
    command -v "$program" >/dev/null || skip "no $program"
  done
  cd "$BATS_TEST_TMPDIR" || return
  export PARALLEL_HOME=$BATS_FILE_TMPDIR/parallel
  experiments=${HO_SRCDIR:?}/experiments/deep-bilevel-learning
  export HOLDOUT_DATA=$PWD/data
  mkdir -p data/cifar-n
  head -c 2000 /dev/zero | tr '\0' '\3' | tee data/cifar-n/cifar10n_aggre.u8 >data/cifar-n/cifar10n_worse.u8
}

# Trains the grid of a scale, but on few synthetic images; every flag of the cells is taken, or the run fails.
tiny() { # experiment scale
  local status=0
  "$experiments/$1" --scale "$2" --seeds 1 --out . -- --dataset synthetic --train-size 320 --validation-size 100 \
    --test-size 100 --net mlp:hidden=8,dropout=0.1 --augment none --epochs 1 --sched const --lr 0.01 >out 2>err \
    </dev/null || status=$?
  cat out err
  test "$status" -eq 0
  results=$(echo "experiments/deep-bilevel-learning/results/$2"+*)
  grep -q '</svg>' "plots/$2"+*/"$1.svg"
  grep -q "^# experiment: deep-bilevel-learning/$1$" "$results/$1.tsv"
  test "$(grep -vc '^#' "$results/$1.tsv")" -gt "$3"
}

@test "the ten rows of the table, controls and later methods" {
  tiny comparison paper 26
  cut -f 1 "$results/comparison.tsv" >cells
  local cell
  for cell in sgd dropout-0.3 dropout-0.7 label-smoothing bootstrap-soft bootstrap-hard noise-layer air mentornet mixup \
    bilevel bilevel+mixup uniform random random-weights gce elr sam co-teaching bilevel+mixup@cifar100; do
    grep -qx -- "$cell" cells
  done
}

@test "label noise from none to most" { tiny noise-sweep quick 15; }
@test "components" { tiny ablation-components small 22; }
@test "number of mini-batches" { tiny ablation-minibatches quick 8; }
@test "size of mini-batches" { tiny ablation-size quick 8; }
@test "the ridge" { tiny ablation-mu paper 6; }
@test "a fixed validation set" { tiny ablation-validation quick 4; }
@test "few images" { tiny small-data small 1; }
@test "labels by people" { tiny human-noise small 6; }
@test "random labels and shuffled pixels" { tiny memorisation quick 3; }
@test "the authors' configuration, as a script and as files" {
  local file optimizer run
  tiny authors-demo paper 2
  for optimizer in sgd bilevel; do
    file=authors-demo
    test "$optimizer" = bilevel || file=authors-demo-sgd
    "$HOLDOUT" train -c "$experiments/$file.yaml" --seed 1 --dataset synthetic --train-size 320 --validation-size 100 \
      --test-size 100 --net mlp:hidden=8,dropout=0.1 --augment none --epochs 1 --sched const --lr 0.01 --run-dir "$file" \
      --quiet
    run=$(echo experiments/deep-bilevel-learning/runs/paper/"$optimizer"-seed1-*)
    diff "$file/config.yaml" "$run/config.yaml"
    cmp "$file/checkpoint.safetensors" "$run/checkpoint.safetensors"
  done
  # What the flags for a tiny network hide.
  printf '#!/bin/sh\necho "{\\"time_s\\":1}"\n' >dry
  chmod +x dry
  HOLDOUT=./dry "$experiments/authors-demo" --seeds 1 --dry-run >commands 2>err
  while read -r key value; do
    grep -q -- "--${key%:} $value " commands
  done < <(grep -E '^(dataset|noise|augment|net|batch-size|epochs|lr|sched|decay-epochs|decay-rate|weight-decay|eval-every):' \
    "$experiments/authors-demo.yaml")
}

@test "the learning rate is chosen by accuracy on held-out noisy labels, of equals the first" {
  tiny tuning quick 66
  test "$(grep -vc '^#' "$results/tuned.tsv")" -eq 23
  awk -F '\t' '/^#/ { next } !named { for (i = 1; i <= NF; i++) at[$i] = i; named = 1; next }
    $2 == "bilevel" { print $at["x"], $at["validation_accuracy_last"] }' "$results/tuning.tsv" >rates
  test "$(wc -l <rates)" -eq 3
  sort -s -k 2,2gr rates | head -n 1 | while read -r rate accuracy; do
    grep -qx "bilevel	$rate	$accuracy" "$results/tuned.tsv"
  done
  # From now on, bilevel trains with it.
  mkdir experiments/deep-bilevel-learning/results/quick
  cp "$results/tuned.tsv" experiments/deep-bilevel-learning/results/quick
  local rate
  rate=$(sed -n 's/^bilevel\t\([^\t]*\)\t.*/\1/p' "$results/tuned.tsv")
  printf '#!/bin/sh\necho "{\\"time_s\\":1}"\n' >dry
  chmod +x dry
  HOLDOUT=./dry "$experiments/ablation-mu" --seeds 1 --out . --dry-run 2>err >commands
  test "$(grep -c -- "--optimizer bilevel --lr $rate " commands)" -eq 4
}

@test "all of them: those that the scale has, with the flags of each" {
  printf '#!/bin/sh\necho "{\\"time_s\\":1}"\n' >dry
  chmod +x dry
  HOLDOUT=./dry "$experiments/all" --scale small --seeds 1 --dry-run --out . >commands 2>err
  test "$(grep -c '^== ' err)" -eq 11
  run ! grep -q 'authors-demo' err
  # Runs that several experiments ask for are one.
  test "$(sed 's/.*--run-dir //' commands | sort -u | wc -l)" -lt "$(wc -l <commands)"
  HOLDOUT=./dry run -2 "$experiments/all" --scale huge
  HOLDOUT=./dry run -2 "$experiments/all" --sede 3
  HOLDOUT=./dry run -2 "$experiments/all" --only sgd
  [[ $output = *"all: \`--only' is for one experiment: call its script; see"* ]]
  HOLDOUT=./dry run -2 "$experiments/all" --scale
  [[ $output = *"all: flag \`--scale' needs a value; see"* ]]
  HOLDOUT=./nowhere run -1 "$experiments/all" --scale small --dry-run --out .
  [[ $output = *$'\nall: not complete: tuning comparison '* ]]
}
