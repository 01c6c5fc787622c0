# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# slurm.bash - submits unfinished runs to Slurm: an array job with one task per run, then a job that gathers results.
#
# RUNS/NAME.slurm/          both scripts for sbatch, and Slurm's output for each task
# RUNS/NAME.gather.log      the output of the gathering job: the table, and which runs are not finished
# RUN/job                   the run's task, ARRAY_INDEX: as long as that is in the queue, nothing else starts the run
# A requeued task starts the same script again; whether the run starts or resumes depends on its folder.

# shellcheck disable=SC2154 # variables of experiment.bash and train.bash

time_limit=4:00:00
warning=300 # seconds before the limit, at most: enough for a step, an evaluation and a checkpoint

add_sbatch() { # flags
  local words
  read -r -a words <<<"$1"
  [[ ${words[0]-} = -* ]] || wrong "flag \`--sbatch' takes flags of sbatch, --sbatch='--partition=long', not \`$1'"
  sbatch+=("${words[@]}")
}

# Sets `seconds' to a time limit in Slurm's syntax; 0 if it is unlimited.
seconds_of() { # time: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S
  local days=0 part
  case ${1,,} in
    infinite | unlimited | -1 | 0)
      seconds=0
      return
      ;;
  esac
  [[ $1 =~ ^([0-9]+-)?[0-9]+(:[0-9]+){0,2}$ ]] || return
  IFS=: read -r -a part <<<"${1#*-}"
  part+=(0 0)
  if [[ $1 = *-* ]]; then
    days=${1%%-*}
  elif [[ $1 != *:*:* ]]; then
    part=(0 "${part[@]}") # minutes come first
  fi
  seconds=$((86400 * 10#$days + 3600 * 10#${part[0]} + 60 * 10#${part[1]} + 10#${part[2]}))
}

# Sets `warned_before', how many seconds before its time is up a task is warned: a quarter of a short limit, as a
# task that is warned at its start would stop and be requeued forever.  The limit is the last one in the user's flags, or that
# of the environment; Slurm may choose --time-min.
choose_warning() {
  local i limit=${SBATCH_TIMELIMIT:-$time_limit} least='' seconds flag value
  for ((i = 0; i < ${#sbatch[@]}; i++)); do
    flag=${sbatch[i]}
    case $flag in
      --*=*) value=${flag#*=} flag=${flag%%=*} ;;
      -t?*) value=${flag#-t} flag=-t ;;
      *) value=${sbatch[i + 1]-} ;;
    esac
    case $flag in
      -t | --time) limit=$value ;;
      --time-min) least=$value ;;
      --signal | --no-requeue | --array | -a)
        wrong "flag \`--sbatch': $flag is set by this script, which has tasks warned, stopped and requeued"
        ;;
    esac
  done
  warned_before=$warning
  for value in "$limit" ${least:+"$least"}; do
    seconds_of "$value" || wrong "\`$value' is not a Slurm time limit, such as 90, 1:30:00 or 2-12:00:00"
    ((!seconds || seconds >= 60)) || seconds=60 # which Slurm makes of it
    ((!seconds || seconds / 4 >= warned_before)) || warned_before=$((seconds / 4))
  done
}

# Symbolic links are kept: they may lead elsewhere on the nodes.
absolute() { # path
  realpath --canonicalize-missing --no-symlinks -- "$1"
}

# ---- what runs on the nodes ----

# Prints a checksum of a run's last checkpoint, to see whether it made progress.
come_to() { # folder
  test ! -f "$1/checkpoint.safetensors" || sha256sum <"$1/checkpoint.safetensors"
}

# A task.  When warned that its time is nearly up, it makes holdout write a checkpoint and is requeued, unless it has
# made no progress since its start: then it would make none the next time.  It is requeued as well when holdout stops by
# --time-limit.
slurm_task() { # folder flags...
  local pid status before warned=''
  local task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # the $SLURM_JOB_ID of the last task means the whole array
  trap 'warned=yes; kill -TERM "$pid"' USR1
  trap : TERM # of scancel, which holdout gets as well
  echo "$1: on $SLURMD_NODENAME"
  before=$(come_to "$1")
  (train_run "$1" "$SLURM_CPUS_PER_TASK" '' "${@:2}") &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done # a signal ends a wait
  wait "$pid"
  status=$?
  echo "$1: ended with status $status"
  if test "$status" -eq 75 || { test "$warned" && test "$status" -eq 143; }; then
    if test "$(come_to "$1")" = "$before"; then
      echo "$1: no step was done since the task began, so it is not requeued: give it more time," \
        "--sbatch=--time=..., or a warning would come as early the next time"
    else
      scontrol requeue "$task" && exit
    fi
  fi
  exit "$status"
}

# ---- scripts for sbatch ----

