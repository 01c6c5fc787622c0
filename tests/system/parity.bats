#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# parity.bats - holdout trace gives what PyTorch gives in float64: the cases that tests/peers/parity.py --write made.

load ../tools/helpers

fixtures=${HO_SRCDIR:-.}/tests/fixtures/parity
tensors=$HO_BUILDDIR/tests/tools/tensors

# compare KERNELS [FLAGS]: all cases with the kernels of that name, where this processor and this build have them; $leave is
# a pattern of names to leave out.
compare() {
  export HOLDOUT_KERNELS=$1
  call trace --net mlp:hidden=4 --dataset synthetic --train-size 64 --out probe
  case $err in *HOLDOUT_KERNELS*) skip "$err" ;; esac
  test "$status" -eq 0
  cases=0
  while read -r name weights arguments; do
    # shellcheck disable=SC2053 # a pattern
    [[ $name != ${leave-} ]] || continue
    local from=()
    test "$weights" = - || from=(--weights "$fixtures/$weights")
    # shellcheck disable=SC2086 # several words
    works trace $arguments "${from[@]}" --batch "$fixtures/$name.safetensors" --out "$name" "${@:2}"
    "$tensors" within "$name" "$fixtures/$name.safetensors"
    cases=$((cases + 1))
  done <"$fixtures/cases"
  test "$cases" -gt 12
}

@test "plain kernels" { compare plain; }

@test "AVX2 kernels" { compare avx2; }

@test "AVX-512 kernels" { compare avx512; }

# Emulated on the CPU, where wide networks take long.
@test "the engine for GPUs" {
  export HOLDOUT_ENGINE_DIR=$HO_BUILDDIR/tests/emulate/engines
  test -f "$HOLDOUT_ENGINE_DIR/cuda.so" || skip "the emulated engine was not built"
  leave='*-wide-*' compare plain --engine cuda
}

# steps NAME: its line's steps, each from the file of the one before, with what the line and the caller say.
steps() {
  local name=$1 number arguments k from=()
  read -r number arguments < <(sed -n "s/^$name //p" "$fixtures/methods")
  cp "$fixtures/transition.tsv" .
  for ((k = 0; k < number; k++)); do
    # shellcheck disable=SC2086 # several words
    works trace $arguments "${@:2}" "${from[@]}" --out t --force || return 1
    "$tensors" within t "$fixtures/$name.safetensors" "$k/" || return 1
    from=(--weights t)
  done
}

@test "every optimizer, step by step, with its state" {
  local plugin cases=0
  while read -r name _; do
    steps "$name" || {
      echo "$name: not what PyTorch gives" >&2
      return 1
    }
    cases=$((cases + 1))
  done <"$fixtures/methods"
  test "$cases" -gt 30
  for plugin in "$HO_BUILDDIR"/plugins/*.so; do
    grep -q -e "--optimizer $(basename "$plugin" .so) " "$fixtures/methods" || {
      echo "no case for $plugin" >&2
      return 1
    }
  done
}

@test "another formula is seen" {
  run steps method-adam -O adam.beta2=0.99901
  test "$status" -eq 1
  [[ $output == *"slot/1/"*"is off by"* ]]
  run steps method-elr -O elr.beta=0.7001
  test "$status" -eq 1
  [[ $output == *"state/elr/memory is off by"* ]]
  run steps method-mentornet -O mentornet.decay=0.5001
  test "$status" -eq 1
  run steps method-air -O air.lambda_s=0.501
  test "$status" -eq 1
}

@test "a wrong number is seen" {
  read -r name weights arguments <"$fixtures/cases"
  # shellcheck disable=SC2086 # several words
  works trace $arguments --lr 0.0201 --weights "$fixtures/$weights" --batch "$fixtures/$name.safetensors" --out t
  run "$tensors" within t "$fixtures/$name.safetensors"
  test "$status" -eq 1
  [[ $output == *"updated/"*"is off by"* ]]
  [[ $output != *"gradient/"*"is off by"* ]]
}
