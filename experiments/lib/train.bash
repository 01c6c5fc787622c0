# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# train.bash - trains the unfinished runs of a grid, with GNU parallel, and shows progress.

# shellcheck disable=SC2154 # variables of experiment.bash

# Trains the run in a folder: starts it with the flags in its file `command', one per line, or resumes it from its last
# checkpoint, until it is finished or the time is up, if `ends' is not empty.  The other flags are for this machine.
# Parallel and Slurm call this in shells of their own, so it depends only on its arguments and $HOLDOUT.  Status 75: the
# time is up, as of holdout itself; 69: another process trains the run.  holdout replaces this shell, and keeps the lock.
train_run() { # folder threads ends flags...
  local words file machine=(--threads "$2" "${@:4}")
  for file in "$1" "$1"/{lock,command,config.yaml,output.log}; do
    if test -L "$file" || { test -e "$file" && test ! -f "$file" && test "$file" != "$1"; }; then
      echo "$file is a link or not a regular file: nothing is written there" >&2
      exit 73
    fi
  done
  exec 9>>"$1/lock"
  flock --nonblock 9 || exit 69
  test ! -f "$1/summary.json" || exit 0
  if test "$3"; then
    machine+=(--time-limit $(($3 - $(date +%s))))
    ((machine[-1] > 0)) || exit 75
  fi
  if test -f "$1/config.yaml"; then
    exec "$HOLDOUT" train --resume "$1" "${machine[@]}" >>"$1/output.log" 2>&1
  fi
  mapfile -t words <"$1/command"
  if test "${#words[@]}" -eq 0; then
    echo "$1/command is empty: it should have the flags of the run, one per line" >&2
    exit 73
  fi
  exec "$HOLDOUT" train "${words[@]}" "${machine[@]}" --run-dir "$1" >>"$1/output.log" 2>&1
}

# Adds an unfinished run, once for all cells that need it.
pending() { # cell seed
  local text trouble
  test -z "${taken[$run]-}" || return 0
  taken[$run]=1
  examine
  if test -n "$trouble"; then
    troubled=$((troubled + 1))
    return 0
  fi
  ! finished || return 0
  ! diverged || return 0
  printf -v text '%s\n' "${flags[@]}"
  todo+=("$run")
  todo_name+=("$1, seed $2")
  todo_flags+=("${text%$'\n'}")
  total=$((total + $(epochs_wanted)))
}

# Sets `todo', the folders of runs to do, `todo_name' and `todo_flags', and `total', their epochs.
list_todo() {
  local -A taken=()
  local troubled=0 ready
  todo=()
  todo_name=()
  todo_flags=()
  total=0
  for_each_run pending "${only[@]}"
  ready=$((${#taken[@]} - ${#todo[@]} - troubled))
  ((!ready)) || echo "$name: $ready of ${#taken[@]} runs are already finished, in $runs" >&2
}

# Gives each run a folder with its flags.
prepare() {
  local i run
  for i in "${!todo[@]}"; do
    run=${todo[i]}
    test ! -f "$run/config.yaml" || continue # it has begun, and was examined
    make_folder "$out" "${run#"$out"/}" || die "cannot write to $out: give another folder by --out"
    make_file "$run/command" printf '%s\n' "${todo_flags[i]}"
  done
}

epochs_done() {
  local folder lines=0
  for folder in "${todo[@]}"; do
    test ! -f "$folder/log.jsonl" || lines=$((lines + $(wc -l <"$folder/log.jsonl")))
  done
  echo "$lines"
}

epochs_wanted() { # of one run: the last --epochs of its flags
  local text=" ${flags[*]}"
  text=${text##* --epochs[ =]}
  text=${text%% *}
  [[ $text =~ ^[0-9]+$ ]] || text=0
  echo "$text"
}

draw_bar() {
  local at spent=$((SECONDS - start)) bar eta=
  at=$(epochs_done)
  printf -v bar '%*s' $((total ? 30 * at / total : 0)) ''
  ((at - first < 10)) || eta=", $(minutes $(((total - at) * spent / (at - first)))) to go"
  printf '\r[%-30s] epoch %d of %d, %d of %d runs done%s \033[K' "${bar// /#}" "$at" "$total" "$ended" "${#todo[@]}" "$eta" >&2
}

report_run() { # number status
  local text run=${todo[$1 - 1]}
  ended=$((ended + 1))
  ((!terminal)) || printf '\r\033[K' >&2
  case $2 in
    0)
      text=$(jq -r '"test accuracy \(.test_accuracy_last) last"
        + if .test_accuracy_best then ", \(.test_accuracy_best) best" else "" end' "$run/summary.json") ||
        text="$run/summary.json cannot be read"
      text="$text (run $ended of ${#todo[@]}, $(minutes $((SECONDS - start))))"
      ;;
    75)
      out_of_time=1
      test -f "$run/config.yaml" || return 0 # it was not begun
      text="time is up, goes on when $name is started again"
      ;;
    69) text="another process is working on this run" ;;
    129 | 130 | 138 | 140 | 143 | 152) text="stopped, goes on when $name is started again" ;;
    *) text="failed with status $2; read $run/output.log$(reason "$run")" ;;
  esac
  echo "${todo_name[$1 - 1]}: $text" >&2
}

