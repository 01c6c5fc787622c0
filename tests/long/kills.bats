#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# kills.bats - runs killed again and again at random moments, checkpoint writing included, end with the bytes of a run
# that nobody touched.
load ../cli/helpers

small=(--dataset synthetic --train-size 640 --validation-size 100 --test-size 200 --noise symmetric:0.4 --batch-size 64
       --net preact-resnet18:width=2,dropout=0.2 --augment crop-flip --lr 0.05 --epochs 12 --quiet)
# How many kills each optimizer must survive.
: "${HO_KILLS:=100}"

start() {
  "$HOLDOUT" train "$@" >out 2>err </dev/null &
  pid=$!
}

# Kills the process after up to 0.3 seconds; whether it had finished before is told by its exit status.
kill_soon() {
  sleep "0.$((RANDOM % 30 + 10))"
  kill -9 "$pid" 2>/dev/null || true
  status=0
  wait "$pid" || status=$?
}

# One run that is killed until it ends nevertheless.
kill_a_run() { # FLAGS...
  local here=0 f
  rm -rf killed
  start "$@" --run-dir killed
  while ! test -s killed/config.yaml && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  kill_soon
  while test "$status" -ne 0; do
    test "$status" -eq 137
    here=$((here + 1))
    test "$here" -lt 200
    start --resume killed --quiet --threads $((here % 3 + 1))
    kill_soon
  done
  kills=$((kills + here))
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "whole/$f" "killed/$f"
  done
}

survives() { # KILLS FLAGS...
  local kills=0 runs=0 wanted=$1
  shift
  works train "$@" --run-dir whole
  while test "$kills" -lt "$wanted"; do
    kill_a_run "$@"
    runs=$((runs + 1))
    test "$runs" -lt 100 # else it is so fast that no kill meets it
  done
  echo "# $kills kills survived, in $runs runs" >&3
}

@test "sgd survives kills" {
  survives "$HO_KILLS" "${small[@]}" --optimizer sgd
}

@test "bilevel survives kills" {
  survives "$HO_KILLS" "${small[@]}" --optimizer bilevel
}

@test "a method that remembers every sample survives kills" {
  survives $(((HO_KILLS + 4) / 5)) "${small[@]}" --optimizer elr
}
