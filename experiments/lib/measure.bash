# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# measure.bash - runs the cases of a benchmark in turn, for several rounds, and shows progress.

# shellcheck disable=SC2154 # variables of bench and common.bash

export CUDA_DEVICE_ORDER=PCI_BUS_ID # that of nvidia-smi; by default, CUDA counts fast devices first

# Nothing can be measured on a GPU that holdout cannot use.
find_device() {
  local answer
  test "$engine" != cpu || return 0
  answer=$("$HOLDOUT" bench --net mlp --steps 1 --engine "$engine" 2>&1 >/dev/null) ||
    die "with --engine $engine nothing can be measured here: $answer"
  command -v nvidia-smi >/dev/null ||
    echo "$name: there is no nvidia-smi, so memory on the device is not measured" >&2
}

find_peer() {
  local program='import torch'
  peer=1
  if test "$engine" != cpu; then program+='; assert torch.cuda.is_available()'; fi
  "$PYTHON" -c "$program" 2>/dev/null || {
    peer=0
    if test "$engine" != cpu; then
      echo "$name: $PYTHON has no PyTorch that can use a GPU, so nothing is compared with it: \$PYTHON names another" >&2
      return
    fi
    echo "$name: $PYTHON has no PyTorch, so nothing is compared with it (Debian package python3-torch)" >&2
  }
}

# Sets `todo': the cases of a round, each once, in the order of the rows; curves are only in the first round.
cases_of() { # round
  local line case
  local -A seen=()
  todo=()
  while IFS= read -r case; do
    if test -n "${seen[$case]-}" || { test "$peer" = 0 && test "${case%%[ :]*}" = torch; }; then continue; fi
    seen[$case]=1
    todo+=("$case")
  done < <(
    row_lines | cut -f 6,7 | tr '\t' '\n'
    test "$1" -gt 1 || curve_lines | cut -f 3
  )
}

# Sets `layouts', PyTorch's memory layouts for a case; after the first round, only the one that was faster.
layouts_of() { # case
  layouts=(contiguous)
  test "${1%%[ :]*}" != torch || layouts=(${faster[$1]:-contiguous channels-last})
}

# Sets `command'.
command_of() { # case layout
  local program step net batch parts workers side=32 precision how
  read -r program step net batch parts workers <<<"$1"
  IFS=: read -r program precision how <<<"$program"
  test "${net%%:*}" != inception-small || side=29 # the crops that it is made for
  case $program in
    holdout) command=("$HOLDOUT" bench --json) ;;
    torch) command=("$PYTHON" "$here/../tests/peers/torch_bench.py") ;;
  esac
  command+=(--net "$net" --input "${side}x${side}x3" --batch-size "$batch" --threads "$workers" --steps "$steps")
  case $program-$step in
    *-eval) command+=(--eval) ;;
    holdout-bilevel) command+=(--optimizer bilevel -O "bilevel.minibatches=$parts") ;;
    torch-bilevel) command+=(--optimizer bilevel --minibatches "$parts") ;;
    *) command+=(--optimizer "$step") ;;
  esac
  test "$2" = contiguous || command+=(--channels-last)
  test -n "$precision" || return 0
  command+=(--engine "$engine" --precision "$precision")
  case $how in
    graph) command+=(--graph) ;;
    grouped) command+=(--graph --grouped) ;;
  esac
}

print_commands() {
  local todo case layouts layout command text
  local -A faster=()
  cases_of 1
  for case in "${todo[@]}"; do
    layouts_of "$case"
    for layout in "${layouts[@]}"; do
      command_of "$case" "$layout"
      quote "${command[@]}"
      echo "$text"
    done
  done
}

# Sets `busy' and `all', ticks of the processors so far, and `own', those of this script and its children.
ticks() {
  local user nice system idle iowait irq softirq steal line
  busy=0 all=0 own=0
  test -r /proc/stat || return 0
  read -r _ user nice system idle iowait irq softirq steal _ </proc/stat
  busy=$((user + nice + system + irq + softirq + steal))
  all=$((busy + idle + iowait))
  read -r line <"/proc/$$/stat"
  read -r -a line <<<"${line##*) }"
  own=$((line[11] + line[12] + line[13] + line[14]))
}

