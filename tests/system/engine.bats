#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# engine.bats - --engine and --precision: the engine for GPUs as the program loads it, emulated on the CPU, from training to
# suspects; and every way in which there is none.
load ../tools/helpers

emulated=$HO_BUILDDIR/tests/emulate/engines

# Without a C++ compiler there is no emulated engine.
emulate() {
  test -f "$emulated/cuda.so" || skip "the emulated engine was not built"
  export HOLDOUT_ENGINE_DIR=$emulated
}

# Emulated kernels are slow.
small=(--dataset synthetic --sched const --train-size 40 --test-size 10 --noise symmetric:0.5 --batch-size 20 --net mlp:hidden=8
       --epochs 3 --quiet)

# engine_of SOURCE: $PWD/cuda.so, of this C source.
engine_of() {
  test -n "${CC-}" || skip "no compiler"
  printf '%s\n' "$1" >cuda.c
  # shellcheck disable=SC2086 # words
  $CC -shared -fPIC -o cuda.so cuda.c
  export HOLDOUT_ENGINE_DIR=$PWD
}

# close_to A B KEY: the numbers of that name in two files of JSON lines agree to four digits.
close_to() {
  paste <(grep -o "\"$3\": *\(null\|[-+0-9.e][-+0-9.e]*\)" "$1") <(grep -o "\"$3\": *\(null\|[-+0-9.e][-+0-9.e]*\)" "$2") | tr -d '":,' |
    awk 'function abs(x) { return x < 0 ? -x : x }
         { n++; if ($2 == "null" || $4 == "null" || abs($2 - $4) > 1e-4 * abs($2)) bad = 1 } END { exit bad || !n }'
}

same_run() { # FOLDER OTHER
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f"
  done
}

# ---- what is said when it cannot be ----

@test "a missing engine: the file, and how to build it" {
  export HOLDOUT_ENGINE_DIR=$PWD
  refused 1 "--engine cuda: $PWD/cuda.so: this engine of holdout is missing; " train "${small[@]}" --engine cuda
  has_error make
  test ! -e runs
}

@test "an engine of another build, or with another table, or without one is refused" {
  engine_of 'const struct { unsigned bytes; const char *build; } ho_engine_module = { 24, "0.0.9 0123456789ab" };'
  refused 1 "$PWD/cuda.so: this engine is of holdout 0.0.9 0123456789ab, but the program is " bench --engine cuda
  has_error "build and install both together"
  build=$("$HOLDOUT" --version | awk '/^holdout/ { v = $2 } /^commit/ { print v " " $2 }')
  engine_of "const struct { unsigned bytes; const char *build; } ho_engine_module = { 7, \"$build\" };"
  refused 1 "cuda.so: this engine has a table of 7 bytes where the program expects " bench --engine cuda
  engine_of 'int other;'
  refused 1 "cuda.so: not an engine of holdout: it has no symbol ho_engine_module" bench --engine cuda
  echo text >cuda.so
  refused 1 "cuda.so: cannot load this engine: " bench --engine cuda
}

@test "names that are none get a suggestion, before anything is loaded" {
  export HOLDOUT_ENGINE_DIR=$PWD
  refused 2 "--engine: unknown value \`cudaa' (did you mean \`cuda'?): choose one of cpu, cuda" train --engine cudaa
  refused 2 "--engine: \`cuda:one': cuda: must be followed by the number of a device, as in cuda:0" train --engine cuda:one
  refused 2 "--engine: \`cpu:1': cpu has no devices to choose from" bench --engine cpu:1
  refused 2 "--precision: unknown value \`fp16' (did you mean \`bf16'?): choose one of float32, tf32, bf16" train --precision fp16
  printf 'engine: gpu\n' >c.yaml
  refused 2 "c.yaml:1: engine: unknown value \`gpu'" train -c c.yaml
}

@test "the CPU has one precision" {
  for command in "train ${small[*]}" bench "trace --out t" "optimizers --check $HO_BUILDDIR/plugins/sgd.so"; do
    # shellcheck disable=SC2086 # words
    refused 1 "--precision tf32 needs --engine cuda: the CPU's engine computes in float32 only" $command --precision tf32
  done
  test ! -e t
}

