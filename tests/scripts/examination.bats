#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# examination.bats - experiments/lib/examine.bash: runs whose files are damaged, or belong to another run, are named and left
# out.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test changes its own; variables of toy.bash

load ../tools/helpers
load toy

setup() {
  begin_toy
}

# damaged N: sets `run' to the folder of the Nth of eight runs, four of them of sgd with seeds 1 to 4.
damaged() {
  local all=("$runs"/{sgd-seed{1..4},bilevel-seed{1,2}}-*)
  run=${all[$1 - 1]}
}

# left_out N TEXT: for that reason it was not believed.
left_out() {
  damaged "$1"
  has_error ": $run/$2"
}

# gathers_but N: the other runs of twelve are gathered, and it is an error.
gathers_but() {
  script --gather --seeds 4
  if test "$status" -ne 1 || test "$(grep -vc '^#' "$results/comparison.tsv")" -ne $((13 - $1)); then
    show
    return 1
  fi
  has_error "$1 of 12 runs are not finished:"
}

@test "runs whose files are damaged are named and left out, the others are gathered" {
  local run
  finished_runs 4
  damaged 1 && sed -i '/train_accuracy_clean/d' "$run/summary.json"
  damaged 2 && sed -i 's/"test_accuracy_last": .*/"test_accuracy_last": "0.5\\t9",/' "$run/summary.json"
  damaged 3 && sed -i 's/"net": .*/"net": 5,/' "$run/summary.json"
  damaged 4 && sed -i 's/"seed": .*/"seed": 2,/' "$run/summary.json"
  damaged 5 && truncate -s 40 "$run/summary.json"
  damaged 6 && : >"$run/summary.json"
  damaged 7 && truncate -s -9 "$run/log.jsonl"
  damaged 8 && echo '"x"' >>"$run/log.jsonl"
  gathers_but 8
  left_out 1 'summary.json: train_accuracy_clean is missing'
  left_out 2 'summary.json: test_accuracy_last is not a number'
  left_out 3 'summary.json: net is not a string'
  left_out 4 'summary.json: its seed is 2, not 4'
  left_out 5 'summary.json is damaged'
  left_out 6 'summary.json: it is not one JSON object'
  left_out 7 'log.jsonl is damaged'
  left_out 8 'log.jsonl is damaged'
  finished_runs 4
  damaged 1 && sed -i 's/\("test_accuracy":\)\(0\.[0-9]*\)/\1"\2"/' "$run/log.jsonl"
  damaged 2 && rm "$run/log.jsonl"
  gathers_but 2
  left_out 1 'log.jsonl is damaged'
  left_out 2 'log.jsonl is missing or empty'
}

@test "a torn line of timing.jsonl is noted, and the run's numbers count" {
  local run
  finished_runs 1
  run=$(of bilevel-seed1)
  printf '{"ep' >>"$run/timing.jsonl"
  succeeds --gather --seeds 1
  has_error "note: $run/timing.jsonl has a line that is not a JSON object"
  grep -Fqx '# runs: 3 of 3' "$results/comparison.tsv"
  printf '{"start":"now","commit":"later"}\n{"epoch":2,"train_seconds":3600}\n' >>"$run/timing.jsonl"
  succeeds --gather --seeds 1
  grep -qx '# train_hours: 1' "$results/comparison.tsv"
  rm "$run/timing.jsonl"
  succeeds --gather --seeds 1
  has_error "note: $run has no timing.jsonl"
}

@test "a run whose command is empty, not there, or another cell's is not counted as the cell" {
  local run n
  finished_runs 4
  damaged 1 && : >"$run/command"
  damaged 2 && rm "$run/command"
  damaged 3 && cp "$(of bilevel-seed3)/command" "$run/command"
  gathers_but 3
  for n in 1 2 3; do
    left_out $n 'command does not have the flags of this cell'
  done
  # Another spelling is the same command.
  rm -r "$results" "$runs"
  finished_runs 1
  run=$(of bilevel-seed1)
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
