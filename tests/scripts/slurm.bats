#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# slurm.bats - experiments/lib/slurm.bash by the toy experiment: what it hands to sbatch, by one that only takes notes; and
# on a real Slurm, where there is one to start, that runs train, stop in time, go on, fail, and are gathered.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # what must not expand; each test changes its own; variables of toy.bash

load ../tools/helpers
load toy
load cluster
bats_require_minimum_version 1.5.0

setup_file() {
  test -z "$(no_cluster)" || return 0
  begin_cluster "$BATS_FILE_TMPDIR/cluster"
}

teardown_file() {
  end_cluster "$BATS_FILE_TMPDIR/cluster"
}

setup() {
  local program
  for program in jq gnuplot flock; do
    command -v "$program" >/dev/null || skip "no $program"
  done
  mkdir "$BATS_TEST_TMPDIR/a folder"
  cd "$BATS_TEST_TMPDIR/a folder" || return
  toy
  scripts=$runs/comparison.slurm
}

# ---- without Slurm ----

# An sbatch that notes its arguments, a line each time, and an squeue that says what the file `queue' does.
pretend_slurm() {
  mkdir fake
  cat >fake/sbatch <<'END'
#!/usr/bin/env bash
echo "$*" >>submitted
test ! -e refuse || exit 1
echo "$((100 + $(wc -l <submitted)));toy"
END
  printf '#!/bin/sh\ntest ! -e queue || cat queue\n' >fake/squeue
  chmod +x fake/*
  PATH=$PWD/fake:$PATH
}

@test "flags that do not go together are refused" {
  refuses "flag \`--sbatch' needs \`--slurm'" --sbatch=--mem=4G
  refuses "\`--gather' trains nothing" --slurm --gather
  refuses "flag \`--sbatch' takes flags of sbatch, --sbatch='--partition=long', not \`long'" --slurm --sbatch long
  refuses "not \`'" --slurm --sbatch=
}

@test "without sbatch nothing is submitted" {
  mkdir few
  ln -s "$(command -v bash)" "$(command -v jq)" "$(command -v gnuplot)" "$(command -v flock)" few
  for program in awk basename dirname env id mkdir nproc realpath sed sha256sum sort; do
    ln -sf "$(command -v "$program")" few
  done
  status=0
  PATH=$PWD/few "$comparison" --out out --slurm >.out 2>.err || status=$?
  err=$(cat .err)
  test "$status" -eq 1
  has_error "sbatch not found: \`--slurm' works where jobs are submitted to Slurm"
  test -z "$(ls out)"
}

@test "sbatch gets an array with a task for each run, and a job behind it, with one's own flags" {
  pretend_slurm
  HOLDOUT_DATA='the data' succeeds --slurm --seeds 2 --jobs 3 --only sgd --only uniform --sbatch='--time=8:00:00 -p long' \
    --sbatch --mem=4G -- --lr 0.5
  diff - submitted <<END
--parsable --time=8:00:00 -p long --mem=4G $PWD/$scripts/array.sbatch
--parsable --time=8:00:00 -p long --mem=4G --dependency=afterany:101 $PWD/$scripts/gather.sbatch
END
  has 'array   101, 4 runs'
  has "gather  102, when they are finished: $PWD/$runs/comparison.gather.log"
  has 'squeue --jobs=101,102'
  has 'scancel 101;'
  local line
  for line in '#SBATCH --array="1-4%3"' '#SBATCH --time="4:00:00"' '#SBATCH --signal="B:USR1@300"' '#SBATCH --requeue' \
    '#SBATCH --cpus-per-task="1"' "#SBATCH --chdir=\"$PWD\"" "#SBATCH --output=\"$PWD/$scripts/%A_%a.log\"" \
    "export HOLDOUT=$(printf %q "$HOLDOUT")" 'export HOLDOUT_DATA=the\ data'; do
    grep -Fqx -e "$line" "$scripts/array.sbatch"
  done
  # sbatch reads no further than to the first command.
  sed '/^export/,$d' "$scripts/array.sbatch" | grep -q requeue
  test "$(grep -Fc "  $(printf %q "$PWD/$runs")/sgd-seed" "$scripts/array.sbatch")" -eq 2
  bash -n "$scripts/array.sbatch"
  tail -n 1 "$scripts/gather.sbatch" | grep -Fqx "exec $(printf %q "$PWD/toy/comparison") --gather --scale quick --seeds 2 \
--out $(printf %q "$PWD/out") --only sgd --only uniform -- --lr 0.5"
  test "$(cat "$runs"/*/job | sort | xargs)" = '101_1 101_2 101_3 101_4'
  test "$(tail -n 4 "$(of sgd-seed1 --lr 0.5)/command" | xargs)" = '--seed 1 --lr 0.5'
}

