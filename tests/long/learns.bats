#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# learns.bats - training does what it is for: networks learn real images, SGD memorises wrong labels, bilevel less so.
load ../tools/helpers

real() {
  works data fashion-mnist >/dev/null 2>&1 || skip "Fashion-MNIST is not here"
}

# result RUN KEY: a number of its summary.
result() {
  sed -n "s/.*\"$2\": \([0-9.]*\),*/\1/p" "$1/summary.json"
}

above() { # A B: A > B
  awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }' || { echo "$1 is not above $2" >&2; return 1; }
}

@test "an MLP learns Fashion-MNIST" {
  real
  works train --train-size 10000 --epochs 5 --lr 0.05 --sched cosine --quiet --run-dir run
  above "$(result run test_accuracy_last)" 0.83
}

@test "PreAct ResNet-18 learns Fashion-MNIST" {
  real
  works train --net preact-resnet18:width=8 --train-size 4000 --test-size 2000 --epochs 4 --lr 0.1 --sched cosine \
    --quiet --run-dir run
  above "$(result run test_accuracy_last)" 0.75
}

@test "SGD memorises wrong labels; bilevel resists" {
  real
  for o in sgd bilevel; do
    works train --train-size 2000 --test-size 2000 --noise symmetric:0.4 --epochs 60 --lr 0.05 --sched const --eval-every 20 \
      --optimizer $o --quiet --run-dir $o
  done
  above "$(result sgd train_accuracy_noisy)" 0.8
  above "$(result sgd train_accuracy_noisy)" "$(result bilevel train_accuracy_noisy)"
  above "$(result bilevel test_accuracy_last)" "$(result sgd test_accuracy_last)"
}
