#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tour.bats - the commands of README.md's tour, shortened, one after the other.
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
  test "$(wc -l <suspects.tsv)" -gt 300
}
