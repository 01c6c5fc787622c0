# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# lib.bash - what the experiments share: their flags, one `holdout train' for each cell and seed, then the results.
#
# A script states its grid in these variables, then calls `experiment "$@"':
#   about                 the first line of --help
#   scales, scale_flags   names, and by name the flags that all runs of a scale have
#   cells, cell_flags     names, and by name the flags that tell a cell from the others
#   seeds                 how many: 1, 2, ...
#   pairs                 `A B': report the difference A - B over equal seeds
#
# A run lies in OUT/experiments/PAPER/runs/SCALE/NAME/CELL-seedN.  Beside holdout's files there: `command', the flags
# that decide its numbers, by which a later start knows whether it is the run in question; and output.log.

# shellcheck disable=SC2034,SC2154 # the variables above are the script's, others are for train.bash and results.bash
: "${about?} ${scales?} ${cells?} ${seeds?} ${pairs?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
paper=$(basename "$(cd "$(dirname "$0")" && pwd)")
scale=${scales[0]}
out=${HO_BUILDDIR:-.}
jobs=$(nproc)
mode=run
only=()
extra=()

# shellcheck source=experiments/common.bash
. "$here/common.bash"
# shellcheck source=experiments/train.bash
. "$here/train.bash"
# shellcheck source=experiments/results.bash
. "$here/results.bash"

# ---- flags ----

help() {
  cat <<END
Usage: $name [FLAGS] [-- FLAGS FOR EVERY holdout train]

$about
Leaves a table of runs, curves, and a figure; prints what they show.  Runs that are finished
are kept, interrupted ones go on where they were, failed ones are repeated.

      --scale NAME  ${scales[*]} (default: ${scales[0]})
      --seeds N     seeds 1 to N (default: $seeds)
      --only CELL   train this cell alone; may be given several times: ${cells[*]}
      --jobs N      runs at a time, one thread each (default: processors, here $jobs)
      --out DIR     where runs, results and plots go (default: \$HO_BUILDDIR, or this folder)
      --gather      train nothing; table and figure of what is finished
      --dry-run     print the commands of all runs, do nothing
  -h, --help        show this text

\$HOLDOUT names the program; without it, it is holdout in the --out folder, then in PATH.
END
}

set_flag() { # flag value
  case $1 in
    --scale) one_of scale "$2" "${scales[@]}" && scale=$2 ;;
    --only) one_of cell "$2" "${cells[@]}" && only+=("$2") ;;
    --seeds) count "$1" "$2" && seeds=$2 ;;
    --jobs) count "$1" "$2" && jobs=$2 ;;
    --out) test -n "$2" || wrong "flag \`--out' needs a folder" && out=$2 ;;
  esac
}

# What would make runs alike, or put them elsewhere, cannot be given to all of them.
set_extra() { # flags
  local flag
  extra=("$@")
  for flag; do
    case ${flag%%=*} in
      --seed | --run-dir | --resume | --overwrite | --threads)
        wrong "\`${flag%%=*}' is this script's to give, it cannot stand behind --"
        ;;
    esac
  done
}

parse() { # arguments
  while (($#)); do
    case $1 in
      -h | --help)
        help
        exit 0
        ;;
      --dry-run) mode=dry-run ;;
      --gather) mode=gather ;;
      --scale | --seeds | --jobs | --only | --out)
        (($# > 1)) || wrong "flag \`$1' needs a value"
        set_flag "$1" "$2"
        shift
        ;;
      --scale=* | --seeds=* | --jobs=* | --only=* | --out=*) set_flag "${1%%=*}" "${1#*=}" ;;
      --)
        shift
        set_extra "$@"
        return
        ;;
      -*) wrong "unknown flag \`$1' (there is: --scale --seeds --only --jobs --out --gather --dry-run --help)" ;;
      *) wrong "unexpected argument \`$1'" ;;
    esac
    shift
  done
}

# ---- the grid ----

# Sets `run' to the folder and `flags' to the flags that decide the numbers of a run.
grid_run() { # cell seed
  run=$runs/$1-seed$2
  # shellcheck disable=SC2154,SC2206 # flags are words
  flags=(${scale_flags[$scale]} ${cell_flags[$1]} --seed "$2" "${extra[@]}")
}

# Is what lies in the folder of the run the run that the grid asks for?
same() {
  local text line
  quote "${flags[@]}"
  test -f "$run/command" && read -r line <"$run/command" && test "$line" = "$text"
}

finished() {
  test -f "$run/summary.json" && same
}

for_each_run() { # command [cell...]; it gets cell and seed
  local command=$1 cell seed
  shift
  test $# -gt 0 || set -- "${cells[@]}"
  for ((seed = 1; seed <= seeds; seed++)); do
    for cell; do
      grid_run "$cell" "$seed"
      "$command" "$cell" "$seed" || return
    done
  done
}

print_command() {
  local text
  quote "$HOLDOUT" train "${flags[@]}" --threads 1 --run-dir "$run"
  echo "$text"
}

# ---- all of it ----

unfinished_run() { # cell seed
  grid=$((grid + 1))
  if finished; then
    return
  elif same && test -f "$run/output.log"; then
    unfinished+=("$1-seed$2: read $run/output.log")
  else
    unfinished+=("$1-seed$2: not begun")
  fi
}

# Fails unless all that was asked for is there.
judge() {
  local grid=0 unfinished=()
  for_each_run unfinished_run "${only[@]}"
  ((!${#unfinished[@]})) || die "${#unfinished[@]} of $grid runs are not finished:
$(printf '  %s\n' "${unfinished[@]}")
Without --gather, the same command goes on from their last checkpoint, or from the start where a folder is deleted."
}

experiment() { # arguments
  local runs results figure todo run flags
  parse "$@"
  out=${out%/}
  runs=${out:=/}/experiments/$paper/runs/$scale/$name
  results=$out/experiments/$paper/results/$scale
  figure=$out/plots/$scale/$name.svg
  test "$mode" = gather || find_program
  if test "$mode" = dry-run; then
    for_each_run print_command "${only[@]}"
    return
  fi
  need jq parallel gnuplot flock
  test "$mode" = gather || train
  gather
  draw_figure
  print_table
  judge
}
