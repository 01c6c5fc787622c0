# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# experiment.bash - what all experiments share: flags, one `holdout train' per cell and seed, then the results.
#
# A script states its grid, then calls `experiment "$@"':
#   about                 the first line of --help
#   seeds                 the number of seeds: 1, 2, ...
#   pairs                 `A B': report the difference A - B over equal seeds; of A@X and B@X as well, for each X
#   available             its scales, if not all
#   figures               scripts of plots/figures/, if not only the one of the same name
#   may_diverge           set if a diverging run is a result, too
#   grid                  a function that calls `cell NAME FLAGS' for each cell of `scale'; cell_seeds[NAME]: fewer seeds
# A cell is named METHOD, or METHOD@X with the value or condition that it stands for.  What the experiments of a paper
# share, including the scales, is in grid.bash beside them.
#
# A run lies in OUT/experiments/PAPER/runs/SCALE/OPTIMIZER-seedN-DIGEST, where the digest is of the flags that decide
# its results: a run that several experiments need is trained once.  Besides holdout's files it has `command', these
# flags, one per line, and output.log.

# shellcheck disable=SC2034,SC2154 # the variables above are the script's, others are for the files read here
: "${about?} ${seeds?}"

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
paper_folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
paper=${paper_folder##*/}

# shellcheck source=experiments/lib/common.bash
. "$here/common.bash"
# shellcheck source=experiments/deep-bilevel-learning/grid.bash
. "$paper_folder/grid.bash"
# shellcheck source=experiments/lib/engine.bash
. "$here/engine.bash"
# shellcheck source=experiments/lib/cells.bash
. "$here/cells.bash"
# shellcheck source=experiments/lib/examine.bash
. "$here/examine.bash"
# shellcheck source=experiments/lib/estimate.bash
. "$here/estimate.bash"
# shellcheck source=experiments/lib/train.bash
. "$here/train.bash"
# shellcheck source=experiments/lib/results.bash
. "$here/results.bash"
# shellcheck source=experiments/lib/checksums.bash
. "$here/checksums.bash"
# shellcheck source=experiments/lib/slurm.bash
. "$here/slurm.bash"

test -n "${available+set}" || available=("${scales[@]}")
test -n "${figures+set}" || figures=("$name")
scale=${available[0]}
build=${HO_BUILDDIR:-.}
out=$build/reproduced
jobs=
mode=run
draw=1
slurm=0
sbatch=()
only=()
extra=()

# ---- flags ----

help() {
  fill_grid
  cat <<END
Usage: $name [FLAGS] [-- FLAGS FOR EVERY holdout train]

$about
Writes a table of runs, curves, and a figure; prints a summary.  Finished runs are kept,
interrupted ones are resumed, failed ones are repeated.  With flags for every run, tables and
figures go to a folder of their own.

      --scale NAME  ${available[*]} (default: ${available[0]})
      --seeds N     seeds 1 to N (default: $seeds)
      --only CELL   only this cell; may be given several times; a METHOD stands for all its
                    METHOD@X as well.  Cells of this scale:
$(fold -s -w 68 <<<"${cells[*]}" | sed 's/^/                    /')
      --jobs N      runs at a time, one thread each (default: processors, here $(nproc)); with
                    --engine cuda on one device, sharing the processors (default: 1)
      --engine NAME cpu, cuda or cuda:N: where runs are trained (default: cpu); runs with another
                    engine or precision are trained separately; the table says which
      --precision NAME
                    float32, tf32 or bf16, of --engine cuda (default: float32)
      --time-limit TIME
                    stop all runs with a checkpoint before this time is up, as in 10m or 1h30m,
                    and exit with status 75; the same command goes on.  With --slurm, that is
                    the time of a task, which then queues up again
      --out DIR     where runs, results and plots go (default: reproduced, in \$HO_BUILDDIR or in
                    this folder)
      --gather      train nothing; make table and figure of the finished runs
      --no-figures  draw nothing, and do not need gnuplot
      --dry-run     print the commands of all runs and the hours they would take
      --slurm       train on a cluster: submit the runs to Slurm as an array job, --jobs tasks at a
                    time (default: as many as it allows), followed by a job that gathers.
                    Shortly before its four hours are up (five minutes, or a quarter of a
                    shorter --time), a task writes a checkpoint, stops and is requeued if
                    it did a step.  All nodes must share the files of this machine
      --sbatch FLAGS
                    for Slurm: --sbatch='--partition=long --time=8:00:00 --cpus-per-task=4'; may be
                    given several times; a run has as many threads as its task has processors
  -h, --help        show this text

\$HOLDOUT names the program; without it, it is holdout in \$HO_BUILDDIR or in this folder, then
in PATH.
\$HOLDOUT_DATA is the folder with the data sets, where the system has none.
END
}

set_flag() { # flag value
  case $1 in
    --scale) one_of scale "$2" "${available[@]}" && scale=$2 ;;
    --only) only+=("$2") ;;
    --seeds) count "$1" "$2" && seeds=$2 ;;
    --jobs) count "$1" "$2" && jobs=$2 ;;
    --sbatch) add_sbatch "$2" ;;
    --out) set_out "$2" ;;
    --engine) [[ $2 =~ ^(cpu|cuda(:[0-9]+)?)$ ]] || wrong "flag \`$1' takes cpu, cuda or cuda:N, not \`$2'" && engine=$2 ;;
    --precision) one_of precision "$2" float32 tf32 bf16 && precision=$2 ;;
    --time-limit) set_limit "$2" ;;
  esac
}

