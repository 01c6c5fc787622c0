#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# networks.bats - one epoch of each network on a few hundred real images; skipped where Fashion-MNIST is not.
load ../tools/helpers
load ../tools/fashion

setup_file() {
  fashion
}

# epoch SPEC LR: 48 steps of 16 images.  Their mean loss is well below log 10 = 2.303, which guessing has.
epoch() {
  needs_fashion
  works train --dataset "$fashion" --train-size 768 --test-size 100 --eval-size 100 --batch-size 16 --epochs 1 \
    --quiet --run-dir run --net "$1" --lr "$2" --sched const
  loss=$(sed -n 's/.*"loss":\([0-9.]*\),.*/\1/p' run/log.jsonl)
  echo "loss $loss"
  awk -v loss="$loss" 'BEGIN { exit !(loss > 0 && loss < 2.2) }'
}

@test "alexnet-small" { epoch alexnet-small:width=0.25 0.02; }

@test "cifarnet" { epoch cifarnet:width=0.5 0.05; }

@test "inception-small" { epoch inception-small:width=0.2 0.02; }

@test "lenet" { epoch lenet 0.05; }

@test "mlp" { epoch mlp 0.02; }

@test "preact-resnet18" { epoch preact-resnet18:width=4 0.02; }

@test "resnet32" { epoch resnet32:width=8 0.02; }

@test "there is a test for every network" {
  works nets
  names=$(printf '%s\n' "$out" | awk '/^[a-z]/ && !/^images/ { print $1 }' | sort)
  test -n "$names"
  [ "$(sed -n 's/^@test "\([a-z0-9-]*\)".*/\1/p' "$BATS_TEST_FILENAME" | sort)" = "$names" ]
}
