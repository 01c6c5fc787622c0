#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# data.bats - holdout data: what is there, what is not and how to get it, what is damaged.
load ../tools/helpers

# What lies on this machine must not decide: only the packages' folder is left, which cannot be moved.
unset HOLDOUT_DATA
export XDG_DATA_HOME=/nonexistent

# idx FILE MAGIC COUNT [SIDE]: an IDX file of images (2051), all black, or of labels (2049) 0 1 2 ... 9 0 1 ...
idx() {
  {
    printf '%08x%08x' "$2" "$3"
    if test "$2" -eq 2051; then
      printf '%08x%08x' "$4" "$4"
      printf '%0*d' $((2 * $3 * $4 * $4)) 0
    else
      for ((i = 0; i < $3; i++)); do printf '%02x' $((i % 10)); done
    fi
  } | sed 's/../\\x&/g' | xargs -0 printf '%b' >"$1"
}

mnist() {
  mkdir -p "$1"
  idx "$1/train-images-idx3-ubyte" 2051 20 4
  idx "$1/train-labels-idx1-ubyte" 2049 20
  idx "$1/t10k-images-idx3-ubyte" 2051 10 4
  idx "$1/t10k-labels-idx1-ubyte" 2049 10
  gzip "$1/t10k-images-idx3-ubyte"
}

row() {
  printf '%s\n' "$out" | grep "^$1 "
}

# told NAME TEXT: of the data set, below the table
told() {
  printf '%s\n' "$out" | sed -n "/^$1\$/,/^\$/p" | tr -s ' \n' ' ' | grep -F -- "$2"
}

@test "data lists every data set, found or not" {
  mkdir empty
  works data --data-dir empty
  has "NAME"
  row fashion-mnist | grep 'not found$'
  told fashion-mnist 'not found: install the Debian package dataset-fashion-mnist'
  told mnist "not found: run \`holdout fetch mnist', or put the four files of http"
  told cifar10 "not found: run \`holdout fetch cifar10', or unpack cifar-10-binary.tar.gz of https"
  told cifar100 "not found: run \`holdout fetch cifar100', or unpack cifar-100-binary.tar.gz of https"
  test "$(printf '%s\n' "$out" | awk 'length > longest { longest = length } END { print longest }')" -le 80
  row synthetic | grep -E '2000 +1000 +16x16x3 +10 +2e8c9f77789d8441 +built in'
}

@test "data finds a folder by flag, by variable, by convention" {
  mnist place/mnist
  works data --data-dir place
  row mnist | grep -E '20 +10 +4x4x1 +10 +[0-9a-f]{16} +place/mnist  \(note: not the official files\)$'
  HOLDOUT_DATA=$PWD/place works data
  row mnist | grep "$PWD/place/mnist  (note: not the official files)$"
  mkdir share && mv place share/holdout
  XDG_DATA_HOME=$PWD/share works data
  row mnist | grep "$PWD/share/holdout/mnist  (note: not the official files)$"
}

@test "data says of a damaged data set what is wrong, and fails" {
  mnist place/mnist
  printf x >>place/mnist/train-images-idx3-ubyte
  call data --data-dir place
  test "$status" -eq 1
  test "$err" = "holdout: 1 data set is found but cannot be used; the table says why; fetch damaged files \
again, or give another folder with --data-dir"
  row mnist | grep 'cannot be used$'
  told mnist 'cannot be used: mnist: place/mnist/train-images-idx3-ubyte: oversized'
  told mnist 'the header announces 336 bytes, but the file has 337'
  row synthetic | grep 'built in'
}

@test "data that cannot be read for want of memory are not called damaged" {
  ! grep -qE '__asan_init|__gcov' "$HOLDOUT" || skip 'what counts lines or watches memory asks for memory itself'
  HO_FAULT_AT=0 HO_FAULT_LOG=calls faulty_call memory "$HOLDOUT" data >out </dev/null
  told=0
  for at in $(seq 1 "${HO_FAULT_STRIDE:-5}" "$(cat calls)"); do # its allocations, one after the other
    HO_FAULT_AT=$at faulty_call memory "$HOLDOUT" data >out 2>err </dev/null || true
    ! grep 'damaged' out || return 1
    ! grep -q 'cannot be used: .*memory\|^ .*memory' out || told=$((told + 1))
  done
  test "$told" -gt 0
}