# MiB used on the device by all processes; nothing where that cannot be known.  Devices are counted within
# CUDA_VISIBLE_DEVICES, as holdout does.
device_used() {
  local number=${engine#cuda} visible
  number=${number#:}
  test "$engine" != cpu || return 0
  IFS=, read -ra visible <<<"${CUDA_VISIBLE_DEVICES-}"
  number=${visible[${number:-0}]-${number:-0}}
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits --id="$number" 2>/dev/null |
    grep -x '[0-9][0-9]*' | head -n 1
}

# Prints the most that is used until it is killed, or this script ends, whenever there is more.
watch_device() {
  local used most=0
  while kill -0 "$$" 2>/dev/null && used=$(device_used) && test -n "$used"; do
    ((used <= most)) || { most=$used && echo "$most"; }
    sleep 0.1
  done
}

# Measures a case and records it; sets `speed', images per second, and `others', the share of the processors that
# other processes took meanwhile.
measure_one() { # case layout round
  local command answer busy all own before used='' watcher='' device=null
  command_of "$1" "$2"
  ticks
  before=("$busy" "$all" "$own")
  { new_file "$results/errors" && new_file "$results/used"; } || die "cannot write to $results"
  used=$(device_used) || used=
  if test -n "$used"; then
    watch_device >"$results/used" &
    watcher=$!
  fi
  answer=$("${command[@]}" 2>"$results/errors") || {
    test -z "$watcher" || kill "$watcher" 2>/dev/null || :
    ((!terminal)) || printf '\r\033[K' >&2
    die "$1 failed:
$(cat "$results/errors")"
  }
  if test -n "$watcher"; then
    kill "$watcher" 2>/dev/null || :
    wait "$watcher" 2>/dev/null || :
    device=$(tail -n 1 "$results/used")
    if ((${device:-0} > used)); then device=$(((device - used) * 1048576)); else device=null; fi # null: nothing was seen
  fi
  ticks
  others=$(((busy - before[0]) - (own - before[2])))
  others=$((all > before[1] && others > 0 ? 100 * others / (all - before[1]) : 0))
  jq -c --arg case "$1" --argjson round "$3" --argjson others "$others" --argjson device "$device" \
    '{case: $case, round: $round, others_percent: $others}
      + (if $device then {device_bytes: $device} else {} end) + .' <<<"$answer" >>"$results/$stem.jsonl"
  speed=$(jq -r '.images_per_s * 10 | round / 10' <<<"$answer")
}

say() { # case layout round
  local bar spent=$((SECONDS - start)) text=$1
  test "$2" = contiguous || text+=" $2"
  if ((terminal)); then
    printf -v bar '%*s' $((30 * at / total)) ''
    printf '\r[%-30s] %d of %d, %s to go; round %d: %s %s images/s \033[K' "${bar// /#}" "$at" "$total" \
      "$(minutes $(((total - at) * spent / at)))" "$3" "$text" "$speed" >&2
  else
    printf '%s: %d of %d, round %d: %s: %s images/s\n' "$name" "$at" "$total" "$3" "$text" "$speed" >&2
  fi
}

# Prints the number of measurements; PyTorch's other layout is measured only in the first round.
count_all() {
  local case todo
  total=0
  cases_of 2
  total=$((${#todo[@]} * (rounds - 1)))
  cases_of 1
  for case in "${todo[@]}"; do
    if test "${case%%[ :]*}" = torch; then total=$((total + 2)); else total=$((total + 1)); fi
  done
}

measure_case() { # case round
  local layouts layout speed others best=0
  layouts_of "$1"
  for layout in "${layouts[@]}"; do
    measure_one "$1" "$layout" "$2"
    at=$((at + 1))
    say "$1" "$layout" "$2"
    if jq -en --argjson speed "$speed" --argjson best "$best" '$speed > $best' >/dev/null; then
      best=$speed
      faster[$1]=$layout
    fi
  done
}

measure() {
  local round case todo total at=0 start=$SECONDS terminal=0
  local -A faster=() # by case: PyTorch's layout
  make_folder "$out" experiments/results || die "cannot write to $out: give another folder by --out"
  rm -f -- "$results/$stem"{,-curves}.tsv
  test "$engine" != cpu || rm -f -- "$plots"/bench*.svg
  new_file "$results/$stem.jsonl" || die "cannot write to $results"
  test ! -t 2 || terminal=1
  count_all
  echo "$name: $total measurements, $rounds rounds of $steps steps" >&2
  for ((round = 1; round <= rounds; round++)); do
    cases_of "$round"
    for case in "${todo[@]}"; do
      measure_case "$case" "$round"
    done
  done
  ((!terminal)) || printf '\r\033[K' >&2
  rm -f "$results/errors" "$results/used"
}