@test "--engine is for what runs networks" {
  refused 2 "--engine needs --check FILE" optimizers --engine cuda
  refused 2 "unknown flag \`--engine'" suspects --engine cuda .
}

@test "a device that does not exist" {
  emulate
  for command in "train ${small[*]}" "train --dry-run" bench "trace --out t" "optimizers --check $HO_BUILDDIR/plugins/sgd.so"; do
    # shellcheck disable=SC2086 # words
    refused 1 "--engine cuda:7: there is no device cuda:7: this machine has 1, and the first is cuda:0" $command \
      --engine cuda:7
  done
  test ! -e runs
}

# ---- what it computes ----

@test "a run on it: recorded, and as on the CPU" {
  emulate
  works train "${small[@]}" --run-dir cpu
  works train "${small[@]}" --engine cuda:0 --run-dir cuda
  cmp cpu/labels.tsv cuda/labels.tsv
  close_to cpu/log.jsonl cuda/log.jsonl loss
  close_to cpu/summary.json cuda/summary.json test_loss_last
  grep -x 'engine: cuda' cuda/config.yaml # not which of the devices
  diff cpu/config.yaml <(grep -v '^engine:' cuda/config.yaml)
  grep -F '"engine":"cpu"' cpu/timing.jsonl
  grep '"engine":"cuda:0 emulated GPU, compute capability .*, driver for CUDA .*, toolkit .*, float32"' cuda/timing.jsonl
  works train "${small[@]}" --engine cuda --precision bf16 --run-dir bf16
  grep -x 'precision: bf16' bf16/config.yaml
  grep ', bf16"' bf16/timing.jsonl
  run cmp -s cuda/checkpoint.safetensors bf16/checkpoint.safetensors
  test "$status" -eq 1
  works show --groups cpu cuda bf16
  has "engine=cpu"
  has "engine=cuda precision=bf16"
}

@test "convolutions, and bilevel's many gradients, as on the CPU" {
  emulate
  local flags=(--dataset synthetic --train-size 16 --test-size 10 --net lenet --optimizer bilevel
               -O bilevel.minibatches=4 --batch-size 8 --epochs 1 --quiet)
  works train "${flags[@]}" --run-dir cpu
  works train "${flags[@]}" --engine cuda --run-dir cuda
  close_to cpu/log.jsonl cuda/log.jsonl loss
  close_to cpu/summary.json cuda/summary.json test_loss_last
}

@test "equal runs, and runs that were stopped or killed, have the same bytes" {
  emulate
  works train "${small[@]}" --engine cuda --run-dir whole
  works train "${small[@]}" --engine cuda --threads 1 --run-dir again
  same_run whole again
  for signal in TERM KILL; do
    "$HOLDOUT" train "${small[@]}" --engine cuda --run-dir $signal >out 2>err </dev/null 3>&- &
    while ! test -s $signal/checkpoint.safetensors && kill -0 $!; do sleep 0.02; done
    kill -$signal $! || true
    wait $! || true
    test ! -e $signal/summary.json
    works train --resume $signal --quiet
    same_run whole $signal
  done
}

@test "a run stays on its engine and precision, but not on its device" {
  emulate
  works train "${small[@]}" --epochs 1 --run-dir cpu
  works train "${small[@]}" --epochs 1 --engine cuda --run-dir cuda
  refused 1 "--engine cuda differs from the run's cpu; a resumed run keeps its settings" train --resume cpu --engine cuda
  refused 1 "--engine cpu differs from the run's cuda" train --resume cuda --engine cpu
  refused 1 "--precision tf32 differs from the run's float32" train --resume cuda --precision tf32
  sed -i '/^engine:/d' cuda/config.yaml
  refused 1 "was written with --engine cuda, this run has --engine cpu" train --resume cuda --epochs 2
  echo 'engine: cuda' >>cuda/config.yaml
  echo 'precision: tf32' >>cuda/config.yaml
  refused 1 "was written with --precision float32, this run has --precision tf32" train --resume cuda --epochs 2
  sed -i '/^precision:/d' cuda/config.yaml
  works train --resume cuda --epochs 2 --engine cuda:0 --quiet
  works train "${small[@]}" --epochs 2 --engine cuda --run-dir two
  same_run two cuda
}

