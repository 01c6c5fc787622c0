#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# portions.bats - experiments in portions and on other engines: --time-limit, --engine, --precision, with and without Slurm.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test changes its own; variables of toy.bash

load ../tools/helpers
load toy
bats_require_minimum_version 1.5.0

setup() {
  begin_toy
}

# An sbatch that notes its arguments and an empty queue.
pretend_slurm() {
  mkdir fake
  # shellcheck disable=SC2016 # the other shell's variables
  printf '#!/bin/sh\necho "$*" >>submitted\necho 101\n' >fake/sbatch
  printf '#!/bin/sh\n' >fake/squeue
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho "$*" >>requeued\n' >fake/scontrol
  chmod +x fake/*
  PATH=$PWD/fake:$PATH
  scripts=$runs/comparison.slurm
}

@test "portions until all is finished: the bytes of a run in one go" {
  local long=("${tiny[@]}" --epochs 200 --eval-every 50 --checkpoint-every 50) portions=0 run
  run=$(of sgd-seed1 "${long[@]:1}")
  script --seeds 1 --only sgd --time-limit 1 "${long[@]}"
  test "$status" -eq 75 || test "$status" -eq 0 # a machine may be fast
  while test "$status" -eq 75; do
    has_error 'time is up: of 1 runs to do, 0 are finished'
    test ! -e "$run/summary.json"
    portions=$((portions + 1))
    script --seeds 1 --only sgd --time-limit $((2 ** portions)) "${long[@]}"
  done
  test "$status" -eq 0 || { show && return 1; }
  test "$(grep -c '"start"' "$run/timing.jsonl")" -ge "$portions"
  "$HOLDOUT" train --optimizer sgd --noise symmetric:0.4 --batch-size 64 "${long[@]:1}" --seed 1 --threads 1 --quiet \
    --run-dir whole >/dev/null
  cmp "$run/checkpoint.safetensors" whole/checkpoint.safetensors
  cmp "$run/log.jsonl" whole/log.jsonl
}

@test "runs get the time that is left; when it is up, no other one is begun" {
  pretend
  EXPERIMENTS_STARTED=$(($(date +%s) - 100)) script --seeds 1 --time-limit 1h
  test "$status" -eq 0
  test "$(wc -l <calls)" -eq 3
  local line left
  while read -r line; do
    left=${line##*--time-limit }
    left=${left%% *}
    test "$left" -gt 3000 && test "$left" -le 3500
  done <calls
  finished_runs 1
  : >calls
  EXPERIMENTS_STARTED=1 script --seeds 2 --time-limit 1h
  test "$status" -eq 75
  has_error 'time is up: of 3 runs to do, 0 are finished, 0 go on from a checkpoint, 3 are not begun'
  test ! -s calls
}

@test "what is no time, engine or precision is refused" {
  refuses "flag \`--time-limit' takes a time such as 90s, 10m or 1h30m, not \`soon'" --time-limit soon
  refuses "not \`0'" --time-limit=0
  refuses "flag \`--engine' takes cpu, cuda or cuda:N, not \`cuda:'" --engine cuda:
  refuses "unknown precision \`half'" --engine cuda --precision half
  refuses "\`--precision tf32' needs \`--engine cuda'" --precision tf32
  refuses "\`--engine' is a flag of this script: give it before --" -- --engine cuda
  refuses "flag \`--engine' takes cpu, cuda or cuda:N, not \`gpu'" --engine gpu
  refuses "flag \`--engine' takes cpu, cuda or cuda:N, not \`cpu:1'" --engine cpu:1
  refuses "\`--time-limit' is a flag of this script" -- --time-limit=1m
  refuses "\`--engine cuda:1': Slurm chooses the device" --slurm --engine cuda:1
}

@test "another engine: other runs, one device for several of them, and the table says so" {
  pretend
  finished_runs 1
  succeeds --seeds 1 --engine cuda:1 --precision tf32 --jobs 2
  test "$(wc -l <calls)" -eq 3
  test "$(grep -c -- "--engine cuda --precision tf32 --threads [0-9]* --engine cuda:1 --run-dir" calls)" -eq 3
  test "$(find "$runs" -name summary.json | wc -l)" -eq 6
  grep -q '^# command: .* --engine cuda --precision tf32$' "$results/comparison.tsv"
  : >calls
  succeeds --seeds 1 --engine cuda --precision tf32 # another device is the same engine
  has_error '3 of 3 runs are already finished'
  test ! -s calls
  succeeds --seeds 1 --engine cpu
  test ! -s calls
  run ! grep -q -e engine "$results/comparison.tsv"
}

@test "where the runs were trained on a device, the table names it" {
  pretend
  finished_runs 1
  local file
  for file in "$runs"/*/timing.jsonl; do
    sed -i '1s/{/{"engine":"cpu",/' "$file"
  done
  succeeds --gather --seeds 1
  run ! grep -q '^# engine' "$results/comparison.tsv"
  sed -i '1s/"engine":"cpu"/"engine":"cuda, some device, tf32"/' "$runs"/*/timing.jsonl
  succeeds --gather --seeds 1
  grep -Fqx '# engine: cuda, some device, tf32' "$results/comparison.tsv"
}

@test "Slurm is asked for a device, unless one's own flags ask for one" {
  pretend_slurm
  succeeds --slurm --seeds 1 --engine cuda --time-limit 1h30m
  grep -Fqx '#SBATCH --gres="gpu:1"' "$scripts/array.sbatch"
  grep -Fqx '#SBATCH --cpus-per-task="4"' "$scripts/array.sbatch"
  tail -n 1 "$scripts/array.sbatch" | grep -q ' --time-limit 5400s$'
  tail -n 1 "$scripts/gather.sbatch" | grep -q -e ' --gather .* --engine cuda$'
  run ! grep -q gpu "$scripts/gather.sbatch"
  rm -r out && mkdir out
  succeeds --slurm --seeds 1 --engine cuda --sbatch=--gpus=h100:1
  run ! grep -q 'SBATCH --gres' "$scripts/array.sbatch"
  succeeds --dry-run --slurm --seeds 1
  run ! grep -q gpu <<<"$out"
}

@test "a task that ends by its time limit queues up again; one that fails does not" {
  pretend_slurm
  cat >portion <<'END'
#!/usr/bin/env bash
echo "$*" >>calls
while (($#)); do case $1 in --run-dir | --resume) dir=$2 ;; esac; shift; done
echo x >"$dir/config.yaml"
test -e stuck || date +%s%N >"$dir/checkpoint.safetensors"
exit "$(cat ends)"
END
  chmod +x portion
  HOLDOUT=$PWD/portion
  succeeds --slurm --seeds 1 --only sgd --time-limit 10m
  local ends requeued
  for ends in 75 1 0; do
    echo "$ends" >ends
    rm -f requeued
    status=0
    SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURMD_NODENAME=here SLURM_CPUS_PER_TASK=2 \
      bash "$scripts/array.sbatch" >said 2>&1 || status=$?
    if test "$ends" -eq 75; then
      grep -qx 'requeue 7_1' requeued
      test "$status" -eq 0
    else
      test ! -e requeued
      test "$status" -eq "$ends"
    fi
  done
  head -n 1 calls | grep -q -e '--threads 2 --time-limit 600s --run-dir'
  tail -n 1 calls | grep -q -e 'train --resume .* --threads 2 --time-limit 600s$'
  echo 75 >ends
  touch stuck
  status=0
  SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURMD_NODENAME=here SLURM_CPUS_PER_TASK=2 \
    bash "$scripts/array.sbatch" >said 2>&1 || status=$?
  test "$status" -eq 75
  test ! -e requeued
}
