#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# methods.bats - every optimizer of the project, two epochs on 256 real images with wrong labels; skipped where
# Fashion-MNIST is not.
load ../tools/helpers
load ../tools/fashion

setup_file() {
  fashion
}

# train RUN ARGS...: two epochs of eight steps.
train() {
  local run=$1
  shift
  call train --dataset "$fashion" --train-size 256 --clean-size 64 --test-size 100 --noise symmetric:0.4 \
    --batch-size 32 --epochs 2 --net lenet --lr 0.02 --sched const --quiet --run-dir "$run" "$@"
  [ "$status" -eq 0 ] || { show; return 1; }
}

# method NAME ARGS...: the second epoch has a smaller loss or a better accuracy, every number is one.
method() {
  local name=$1
  shift
  command -v jq >/dev/null || skip "jq is not here"
  needs_fashion
  train run --optimizer "$name" "$@"
  [ "$(wc -l <run/log.jsonl)" -eq 2 ]
  jq -se 'all(.[]; [.loss, .accuracy, .direction, (."networks.test_loss" // .test_loss),
    (."networks.train_loss_noisy" // .train_loss_noisy)] | all(type == "number"))' run/log.jsonl
  jq -se '.[1].loss < .[0].loss or .[1].test_accuracy > (.[0] | ."networks.test_accuracy" // .test_accuracy)' run/log.jsonl
  works optimizers "$name"
  has "summary   "
  has "citation  "
}

@test "adam" { method adam --lr 0.001; }

@test "air" {
  method air
  [ "$(tail -n 1 run/log.jsonl | jq 'has("air.groups.mean")')" = true ]
  # sizes that do not fit are refused with the bytes, before the training and not behind it
  refused 1 "bytes" train --dataset "$fashion" --train-size 2000 --net lenet --optimizer air --memory-limit 12M \
    --batch-size 8 --run-dir large
  [ ! -e large ]
}

@test "backward-correction" { method backward-correction; }

@test "bilevel" { method bilevel; }

@test "bootstrap" { method bootstrap; }

@test "co-teaching" { method co-teaching; }

@test "elr" { method elr; }

@test "forward-correction" { method forward-correction; }

@test "gce" { method gce -O gce.truncate=1; }

@test "l2rw" {
  method l2rw
  refused 1 "--clean-size" train --dataset "$fashion" --train-size 256 --net lenet --optimizer l2rw --run-dir none
}

@test "label-smoothing" { method label-smoothing; }

@test "mentornet" { method mentornet; }

@test "meta-weight-net" { method meta-weight-net; }

@test "mixup" { method mixup; }

@test "noise-layer" { method noise-layer; }

@test "random-weights" { method random-weights; }

@test "sam" { method sam; }

@test "sce" { method sce; }

@test "sgd" { method sgd; }

@test "the rows of the paper's table that are chains or networks" {
  needs_fashion
  train both --optimizer bilevel+mixup
  for p in 0.3 0.7; do
    train "dropout-$p" --net preact-resnet18:width=2,dropout=$p --epochs 1
  done
}

@test "an optimizer that plans with the number of epochs keeps it" {
  needs_fashion
  train run --optimizer noise-layer
  refused 1 "noise-layer" train --resume run --epochs 3 --quiet
  train other --optimizer elr
  works train --resume other --epochs 3 --quiet
}

@test "every citation is in plugins/references.bib" {
  for so in "$HO_BUILDDIR"/plugins/*.so; do
    works optimizers "$(basename "$so" .so)"
    key=$(printf '%s\n' "$out" | awk '$1 == "citation" { print $2 }')
    grep -q "^@[a-z]*{$key,$" "$HO_SRCDIR/plugins/references.bib" || {
      echo "$so: its citation, \`$key', is not in plugins/references.bib" >&2
      return 1
    }
  done
}

@test "there is a test for every optimizer" {
  names=$(ls "$HO_BUILDDIR"/plugins/*.so | sed 's,.*/,,; s,\.so$,,' | sort)
  test -n "$names"
  diff <(sed -n 's/^@test "\([a-z0-9-]*\)" {.*/\1/p' "$BATS_TEST_FILENAME" | sort) <(echo "$names")
}
