#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# kills.bats - runs killed again and again at random moments, checkpoint writing included, end with the bytes of a run
# that nobody touched.
load ../tools/helpers

# shellcheck disable=SC2054 # the comma is the network's
small=(--dataset synthetic --train-size 640 --validation-size 100 --test-size 200 --noise symmetric:0.4 --batch-size 64
       --net preact-resnet18:width=2,dropout=0.2 --augment crop-flip --lr 0.05 --epochs 12 --quiet)
# How many kills each optimizer must survive.
: "${HO_KILLS:=100}"

start() {
  "$HOLDOUT" train "$@" >out 2>err </dev/null 3>&- &
  pid=$!
}

# Kills the process at a random moment of the next $window hundredths of a second; whether it had finished before is told by
# its exit status.
kill_soon() {
  local wait=$((RANDOM % window + 1))
  sleep "$((wait / 100)).$(printf '%02d' $((wait % 100)))"
  kill -9 "$pid" 2>/dev/null || true
  status=0
  { wait "$pid" || status=$?; } 2>/dev/null
}

# One run that is killed until it ends nevertheless.  On a busy machine some moments are too soon for any step: those to come
# are later, until the checkpoint moves.
kill_a_run() { # FLAGS...
  local here=0 window=40 seen='' now f
  rm -rf killed
  start "$@" --run-dir killed
  while ! test -s killed/config.yaml && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  kill_soon
  while test "$status" -ne 0; do
    test "$status" -eq 137 || {
      cat err
      return 1
    }
    here=$((here + 1))
    test "$here" -lt 200
    now=$(cksum killed/checkpoint.safetensors 2>/dev/null || true)
    window=$(test "$now" != "$seen" && echo 40 || echo $((window * 5 / 4)))
    seen=$now
    start --resume killed --quiet --threads $((here % 3 + 1))
    kill_soon
  done
  kills=$((kills + here))
  for f in checkpoint.safetensors checkpoint.previous.safetensors log.jsonl summary.json samples.safetensors labels.tsv \
    config.yaml; do
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
