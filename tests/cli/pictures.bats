#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pictures.bats - data sets of picture files, from the first look to suspects.
load ../tools/helpers

setup_file() {
  cd "${BATS_FILE_TMPDIR}" || exit
  ${CC:-cc} -O1 -o folder "${HO_SRCDIR:?}/tests/tools/folder.c"
  ./folder birds 8 4 400 20
}

setup() {
  cd "$BATS_TEST_TMPDIR" || exit
  needs_module pictures
  export XDG_CACHE_HOME=$PWD/cache
  ln -s "$BATS_FILE_TMPDIR/birds" birds
}

@test "a folder of pictures is a data set; odd files are told, broken ones can be skipped" {
  cp -r "$BATS_FILE_TMPDIR/birds" mine
  works data folder:mine
  has "train     400 images"
  has "test      none"
  has "size      8 x 8 x 3"
  has "    3      100        -  class-3"
  ls cache/holdout/pictures-*
  works data folder:birds,size=64x64x3,test=0.2,broken=skip # of the help
  has "test      80 images"
  touch mine/class-0/.DS_Store mine/class-0/notes.txt mine/class-1/$'new\nline.png'
  refused 1 "1 of 401 pictures cannot be read: mine/class-1/new?line.png: the file is empty" data folder:mine
  has_error "give broken=skip"
  call data folder:mine,size=16x16x1,test=0.2,broken=skip
  test "$status" -eq 0
  has "train     320 images"
  has "test      80 images"
  has "size      16 x 16 x 1"
  has_error "ignored: 1 files that are not pictures (such as class-0/notes.txt), 1 hidden files"
}

@test "training, resuming, evaluation and suspects" {
  flags=(--dataset "folder:birds,test=0.2" --net mlp:hidden=32 --batch-size 16 --lr 0.05 --sched const --quiet)
  works train "${flags[@]}" --epochs 3 --run-dir run
  works train --resume run --epochs 4 --quiet
  works eval run
  works suspects --top 20 run
  cp -r "$BATS_FILE_TMPDIR/birds" named # names of files do not end fields or rows of tables
  for c in 0 1 2 3; do
    (cd named/class-$c && for f in *; do mv "$f" "tab"$'\t'"line"$'\n'"$f"; done)
  done
  works train --dataset folder:named,test=0.2 --net mlp:hidden=8 --batch-size 16 --epochs 1 --quiet --run-dir named-run
  works eval --predictions p.tsv --set train named-run
  works suspects --top 20 --out s.tsv named-run
  grep -v '^#' p.tsv | awk -F '\t' 'NF != 6 { exit 1 } END { exit NR != 321 }'
  grep -v '^#' s.tsv | awk -F '\t' 'NR == 1 { n = NF } NF != n { exit 1 } END { exit NR != 21 }'
  works train "${flags[@]}" --epochs 1
  ls -d runs/*folder-birds*
}