set_out() { # folder
  test -n "$1" || wrong "flag \`--out' needs a folder"
  out=$1
}

# Paths appear in lines: in commands, scripts for Slurm and messages.
check_out() {
  local path
  out=${out%/}
  as_operand "${out:-/}"
  out=$path
  [[ $out != *$'\n'* ]] || wrong "flag \`--out': there is a line break in the name of the folder"
}

# Refuses flags that would make runs equal, or put them elsewhere.
set_extra() { # flags
  local flag
  extra=("$@")
  for flag; do
    [[ $flag != *$'\n'* ]] || wrong "there is a line break in a flag after --"
    case ${flag%%=*} in
      --seed | --run-dir | --resume | --overwrite | --threads)
        wrong "\`${flag%%=*}' is set by this script and cannot be given after --"
        ;;
      --engine | --precision | --time-limit) wrong "\`${flag%%=*}' is a flag of this script: give it before --" ;;
      -c | --config | --dry-run | -h | --help | --quiet)
        wrong "\`${flag%%=*}' cannot be given after --, where flags decide what is trained"
        ;;
    esac
  done
}

# --has SCALE, for `all': does the experiment have this scale?
has_scale() { # scale
  one_of scale "$1" "${scales[@]}"
  [[ " ${available[*]} " = *" $1 "* ]]
}

parse() { # arguments
  local show='' known='--scale --seeds --only --jobs --out --gather --no-figures --dry-run --slurm --sbatch'
  known+=' --engine --precision --time-limit --help'
  while (($#)); do
    case $1 in
      -h | --help) show=help ;;
      --has) has_scale "${2-}" && exit 0 || exit 1 ;;
      --dry-run | --gather)
        test "$mode" = run || test "$mode" = "${1#--}" || wrong "\`--$mode' and \`$1' exclude each other"
        mode=${1#--}
        ;;
      --no-figures) draw=0 ;;
      --slurm) slurm=1 ;;
      --scale | --seeds | --jobs | --only | --out | --sbatch | --engine | --precision | --time-limit)
        (($# > 1)) || wrong "flag \`$1' needs a value"
        set_flag "$1" "$2"
        shift
        ;;
      --scale=* | --seeds=* | --jobs=* | --only=* | --out=* | --sbatch=* | --engine=* | --precision=* | --time-limit=*)
        set_flag "${1%%=*}" "${1#*=}"
        ;;
      --)
        shift
        set_extra "$@"
        break
        ;;
      -*) wrong "unknown flag \`$1' (choose from: $known)" ;;
      *) wrong "unexpected argument \`$1'" ;;
    esac
    shift
  done
  check_out
  test -z "$show" || {
    help
    exit 0
  }
  test "$engine" != cpu || test "$precision" = float32 || wrong "\`--precision $precision' needs \`--engine cuda'"
  ((!slurm)) || test "$engine" = "${engine%%:*}" || wrong "\`--engine $engine': Slurm chooses the device, say \`cuda'"
  set_engine_flags
  set_device_flags
  ((slurm)) || test ${#sbatch[@]} -eq 0 || wrong "flag \`--sbatch' needs \`--slurm'"
  ((!slurm)) || test "$mode" != gather || wrong "\`--gather' trains nothing, so \`--slurm' has nothing to submit"
}

# ---- the experiment ----

unfinished_run() { # cell seed
  local trouble
  grid=$((grid + 1))
  examine
  if test -n "$trouble"; then
    unfinished+=("$1, seed $2: $trouble; without the folder $run it is trained anew")
  elif finished || { diverged && test -n "${may_diverge-}"; }; then
    return
  elif diverged; then
    unfinished+=("$1, seed $2: training has diverged, and would again; read $run/output.log")
  elif test -f "$run/output.log"; then
    unfinished+=("$1, seed $2: read $run/output.log")
  else
    unfinished+=("$1, seed $2: not begun")
  fi
}

# Fails unless all requested runs are finished.
judge() {
  local grid=0 unfinished=()
  for_each_run unfinished_run "${only[@]}"
  ((!${#unfinished[@]})) || die "${#unfinished[@]} of $grid runs are not finished:
$(printf '  %s\n' "${unfinished[@]}")
Without --gather, the same command goes on from their last checkpoint, or from the start where a folder is deleted."
}

# The suffix that flags for every run add to the name of the scale, so that results of other settings are kept apart.
variant() {
  local digest
  test ${#extra[@]} -gt 0 || return 0
  digest=$(effective "${extra[@]}" | sha256sum)
  echo "+${digest:0:6}"
}

experiment() { # arguments
  local runs shown results todo todo_name todo_flags total run flags
  parse "$@"
  fill_grid
  choose_only
  ((!slurm)) || { choose_warning && out=$(absolute "$out"); }
  runs=$out/experiments/$paper/runs/$scale
  shown=$scale$(variant)
  results=$out/experiments/$paper/results/$shown
  test ${#extra[@]} -eq 0 || warn_of_equals
  find_program
  if test "$mode" = dry-run; then
    if ((slurm)); then
      print_hand_over
      return
    fi
    need jq
    for_each_run print_command "${only[@]}"
    estimate
    return
  fi
  if ((draw)); then need jq gnuplot flock sha256sum; else need jq flock sha256sum; fi
  if test "$mode" = run; then
    if ((slurm)); then hand_over; else train; fi
  fi
  gather
  print_table
  ((!draw)) || draw_figures
  judge
}
