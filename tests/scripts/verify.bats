#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify.bats - a published run is repeated to the byte, and what differs is told.
load ../tools/helpers

verify=$HO_SRCDIR/experiments/verify

setup_file() {
  case $(PATH=/usr/bin:/bin "$HOLDOUT" data) in *fashion-mnist*) ;; *) skip 'Fashion-MNIST is not here' ;; esac
  grep -qw avx2 /proc/cpuinfo || skip 'this processor lacks AVX2'
  # Published by this very program, so that the test holds wherever it was built.  (sgd is the quickest cell.)
  "$HO_SRCDIR/experiments/deep-bilevel-learning/comparison" --scale quick --only sgd --seeds 1 --jobs 1 \
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
  mkdir bin
  printf '#!/bin/sh\ntouch "%s/drawn"\nexit 1\n' "$PWD" >bin/gnuplot
  chmod +x bin/gnuplot
  HO_BUILDDIR=. HOLDOUT_KERNELS=plain OPENBLAS_CORETYPE=Prescott PATH=$PWD/bin:$PATH run "$verify" --against "$results" --cell sgd
  printf '%s\n' "$output"
  test "$status" -eq 0
  for file in checkpoint.safetensors samples.safetensors log.jsonl summary.json labels.tsv config.yaml; do
    grep -qx "equal    sgd/seed-1/$file" <<<"$output"
  done
  test -z "$(ls -d verify.* 2>/dev/null)"
  test ! -e drawn # gnuplot is not needed
}

@test "bytes that differ, and files that are not made, are told by their names, with what else differs" {
  results
  cp -r "$results" other
  sed -i '/log.jsonl/s/^..../0000/' other/comparison.sha256
  sed -i 's/^# compiler: .*/# compiler: another one/' other/comparison.tsv
  printf '%064d  sgd/seed-1/\033[31mmore\n' 0 >>other/comparison.sha256
  HO_BUILDDIR=. run "$verify" --against other --cell sgd
  printf '%s\n' "$output"
  test "$status" -eq 1
  grep -qx 'differs  sgd/seed-1/log.jsonl' <<<"$output"
  grep -q '^differs  sgd/seed-1/?\[31mmore$' <<<"$output"
  grep -qx 'equal    sgd/seed-1/checkpoint.safetensors' <<<"$output"
  grep -q 'compiler   published another one' <<<"$output"
  grep -q 'the bytes differ from the published ones; the run is in ./verify' <<<"$output"
}

@test "what cannot be verified is told" {
  results
  run "$verify" --against "$results" --cell sgdd
  test "$status" -eq 1
  grep -q "has no sgdd/seed-1 (choose from: sgd/seed-1" <<<"$output"
  run "$verify" --against nowhere
  test "$status" -eq 1
  grep -q 'nowhere/comparison.sha256 is missing' <<<"$output"
  run "$verify" --cel bilevel
  test "$status" -eq 2
}

@test "seeds that are not published, names that talk to the terminal" {
  results
  cp -r "$results" other
  printf '%064d  sgd/seed-1/\033[31mmore\n' 0 >>other/comparison.sha256
  run "$verify" --against "$results" --cell sgd --seeds 2
  test "$status" -eq 1
  grep -q 'has no sgd/seed-2 (choose from: sgd/seed-1)' <<<"$output"
  run "$verify" --against other --cell $'\033[31m'
  test -z "$(grep $'\033' <<<"$output")"
}

@test "Ctrl-C leaves no folder" {
  local pid status=0
  results
  mkdir place
  # A shell's background job ignores Ctrl-C, so perl starts it: see training.bats.
  # shellcheck disable=SC2016 # perl's variables
  HO_BUILDDIR=place perl -e 'setpgrp; $SIG{$_} = "DEFAULT" for qw(INT HUP TERM); exec @ARGV' \
    "$verify" --against "$results" --cell sgd >told 2>&1 </dev/null 3>&- &
  pid=$!
  until ls -d place/verify.*/experiments >/dev/null 2>&1; do kill -0 "$pid"; sleep 0.1; done
  kill -INT -- "-$pid"
  wait "$pid" || status=$?
  test "$status" -ne 0
  test -z "$(ls place)"
}
