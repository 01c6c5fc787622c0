#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# memory.bats - ten thousand steps take no more memory than the first thousand.
load ../tools/helpers

# 100 steps an epoch, 100 epochs.
small=(--dataset synthetic --train-size 800 --test-size 50 --noise symmetric:0.4 --batch-size 8 --lr 0.01 --epochs 100
       --eval-every 100 --eval-size 50 --checkpoint-every 10 --quiet)

# Resident kilobytes of $pid; nothing once it is gone.
resident() {
  awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true
}

stays_flat() { # FLAGS...
  local first=0 last=0 now epochs=0
  "$HOLDOUT" train "${small[@]}" "$@" --run-dir run >out 2>err </dev/null 3>&- &
  pid=$!
  while now=$(resident) && test -n "$now"; do
    if test "$first" -eq 0; then
      epochs=$(grep -c . run/log.jsonl 2>/dev/null || true)
      epochs=${epochs:-0}
      test "$epochs" -lt 10 || first=$now
    fi
    last=$now
    sleep 0.05
  done
  wait "$pid"
  echo "# $*: $first kB after $((epochs * 100)) steps, $last kB after 10,000" >&3
  test "$first" -gt 0
  test "$epochs" -lt 50
  test "$last" -lt $((first + 1024))
}

@test "sgd" { stays_flat --net mlp:hidden=16 --optimizer sgd; }
@test "bilevel, with batch norm" { stays_flat --net preact-resnet18:width=1 --optimizer bilevel -O bilevel.minibatches=4; }
@test "bilevel+mixup" { stays_flat --net mlp:hidden=16 --optimizer bilevel+mixup -O bilevel.minibatches=4; }
@test "elr" { stays_flat --net mlp:hidden=16 --optimizer elr; }
@test "co-teaching" { stays_flat --net mlp:hidden=16 --optimizer co-teaching; }
@test "meta-weight-net" { stays_flat --net mlp:hidden=16 --optimizer meta-weight-net --clean-size 50; }
