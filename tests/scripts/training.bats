#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# training.bats - experiments/lib/train.bash: which runs are started, kept, repeated and left alone; signals; and
# a whole experiment.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test changes its own; variables of toy.bash

load ../tools/helpers
load toy

setup() {
  begin_toy
}

@test "finished runs are kept, those of other settings are others" {
  pretend
  finished_runs 1
  succeeds --seeds 1
  has_error '3 of 3 runs are already finished'
  test "$(wc -l <calls)" -eq 0
  succeeds --seeds 2
  test "$(wc -l <calls)" -eq 3
  succeeds --seeds 1 --only sgd -- --lr 0.01
  test "$(wc -l <calls)" -eq 4
  tail -n 1 calls | grep -q -- '--seed 1 --lr 0.01 --threads 1'
  succeeds --gather --seeds 1
  test "$(grep -c '^sgd' "$results/comparison.tsv")" -eq 1
}

@test "a run that fails makes the script fail and is repeated, the others go on" {
  local run
  pretend
  run=$(of bilevel-seed1)
  echo bilevel-seed1 >failing
  script --seeds 1 --jobs 1
  test "$status" -eq 1
  has_error "bilevel, seed 1: failed with status 1; read $run/output.log"
  has_error '1 of 3 runs are not finished'
  has_error 'holdout: the disk is full'
  grep -q 'the disk is full' "$run/output.log"
  grep -Fqx '# runs: 2 of 3' "$results/comparison.tsv"
  rm failing
  succeeds --seeds 1
  has_error '2 of 3 runs are already finished'
  tail -n 1 calls | grep -qx "train --resume $run --threads 1"
  grep -Fqx '# runs: 3 of 3' "$results/comparison.tsv"
}

@test "a run that another process works on is left alone" {
  local run
  pretend
  run=$(of sgd-seed1)
  mkdir -p "$run"
  echo going >"$run/output.log"
  flock "$run/lock" "$comparison" --out out --seeds 1 --only sgd >.out 2>.err && return 1
  grep -q 'sgd, seed 1: another process is working on this run' .err
  test "$(cat "$run/output.log")" = going
  test ! -s calls
}

@test "a run that has diverged is not repeated, and said to be so" {
  local run
  pretend
  run=$(of sgd-seed1)
  mkdir -p "$run"
  echo "holdout: the loss is nan: training has diverged; a smaller --lr may help" >"$run/output.log"
  script --seeds 1
  test "$status" -eq 1
  has_error 'sgd, seed 1: training has diverged, and would again'
  test "$(wc -l <calls)" -eq 2
  grep -Fqx '# runs: 2 of 3' "$results/comparison.tsv"
}

@test "the whole experiment, tiny: train, gather, draw; the figure is the same when redrawn" {
  succeeds --seeds 2 "${tiny[@]}"
  results=$(echo out/experiments/toy/results/quick+*)
  local plots
  plots=$(echo out/plots/quick+*)
  test "$(grep -vc '^#' "$results/comparison.tsv")" -eq 7
  # All cells see the same wrong labels.
  test "$(jq .labels_sha256 "$runs"/*-seed1-*/summary.json | sort -u | wc -l)" -eq 1
  test "$(jq .labels_sha256 "$runs"/*/summary.json | sort -u | wc -l)" -eq 2
  grep -q $'^bilevel\tbilevel\tNA\t2\t2\t0' "$results/comparison-curves.tsv"
  grep -q '^# commit: .' "$results/comparison.tsv"
  grep -q '</svg>' "$plots"/comparison.svg
  grep -q '>uniform<' "$plots"/comparison.svg
  cp "$plots"/comparison.svg first.svg
  cp "$results/comparison.tsv" first.tsv
  succeeds --gather --seeds 2 "${tiny[@]}"
  cmp first.svg "$plots"/comparison.svg
  cmp first.tsv "$results/comparison.tsv"
}

# Starts the comparison of one long run, waits until the run has done $1 epochs, then presses Ctrl-C, or sends signal $2 to
# the script alone.
interrupted_after() { # epochs [signal ""]
  # A shell's background job ignores Ctrl-C, what nohup starts ignores HUP, and shells cannot be taught otherwise; hence
  # perl, which parallel needs anyway.
  # shellcheck disable=SC2016 # perl's variables
  perl -e 'setpgrp; $SIG{$_} = "DEFAULT" for qw(INT HUP TERM); exec @ARGV' "$comparison" --out out --seeds 1 --only sgd \
    "${tiny[@]}" --epochs 30000 >.out 2>.err </dev/null 3>&- &
  local pid=$! tries run
  run=$(of sgd-seed1 "${tiny[@]:1}" --epochs 30000)
  for ((tries = 0; tries < 600; tries++)); do
    test ! -f "$run/log.jsonl" || test "$(wc -l <"$run/log.jsonl")" -le "$1" || break
    sleep 0.05
  done
  kill "-${2-INT}" -- "${3--}$pid"
  status=0
  wait "$pid" || status=$?
  cat .err >&2
  test "$status" -eq 130
  grep -q 'stopped; the same command resumes from here' .err
  test "$(tail -n 1 "$run/output.log" | cut -c 1-26)" = 'stopped after a checkpoint'
  test ! -e "$run/summary.json"
  test ! -e "$results"
  epochs=$(wc -l <"$run/log.jsonl")
}

@test "Ctrl-C stops with a checkpoint, and the same command resumes them" {
  interrupted_after 0
  test "$epochs" -ge 1
  interrupted_after "$epochs"
  local run
  run=$(of sgd-seed1 "${tiny[@]:1}" --epochs 30000)
  test "$(grep -c '"start"' "$run/timing.jsonl")" -eq 2
  test "$(jq -s 'map(.epoch) == [range(1; length + 1)]' "$run/log.jsonl")" = true
}

@test "a signal to the script alone stops the runs with a checkpoint, too" {
  interrupted_after 0 TERM ''
  interrupted_after "$epochs" HUP ''
}