# warned SECONDS FLAGS...: the task is warned so many seconds before its end.
warned() {
  local seconds=$1
  shift
  succeeds --dry-run --slurm --seeds 1 --only sgd "$@"
  has "#SBATCH --signal=\"B:USR1@$seconds\""
}

@test "a task is warned in proportion to its time, the last limit and the least one counting" {
  warned 300
  warned 300 --sbatch=--time=20
  warned 150 --sbatch=--time=10
  warned 15 --sbatch='-t 1'
  warned 15 --sbatch=-t1
  warned 15 --sbatch=--time=0:30
  warned 22 --sbatch='--time 1:30'
  warned 150 --sbatch=--time=0:10:00
  warned 300 --sbatch=--time=1-0
  warned 300 --sbatch=--time=0-09:08
  warned 75 --sbatch=--time=0-0:5
  warned 75 --sbatch=--time=0-0:5:0
  warned 300 --sbatch=--time=UNLIMITED
  warned 75 --sbatch=--time=5 --sbatch=--mem=1G
  warned 300 --sbatch=--time=5 --sbatch=--time=60
  warned 60 --sbatch='--time=60 --time-min=4'
  SBATCH_TIMELIMIT=4 warned 60
  SBATCH_TIMELIMIT=4 warned 300 --sbatch=--time=60
  refuses "\`soon' is not a Slurm time limit" --slurm --sbatch=--time=soon
  refuses "\`1:2:3:4' is not a Slurm time limit" --slurm --sbatch=--time=1:2:3:4
  refuses "--signal is set by this script" --slurm --sbatch=--signal=B:USR1@60
}

