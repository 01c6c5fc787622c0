#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# predictions.bats - holdout eval --predictions: a row per image that agrees with the scores, and nothing overwritten.

load ../tools/helpers

run_once() {
  call train --dataset synthetic --train-size 400 --test-size 200 --noise symmetric:0.4 --batch-size 64 --lr 0.05 \
    --net mlp:hidden=32 --quiet --epochs 2 --run-dir run "$@"
  test "$status" -eq 0
}

# score FIRST-WORDS COLUMN: of the table that eval prints.
score() {
  printf '%s\n' "$out" | grep "^$1" | awk -v back="$2" '{ print $(NF - back) }'
}

rows() {
  grep -v '^#' "$1" | tail -n +2
}

@test "test images: accuracy and loss of the file are those of eval" {
  run_once
  works eval run
  accuracy=$(score test 2) loss=$(score test 1)
  works eval --predictions p.tsv run
  [ "$(score test 2)" = "$accuracy" ]
  lacks "train"
  [ "$(grep -v '^#' p.tsv | head -n 1)" = "$(printf 'index\ttrue\tpredicted\tprobability\tloss')" ]
  [ "$(rows p.tsv | wc -l)" -eq 200 ]
  [ "$(rows p.tsv | awk '{ hit += $2 == $3 } END { printf "%.4f", hit / NR }')" = "$accuracy" ]
  [ "$(rows p.tsv | awk '{ sum += $5 } END { printf "%.3f", sum / NR }')" = "$(printf '%.3f' "$loss")" ]
  # the predicted class is the likeliest of ten; where it is right, the loss is -log of its probability
  rows p.tsv | awk '$4 < 0.1 || $4 > 1 { exit 1 }
    $2 == $3 { d = $5 + log($4); if (d < -1e-4 || d > 1e-4) exit 1; n++ } END { exit n == 0 }'
  rows p.tsv | cut -f 1 | sort -c -n -u
  grep -q '^# data sha256 [0-9a-f]\{64\}$' p.tsv
  [ "$(ls | grep -c tmp)" -eq 0 ]
}

@test "training images: given and true labels are those of labels.tsv" {
  run_once --validation-size 100
  works eval run
  given=$(score 'train, given' 2) true=$(score 'train, true' 2)
  works eval --predictions t.tsv --set train run
  [ "$(score 'train, given' 2)" = "$given" ]
  [ "$(rows t.tsv | awk '{ hit += $4 == $3 } END { printf "%.4f", hit / NR }')" = "$given" ]
  [ "$(rows t.tsv | awk '{ hit += $4 == $2 } END { printf "%.4f", hit / NR }')" = "$true" ]
  works eval --predictions v.tsv --set validation run
  [ "$(rows v.tsv | wc -l)" -eq 100 ]
  { rows t.tsv; rows v.tsv; } | cut -f 1-3 | sort -n >mine
  rows run/labels.tsv | sort -n >theirs
  cmp mine theirs
  works eval --predictions few.tsv --set train --eval-size 50 run
  [ "$(rows few.tsv | wc -l)" -eq 50 ]
}

@test "what is there is kept unless --force, and nothing is half-written" {
  run_once
  echo mine >p.tsv
  refused 1 "p.tsv: already exists; choose another file, or give --force" eval --predictions p.tsv run
  [ "$(cat p.tsv)" = mine ]
  works eval --predictions p.tsv --force run
  [ "$(rows p.tsv | wc -l)" -eq 200 ]
  refused 1 "nowhere/p.tsv: cannot write" eval --predictions nowhere/p.tsv run
  refused 1 "run has no validation images to predict" eval --predictions v.tsv --set validation run
  refused 2 "unknown --set \`tset'" eval --predictions v.tsv --set tset run
  refused 2 "--set needs --predictions" eval --set train run
  refused 1 "p.tsv: already exists" eval --probabilities p.tsv run
  refused 1 "p.tsv: already exists" eval --features p.tsv run
  refused 1 "p.tsv: already exists" eval --confusion-matrix p.tsv run
  refused 2 "--force needs --predictions" eval --force run
  refused 2 "folder of one run" eval --predictions v.tsv
  mkdir folder
  refused 1 "folder: cannot write" eval --predictions folder --force run
  head -c 1000 run/checkpoint.safetensors >cut && mv cut run/checkpoint.safetensors
  refused 1 "checkpoint.safetensors" eval --predictions v.tsv run
  [ ! -e v.tsv ]
  [ "$(ls | grep -c tmp)" -eq 0 ]
}