@test "damaged files of every kind" {
  mnist place/mnist
  cp -r place good
  truncate -s 100 place/mnist/train-images-idx3-ubyte
  refused 1 "train-images-idx3-ubyte: truncated: the header announces 336 bytes, but the file has 100" \
    data --data-dir place mnist
  cp good/mnist/train-labels-idx1-ubyte place/mnist/train-images-idx3-ubyte
  refused 1 "wrong magic number 0x00000801, not 0x00000803" data --data-dir place mnist
  cp good/mnist/* place/mnist
  printf '\x0a' | dd of=place/mnist/train-labels-idx1-ubyte bs=1 seek=15 conv=notrunc status=none
  refused 1 "train-labels-idx1-ubyte: record 7: label 10, but it must be below 10" data --data-dir place mnist
  rm place/mnist/train-labels-idx1-ubyte
  refused 1 "neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz" data --data-dir place mnist
  cp good/mnist/* place/mnist
  truncate -s -4 place/mnist/t10k-images-idx3-ubyte.gz
  refused 1 "t10k-images-idx3-ubyte.gz" data --data-dir place mnist
}

@test "cifar10: size and labels" {
  mkdir -p place/cifar-10-batches-bin
  cd place/cifar-10-batches-bin
  truncate -s 30730000 data_batch_{1,2,3,4,5}.bin test_batch.bin
  works data --data-dir .. cifar10
  has "50000 images"
  has "32 x 32 x 3"
  truncate -s 30726927 data_batch_3.bin
  refused 1 "data_batch_3.bin: truncated: 10000 records of 3073 bytes are 30730000 bytes, but the file has 30726927" \
    data --data-dir .. cifar10
  truncate -s 30730001 data_batch_3.bin
  refused 1 "data_batch_3.bin: oversized" data --data-dir .. cifar10
  truncate -s 30730000 data_batch_3.bin
  printf '\xff' | dd of=data_batch_3.bin bs=1 seek=$((4321 * 3073)) conv=notrunc status=none
  refused 1 "data_batch_3.bin: record 4321: label 255, but it must be below 10" data --data-dir .. cifar10
}

@test "cifar100: size, labels, superclasses, names" {
  mkdir -p place/cifar-100-binary
  cd place/cifar-100-binary
  truncate -s 153700000 train.bin
  truncate -s 30740000 test.bin
  printf '\x13\x63' | dd of=train.bin bs=1 seek=$((4321 * 3074)) conv=notrunc status=none
  printf 'kind_%d\n' {0..99} >fine_label_names.txt
  works data --data-dir .. cifar100
  has "50000 images"
  has "32 x 32 x 3"
  has "classes   100, in 20 superclasses"
  lacks "note"
  printf '%s\n' "$out" | grep -E '^ +99 +1 +0 +kind_99$'
  printf 'kind_100\n' >>fine_label_names.txt
  refused 1 "cifar100: ../cifar-100-binary/fine_label_names.txt: 101 names for 100 classes" data --data-dir .. cifar100
  printf '\x14' | dd of=train.bin bs=1 seek=$((4321 * 3074)) conv=notrunc status=none
  refused 1 "train.bin: record 4321: superclass 20, but it must be below 20" data --data-dir .. cifar100
  truncate -s 153696926 train.bin
  refused 1 "train.bin: truncated: 50000 records of 3074 bytes are 153700000 bytes" data --data-dir .. cifar100
}

@test "data NAME tells more" {
  works data synthetic
  has "sha256    2e8c9f77789d8441f230ddcc54fb94c255fdaea8fc76760e543580ddc25e9a0e"
  has "16 x 16 x 3"
  has "0.498084   0.210573"
  test "$(printf '%s\n' "$out" | grep -cE '^ +[0-9] +200 +100 ')" -eq 10
}

@test "an explicit folder is the only one looked in" {
  mkdir empty
  mnist place/mnist
  printf x >place/mnist/nothing
  export HOLDOUT_DATA=$PWD/place
  works data mnist
  refused 1 "mnist: not found: no train-images-idx3-ubyte (or .gz) in empty or its folder mnist" \
    data --data-dir empty mnist
  refused 1 "--data-dir: nowhere: there is no such folder" data --data-dir nowhere
  refused 1 "--data-dir: nowhere: there is no such folder" data --data-dir nowhere mnist
  refused 1 "--data-dir: place/mnist/nothing: not a folder" \
    train --dataset cifar10 --data-dir place/mnist/nothing --run-dir run
}

@test "a folder named after another data set is not read" {
  mnist place/mnist
  refused 1 "not searched for in \`place/mnist', which has the name of mnist" data --data-dir place/mnist fashion-mnist
}

@test "wrong usage names the nearest" {
  refused 2 "unknown data set \`fasion-mnist': did you mean \`fashion-mnist'?" data fasion-mnist
  refused 2 "choose one of fashion-mnist, mnist, cifar10, cifar100, synthetic, idx:FOLDER, cifar:train=" data imagenet
  refused 2 "unexpected argument \`cifar10'" data mnist cifar10
  refused 2 "did you mean \`--data-dir'" data --datadir x
}
