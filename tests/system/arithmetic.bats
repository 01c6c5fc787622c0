#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# arithmetic.bats - which instructions compute: OpenBLAS corrected where it misjudges the processor, and the same bits
# on unlike processors.
load ../tools/helpers

small=(--dataset synthetic --sched const --train-size 128 --test-size 64 --batch-size 32 --lr 0.05
       --net lenet --optimizer bilevel --epochs 2 --threads 2 --quiet)

# misjudging CORE ARGS...: holdout, with an OpenBLAS that takes the processor for CORE.
misjudging() {
  status=0
  env -u OPENBLAS_CORETYPE LD_PRELOAD="$HO_BUILDDIR/tests/faults/processor.so" HO_FAULT_CORE="$1" \
    ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "$HOLDOUT" "${@:2}" >.out 2>.err </dev/null || status=$?
  out=$(cat .out) err=$(cat .err)
}

core() {
  printf '%s\n' "$out" | sed -n 's/^core type *//p'
}

needs_avx2() {
  grep -qw avx2 /proc/cpuinfo || skip 'this processor lacks AVX2'
}

same_run() {
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f" || return 1
  done
}

@test "a processor that OpenBLAS does not know gets the kernels that it can run" {
  needs_avx2
  misjudging Prescott --version
  test "$status" -eq 0
  case $(core) in
    'SkylakeX, chosen by holdout, OpenBLAS chose Prescott' | 'Haswell, chosen by holdout, OpenBLAS chose Prescott') ;;
    *) show && return 1 ;;
  esac
  if grep -q warning .out; then return 1; fi
  misjudging Prescott bench --net mlp:hidden=8 --steps 1
  test "$status" -eq 0
  has '(chosen by holdout, OpenBLAS chose Prescott)'
  test -z "$err"
}

@test "what was found and chosen is in the provenance of a run" {
  needs_avx2
  misjudging Nehalem train "${small[@]}" --run-dir run
  test "$status" -eq 0
  head -n 1 run/timing.jsonl | jq -e '.core_chosen_by == "holdout, OpenBLAS chose Nehalem"'
}

@test "an OpenBLAS that takes no better kernels is warned of, and works" {
  needs_avx2
  export HO_FAULT_STUBBORN=1
  misjudging Prescott train "${small[@]}" --run-dir run
  unset HO_FAULT_STUBBORN
  test "$status" -eq 0
  has_error 'holdout: warning: OpenBLAS uses its kernels for Prescott (SSE) on a processor with AVX'
  test "$(wc -l <.err)" -eq 1
}

@test "a core type of one's own is left alone" {
  OPENBLAS_CORETYPE=Prescott works --version
  test "$(core)" = 'Prescott, chosen by OPENBLAS_CORETYPE'
  OPENBLAS_CORETYPE=Pentium call --version
  test "$status" -eq 0
  has 'OPENBLAS_CORETYPE=Pentium is not a core type of this OpenBLAS, and is ignored'
}

@test "portable arithmetic: the same bits whatever the processor and the environment choose" {
  needs_avx2
  works train "${small[@]}" --arithmetic portable --run-dir a
  HOLDOUT_KERNELS=plain OPENBLAS_CORETYPE=Prescott works train "${small[@]}" --arithmetic portable --run-dir b
  same_run a b
  misjudging Nehalem train "${small[@]}" --arithmetic portable --run-dir c
  test "$status" -eq 0
  same_run a c
  HOLDOUT_KERNELS=avx2 OPENBLAS_CORETYPE=Haswell works train "${small[@]}" --run-dir d
  cmp a/samples.safetensors d/samples.safetensors
  HOLDOUT_KERNELS=plain OPENBLAS_CORETYPE=Prescott works train "${small[@]}" --run-dir e
  ! cmp -s a/samples.safetensors e/samples.safetensors
}

@test "portable arithmetic is a setting of the run: recorded, repeated, compared by resume, used by eval" {
  needs_avx2
  works train "${small[@]}" --arithmetic portable --run-dir a
  grep -qx 'arithmetic: portable' a/config.yaml
  HOLDOUT_KERNELS=plain works train -c a/config.yaml --quiet --run-dir b
  same_run a b
  refused 1 "arithmetic" train --resume a --arithmetic native --epochs 3
  OPENBLAS_CORETYPE=Prescott HOLDOUT_KERNELS=plain works eval a --predictions p.tsv
  works eval a --predictions q.tsv
  cmp p.tsv q.tsv
}