# task DONE: a task whose run ends by the warning, after it did a step or not; $status, what it said in `said'.
task() {
  local done=$1
  rm -f requeued
  printf '#!/bin/sh\necho "$*" >>requeued\n' >fake/scontrol
  cat >stopped <<END
#!/usr/bin/env bash
while ((\$#)); do case \$1 in --run-dir | --resume) dir=\$2 ;; esac; shift; done
echo x >"\$dir/config.yaml"
sleep 60 9>&- &
trap '$done; kill \$!; exit 143' TERM
touch began
wait
END
  chmod +x stopped fake/scontrol
  rm -f began
  HOLDOUT=$PWD/stopped SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURMD_NODENAME=here SLURM_CPUS_PER_TASK=1 \
    bash "$scripts/array.sbatch" >said 2>&1 3>&- &
  local pid=$! tries
  for ((tries = 0; tries < 300; tries++)); do
    test ! -e began || break
    sleep 0.1
  done
  kill -USR1 "$pid"
  status=0
  wait "$pid" || status=$?
  cat said
}

@test "a task that did no step since it began does not queue up again, and says so" {
  pretend_slurm
  HOLDOUT=$PWD/stopped
  printf '#!/bin/sh\n' >stopped
  chmod +x stopped
  succeeds --slurm --seeds 1 --only sgd
  task 'date +%s%N >"$dir/checkpoint.safetensors"'
  test "$status" -eq 0
  grep -qx 'requeue 7_1' requeued
  task 'date +%s%N >"$dir/checkpoint.safetensors"'
  test "$status" -eq 0
  test -s requeued
  task ''
  test "$status" -eq 143
  test ! -e requeued
  grep -q 'no step was done since the task began' said
}

@test "the name of a job among results is a number, and no link is written through" {
  pretend_slurm
  succeeds --slurm --seeds 1 --only sgd
  echo '101_1,afterok:5 --wrap=oops' >"$(of sgd-seed1)/job"
  cp "$(of sgd-seed1)/job" queue
  echo precious >precious
  ln -sf "$PWD/precious" "$runs/comparison.gather.log"
  ln -sf "$PWD/precious" "$scripts/array.sbatch"
  rm "$(of sgd-seed1)/job"
  echo '101_1,afterok:5 --wrap=oops' >"$(of sgd-seed1)/job"
  succeeds --slurm --seeds 1 --only sgd
  test "$(grep -c oops submitted)" -eq 0
  test "$(cat precious)" = precious
  test ! -L "$runs/comparison.gather.log"
}

@test "a folder that Slurm cannot be told is refused" {
  pretend_slurm
  mkdir 'a "quoted" one'
  cd 'a "quoted" one'
  comparison=../toy/comparison
  script --slurm --seeds 1
  test "$status" -eq 1
  has_error 'Slurm cannot be given a name with quotation marks'
  test ! -e ../submitted
}

@test "a dry run prints both scripts, needs no Slurm and does nothing" {
  succeeds --dry-run --slurm --seeds 1 --sbatch=--mem=4G
  has '#SBATCH --array="1-3"'
  has "# sbatch --mem=4G $PWD/$scripts/array.sbatch"
  has "# sbatch --mem=4G --dependency=afterany:ARRAY $PWD/$scripts/gather.sbatch"
  has 'comparison --gather --scale quick --seeds 1'
  test -z "$(ls out)"
}

@test "with --no-figures, the job that gathers draws nothing either, and needs no gnuplot" {
  pretend_slurm
  pretend
  mkdir few
  local program
  for program in awk basename bash cat cut dirname env flock grep head id jq ln ls mkdir mktemp mv nproc realpath rm sed \
    sha256sum sort tail tr uniq wc; do
    ln -s "$(command -v $program)" few
  done
  ln -s "$PWD"/fake/* "$PWD/bin/dry" few
  PATH=$PWD/few succeeds --slurm --no-figures --seeds 1 --only sgd
  grep -Fqx "exec $(printf %q "$PWD/toy/comparison") --gather --scale quick --seeds 1 --out $(printf %q "$PWD/out") \
--no-figures --only sgd" "$scripts/gather.sbatch"
  finished_runs 1
  PATH=$PWD/few bash "$scripts/gather.sbatch" >printed
  grep -q '^table ' printed
  run ! grep -q '^figure ' printed
  test ! -e out/plots
  # Without the flag it draws.
  rm -r "$(of sgd-seed1)"
  succeeds --slurm --seeds 1 --only sgd
  run ! grep -q -e --no-figures "$scripts/gather.sbatch"
  finished_runs 1
  bash "$scripts/gather.sbatch" >printed
  grep -q '^figure ' printed
  # When nothing is left to submit, it is gathered at once, and the flag counts there, too.
  rm -r out/plots submitted
  PATH=$PWD/few succeeds --slurm --no-figures --seeds 1 --only sgd
  test ! -e submitted
  test ! -e out/plots
}

@test "what is finished is not submitted; when all is, it is gathered at once" {
  pretend_slurm
  pretend
  finished_runs 1
  succeeds --slurm --seeds 2
  has 'array   101, 3 runs'
  finished_runs 2
  rm submitted
  succeeds --slurm --seeds 2
  has 'bilevel - sgd'
  test ! -e submitted
}

@test "a run in the queue already is left there, and is waited for" {
  pretend_slurm
  succeeds --slurm --seeds 1 --only sgd --only bilevel
  printf '%s\n' 101_2 102 >queue
  succeeds --slurm --seeds 1
  has_error 'already in the queue: 101_2'
  has 'array   103, 2 runs'
  tail -n 1 submitted | grep -q -- '--dependency=afterany:103:101_2 '
  printf '%s\n' 101_2 103_1 103_2 >queue
  succeeds --slurm --seeds 1
  tail -n 1 submitted | grep -q -- '--dependency=afterany:103_1:101_2:103_2 '
  test "$(wc -l <submitted)" -eq 5
}

@test "what sbatch refuses is an error" {
  pretend_slurm
  touch refuse
  script --slurm --seeds 1
  test "$status" -eq 1 && test -z "$out"
  has_error "sbatch rejected $PWD/$scripts/array.sbatch"
  test ! -e "$(of sgd-seed1)/job"
}

@test "without an answer of squeue nothing is submitted" {
  pretend_slurm
  printf '#!/bin/sh\nexit 1\n' >fake/squeue
  script --slurm --seeds 1
  test "$status" -eq 1 && test -z "$out"
  has_error 'squeue does not report what is in the queue'
  test ! -e submitted
}

@test "all of them: tuning is trained before the others are submitted" {
  local experiments experiment
  mkdir -p kit/paper kit/lib
  cp "$HO_SRCDIR/experiments/lib/common.bash" kit/lib
  cp "$HO_SRCDIR/experiments/deep-bilevel-learning/all" kit/paper
  eval "$(sed -n '/^experiments=(/,/)$/p' kit/paper/all)"
  for experiment in "${experiments[@]}"; do
    cat >"kit/paper/$experiment" <<'END'
#!/usr/bin/env bash
case $1 in
  --has) ;;
  --dry-run) test ! -e left || echo '#SBATCH' ;;
  *) echo "${0##*/} $*" >>calls ;;
esac
END
    chmod +x "kit/paper/$experiment"
  done
  comparison=kit/paper/all
  touch left
  succeeds --slurm --scale paper
  has_error 'give the same command again'
  diff - calls <<<'tuning --out out --slurm --scale paper'
  rm left calls
  succeeds --slurm --scale paper
  test "$(wc -l <calls)" -eq "${#experiments[@]}"
}

# ---- on a Slurm of its own ----

cluster() {
  local reason
  reason=$(no_cluster)
  test -z "$reason" || skip "$reason"
}

# until_true COMMAND...: waits for it, a minute at most.
until_true() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    ! "$@" || return 0
    sleep 0.2
  done
  squeue >&2
  cat "$scripts"/*.log "$runs"/*.log >&2
  return 1
}

queue_empty() { # no answer is not an empty queue
  local jobs
  jobs=$(squeue --noheader 2>/dev/null) && test -z "$jobs"
}

has_lines() { # file number
  test -f "$1" && test "$(wc -l <"$1")" -ge "$2"
}

# Submits two runs that take some seconds; sets `array' and `run', the second, and waits until it wrote a checkpoint.
submit_long() {
  long=("${tiny[@]}" --train-size 1920 --epochs 300 --checkpoint-every 20)
  succeeds --slurm --seeds 2 --only sgd --sbatch --cpus-per-task=2 "${long[@]}"
  read -r _ array _ <<<"${out//,/}"
  run=$(of sgd-seed2 "${long[@]:1}")
  until_true has_lines "$run/log.jsonl" 1
}

starts() { # run
  grep -c '"start"' "$1/timing.jsonl"
}

@test "runs are trained on the nodes and gathered" {
  cluster
  succeeds --slurm --seeds 1 --jobs 2 "${tiny[@]}"
  until_true queue_empty
  test "$(grep -vc '^#' "$results"+*/comparison.tsv)" -eq 4
  grep -q '</svg>' out/plots/quick+*/comparison.svg
  grep -q 'bilevel - sgd' "$runs/comparison.gather.log"
  succeeds --slurm --seeds 1 "${tiny[@]}" # nothing is left
  has 'bilevel - sgd'
}

