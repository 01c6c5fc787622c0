#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# kills.bats - runs killed again and again at random moments, checkpoint writing included, end with the bytes of a run
# that nobody touched.
load ../cli/helpers

small=(--dataset synthetic --train-size 640 --validation-size 100 --test-size 200 --noise symmetric:0.4 --batch-size 64
       --net preact-resnet18:width=2,dropout=0.2 --augment crop-flip --lr 0.05 --epochs 12 --quiet)

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

survives() { # OPTIMIZER
  local kills=0 f
  works train "${small[@]}" --optimizer "$1" --run-dir whole
  start "${small[@]}" --optimizer "$1" --run-dir killed
  while ! test -s killed/config.yaml && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  kill_soon
  while test "$status" -ne 0; do
    test "$status" -eq 137
    kills=$((kills + 1))
    test "$kills" -lt 200
    start --resume killed --quiet --threads $((kills % 3 + 1))
    kill_soon
  done
  echo "# $1: $kills kills" >&3
  test "$kills" -gt 3
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "whole/$f" "killed/$f"
  done
}

@test "sgd survives kills" {
  survives sgd
}

@test "bilevel survives kills" {
  survives bilevel
}
