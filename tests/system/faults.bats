#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# faults.bats - disks that are full, calls that fail, folders that vanish: a message, status 1, and a run that goes on
# from there to the same bytes.
load ../tools/helpers

# Every call takes minutes: make check tries one of HO_FAULT_STRIDE, make check-long all of them.
: "${HO_FAULT_STRIDE:=9}"

# A run of a twentieth of a second, with three checkpoints.
small=(--dataset synthetic --sched const --train-size 128 --test-size 64 --noise symmetric-bernoulli:0.4 --batch-size 32 --lr 0.05
       --net mlp:hidden=8 --epochs 3 --threads 1 --quiet)

# faulty N HOW ARGS...: the Nth call that touches the folder `run' fails (HOW fail), or ends the program (kill).
faulty() {
  status=0
  rm -f calls
  HO_FAULT_UNDER=run HO_FAULT_AT="$1" HO_FAULT_HOW="$2" HO_FAULT_LOG=calls \
    faulty_call files "$HOLDOUT" "${@:3}" >out 2>err </dev/null || status=$?
}

same_run() {
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f" || return 1
  done
}

# What follows is called behind `||' and within `if', where no command but the last would count by itself.

# Whatever was left of it, the run can be ended, with the bytes of the one that nothing happened to.
recovers() {
  if test -e run/checkpoint.safetensors; then works eval run || return 1; fi
  if test -e run/config.yaml; then
    works train --resume run --quiet --epochs 3 || return 1
  elif test "$prepare" = nothing; then
    works train "${small[@]}" --run-dir run || return 1
  else
    echo 'its configuration is lost'
    return 1
  fi
  same_run whole run
}

# One line that says what could not be done.
told() {
  test "$(wc -l <err)" -eq 1 && grep -q '^holdout: .*\(run\|read\)' err && test ! -s out
}

# every HOW PREPARE ARGS...: with each of the calls in turn.
every() {
  local how=$1 prepare=$2 calls k tried=0 told=0 harmless=0
  shift 2
  $prepare
  faulty 0 fail train "$@"
  test "$status" -eq 0
  calls=$(wc -l <calls)
  test "$calls" -gt 30
  for k in $(seq $((calls % HO_FAULT_STRIDE + 1)) "$HO_FAULT_STRIDE" "$calls"); do
    tried=$((tried + 1))
    $prepare
    faulty "$k" "$how" train "$@"
    case $how$status in
    fail0) # of no consequence, such as that of a temporary file's end
      harmless=$((harmless + 1))
      same_run whole run
      continue
      ;;
    fail1) told || { echo "call $(tail -n 1 calls)"; cat err; return 1; } ;;
    kill137) ;;
    *)
      echo "call $k of $calls: status $status"
      tail -n 1 calls
      cat err
      return 1
      ;;
    esac
    told=$((told + 1))
    recovers || { echo "after call $(tail -n 1 calls)"; return 1; }
  done
  echo "# $how: $tried of $calls calls, $told survived, $harmless of no consequence" >&3
}

nothing() {
  rm -rf run
}

one_epoch() {
  rm -rf run
  cp -r begun run
}

# Of a run that was killed before its first checkpoint.
one_step() {
  rm -rf run
  mkdir run
  cp whole/config.yaml whole/labels.tsv whole/timing.jsonl run
}

@test "any call of a fresh run may fail" {
  works train "${small[@]}" --run-dir whole
  every fail nothing "${small[@]}" --run-dir run
}

@test "any call of a resumed run may fail" {
  works train "${small[@]}" --run-dir whole
  works train "${small[@]}" --epochs 1 --run-dir begun
  every fail one_epoch --resume run --quiet --epochs 3
}

@test "at any call the program may be killed" {
  works train "${small[@]}" --run-dir whole
  every kill nothing "${small[@]}" --run-dir run
}

@test "at any call of a run that starts over the program may be killed" {
  works train "${small[@]}" --run-dir whole
  every kill one_step --resume run --quiet
}

@test "at whatever call a new optimizer's folder fails, nothing of it is left" {
  local calls k
  faulty 0 fail optimizers --new mine --dir run
  test "$status" -eq 0
  test "$(find run -type f | wc -l)" -eq 3
  calls=$(wc -l <calls)
  test "$calls" -gt 9
  for k in $(seq "$calls"); do
    rm -rf run
    faulty "$k" fail optimizers --new mine --dir run
    if test "$status" -ne 1 || ! told || test -e run; then
      echo "call $k of $calls: status $status"
      tail -n 1 calls
      cat err
      ls -A run
      return 1
    fi
  done
}

no_trace() {
  rm -f trace
}

# starve AT ARGS...: the allocation AT fails.
starve() {
  status=0
  HO_FAULT_AT="$1" HO_FAULT_LOG=calls faulty_call memory "$HOLDOUT" "${@:2}" >out 2>err </dev/null || status=$?
}

