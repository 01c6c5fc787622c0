#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# reading.bats - files that are small and unfold into gigabytes: every reader stops at the memory limit, or sooner.
load ../tools/helpers

unset HOLDOUT_DATA
export XDG_DATA_HOME=/nonexistent

setup_file() {
  ${CC:-cc} -O1 -o "$BATS_FILE_TMPDIR/shapes" "${HO_SRCDIR:?}/tests/tools/shapes.c"
  head -c 67108864 /dev/zero | gzip -1 >"$BATS_FILE_TMPDIR/zeros.gz"
}

# bytes HEX...: as they are
bytes() {
  local byte
  for byte; do printf '%b' "\\x$byte"; done
}

# bomb N [HEX...]: on standard output, gzipped: these bytes, then N times 64 MiB of zeros
bomb() {
  local n=$1
  bytes "${@:2}" | gzip
  for ((; n; n--)); do cat "$BATS_FILE_TMPDIR/zeros.gz"; done
}

own() {
  mkdir grey
  "$BATS_FILE_TMPDIR/shapes" idx grey 6 6 1 3 60 30
}

# limited ARGS...: in little memory; what reads 3 GiB does not fit into it.  AddressSanitizer takes terabytes of addresses.
limited() {
  if grep -q __asan_init "$HOLDOUT"; then
    refused "$@"
    return
  fi
  (ulimit -v 2000000 && OPENBLAS_NUM_THREADS=1 refused "$@")
}

mlp=(--net mlp:hidden=4 --batch-size 20 --epochs 1 --quiet)

@test "images: what the header promises counts, and what is behind it is not read" {
  own
  # 1536 images of 1024 x 1024: 1.5 GiB in a file of 1.6 MB
  bomb 24 00 00 08 03 00 00 06 00 00 00 04 00 00 00 04 00 >grey/train-images-idx3-ubyte
  refused 1 "grey/train-images-idx3-ubyte: more than 52428800 bytes, all that is left of the memory limit; use a larger" \
    train --dataset idx:grey --memory-limit 50M --run-dir run
  # 60 images of 6 x 6, and gigabytes
  bomb 48 00 00 08 03 00 00 00 3c 00 00 00 06 00 00 00 06 >grey/train-images-idx3-ubyte
  limited 1 "grey/train-images-idx3-ubyte: more than 67712 bytes, the most that such a file can have" noise --dataset idx:grey
  # no images at all
  bomb 48 >grey/train-images-idx3-ubyte
  limited 1 "grey/train-images-idx3-ubyte: wrong magic number 0x00000000" noise --dataset idx:grey
  test ! -e run
}

@test "labels of IDX, and records like CIFAR's" {
  own
  bomb 48 00 00 08 01 00 00 00 3c >grey/train-labels-idx1-ubyte
  limited 1 "grey/train-labels-idx1-ubyte: more than 65604 bytes, the most that such a file can have" noise --dataset idx:grey
  bomb 2 >train.bin
  bomb 0 00 >test.bin
  refused 1 "train.bin: more than 52428800 bytes, all that is left of the memory limit" \
    train --dataset cifar:train=train.bin,test=test.bin,size=1x1x1 --memory-limit 50M --run-dir run
  # two files that fit one by one
  bomb 1 >train.bin
  refused 1 "all that is left of the memory limit; use a larger --memory-limit" \
    train --dataset cifar:train=train.bin+train.bin,test=test.bin,size=1x1x1 --memory-limit 100M --run-dir run
}

@test "images and what is made of them are within the limit together" {
  mkdir grey
  "$BATS_FILE_TMPDIR/shapes" idx grey 100 100 1 3 300 30 # 3 MB
  refused 1 "the images: 3000600 bytes in addition to 3000016, but the memory limit is 5242880; use a larger --memory-limit" \
    train --dataset idx:grey --memory-limit 5M --run-dir run
  call train --dataset idx:grey --memory-limit 16M "${mlp[@]}" --run-dir run
  test "$status" -eq 0
}

@test "label files and matrices" {
  bomb 48 >labels.u8
  limited 1 "labels.u8: more than " noise --dataset synthetic --noise file:labels.u8
  refused 1 "labels.u8: more than " train --dataset synthetic --noise file:labels.u8 --memory-limit 50M --run-dir run
  bomb 48 >T.tsv
  limited 1 "T.tsv: more than " train --dataset synthetic --optimizer forward-correction \
    -O forward-correction.matrix=T.tsv --threads 1 "${mlp[@]}" --run-dir run
}

@test "checkpoints, weights, batches: what has no header is not read on" {
  call train --dataset synthetic --train-size 60 --test-size 20 "${mlp[@]}" --epochs 2 --run-dir run
  test "$status" -eq 0
  bomb 48 >zeros
  for file in checkpoint samples; do
    cp -r run spoilt
    cp zeros spoilt/$file.safetensors
    case $file in
    checkpoint) limited 1 "checkpoint.safetensors: not a safetensors file: no header; the previous checkpoint, of step 3, is intact" \
      eval --threads 1 spoilt ;;
    samples) limited 1 "samples.safetensors: not a safetensors file: no header" suspects spoilt ;;
    esac
    rm -r spoilt
  done
  limited 1 "zeros: not a safetensors file: no header" \
    train --dataset synthetic --init zeros --threads 1 "${mlp[@]}" --run-dir other
  limited 1 "zeros: not a safetensors file: no header" trace "${mlp[@]:0:2}" --batch zeros --threads 1 --out t
  # a header, and gigabytes that it does not promise: {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}
  { printf '\x36\0\0\0\0\0\0\0{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}  ' | gzip; cat zeros; } >behind
  limited 1 "behind: more than 65599 bytes, the most that such a file can have" \
    train --dataset synthetic --init behind --threads 1 "${mlp[@]}" --run-dir other
  # a header of 8 MB of JSON that takes a hundred times as much
  { printf '\0\0\x80\0\0\0\0\0{"a":['; head -c 8388000 /dev/zero | sed 's/\x0\x0\x0/{},/g'; } | gzip -1 >nested
  refused 1 "nested: its header of 8388608 bytes may need more memory than the limit allows" \
    train --dataset synthetic --init nested --memory-limit 100M "${mlp[@]}" --run-dir other
}

@test "configurations, logs and summaries" {
  call train --dataset synthetic --train-size 60 --test-size 20 "${mlp[@]}" --epochs 2 --run-dir run
  test "$status" -eq 0
  bomb 48 >zeros
  limited 1 "run/summary.json: more than 1048576 bytes, the most that such a file can have" show "$(cp zeros run/summary.json && echo run)"
  rm run/summary.json
  limited 1 "run/log.jsonl: more than 196608 bytes, the most that such a file can have" show "$(cp zeros run/log.jsonl && echo run)"
  { printf '{"epoch":['; head -c 70000 /dev/zero | tr '\0' ' '; echo ']}'; } >run/log.jsonl
  refused 1 "run/log.jsonl:1: damaged: a line has 70012 bytes" show run
  limited 1 "run/config.yaml: more than 1048576 bytes, the most that such a file can have" show "$(cp zeros run/config.yaml && echo run)"
}

@test "tens of thousands of options in a configuration are read in one go" {
  { echo 'option:'; seq -f '  sgd.o%.0f: 1' 40000; echo '  sgd.o7: 1'; } >c.yaml
  refused 2 "c.yaml:40002: option \`sgd.o7' is given twice" train --dataset synthetic -c c.yaml --run-dir run
}
