#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plot.bats - holdout plot: curves in the terminal and in files, of runs in every state, with hostile names.

load ../tools/helpers

# logged DIR OPTIMIZER SEED LAST: a run of three epochs, of which one has no evaluation.
logged() {
  mkdir -p "$1"
  printf '%s\n' "dataset: synthetic" "optimizer: $2" "seed: $3" "epochs: 9" "noise: symmetric:0.4" >"$1/config.yaml"
  local rest='"validation_accuracy":null,"train_loss_noisy":1.5,"test_loss":2,"train_accuracy_noisy":0.5,"train_accuracy_clean":0.25'
  printf '%s\n' "{\"epoch\":1,\"test_accuracy\":0.25,$rest}" '{"epoch":2,"loss":1}' \
    "{\"epoch\":3,\"test_accuracy\":$4,$rest}" >"$1/log.jsonl"
}

# Characters of the longest line, in any locale.
widest() { LC_ALL=C sed 's/[\x80-\xbf]//g' | LC_ALL=C awk 'length > n { n = length } END { print n + 0 }'; }

@test "in the terminal: panels, scales, a letter at the end of each curve" {
  logged runs/a sgd 1 0.5
  logged runs/b bilevel 1 0.75
  works plot runs
  has "Test accuracy"
  lacks "validation"
  has "Training accuracy, given labels (dotted: true labels)"
  has "Training loss, given labels (dotted: test loss)"
  has "  0.8 ┤"
  grep -q ' b$' <<<"$out"
  grep -q 'a  runs/a: sgd' <<<"$out"
  grep -q 'b  runs/b: bilevel' <<<"$out"
  test "$(widest <<<"$out")" -le 80
  test "$(grep -c $'\x1b' <<<"$out")" -eq 0
  logged runs/c sgd 2 0.6
  works plot runs
  has "a  sgd (2 runs)"
  if command -v script >/dev/null; then
    script -qec "stty cols 60; '$HOLDOUT' plot runs" typescript </dev/null >/dev/null
    grep -q $'\x1b\[38;2;0;114;178m' typescript
    script -qec "stty cols 60; NO_COLOR=1 '$HOLDOUT' plot runs" typescript </dev/null >/dev/null
    test "$(grep -c $'\x1b' typescript)" -eq 0
    test "$(grep -v ^Script typescript | tr -d '\r' | widest)" -le 60
  fi
}

@test "without test images, the first panel is of the validation part" {
  logged run sgd 1 null
  sed -i 's/"test_accuracy":0.25/"test_accuracy":null/; s/"validation_accuracy":null/"validation_accuracy":0.5/; s/"test_loss":2/"test_loss":null/' run/log.jsonl
  works plot run
  has "Validation accuracy, given labels"
  lacks "Test accuracy"
  lacks "test loss"
  command -v gnuplot >/dev/null || skip "gnuplot is not here"
  works plot --out own.svg run
  grep -q "Validation accuracy, given labels" own.svg
  test "$(grep -c "Test accuracy" own.svg)" -eq 0
}

@test "a file by gnuplot; names are texts, whatever is in them" {
  command -v gnuplot >/dev/null || skip "gnuplot is not here"
  # shellcheck disable=SC2016 # for a shell or gnuplot that would run it
  local name=$'runs/it\'s `touch oops` $(touch oops) "<&>" @a _b^c {/Symbol d} \\ \x1b[31m ä'
  logged "$name" sgd 1 0.5
  logged runs/b bilevel 1 0.75
  works plot --out curves.svg runs
  test -z "$out$err"
  grep -q 'bilevel' curves.svg
  grep -q '<svg' curves.svg
  grep -q "it's .touch oops. .(touch oops)" curves.svg
  ! command -v python3 >/dev/null || python3 -c "import xml.dom.minidom as x; x.parse('curves.svg')"
  test ! -e oops
  works plot --out curves.png runs
  test "$(head -c 4 curves.png | tail -c 3)" = PNG
  refused 1 "curves.svg" plot --out curves.svg runs
  works plot --force --out curves.svg runs/b
  test "$(grep -c "it's" curves.svg)" -eq 0
}

@test "what cannot be drawn" {
  logged runs/a sgd 1 0.5
  refused 2 "must end with .svg, .png or .pdf" plot --out curves.gif runs
  refused 2 "plot needs run folders" plot
  refused 2 "needs --out FILE" plot --force runs
  printf '{"epoch":1,"test_accuracy":7}\n' >runs/a/log.jsonl
  refused 1 "runs/a/log.jsonl:1: damaged: \`test_accuracy' is not in [0,1]" plot runs
  : >runs/a/log.jsonl
  refused 1 "nothing to plot: no epoch of runs/a was evaluated yet" plot runs
  logged runs/a sgd 1 0.5
  mkdir empty
  run env PATH="$PWD/empty" "$HOLDOUT" plot --out curves.svg runs
  test "$status" -eq 1
  [[ $output == *"gnuplot is not installed: "*"without --out, curves appear in the terminal" ]]
  test ! -e curves.svg
  test -z "$(ls curves* 2>/dev/null)"
}

@test "one epoch, one value: a point, and scales around it" {
  logged run sgd 1 0.5
  sed -i 1q run/log.jsonl
  works plot run
  grep -q ' a$' <<<"$out"
  has "1 epoch"
  lacks nan
  ! command -v gnuplot >/dev/null || works plot --out one.png run
}
