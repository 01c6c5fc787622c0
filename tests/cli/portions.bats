#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# portions.bats - holdout train --time-limit: it stops with a checkpoint and status 75, says how to go on, and ends with
# the bytes of a run in one go.

# shellcheck disable=SC2154 # err and out are set by helpers.bash

load ../tools/helpers

small=(--dataset synthetic --train-size 400 --test-size 200 --noise symmetric:0.4 --batch-size 64 --lr 0.05
       --net mlp:hidden=32 --quiet)

# goes_on RUN LIMIT: portions until the run is finished; $portions.
goes_on() {
  portions=0
  while call train --resume "$1" --quiet --time-limit "$2" && test "$status" -eq 75; do
    portions=$((portions + 1))
    test "$portions" -lt 100
  done
  test "$status" -eq 0
}

same_run() {
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f"
  done
}

@test "a limit shorter than a step: a step for each portion, and the same bytes as in one go" {
  works train "${small[@]}" --epochs 2 --run-dir whole
  call train "${small[@]}" --epochs 2 --run-dir parts --time-limit 0.001
  [ "$status" -eq 75 ]
  [ -z "$out" ]
  [[ "$err" == "stopped after a checkpoint by the time limit of 0.001; resume with: "*" train --resume parts --time-limit 0.001" ]]
  [ ! -e parts/summary.json ]
  works eval parts
  goes_on parts 0.001
  [ "$portions" -eq 10 ] # and the first and the last one: 2 epochs of 6 steps
  same_run whole parts
}

@test "a limit in the middle of an epoch" {
  local long=("${small[@]}" --net preact-resnet18:width=2 --train-size 2000 --batch-size 16 --epochs 1) # a second or more
  works train "${long[@]}" --run-dir whole
  call train "${long[@]}" --run-dir parts --time-limit 0.2
  [ "$status" -eq 75 ]
  [ ! -s parts/log.jsonl ]
  goes_on parts 2
  same_run whole parts
}

@test "a run that ends in time does not notice its limit" {
  works train "${small[@]}" --epochs 2 --run-dir whole
  works train "${small[@]}" --epochs 2 --run-dir limited --time-limit 1h30m
  same_run whole limited
  works train --resume limited --quiet --time-limit 1
}

@test "what is no time is refused, and files give no limit" {
  refused 2 "--time-limit: \`10min' is not a time such as 90s, 10m or 1h30m" train --time-limit 10min
  echo 'time-limit: 10m' >c.yaml
  refused 2 'c.yaml:1: time-limit is not read from files, as it is for one process, not for a run: give --time-limit' \
    train -c c.yaml
}
