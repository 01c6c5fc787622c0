# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# engine.bash - what runs compute on, and for how long: --engine, --precision, --time-limit.

# shellcheck disable=SC2034,SC2154 # variables of experiment.bash

engine=cpu        # as in --engine cuda:1
precision=float32 # of holdout train, which checks both
limit=            # as given by --time-limit
ends=             # when the time is up, in seconds of `date +%s'

# Sets `seconds' to a time in whole numbers: 600, 90s, 10m, 1h30m.
limit_seconds() { # time
  [[ $1 =~ ^(([0-9]{1,6})d)?(([0-9]{1,6})h)?(([0-9]{1,6})m)?(([0-9]{1,9})s?)?$ ]] || return
  local part=("${BASH_REMATCH[@]}")
  seconds=$((86400 * 10#0${part[2]} + 3600 * 10#0${part[4]} + 60 * 10#0${part[6]} + 10#0${part[8]}))
  ((seconds))
}

# It counts from the start of `all', if that called this script.
set_limit() { # time
  local seconds
  limit_seconds "$1" || wrong "flag \`--time-limit' takes a time such as 90s, 10m or 1h30m, not \`$1'"
  limit=${seconds}s
  ends=$((${EXPERIMENTS_STARTED:-$(date +%s)} + seconds))
}

on_gpu() {
  test "${engine%%:*}" != cpu
}

# Sets `engine_flags', which decide the numbers of a run; the default's are those of no flag.
set_engine_flags() {
  engine_flags=()
  test "${engine%%:*}" = cpu || engine_flags+=(--engine "${engine%%:*}")
  test "$precision" = float32 || engine_flags+=(--precision "$precision")
}

# Sets `device_flags': which of several devices, which decides nothing.
set_device_flags() {
  device_flags=()
  test "$engine" = "${engine%%:*}" || device_flags=(--engine "$engine")
}

# Runs at a time, unless --jobs says: one for each processor, or one on a device.
default_jobs() {
  if on_gpu; then echo 1; else nproc; fi
}

# Threads of a run, for a number of runs at a time: on a device, processors prepare mini-batches for it.
threads_of() { # jobs
  local threads=1
  if on_gpu; then threads=$(($(nproc) / $1)); fi
  echo $((threads ? threads : 1))
}
