# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# cells.bash - the grid of an experiment: its cells and their flags, and the folder of each run.

# shellcheck disable=SC2154 # variables of experiment.bash and of the script

cells=()
declare -A cell_flags=() cell_seeds=() run_of=() effective_of=()

cell() { # name flags
  test -z "${cell_flags[$1]-}" || die "the grid has two cells \`$1'"
  cells+=("$1")
  cell_flags[$1]=$2
}

fill_grid() {
  check_chosen
  cells=()
  cell_flags=()
  run_of=()
  grid
}

# Files of learning rates: the user's own, then those that come with the script.
tuned() {
  local folder
  for folder in "$out/experiments/$paper" "$paper_folder"; do
    test ! -f "$folder/results/$scale/tuned.tsv" || printf '%s\0' "$folder/results/$scale/tuned.tsv"
  done
}

# Learning rates become flags, so they must be numbers.
check_chosen() {
  local file line
  while IFS= read -r -d '' file; do
    line=$(awk -F '\t' '
      /^#/ { next }
      !named { named = 1; next }
      $2 !~ /^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$/ { print FNR; exit }' "$file")
    test -z "$line" || die "$file, line $line: the learning rate is not a number"
  done < <(tuned)
}

# The learning rate that a method chose (see the experiment `tuning'), as a flag; nothing if it chose none.
chosen() { # choice
  local file
  while IFS= read -r -d '' file; do
    awk -F '\t' -v choice="$1" '$1 == choice { print " --lr " $2; found = 1; exit } END { exit !found }' "$file" && return
  done < <(tuned)
  return 0
}

# Sets `only' to cells: a method stands for all of its cells.
choose_only() {
  local wanted cell before found=()
  for wanted in "${only[@]}"; do
    before=${#found[@]}
    for cell in "${cells[@]}"; do
      if test "$cell" = "$wanted" || test "${cell%@*}" = "$wanted"; then found+=("$cell"); fi
    done
    ((${#found[@]} > before)) || wrong "unknown cell \`$wanted' (choose from: ${cells[*]})"
  done
  only=("${found[@]}")
}

# Prints flags as sorted lines, only the last value of each, so that two spellings of a run print the same.
effective() { # flags
  local flag key
  local -A value=()
  while (($#)); do
    [[ $1 != --option=* ]] || set -- -O "${1#*=}" "${@:2}"
    flag=$1
    if [[ $flag = --plugin-dir* ]]; then
      value[--plugin-dir]+=" ${flag#--plugin-dir}"
    elif [[ $flag = --*=* ]]; then
      value[${flag%%=*}]=${flag#*=}
    elif [[ $flag = -O || $flag = --option ]]; then
      key=${2-}
      value["-O ${key%%=*}"]=${key#*=}
      shift
    elif [[ $flag = -* ]] && (($# > 1)) && [[ $2 != -[^0-9.]* ]]; then
      value[$flag]=$2
      shift
    else
      value[$flag]=
    fi
    shift
  done
  for key in "${!value[@]}"; do
    printf '%s %s\n' "$key" "${value[$key]}"
  done | sort
}

# Sets `run' to the folder and `flags' to the flags that decide the numbers of a run; effective_of[$run] is `effective' of
# them.
grid_run() { # cell seed
  local text digest
  read -r -d '' -a flags <<<"${cell_flags[$1]}" || : # to the end: they may have several lines
  flags+=(--seed "$2" "${engine_flags[@]}" "${extra[@]}")
  run=${run_of[$1 $2]-}
  test -z "$run" || return 0 # found out before
  text=$(effective "${flags[@]}")
  [[ $'\n'$text =~ $'\n--optimizer '([^$'\n']*) ]] || BASH_REMATCH=('' run)
  run=${BASH_REMATCH[1]}-seed$2
  digest=$(sha256sum <<<"$text")
  run=$runs/$run-${digest:0:10}
  run_of[$1 $2]=$run
  effective_of[$run]=$text
}

for_each_run() { # command [cell...]; it gets cell and seed
  local command=$1 cell seed
  shift
  test $# -gt 0 || set -- "${cells[@]}"
  for ((seed = 1; seed <= seeds; seed++)); do
    for cell; do
      ((seed <= ${cell_seeds[$cell]-$seeds})) || continue
      grid_run "$cell" "$seed"
      "$command" "$cell" "$seed" || return
    done
  done
}

finished() {
  local trouble
  test -f "$run/summary.json" && examine && test -z "$trouble"
}

# It would fail again in the same way, to the last bit.
diverged() {
  local trouble
  test ! -f "$run/summary.json" && examine && test -z "$trouble" && test -f "$run/output.log" &&
    [[ $(tail -n 1 "$run/output.log") = *'training has diverged'* ]]
}

# Warns of cells that the flags after `--' make equal: they would be shown as if they were several.
warn_of_equals() {
  local cell run flags
  local -A cell_of=()
  for cell in "${cells[@]}"; do
    grid_run "$cell" 1
    test -z "${cell_of[$run]-}" ||
      echo "$name: \`$cell' and \`${cell_of[$run]}' are the same run: the flags after -- undo what distinguishes them" >&2
    cell_of[$run]=$cell
  done
}

print_command() {
  local text
  quote "$HOLDOUT" train "${flags[@]}" --threads "$(threads_of "${jobs:-$(default_jobs)}")" "${device_flags[@]}" --run-dir "$run"
  echo "$text"
}