# The last line of a run's output; each line is printed only once.
reason() { # run
  local line text
  test -f "$1/output.log" || return 0
  line=$(tail -n 1 "$1/output.log" | tr -d '\0')
  printable "$line"
  test -z "$line" || test -n "${told[$line]-}" || printf '\n  %s' "$text"
  told[${line:-nothing}]=1
}

# Reads how runs ended; draws a progress bar if this is a terminal.
watch_runs() {
  local number status ended=0 start=$SECONDS first terminal=0
  first=$(epochs_done)
  test ! -t 2 || terminal=1
  while :; do
    if read -r -t 1 number status; then
      report_run "$number" "$status"
    elif (($? <= 128)); then
      break
    fi
    ((!terminal)) || draw_bar
  done
  ((!terminal)) || printf '\r\033[K' >&2
}

# The time was up before all runs were finished.
time_is_up() {
  local run finished=0 begun=0
  for run in "${todo[@]}"; do
    if test -f "$run/summary.json"; then
      finished=$((finished + 1))
    elif test -f "$run/config.yaml"; then
      begun=$((begun + 1))
    fi
  done
  die "time is up: of ${#todo[@]} runs to do, $finished are finished, $begun go on from a checkpoint, \
$((${#todo[@]} - finished - begun)) are not begun; the same command goes on from here" 75
}

# GNU parallel, in a process group of its own, so that only this script signals it.  On the first signal, holdout
# finishes its step and writes a checkpoint; a second would kill it at once.  Parallel's own folder is not among the results,
# because its settings can be code.
parallel_runs() {
  local text words
  quote "$(threads_of "$jobs")" "$ends" "${device_flags[@]}"
  words=$text
  # shellcheck disable=SC2016 # perl's variable
  PARALLEL='' PARALLEL_HOME=${PARALLEL_HOME:-$scratch} PARALLEL_SHELL=$BASH \
    exec perl -e 'setpgrp; $SIG{INT} = "DEFAULT"; exec @ARGV' \
    parallel --plain --will-cite --null --jobs "$jobs" --joblog "$runs/$name.joblog" \
    --termseq INT,20000,TERM,1000,KILL,25 \
    "(train_run {} $words); echo {#} \$?" 2>"$runs/$name.parallel.log" < <(printf '%s\0' "${todo[@]}")
}

train() {
  local interrupted=0 out_of_time=0 pid scratch jobs=${jobs:-$(default_jobs)}
  local -A told=()
  list_todo
  ((${#todo[@]})) || return 0
  need parallel
  prepare
  scratch=$(mktemp -d)
  { new_file "$runs/$name.joblog" && new_file "$runs/$name.parallel.log"; } || die "cannot write to $runs"
  echo "$name: ${#todo[@]} runs, $jobs at a time" >&2
  export HOLDOUT
  export -f train_run
  exec 8< <(parallel_runs)
  pid=$!
  trap 'interrupted=1; kill -INT "$pid"' INT TERM HUP
  watch_runs <&8
  exec 8<&-
  trap - INT TERM HUP
  rm -rf -- "$scratch"
  ((!interrupted)) || die "stopped; the same command resumes from here" 130
  cat "$runs/$name.parallel.log" >&2
  ((!out_of_time)) || time_is_up
}