# every_allocation PREPARE ARGS...: with each of the program's allocations refused in turn.
every_allocation() {
  local prepare=$1 calls k tried=0 harmless=0
  shift
  ! grep -qE '__asan_init|__gcov' "$HOLDOUT" || skip 'what counts lines or watches memory asks for memory itself'
  $prepare
  starve 0 "$@"
  test "$status" -eq 0
  cp out wanted
  calls=$(cat calls)
  test "$calls" -gt 10
  for k in $(seq $((calls % HO_FAULT_STRIDE + 1)) "$HO_FAULT_STRIDE" "$calls"); do
    tried=$((tried + 1))
    $prepare
    starve "$k" "$@"
    case $status in
    0) harmless=$((harmless + 1)) && cmp wanted out ;;
    [12]) test "$(wc -l <err)" -eq 1 && grep -q '^holdout: .*\(memory\|bytes\)' err ;;
    *) false ;;
    esac || {
      echo "allocation $k of $calls: status $status"
      cat err
      return 1
    }
  done
  echo "# $1: $tried of $calls allocations refused, $harmless of no consequence" >&3
}

@test "any allocation of a fresh run may be refused" {
  every_allocation nothing train "${small[@]}" --optimizer mixup+bilevel --batch-size 64 --run-dir run
}

@test "any allocation of a resumed run may be refused" {
  works train "${small[@]}" --epochs 1 --run-dir begun
  every_allocation one_epoch train --resume run --quiet --epochs 3
}

@test "any allocation of other commands may be refused" {
  works train "${small[@]}" --epochs 1 --run-dir begun
  cp -r begun run
  every_allocation true eval run
  every_allocation true suspects run
  every_allocation true noise --dataset synthetic --noise pair:0.3
  every_allocation true data synthetic
  every_allocation no_trace trace --dataset synthetic --batch-size 32 --net mlp:hidden=8 --optimizer bilevel --threads 1 \
    --out trace
}

@test "a disk that is full" {
  works train "${small[@]}" --run-dir whole
  status=0
  (ulimit -f 2 && exec "$HOLDOUT" train "${small[@]}" --run-dir run) >out 2>err </dev/null || status=$?
  [ "$status" -eq 1 ]
  grep -q '^holdout: run/.*: cannot write: File too large$' err
  recovers
}

@test "a run folder that vanishes" {
  "$HOLDOUT" train "${small[@]}" --epochs 100000 --checkpoint-every 20 --run-dir run >out 2>err </dev/null 3>&- &
  pid=$!
  while ! test -e run/checkpoint.safetensors && kill -0 $pid; do sleep 0.01; done
  mv run gone
  status=0
  wait $pid || status=$?
  [ "$status" -eq 1 ]
  grep -qE '^holdout: run: cannot write: this folder was moved or deleted while .*; the last checkpoint in that folder is of step ' \
    err
  works eval gone
}

# As above, before each of the calls in turn: between a look at the folder and the call that needs it, too.
@test "a run folder that vanishes before any call" {
  local calls k told=0
  faulty 0 fail train "${small[@]}" --run-dir run
  test "$status" -eq 0
  calls=$(wc -l <calls)
  for k in $(seq $((calls % HO_FAULT_STRIDE + 2)) "$HO_FAULT_STRIDE" "$calls"); do
    rm -rf run
    faulty "$k" vanish train "${small[@]}" --run-dir run
    if test "$status" -eq 0; then continue; fi # it was done
    test "$status" -eq 1 && test ! -e run &&
      grep -qE '^holdout: run(: cannot write: this folder was moved or deleted while|: cannot open this folder: |/summary.json: No such)' err ||
      { tail -n +"$k" calls | head -n 1; cat err; return 1; }
    told=$((told + 1))
  done
  test "$told" -gt 3
}

# Root may write anywhere, unless it gives that up.
limited() {
  if test "$(id -u)" -ne 0; then
    "$HOLDOUT" "$@"
  else
    setpriv --bounding-set=-dac_override,-dac_read_search "$HOLDOUT" "$@"
  fi
}

@test "a run folder that may not be written" {
  works train "${small[@]}" --epochs 1 --run-dir run
  cp -r run before
  chmod a-w run
  status=0
  limited train --resume run --quiet --epochs 3 >out 2>err </dev/null || status=$?
  chmod u+w run
  [ "$status" -eq 1 ]
  told
  grep -q '^holdout: run/.*: Permission denied' err
  same_run before run
}

@test "a run folder in one that may not be written" {
  mkdir shelf
  chmod a-w shelf
  status=0
  limited train "${small[@]}" --run-dir shelf/run >out 2>err </dev/null || status=$?
  chmod u+w shelf
  [ "$status" -eq 1 ]
  told
  grep -q '^holdout: shelf/run: .*Permission denied' err
}

@test "a folder of runs that may not be read" {
  mkdir -p shelf/shut
  chmod 0 shelf/shut
  status=0
  limited show shelf >out 2>err </dev/null || status=$?
  chmod 700 shelf/shut
  [ "$status" -eq 1 ]
  told
  grep -q '^holdout: shelf/shut: cannot read this folder: Permission denied$' err
}

@test "output that nobody can take" {
  works train "${small[@]}" --run-dir run
  status=0
  "$HOLDOUT" eval run >/dev/full 2>err || status=$?
  [ "$status" -eq 1 ]
  grep -q 'standard output' err
}
