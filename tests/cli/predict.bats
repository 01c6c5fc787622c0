#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# predict.bats - holdout predict: pictures get what eval tells of the same images, with and without the data set.

load ../tools/helpers

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  ls "$HO_BUILDDIR"/modules/pictures.so >/dev/null 2>&1 || skip "built without pictures"
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  mkdir grey
  ./shapes idx grey 8 6 1 3 90 30
}

train() {
  call train --dataset idx:grey --net mlp:hidden=8 --batch-size 15 --epochs 3 --quiet --run-dir run "$@"
  test "$status" -eq 0
}

pictures() {
  ${CC:-cc} -O1 -o pictures "$HO_SRCDIR/tests/tools/pictures.c"
  mkdir png
  ./pictures grey/t10k-images-idx3-ubyte png
}

@test "pictures of the test images: what eval says of these, also when the data set is gone" {
  pictures
  train
  works eval --predictions p.tsv run
  works predict --format tsv run png
  test "$(head -n 1 <<<"$out")" = "$(printf 'file\tclass\tprobability')"
  printf '%s\n' "$out" | tail -n +2 >seen
  test "$(wc -l <seen)" -eq 30
  test "$(head -n 3 seen | cut -f 1 | tr '\n' ' ')" = "png/0.png png/1.png png/2.png "
  grep -v '^#' p.tsv | tail -n +2 | awk -F '\t' '{ print "png/" $1 ".png\t" $3 "\t" $4 }' | diff - seen
  rm -r grey
  works predict --format tsv run png
  printf '%s\n' "$out" | tail -n +2 | diff - seen
  works predict --top 2 run png/7.png png/8.png
  test "$(wc -l <<<"$out")" -eq 5
  works predict --top 9 --json run png/7.png
  command -v jq >/dev/null || skip "jq is not here"
  jq -e 'length == 3 and (map(.probability) | add - 1 | fabs < 1e-5) and map(.rank) == [1, 2, 3]
    and .[0].probability >= .[1].probability and (map(.class) | sort == [0, 1, 2])' <<<"$out"
}

@test "an optimizer that predicts by more than the network needs the data set" {
  pictures
  train --optimizer air
  works eval --predictions p.tsv run
  works predict --format tsv run png
  grep -v '^#' p.tsv | tail -n +2 | awk -F '\t' '{ print "png/" $1 ".png\t" $3 "\t" $4 }' >wanted
  printf '%s\n' "$out" | tail -n +2 | diff wanted -
  rm -r grey
  refused 1 "neither grey nor grey.gz" predict run png
}

@test "what cannot be read is named, and the others are predicted" {
  pictures
  train
  echo nothing >text.png
  head -c 60 png/3.png >cut.png
  mkdir -p deep/er empty
  cp png/1.png deep/er/one.PNG
  cp png/1.png deep/er/two.jfif # whatever its contents
  cp png/1.png deep/.hidden.png
  echo >deep/notes.txt
  ln -s .. deep/er/circle
  call predict --format tsv run text.png png/1.png cut.png nowhere.png deep
  test "$status" -eq 1
  test "$(printf '%s\n' "$out" | tail -n +2 | cut -f 1 | tr '\n' ' ')" = "png/1.png deep/er/one.PNG deep/er/two.jfif "
  has_error "text.png: "
  has_error "cut.png: "
  has_error "nowhere.png: "
  has_error "3 of 6 pictures could not be read"
  refused 1 "empty: no picture in this folder" predict run empty
  refused 2 "then pictures or folders" predict run
  refused 2 "--format is one of" predict --format xml run png
  refused 2 "--top \`0'" predict --top 0 run png
  refused 1 "not a run folder" predict png png
}
