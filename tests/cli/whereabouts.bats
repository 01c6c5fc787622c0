#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# whereabouts.bats - runs remember where their data and their label file were, and are continued and scored from anywhere.
load ../tools/helpers

unset HOLDOUT_DATA
export XDG_DATA_HOME=/nonexistent

# A data set in the folder `home/grey', 4 classes, a label file beside it, and a run of it, begun there.
begin() {
  mkdir -p home/grey elsewhere/grey
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  ./shapes idx home/grey 4 4 1 4 60 20
  ./shapes idx elsewhere/grey 4 4 1 4 60 24 # other images, the same name
  cd home
  works noise --dataset idx:grey --noise symmetric:0.2 --out labels.tsv
  call train --dataset idx:grey --noise file:labels.tsv --net mlp:hidden=4 --batch-size 20 --sched const --epochs 1 --quiet \
    --run-dir run "$@"
  test "$status" -eq 0 || { show; return 1; }
  cd ..
}

last() {
  jq -rs --arg key "$1" '[.[] | select(has($key))] | last | .[$key]' home/run/timing.jsonl
}

resume() {
  call train --resume "$@" --quiet
  test "$status" -eq 0 || { show; return 1; }
}

@test "a run is scored and continued from any folder, where others have the same names" {
  begin
  here=$(pwd -P)
  test "$(last data_folder) $(last data_dir) $(last label_file)" = "$here/home/grey $here/home $here/home/labels.tsv"
  if grep -qF "$here" home/run/config.yaml; then false; fi
  works eval home/run
  scores=$out
  echo nonsense >elsewhere/labels.tsv
  cd elsewhere
  works eval ../home/run
  test "$out" = "$scores"
  works suspects --out s.tsv ../home/run
  resume ../home/run --epochs 2
  cd ..
  test "$(last data_folder) $(last data_dir) $(last label_file)" = "$here/home/grey $here/home $here/home/labels.tsv"
  call train --resume home/run --epochs 3 --data-dir elsewhere --quiet # the flag comes first
  test "$status" -eq 1
  has_error "it was trained on other data than the idx:grey in elsewhere/grey; give the right folder with --data-dir"
  refused 1 "it was trained on other data than the idx:grey in elsewhere/grey" eval home/run --data-dir elsewhere
  refused 1 "it was trained on other data than the idx:grey in elsewhere/grey" suspects --out t.tsv --data-dir elsewhere home/run
}

@test "data that moved are found by --data-dir, and then remembered; a label file that is gone is not missed" {
  begin
  here=$(pwd -P)
  works eval home/run
  scores=$out
  mv home/grey moved
  mkdir new
  mv moved new/grey
  rm home/labels.tsv
  call eval home/run
  test "$status" -eq 1
  has_error "this run was trained on the data in $here/home/grey, which is not there any more: give the new folder with --data-dir"
  works eval home/run --data-dir new
  test "$out" = "$scores"
  resume home/run --epochs 2 --data-dir new
  test "$(last data_folder) $(last label_file)" = "$here/new/grey $here/home/labels.tsv"
  resume home/run --epochs 3
  rm home/run/labels.tsv
  refused 1 "label file: neither labels.tsv nor labels.tsv.gz can be read" train --resume home/run --epochs 4 --quiet
}

@test "a label file that has changed where it was is refused" {
  begin
  (cd home && works noise --dataset idx:grey --noise symmetric:0.4 --force --out labels.tsv)
  mkdir other
  cd other
  refused 1 "home/labels.tsv has changed since this run began: " train --resume ../home/run --epochs 2 --quiet
  has_error "labels differ from its labels.tsv, the first at image"
  works eval ../home/run
}

@test "data below a folder of the environment are found without it" {
  begin
  here=$(pwd -P)
  mkdir -p away/images
  mv home/grey away/images/
  rm -r home/run
  (
    cd home
    HOLDOUT_DATA=../away call train --dataset idx:images/grey --noise file:labels.tsv --net mlp:hidden=4 --batch-size 20 \
      --epochs 1 --quiet --run-dir run
  )
  test "$(last data_folder) $(last data_dir)" = "$here/away/images/grey $here/away"
  works eval home/run
}

@test "folds are trained from any folder, also when the label file is gone" {
  begin
  cd elsewhere
  works suspects --folds 2 --quiet --out s.tsv --top 10 ../home/run
  rm -r ../home/run-folds ../home/labels.tsv
  works suspects --folds 2 --quiet --out t.tsv --top 10 ../home/run
  cmp s.tsv t.tsv
  works show --runs --csv ../home # the folds are no runs beside others
  test "$(printf '%s\n' "$out" | grep -c '/run')" -eq 1
  works show --runs --csv ../home/run-folds
  test "$(printf '%s\n' "$out" | grep -c 'fold-[12]-of-2')" -eq 2
}
