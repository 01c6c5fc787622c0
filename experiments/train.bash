# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# train.bash - trains the runs of a grid that are not finished, with GNU parallel; a bar or lines say how far it is.

# shellcheck disable=SC2154 # variables of lib.bash

# A line of shell for one run that is still to do.  The job says how it ended on its standard output.
pending() { # cell seed
  local text log command
  grid=$((grid + 1))
  test -z "${taken[$run]-}" || return 0
  taken[$run]=1
  ! finished || return 0
  if test -f "$run/config.yaml"; then
    quote "$HOLDOUT" train --resume "$run" --threads 1
    log='>>'
  else
    if test -d "$run"; then
      flock --nonblock "$run" rm -rf "$run" || die "$run: another process is working on this run"
    fi
    mkdir -p "$run"
    quote "${flags[@]}"
    printf '%s\n' "$text" >"$run/command"
    quote "$HOLDOUT" train "${flags[@]}" --threads 1 --run-dir "$run"
    log='>'
  fi
  todo+=("$run")
  total=$((total + $(epochs_wanted)))
  command=$text
  quote "$run/output.log"
  printf '%s %s%s 2>&1; echo "%s %s %s $?"\n' "$command" "$log" "$text" "$1" "$2" "${run##*/}" >>"$jobs_file"
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

report_run() { # cell seed folder status
  local text
  ended=$((ended + 1))
  ((!terminal)) || printf '\r\033[K' >&2
  case $4 in
    0)
      text=$(jq -r '"test accuracy \(.test_accuracy_last) last, \(.test_accuracy_best) best"' "$runs/$3/summary.json")
      printf '%s, seed %d: %s (run %d of %d, %s)\n' "$1" "$2" "$text" "$ended" "${#todo[@]}" \
        "$(minutes $((SECONDS - start)))" >&2
      ;;
    130 | 143) printf '%s, seed %d: stopped, goes on when %s is started again\n' "$1" "$2" "$name" >&2 ;;
    *) printf '%s, seed %d: failed with status %d; read %s\n' "$1" "$2" "$4" "$runs/$3/output.log" >&2 ;;
  esac
}

# Reads how runs ended; meanwhile draws a bar, on a terminal.
watch_runs() {
  local cell seed folder status ended=0 start=$SECONDS first terminal=0
  trap '' INT
  first=$(epochs_done)
  test ! -t 2 || terminal=1
  while :; do
    if read -r -t 1 cell seed folder status; then
      report_run "$cell" "$seed" "$folder" "$status"
    elif (($? <= 128)); then
      break
    fi
    ((!terminal)) || draw_bar
  done
  ((!terminal)) || printf '\r\033[K' >&2
}

# Sets `todo', the folders of runs to do, and `total', their epochs; writes their commands to a file.
list_todo() {
  local grid=0
  local -A taken=()
  todo=()
  total=0
  mkdir -p "$runs"
  jobs_file=$runs/$name.jobs
  : >"$jobs_file"
  for_each_run pending "${only[@]}"
  ((${#todo[@]} == ${#taken[@]})) ||
    echo "$name: $((${#taken[@]} - ${#todo[@]})) of ${#taken[@]} runs are finished already, in $runs" >&2
}

train() {
  local interrupted=0 total jobs_file
  list_todo
  ((${#todo[@]})) || return 0
  echo "$name: ${#todo[@]} runs, $jobs at a time" >&2
  trap interrupted=1 INT TERM
  # Of a signal, holdout finishes its step and writes a checkpoint; a second one would end it at once.
  PARALLEL='' PARALLEL_HOME=${PARALLEL_HOME:-${runs%/*}/.parallel} PARALLEL_SHELL=$BASH \
    parallel --will-cite --jobs "$jobs" --joblog "$runs/$name.joblog" --termseq INT,20000,TERM,1000,KILL,25 \
    <"$jobs_file" 2>"$runs/$name.parallel.log" | watch_runs || :
  trap - INT TERM
  ((!interrupted)) || die "stopped; the same command goes on from here" 130
  cat "$runs/$name.parallel.log" >&2
}
