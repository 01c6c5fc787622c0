#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify.bats - a published run is repeated to the byte, and what differs is told.
load ../tools/helpers

verify=$HO_SRCDIR/experiments/verify

setup_file() {
  case $(PATH=/usr/bin:/bin "$HOLDOUT" data) in *fashion-mnist*) ;; *) skip 'Fashion-MNIST is not here' ;; esac
  grep -qw avx2 /proc/cpuinfo || skip 'this processor lacks AVX2'
  # Published by this very program, so that the test holds wherever it was built.
  "$HO_SRCDIR/experiments/deep-bilevel-learning/comparison" --scale quick --only bilevel --seeds 1 --jobs 1 \
    --out "$BATS_FILE_TMPDIR/out" >"$BATS_FILE_TMPDIR/log" 2>&1 || {
    cat "$BATS_FILE_TMPDIR/log" >&2
    return 1
  }
}

results() {
  results=$BATS_FILE_TMPDIR/out/experiments/deep-bilevel-learning/results/quick
}

@test "a run repeated under another processor's defaults has every byte of the published one" {
  results
  HO_BUILDDIR=. HOLDOUT_KERNELS=plain OPENBLAS_CORETYPE=Prescott run "$verify" --against "$results"
  printf '%s\n' "$output"
  test "$status" -eq 0
  for file in checkpoint.safetensors samples.safetensors log.jsonl summary.json labels.tsv config.yaml; do
    grep -qx "equal    bilevel/seed-1/$file" <<<"$output"
  done
  test -z "$(ls -d verify.* 2>/dev/null)"
}

@test "a byte that differs is told by the file's name, with what else differs" {
  results
  cp -r "$results" other
  sed -i '/log.jsonl/s/^..../0000/' other/comparison.sha256
  sed -i 's/^# compiler: .*/# compiler: another one/' other/comparison.tsv
  HO_BUILDDIR=. run "$verify" --against other
  printf '%s\n' "$output"
  test "$status" -eq 1
  grep -qx 'differs  bilevel/seed-1/log.jsonl' <<<"$output"
  grep -qx 'equal    bilevel/seed-1/checkpoint.safetensors' <<<"$output"
  grep -q 'compiler   published another one' <<<"$output"
  grep -q 'the bytes differ from the published ones; the run is in ./verify' <<<"$output"
}

@test "what cannot be verified is told" {
  results
  run "$verify" --against "$results" --cell bilevvel
  test "$status" -eq 1
  grep -q "has no bilevvel/seed-1 (choose from: bilevel/seed-1" <<<"$output"
  run "$verify" --against nowhere
  test "$status" -eq 1
  grep -q 'nowhere/comparison.sha256 is missing' <<<"$output"
  run "$verify" --cel bilevel
  test "$status" -eq 2
}

@test "published files that are not made, seeds that are not published, names that talk to the terminal" {
  results
  cp -r "$results" other
  printf '%064d  bilevel/seed-1/\033[31mmore\n' 0 >>other/comparison.sha256
  HO_BUILDDIR=. run "$verify" --against other
  test "$status" -eq 1
  grep -q '^differs  bilevel/seed-1/?\[31mmore$' <<<"$output"
  run "$verify" --against "$results" --seeds 2
  test "$status" -eq 1
  grep -q 'has no bilevel/seed-2 (choose from: bilevel/seed-1)' <<<"$output"
  run "$verify" --against other --cell $'\033[31m'
  test -z "$(grep $'\033' <<<"$output")"
}

@test "gnuplot is not needed" {
  results
  mkdir bin
  printf '#!/bin/sh\ntouch "%s/drawn"\nexit 1\n' "$PWD" >bin/gnuplot
  chmod +x bin/gnuplot
  HO_BUILDDIR=. PATH=$PWD/bin:$PATH run "$verify" --against "$results"
  test "$status" -eq 0
  test ! -e drawn
}

@test "Ctrl-C leaves no folder" {
  local pid status=0
  results
  mkdir place
  # A shell's background job ignores Ctrl-C, so perl starts it: see training.bats.
  # shellcheck disable=SC2016 # perl's variables
  HO_BUILDDIR=place perl -e 'setpgrp; $SIG{$_} = "DEFAULT" for qw(INT HUP TERM); exec @ARGV' \
    "$verify" --against "$results" >told 2>&1 </dev/null 3>&- &
  pid=$!
  until ls -d place/verify.*/experiments >/dev/null 2>&1; do kill -0 "$pid"; sleep 0.1; done
  kill -INT -- "-$pid"
  wait "$pid" || status=$?
  test "$status" -ne 0
  test -z "$(ls place)"
}
