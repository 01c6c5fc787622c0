# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# toy.bash - an experiment of three cells in folder `toy', a program that pretends to train them, and what runs leave:
# for the tests of experiments/lib/experiment.bash.  `load toy' after `load helpers'.

# shellcheck disable=SC2034,SC2154 # the variables are the tests'

# Begins a test in its folder, with the toy; skips it where a program is missing.
begin_toy() {
  local program
  for program in jq parallel gnuplot flock; do
    command -v "$program" >/dev/null || skip "no $program"
  done
  cd "$BATS_TEST_TMPDIR" || return
  export PARALLEL_HOME=$BATS_FILE_TMPDIR/parallel # what it finds out about the machine at its first start
  toy
}

# Makes the experiment, whose figure there is, `dry', a program for dry runs, and `fails', one that cannot train.
# experiment.bash reads the grid beside the script.
toy() {
  comparison=toy/comparison
  runs=out/experiments/toy/runs/quick
  results=out/experiments/toy/results/quick
  tiny=(-- --dataset synthetic --train-size 240 --test-size 200 --net mlp:hidden=16 --epochs 2)
  mkdir toy out bin
  printf '#!/bin/sh\necho "$*" >>tried; echo "{\\"time_s\\":3722.6}"\n' >bin/dry
  # shellcheck disable=SC2016 # the other shell's variables
  printf '#!/bin/sh\ntest "$1" != show || exec "%s" "$@"\nexit 1\n' "$HOLDOUT" >bin/fails
  chmod +x bin/dry bin/fails
  PATH=$PWD/bin:$PATH
  cat >toy/grid.bash <<'END'
scales=(quick small)
setup='--dataset fashion-mnist --train-size 2000 --noise symmetric:0.4 --net mlp --batch-size 64 --epochs 40'
END
  cat >toy/comparison <<END
#!/usr/bin/env bash
set -euo pipefail
about='A toy.'
seeds=3
pairs=('bilevel sgd' 'bilevel uniform' 'uniform sgd')
grid() {
  cell sgd "\$setup --optimizer sgd\$(chosen sgd)"
  cell bilevel "\$setup --optimizer bilevel"
  cell uniform "\$setup --optimizer bilevel -O bilevel.weights=uniform"
  test "\$scale" = quick || for x in 1 2; do
    cell "sgd@\$x" "\$setup --optimizer sgd --lr \$x"
    cell "bilevel@\$x" "\$setup --optimizer bilevel --lr \$x"
    cell_seeds[bilevel@\$x]=1
  done
}
. '${HO_SRCDIR:?}/experiments/lib/experiment.bash'
experiment "\$@"
END
  chmod +x toy/comparison
}

# script ARGS...: runs the comparison; $status, $out, $err as of call.
script() {
  status=0
  "$comparison" --out out "$@" >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

succeeds() {
  script "$@"
  test "$status" -eq 0 || { show; return 1; }
}

refuses() { # text args...
  local text=$1
  shift
  script "$@"
  if test "$status" -ne 2 || test -n "$out"; then
    show
    return 1
  fi
  has_error "$text"
}

# A program that takes the place of holdout: notes its arguments in `calls', writes what a run of two epochs would.
# It fails for the runs whose names stand in `failing'.
pretend() {
  cat >pretended <<'END'
#!/usr/bin/env bash
test "$1" != show || exec "$REAL_HOLDOUT" "$@" # statistics are the program's own
echo "$*" >>calls
while (($#)); do
  case $1 in --run-dir | --resume) dir=$2 ;; esac
  shift
done
echo "dataset: fake" >"$dir/config.yaml"
if grep -qx "$(run_cell "$dir")" failing 2>/dev/null; then
  echo "holdout: the disk is full"
  exit 1
fi
fixture "$dir"
END
  chmod +x pretended
  export REAL_HOLDOUT=$HOLDOUT
  export HOLDOUT=$PWD/pretended
  export -f fixture run_cell
  : >calls
}

# CELL-seedN of a folder with the flags of a run.
run_cell() { # folder
  local cell line
  line=$(tr '\n' ' ' <"$1/command")
  cell=${line##*--optimizer }
  cell=${cell%% *}
  case $line in *weights=uniform*) cell=uniform ;; esac
  line=${line##*--seed }
  echo "$cell-seed${line%% *}"
}

# The folder of a run.
of() { # CELL-seedN [flags of all runs]
  local name=$1 line
  shift
  HOLDOUT=dry "$comparison" --out out --dry-run --only "${name%-seed*}" --seeds "${name#*-seed}" -- "$@" 2>/dev/null \
    </dev/null | tail -n 1 >.of
  read -r line <.of
  echo "${line##* --run-dir }"
}

# What holdout leaves of a run, with numbers that follow from cell and seed.
fixture() { # folder
  local run cell seed base
  run=$(run_cell "$1")
  cell=${run%-seed*} seed=${run##*-seed}
  case $cell in sgd) base=5000 ;; bilevel) base=7000 ;; uniform) base=6000 ;; esac
  base=$((base + 100 * seed))
  {
    printf '{"epoch":1,"test_accuracy":0.%d,"train_accuracy_noisy":0.5,"train_accuracy_clean":0.7}\n' $((base + 500))
    printf '{"epoch":2,"test_accuracy":0.%d,"train_accuracy_noisy":0.75,"train_accuracy_clean":0.625,"validation_accuracy":0.5}\n' $base
  } >"$1/log.jsonl"
  printf '{"start":"now","step":1,"version":"1","commit":"c0ffee","compiler":"cc 1","flags":"-O3","blas":"B","core_type":"T","kernels":"K","cpu":"C","threads":"1"}\n{"epoch":1,"train_seconds":1}\n' >"$1/timing.jsonl"
  cat >"$1/summary.json" <<END
{
  "test_accuracy_last": 0.$base,
  "test_accuracy_best": 0.$((base + 500)),
  "test_accuracy_best_epoch": 1,
  "test_accuracy_validation_selected": null,
  "train_accuracy_noisy": 0.75,
  "train_accuracy_clean": 0.625,
  "noise_rate_nominal": 0.4,
  "noise_rate_realised": 0.4,
  "epochs": 2,
  "seed": $seed,
  "optimizer": "${cell/uniform/bilevel}",
  "net": "mlp",
  "dataset": "fashion-mnist",
  "noise": "symmetric:0.4",
  "train_size": 2000,
  "test_size": 10000,
  "data_sha256": "0123"
}
END
}

# Folders of finished runs, as if seeds 1 to $1 had been trained.
finished_runs() {
  local line run
  HOLDOUT=dry script --dry-run --seeds "$1"
  while read -r line; do
    run=${line##* --run-dir }
    line=${line#dry train }
    mkdir -p "$run"
    xargs -n 1 <<<"${line% --threads*}" >"$run/command"
    fixture "$run"
  done <.out
}