@test "a native run that goes on with other instructions says so" {
  needs_avx2
  HOLDOUT_KERNELS=plain works train "${small[@]}" --run-dir run
  HOLDOUT_KERNELS=avx2 call train --resume run --epochs 3 --quiet
  test "$status" -eq 0
  has_error 'warning'
  has_error 'kernels plain'
  has_error '--arithmetic portable'
  works train "${small[@]}" --arithmetic portable --run-dir portable
  HOLDOUT_KERNELS=plain works train --resume portable --epochs 3 --quiet
}

@test "an OpenBLAS that was loaded before the program could choose: a message, and the way out" {
  needs_avx2
  test -z "${ASAN_OPTIONS-}" || skip 'ASan wants to be the first library'
  OPENBLAS_CORETYPE=Prescott LD_PRELOAD=libopenblas.so.0 refused 1 'unset LD_PRELOAD, or set OPENBLAS_CORETYPE=Haswell' \
    train "${small[@]}" --arithmetic portable --run-dir run
  OPENBLAS_CORETYPE=Haswell LD_PRELOAD=libopenblas.so.0 works train "${small[@]}" --arithmetic portable --run-dir run
}

@test "no OpenBLAS, or another library in its place: a message" {
  local libm
  mkdir lib
  libm=$(ldconfig -p | sed -n 's/.*libm\.so\.6.*=> *//p' | head -n 1)
  test -n "$libm" || skip 'where libm lies is not known'
  ln -s "$libm" lib/libopenblas.so.0
  LD_LIBRARY_PATH=$PWD/lib refused 1 'has no openblas_get_config, so it is not OpenBLAS' --version
  ln -sf /dev/null lib/libopenblas.so.0
  LD_LIBRARY_PATH=$PWD/lib call --version
  test "$status" -eq 1 || test "$status" -eq 0 # the loader may go on to the next folder
}

# Debian has the sequential and the OpenMP build beside the one with threads of its own.
@test "other builds of OpenBLAS: the same bits, and a warning where threads take turns" {
  local kind folder found=0
  export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" # of OpenMP's own
  works train "${small[@]}" --run-dir pthread
  for kind in serial openmp; do
    for folder in /usr/lib/*/openblas-"$kind"; do
      test -e "$folder/libopenblas.so.0" || continue
      found=1
      LD_LIBRARY_PATH=$folder call train "${small[@]}" --run-dir "$kind"
      test "$status" -eq 0
      has_error 'warning: this OpenBLAS is not its pthread build'
      LD_LIBRARY_PATH=$folder OPENBLAS_CORETYPE=Pentium call --version
      has 'and is ignored; this OpenBLAS is not its pthread build'
      same_run pthread "$kind"
    done
  done
  test "$found" -eq 1 || skip 'needs libopenblas0-serial or libopenblas0-openmp'
}

@test "little address space: a message, not an endless search for more" {
  local kB limit folder
  test -z "${ASAN_OPTIONS-}" || skip 'ASan needs terabytes of it'
  for folder in '' /usr/lib/*/openblas-openmp; do # which maps a buffer when it is loaded
    test -z "$folder" || test -e "$folder/libopenblas.so.0" || continue
    for limit in -v -d; do
      for kB in 60000 110000 160000 200000 250000 300000 400000; do
        status=0
        (
          ulimit "$limit" "$kB"
          LD_LIBRARY_PATH=$folder exec timeout -k 1 60 "$HOLDOUT" train "${small[@]}" --overwrite --run-dir run
        ) >.out 2>.err || status=$?
        test "$status" -eq 0 || test "$status" -eq 1 || test "$status" -eq 127 || {
          echo "$folder ulimit $limit $kB: status $status" >&2
          cat .err >&2
          return 1
        }
        test "$status" -ne 1 || grep -q '^holdout: ' .err
      done
    done
  done
}

@test "every core type that can be tried is, whichever the processor lacks" {
  mkdir build
  printf '%s\n' '#!/bin/sh' 'test "$OPENBLAS_CORETYPE" != SkylakeX || exit 1' \
    'echo "core type  $OPENBLAS_CORETYPE, chosen by OPENBLAS_CORETYPE"' >build/holdout
  chmod +x build/holdout
  printf 'check:\n\t@true\n' >build/Makefile
  run "$HO_SRCDIR/tests/tiers/cores" build any
  test "$status" -eq 0
  test "$output" = 'passed: Prescott Nehalem Sandybridge Haswell Zen Cooperlake SapphireRapids'
}
