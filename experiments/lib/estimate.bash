# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# estimate.bash - how long a grid takes: the program times a few steps and an evaluation of each cell.

# shellcheck disable=SC2154 # variables of experiment.bash

# Prints how many seconds a run would take, as a whole number.
benchmark() { # flags
  "$HOLDOUT" train "$@" --threads "$(threads_of "$jobs")" "${device_flags[@]}" --dry-run --json | jq -es '.[0].time_s | numbers | round'
}

# Adds an unfinished run; the first of each cell gets a trial run.
add_run() { # cell seed
  grid=$((grid + 1))
  test -z "${taken[$run]-}" || return 0
  taken[$run]=1
  ! finished || return 0
  runs_left=$((runs_left + 1))
  if test -z "${seconds[$1]-}"; then
    test ! -t 2 || printf '\r%s: trying out %s \033[K' "$name" "$1" >&2
    seconds[$1]=$(benchmark "${flags[@]}") || die "$1 failed in a trial run: there is no estimate"
  fi
  total=$((total + seconds[$1]))
  longest=$((seconds[$1] > longest ? seconds[$1] : longest))
}

hours() { # seconds
  printf '%d.%02d' $(($1 / 3600)) $(($1 % 3600 / 36))
}

estimate() {
  local grid=0 runs_left=0 total=0 longest=0 jobs=${jobs:-$(default_jobs)} of=processor
  local -A seconds=() taken=()
  for_each_run add_run "${only[@]}"
  test ! -t 2 || printf '\r\033[K' >&2
  if on_gpu; then of=device; fi
  printf '%s: %d runs, %d to do: about %s hours of one '"$of"', the longest run %s' "$name" "${#taken[@]}" \
    "$runs_left" "$(hours "$total")" "$(minutes "$longest")" >&2
  ((jobs == 1)) || printf '; %d at a time about %s hours' "$jobs" \
    "$(hours $((total / jobs > longest ? total / jobs : longest)))" >&2
  echo >&2
}