@test "runs are scored on either engine" {
  emulate
  works train "${small[@]}" --run-dir cpu
  works train "${small[@]}" --engine cuda --precision tf32 --run-dir cuda
  for run in cpu cuda; do
    works eval $run
    printf '%s\n' "$out" >on-cpu
    works eval --engine cuda $run
    printf '%s\n' "$out" >on-cuda
    paste on-cpu on-cuda | awk 'NR > 1 && $(NF / 2) ~ /^[0-9]+$/ { # accuracy, loss, images
      n++; a = $(NF / 2 - 1) - $(NF - 1); if (a > 2e-4 || a < -2e-4) exit bad = 1 } END { exit bad || n < 1 }'
    works suspects $run
  done
  works train -c cuda/config.yaml --engine cpu --precision float32 --quiet --run-dir back
  same_run cpu back
}

@test "trace: the same images and samples on both engines, and it goes on from a trace" {
  emulate
  local step=(trace --dataset synthetic --train-size 40 --batch-size 20 --net mlp:hidden=8 --optimizer adam)
  works "${step[@]}" --out cpu
  works "${step[@]}" --engine cuda --out cuda
  works "${step[@]}" --engine cuda --weights cuda --out second
  "$HO_BUILDDIR/tests/tools/tensors" equal cpu images cuda images
  "$HO_BUILDDIR/tests/tools/tensors" equal cpu samples cuda samples
  run cmp -s cpu second
  test "$status" -eq 1
}

@test "bench says on what, and times each layer" {
  emulate
  local flags=(--net mlp:hidden=8 --batch-size 10 --input 4x4x1 --steps 2 --engine cuda)
  works bench "${flags[@]}" --layers
  has "engine    cuda:0 emulated GPU, compute capability "
  has dense
  works bench "${flags[@]}" --eval --json --precision tf32
  [[ $out == *'"engine":"cuda:0 emulated GPU, '*', tf32"'* ]]
  works bench --net mlp:hidden=8 --steps 1 --json
  has '"engine":"cpu"'
}

@test "--dry-run estimates on it" {
  emulate
  works train --dry-run --json "${small[@]}" --engine cuda
  test ! -e runs
}

# ---- make check-gpu ----

@test "the script of make check-gpu, with the emulated engine" {
  emulate
  mkdir none
  HO_GPU_PROGRAMS=$PWD/none run "$HO_SRCDIR/tests/tiers/gpu" --quick "$HO_BUILDDIR"
  printf '%s\n' "$output"
  test "$status" -eq 0
  [[ ${lines[0]} == "cuda:0 emulated GPU, "* ]]
  [[ ${lines[-1]} == "check-gpu: "*" passed, 0 failed, "* ]]
}

@test "the script of make check-gpu sees what fails, and what is left out" {
  emulate
  mkdir programs-0.1
  printf '#!/bin/sh\necho wrong; exit 1\n' >programs-0.1/test_wrong
  chmod +x programs-0.1/test_wrong
  HO_GPU_PROGRAMS=$PWD/programs-0.1 run "$HO_SRCDIR/tests/tiers/gpu" --quick --only programs "$HO_BUILDDIR"
  test "$status" -eq 1
  [[ $output == *"test_wrong "*FAILED*"| wrong"*" 1 failed, "* ]]
  mkdir none
  HOLDOUT_ENGINE_DIR=$PWD/none run "$HO_SRCDIR/tests/tiers/gpu" --quick "$HO_BUILDDIR"
  test "$status" -eq 77
  [[ $output == "check-gpu: nothing was tested: --engine cuda: $PWD/none/cuda.so: this engine of holdout is missing; "* ]]
}