# The beginning of both scripts: flags, and holdout's environment variables.
directives() { # flags
  local text flag
  for flag in "$PWD" "$@"; do
    [[ $flag != *[\"\\[:cntrl:]]* ]] || die "$flag: Slurm cannot be given a name with quotation marks, backslashes or line breaks"
  done
  echo "#!/usr/bin/env bash"
  for flag in --chdir="$PWD" "$@"; do
    [[ $flag != *=* ]] || flag="${flag%%=*}=\"${flag#*=}\"" # blanks in quotes
    echo "#SBATCH $flag"
  done
  echo
  for flag in "${!HOLDOUT@}"; do
    quote "${!flag}"
    echo "export $flag=$text"
  done
  echo
}

array_script() {
  local text run processors=1 own=" ${sbatch[*]}" device=()
  if on_gpu; then
    processors=4
    [[ $own = *' --gres'* || $own = *' --gpus'* || $own = *' -G'* ]] || device=(--gres=gpu:1)
  fi
  HOLDOUT=$(absolute "$(command -v "$HOLDOUT")")
  directives --job-name="$name" --array="1-${#todo[@]}${jobs:+%$jobs}" --cpus-per-task=$processors "${device[@]}" \
    --time=$time_limit --signal=B:USR1@$warned_before --requeue --output="${folder//%/%%}/%A_%a.log" --open-mode=append
  echo "runs=("
  for run in "${todo[@]}"; do
    quote "$run"
    echo "  $text"
  done
  echo ")"
  echo
  declare -f train_run come_to slurm_task
  echo
  # shellcheck disable=SC2016 # for the node
  echo 'slurm_task "${runs[SLURM_ARRAY_TASK_ID - 1]}"'"${limit:+ --time-limit $limit}"
}

gather_script() {
  local text cell flags=(--gather --scale "$scale" --seeds "$seeds" --out "$out" "${engine_flags[@]}")
  ((draw)) || flags+=(--no-figures)
  for cell in "${only[@]}"; do
    flags+=(--only "$cell")
  done
  directives --job-name="$name-gather" --time=30 --output="${runs//%/%%}/$name.gather.log"
  quote "$paper_folder/$name" "${flags[@]}" ${extra[@]+-- "${extra[@]}"}
  echo "exec $text"
}

# Writes both scripts, and how to submit them.
print_hand_over() {
  local text folder=$runs/$name.slurm
  list_todo
  ((${#todo[@]})) || return 0
  quote sbatch "${sbatch[@]}"
  echo "# $text $folder/array.sbatch"
  array_script
  printf '\n# %s --dependency=afterany:ARRAY %s/gather.sbatch\n' "$text" "$folder"
  gather_script
}

# ---- submitting ----

# Moves those of `todo' that are already in the queue, for this or another experiment, to `elsewhere'.
leave_queued() {
  local i id queue
  queue=$(squeue --noheader --array --format=%i --user="$(id -un)") || die "squeue does not report what is in the queue"
  for i in "${!todo[@]}"; do
    test -f "${todo[i]}/job" || continue
    read -r id <"${todo[i]}/job" || continue
    [[ $id =~ ^[0-9]+_[0-9]+$ ]] || continue
    [[ $'\n'$queue$'\n' = *$'\n'"$id"$'\n'* ]] || continue
    elsewhere+=("$id")
    unset "todo[i]" "todo_name[i]" "todo_flags[i]"
  done
  todo=("${todo[@]}")
  todo_name=("${todo_name[@]}")
  todo_flags=("${todo_flags[@]}")
  ((!${#elsewhere[@]})) || echo "$name: already in the queue: ${elsewhere[*]}" >&2
}

# Slurm opens the logs of its jobs by name, so links there are removed.
forget_logs() { # files
  local file
  for file; do
    plain_files "$file" || rm -f -- "$file"
  done
}

# Sets `id'.
submit() { # flags of sbatch, script
  id=$(sbatch --parsable "${sbatch[@]}" "$@") || die "sbatch rejected ${*: -1}"
  id=${id%%;*} # a cluster's name may follow
}

# Ends the script, unless there is nothing to do.
hand_over() {
  local id i after=afterany array='' elsewhere=() folder=$runs/$name.slurm
  list_todo
  ((${#todo[@]})) || return 0
  command -v sbatch >/dev/null || die "sbatch not found: \`--slurm' works where jobs are submitted to Slurm"
  leave_queued
  prepare
  make_folder "$out" "${folder#"$out"/}" || die "cannot write to $folder"
  if ((${#todo[@]})); then
    make_file "$folder/array.sbatch" array_script
    submit "$folder/array.sbatch"
    array=$id
    for i in "${!todo[@]}"; do
      make_file "${todo[i]}/job" echo "${array}_$((i + 1))"
    done
    after=$after:$array
  fi
  test ${#elsewhere[@]} -eq 0 || after=$after$(printf ':%s' "${elsewhere[@]}")
  forget_logs "$folder"/*.log "$runs/$name.gather.log"
  make_file "$folder/gather.sbatch" gather_script
  submit --dependency="$after" "$folder/gather.sbatch"
  tell "$array" "$id"
  exit 0
}

tell() { # array gather
  test -z "$1" || echo "array   $1, ${#todo[@]} runs"
  echo "gather  $2, when they are finished: $runs/$name.gather.log"
  echo "watch   squeue --jobs=${1:+$1,}$2; holdout show $runs; each run has its output.log there"
  test -z "$1" || echo "stop    scancel $1; runs stop with a checkpoint, and the same command resumes them"
}
