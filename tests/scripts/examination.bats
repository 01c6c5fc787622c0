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
  left_out 'summary.json: train_accuracy_clean is missing' "$run"
  sed -i 's/"test_accuracy_last": .*/"test_accuracy_last": "0.5\\t9",/' "$run/summary.json"
  left_out 'summary.json: test_accuracy_last is not a number' "$run"
  sed -i 's/"net": .*/"net": 5,/' "$run/summary.json"
  left_out 'summary.json: net is not a string' "$run"
  sed -i 's/"seed": .*/"seed": 2,/' "$run/summary.json"
  left_out 'summary.json: its seed is 2, not 1' "$run"
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
  left_out 'log.jsonl is missing or empty' "$run"
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
