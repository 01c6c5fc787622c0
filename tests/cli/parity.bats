#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# parity.bats - holdout trace gives what PyTorch gives in float64: the cases that tests/peers/parity.py --write made.

load helpers

fixtures=${HO_SRCDIR:-.}/tests/fixtures/parity
tensors=$HO_BUILDDIR/tests/cli/tensors

# All cases with the kernels of that name, where this processor and this build have them.
compare() {
  export HOLDOUT_KERNELS=$1
  call trace --net mlp:hidden=4 --dataset synthetic --train-size 64 --out probe
  case $err in *HOLDOUT_KERNELS*) skip "$err" ;; esac
  test "$status" -eq 0
  cases=0
  while read -r name weights arguments; do
    local from=()
    test "$weights" = - || from=(--weights "$fixtures/$weights")
    # shellcheck disable=SC2086 # several words
    works trace $arguments "${from[@]}" --batch "$fixtures/$name.safetensors" --out "$name"
    "$tensors" within "$name" "$fixtures/$name.safetensors"
    cases=$((cases + 1))
  done <"$fixtures/cases"
  test "$cases" -gt 15
}

@test "plain kernels" { compare plain; }

@test "AVX2 kernels" { compare avx2; }

@test "AVX-512 kernels" { compare avx512; }

@test "a wrong number is seen" {
  read -r name weights arguments <"$fixtures/cases"
  # shellcheck disable=SC2086 # several words
  works trace $arguments --lr 0.0201 --weights "$fixtures/$weights" --batch "$fixtures/$name.safetensors" --out t
  run "$tensors" within t "$fixtures/$name.safetensors"
  test "$status" -eq 1
  [[ $output == *"updated/"*"is off by"* ]]
  [[ $output != *"gradient/"*"is off by"* ]]
}
