#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tour.bats - the commands of README.md's tour, and those from pictures to better labels, shortened, one after the other.
load ../tools/helpers

@test "the tour of README.md can be taken" {
  sed -n '/^## A tour/,/^takes/s/^    \.\/holdout /holdout /p' "${HO_SRCDIR:?}/README.md" >tour
  test "$(wc -l <tour)" -eq 5
  short="--epochs 2 --train-size 300 --test-size 100 --quiet"
  call data fashion-mnist
  test "$status" -eq 0 || short+=" --dataset synthetic"
  test -f "$HO_BUILDDIR/modules/sheet.so" || sed -i 's/--sheet suspects.png//' tour
  sed -i "s/^holdout train \([^#]*\)/holdout train \1 $short /" tour
  PATH=$(dirname "$HOLDOUT"):$PATH bash -e tour >out 2>err || { cat err >&2; false; }
  test "$(ls runs | tr '\n' ' ')" = "bilevel sgd uniform "
  grep -qE "^runs/bilevel .* bilevel .* symmetric:0.4 " out
  grep -q "^margin " out
  grep -q "^1	" suspects.tsv # as many as are estimated to be wrong
}

# Pictures of 6 classes, 180 of the 480 in the next class's folder, those of the test all in the right one.
pictures() {
  ${CC:-cc} -O1 -o folder "${HO_SRCDIR:?}/tests/tools/folder.c"
  mkdir -p birds/test/class-{0..5}
  ./folder birds/train 8 6 600 180
  for class in {0..5}; do
    mv birds/train/class-"$class"/p{?,??,10?,11?}.png birds/test/class-"$class"/
  done
}

# accuracy RUN: on the test images, after the last epoch.
accuracy() {
  jq .test_accuracy_last "$1/summary.json"
}

@test "five commands of README.md get from a folder of pictures to better labels and a better accuracy" {
  needs_module pictures
  pictures
  export XDG_CACHE_HOME=$PWD/cache
  sed -n '/^## From your pictures/,/^The second/s/^    //p' "${HO_SRCDIR:?}/README.md" >five
  test "$(wc -l <five)" -eq 5
  grep -q '^build-aux/install-deps && ./configure && make$' five
  sed -n 's/^\.\/holdout /holdout /p' five >tour
  test -f "$HO_BUILDDIR/modules/sheet.so" || sed -i 's/--sheet [a-z]*.png//' tour
  sed -i 's/folder:birds,test=0.2/folder:birds --arithmetic portable --quiet/' tour
  PATH=$(dirname "$HOLDOUT"):$PATH bash -e tour >out 2>err || { cat err >&2; false; }
  test "$(grep -vc "^#" better.tsv)" -ge 480
  estimated=$(sed -n 's/^estimated *\([0-9]*\) wrong labels.*/\1/p' out)
  test "$estimated" -gt 60 && test "$estimated" -lt 270
  grep -qE '^runs/second .* file:better.tsv ' out
  jq -en "$(accuracy runs/second) > $(accuracy runs/first) + 0.02" || { cat out; false; }
  # the commands of the next section, one after the other, after these; a person says `drop' of the first suspect
  sed -n '/^## Which labels/,/^## The exp/s/^    \.\/holdout /holdout /p' "${HO_SRCDIR:?}/README.md" >commands
  test "$(wc -l <commands)" -eq 7
  test -f "$HO_BUILDDIR/modules/sheet.so" || sed -i 's/--sheet [a-z]*.png//' commands
  sed -i 's/--folds 5/--folds 2 --quiet/; s/^holdout train/& --epochs 2 --quiet/' commands
  sed -i 's/^\(holdout suspects --review .*[a-z]\) *#.*/\1; sed -i "2s,$,drop," review.csv/' commands
  PATH=$(dirname "$HOLDOUT"):$PATH bash -e commands >out 2>err || { cat err >&2; false; }
  test -f runs/third/summary.json
  test "$(grep -c '^[0-9]' checked.tsv)" -eq 479
}

# npy FILE SHAPE: an array of bytes, from standard input
npy() {
  { printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': ($2), }" && cat; } >"$1"
}

@test "README's examples of one's own data and labels can be run" {
  needs_module pictures
  export XDG_CACHE_HOME=$PWD/cache
  ${CC:-cc} -O1 -o folder "${HO_SRCDIR:?}/tests/tools/folder.c"
  ${CC:-cc} -O1 -o make-shapes "$HO_SRCDIR/tests/tools/shapes.c"
  ./folder birds 8 3 60
  mkdir shapes
  ./make-shapes idx shapes 8 8 1 3 30 15
  for file in a b c; do ./make-shapes cifar $file.bin 48 64 3 6 60 1; done
  yes holdout | head -c 2560 | npy images.npy '40, 8, 8'
  yes $'\x01\x02' | tr -d '\n' | tr '\001\002' '\000\001' | head -c 40 | npy labels.npy '40,'
  mkdir -p cifar-10-batches-bin cifar-n
  truncate -s 30730000 cifar-10-batches-bin/{data_batch_{1,2,3,4,5},test_batch}.bin
  yes $'\x01\x02' | tr -d '\n' | head -c 50000 >cifar-n/cifar10n_worse.u8
  { echo index,label && seq 0 39999 | awk '{ print $1 "," $1 % 10 }'; } >checked.csv
  sed -n '/^## Data/,/^## Citing/s/^    \.\/holdout \(data\|noise\|train\) /holdout \1 /p' "$HO_SRCDIR/README.md" |
    sed 's/ #.*//' >examples
  test "$(wc -l <examples)" -ge 8
  sed -i "s/ \.\.\. *$/ --net mlp:hidden=4 --epochs 1 --train-size 20 --batch-size 10 --quiet --run-dir run-@/
    s/--dataset cifar10/& --data-dir ./" examples
  awk '{ sub("@", NR); print }' examples >numbered
  PATH=$(dirname "$HOLDOUT"):$PATH bash -e numbered >out 2>err || { cat err >&2; false; }
  for run in run-*; do test -f "$run/summary.json"; done
}