@test "warned that its time will be up, a run stops, queues up again, and ends with the same bits" {
  local array run
  cluster
  submit_long
  scancel --batch --signal=USR1 "${array}_2"
  waits() { test "$(squeue --noheader --jobs="${array}_2" --format=%t)" = PD; }
  until_true waits
  tail -n 1 "$run/output.log" | grep -q 'stopped after a checkpoint'
  "$HOLDOUT" train --optimizer sgd --noise symmetric:0.4 --batch-size 64 "${long[@]:1}" --seed 2 --threads 1 --quiet \
    --run-dir whole >/dev/null
  goes_on() { test "$(starts "$run")" -ge 2; }
  until_true goes_on
  until_true queue_empty
  test "$(starts "$run")" -eq 2 || { cat "$run/timing.jsonl" "$run/output.log" && return 1; }
  test "$(starts "$(of sgd-seed1 "${long[@]:1}")")" -eq 1 # the other one's time is not up
  cmp "$run/checkpoint.safetensors" whole/checkpoint.safetensors
  cmp "$run/log.jsonl" whole/log.jsonl
  grep -q '"threads": *"*2' "$run/timing.jsonl"
  grep -q '^sgd' "$results"+*/comparison.tsv
}

@test "runs that are cancelled stop with a checkpoint, and do not come back" {
  local array run
  cluster
  submit_long
  scancel "$array"
  until_true queue_empty
  tail -n 1 "$run/output.log" | grep -q 'stopped after a checkpoint'
  test ! -e "$run/summary.json"
  grep -q 'no run of this grid is finished' "$runs/comparison.gather.log"
}

@test "a run that fails does not keep the others from being gathered" {
  cluster
  pretend
  echo bilevel-seed1 >failing
  succeeds --slurm --seeds 1
  until_true queue_empty
  grep -Fqx '# runs: 2 of 3' "$results/comparison.tsv"
  grep -q '1 of 3 runs are not finished' "$runs/comparison.gather.log"
  grep -Fq "bilevel, seed 1: read $PWD/$(of bilevel-seed1)/output.log" "$runs/comparison.gather.log"
  grep -q 'the disk is full' "$(of bilevel-seed1)/output.log"
  rm failing
  succeeds --slurm --seeds 1
  has 'array' && has ', 1 runs'
  until_true queue_empty
  grep -Fqx '# runs: 3 of 3' "$results/comparison.tsv"
}
