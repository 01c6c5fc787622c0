#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# estimate.bats - what a run will take, told before it starts or shortly after; and that telling it changes nothing.

load ../tools/helpers

small=(--dataset synthetic --train-size 400 --test-size 200 --noise symmetric:0.4 --batch-size 64 --lr 0.05
       --net mlp:hidden=32)

bytes() {
  sed -n 's/^disk .*(\([0-9]*\) bytes)$/\1/p'
}

@test "a dry run tells parameters, memory, disk, time, and writes nothing" {
  for o in sgd bilevel; do
    for e in 1 7; do
      works train "${small[@]}" --optimizer $o --validation-size 60 --epochs 9 --eval-every $e --dry-run --run-dir run
      [ ! -e run ]
      has "parameters      25,994"
      has "steps           54 of "
      has "in use"
      printf '%s\n' "$out" | grep -q '^time            0:0[0-9]$' # a busy machine may want a second
      told=$(printf '%s\n' "$out" | bytes)
      call train "${small[@]}" --optimizer $o --validation-size 60 --epochs 9 --eval-every $e --quiet --run-dir run
      [ "$status" -eq 0 ]
      taken=$(cat run/* | wc -c)
      [ $((told * 100)) -gt $((taken * 90)) ]
      [ $((told * 100)) -lt $((taken * 110)) ]
      rm -r run
    done
  done
  [ -z "$(ls)" ]
}

@test "a dry run counts evaluations: every so many epochs, and the last" {
  for case in "9 1 9" "9 4 3" "8 4 2" "3 10 1"; do
    read -r epochs every count <<<"$case"
    works train "${small[@]}" --epochs "$epochs" --eval-every "$every" --dry-run
    has "evaluations     $count of "
  done
}

@test "as JSON: one line, with the numbers of the table and of the run" {
  command -v jq >/dev/null || skip "no jq"
  works train "${small[@]}" --validation-size 60 --epochs 9 --eval-every 4 --dry-run --json --run-dir run
  [ ! -e run ]
  [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ]
  printf '%s\n' "$out" >json
  [ "$(jq -c '[.parameters, .steps, .evaluations]' json)" = '[25994,54,3]' ]
  jq -e '0 < .rss_bytes and .rss_bytes <= .peak_rss_bytes and 0 < .step_s and 0 < .evaluation_s' json
  jq -e '(.steps * .step_s + .evaluations * .evaluation_s - .time_s | fabs) < 1e-6 * .time_s' json
  works train "${small[@]}" --validation-size 60 --epochs 9 --eval-every 4 --dry-run
  [ "$(printf '%s\n' "$out" | bytes)" -eq "$(jq .disk_bytes json)" ]
  refused 2 "train: --json is for --dry-run" train "${small[@]}" --json --run-dir run
  [ ! -e run ]
}

@test "hours and days are seconds in JSON" {
  command -v jq >/dev/null || skip "no jq"
  works train "${small[@]}" --epochs 1000000000 --eval-every 1000000000 --dry-run --json
  printf '%s\n' "$out" | jq -e '.time_s > 86400 and .time_s > 1e9 * .step_s'
}

@test "a dry run refuses what a run would" {
  refused 1 "memory limit" train "${small[@]}" --memory-limit 1M --dry-run
  refused 1 "mlp" train "${small[@]}" --net mpl --dry-run
  refused 1 "--resume run cannot be given with it" train --resume run --dry-run
  works train "${small[@]}" --batch-size 400 --epochs 2 --dry-run # one step an epoch
  has "steps           2 of "
}

# long ARGS...: a run of days, ended once it has told its estimate, or after some seconds.
long() {
  "$HOLDOUT" train "${small[@]}" --epochs 1000000 --checkpoint-every 1000 --run-dir long "$@" >out 2>err </dev/null 3>&- &
  local pid=$! i
  for i in $(seq 200); do
    ! grep -q '^estimate: ' err || break
    sleep 0.05
    test -z "${1-}" || test "$i" -lt 30 || break
  done
  kill -9 $pid
  wait $pid || true
}

@test "a long run tells once what it will take; a short one and a quiet one do not" {
  long
  [ "$(grep -c '^estimate: ' err)" -eq 1 ]
  grep -q '^estimate: 25,994 parameters, memory .*iB (peak .*iB), disk .*iB, .* s per step, .* left, evaluations included$' err
  rm -r long
  long --quiet
  [ ! -s err ]
  call train "${small[@]}" --epochs 20 --run-dir short
  [ "$status" -eq 0 ]
  [ "$(printf '%s\n' "$err" | grep -c '^estimate: ')" -eq 0 ]
}

@test "without --memory-limit a run is bounded by what ulimit leaves" {
  ! grep -q __asan_init "$HOLDOUT" || skip 'AddressSanitizer takes terabytes of addresses'
  large=(train --dataset synthetic --net preact-resnet18 --train-size 2000 --batch-size 2000 --threads 1 --dry-run)
  (
    ulimit -v 2000000
    refused 1 "nine tenths of what ulimit -v allows; use a smaller batch" "${large[@]}"
  )
  (
    ulimit -d 1000000
    refused 1 "nine tenths of what ulimit -d allows; use a smaller batch" "${large[@]}"
    refused 1 "nine tenths of what ulimit -d allows; use a smaller batch" bench --eval --net preact-resnet18 --batch-size 4096
  )
}

@test "without --threads there is one for each processor that the process may use" {
  command -v taskset >/dev/null || skip "no taskset"
  first=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')
  taskset -c "$first" "$HOLDOUT" --version >one
  grep -qx 'threads    1' one
}