# floats FILE N: the numbers of a .npy file of float32, N to a line.
floats() {
  test "$(head -c 6 "$1" | tail -c 5)" = NUMPY
  tail -c +$((11 + $(head -c 10 "$1" | tail -c 2 | od -An -tu2))) "$1" | od -An -v -tf4 -w$((4 * $2))
}

@test "probabilities, features and confusion agree with the predictions" {
  run_once
  works eval --predictions p.tsv --probabilities p.npy --features f.npy --confusion --confusion-matrix m.tsv --set train run
  grep -aq "'descr': '<f4', 'fortran_order': False, 'shape': (400, 10)" p.npy
  grep -aq "'shape': (400, 32)" f.npy
  test "$(floats f.npy 32 | awk '{ for (i = 1; i <= NF; i++) if ($i < 0) exit 1; n++ } END { print n }')" -eq 400
  floats p.npy 10 >floats
  rows p.tsv | paste - floats | awk '{ sum = 0; top = 0
    for (i = 0; i < 10; i++) { sum += $(7 + i); if ($(7 + i) > $(7 + top)) top = i }
    if (top != $4 || sum < 0.99999 || sum > 1.00001 || $(7 + top) / $5 > 1.00001 || $(7 + top) / $5 < 0.99999) exit 1
    n++ } END { exit n != 400 }'
  # counts, given against predicted, then true against predicted; precision and recall of class 3
  rows p.tsv | awk -v OFS='\t' '{ given[$3, $4]++; true[$2, $4]++ }
    END { for (k = 0; k < 10; k++) { line = "given"; for (j = 0; j < 10; j++) line = line OFS given[k, j] + 0; print line }
          for (k = 0; k < 10; k++) { line = "true"; for (j = 0; j < 10; j++) line = line OFS true[k, j] + 0; print line } }' >mine
  tail -n +2 m.tsv | cut -f 1,8- >theirs
  cmp mine theirs
  awk -F '\t' '$2 == 3 { ok = ok + ($3 == "-" && $6 * $5 - $(8 + 3) < 1e-6 && $7 * $4 - $(8 + 3) < 1e-6) } END { exit ok != 2 }' m.tsv
  has "classes by their given labels"
  has "images: row true class, column predicted class"
  works eval --confusion run
  lacks "given labels"
  has "classes by their true labels"
}

@test "confusion of many classes, of classes without images, and of unknown truth" {
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  mkdir grey
  ./shapes idx grey 6 6 1 50 400 100
  call train --dataset idx:grey --net mlp:hidden=4 --batch-size 50 --epochs 1 --quiet --run-dir own
  test "$status" -eq 0
  works eval --confusion --confusion-matrix m.tsv own
  has "classes by their given labels: those with the least recall"
  has "the most frequent confusions, given labels; all of them: --confusion-matrix FILE"
  lacks "their true labels"
  test "$(wc -l <m.tsv)" -eq 51
  test "$(awk -F '\t' 'NR == 1 { print NF }' m.tsv)" -eq 57
  # what was never predicted has no precision
  awk -F '\t' 'NR > 1 && ($5 == 0) != ($6 == "-") { exit 1 }' m.tsv
  test "$(wc -l <<<"$out")" -lt 60
}
