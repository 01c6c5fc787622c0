#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# fetch.bats - experiments/fetch-data: mirrors, resume, checksums, local files.  No network: the addresses are file://.
load ../tools/helpers

mnist=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)

# Files of the right names and sizes, black images of class 0, made once.
setup_file() {
  local sizes=(47040016 60008 7840016 10008) heads=('803 0000ea60 0000001c 0000001c' '801 0000ea60'
    '803 00002710 0000001c 0000001c' '801 00002710') i word
  mkdir "$BATS_FILE_TMPDIR/good"
  cd "$BATS_FILE_TMPDIR/good" || return
  for i in 0 1 2 3; do
    { for word in ${heads[$i]}; do printf '%08x' "0x$word" | sed 's/../\\x&/g' | xargs -0 printf '%b'; done; } >"${mnist[$i]}"
    truncate -s "${sizes[$i]}" "${mnist[$i]}"
    gzip -1 -n "${mnist[$i]}"
  done
  md5sum -- *.gz >../sums
}

setup() {
  command -v curl >/dev/null || skip 'no curl'
  cd "$BATS_TEST_TMPDIR" || return
  good=$BATS_FILE_TMPDIR/good
  export HOLDOUT_DATA=$PWD/data HOLDOUT_SUMS=$BATS_FILE_TMPDIR/sums HOLDOUT_MIRRORS="file://$good"
}

fetch() {
  status=0
  "${HO_SRCDIR:?}/experiments/fetch-data" "$@" >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

fetches() {
  fetch "$@"
  test "$status" -eq 0 || { show; return 1; }
}

fails() { # status text args...
  local wanted=$1 text=$2
  shift 2
  fetch "$@"
  test "$status" -eq "$wanted" && test -z "$out" || { show; return 1; }
  has_error "$text"
}

# in_place: MNIST is in data/mnist as it should be, and nothing else is there
in_place() {
  local file
  for file in "${mnist[@]}"; do cmp "$good/$file.gz" "data/mnist/$file.gz"; done
  test "$(ls -A data)" = mnist || { ls -lAR data >&2; return 1; }
}

@test "help and list need nothing" {
  fetches --help
  has 'Usage: fetch-data'
  has "$PWD/data"
  fetches --list
  has "$PWD/data/cifar-100-binary"
  has 'https://www.cs.toronto.edu/~kriz'
  has 'https://ossci-datasets.s3.amazonaws.com/mnist'
  has 'cifar-10-binary.tar.gz'
  lacks 'already there'
  test ! -e data
}

@test "a data set is downloaded, checked, put in place, found by holdout" {
  fetches mnist
  test "$out" = "mnist: $PWD/data/mnist"
  has_error 'note: mnist: not the official files' # for they are black
  in_place
  works data mnist
  has '60000 images'
  HOLDOUT_MIRRORS=file:///nowhere fetches mnist
  has_error 'mnist: already exists; note: not the official files'
}

@test "a second address is taken when the first fails" {
  HOLDOUT_MIRRORS="file://$PWD/nowhere file://$good" fetches mnist
  has_error "file://$PWD/nowhere/train-images-idx3-ubyte.gz: curl: (37)"
  in_place
}

@test "a damaged file is not taken, but that of the next address" {
  mkdir bad
  cp "$good"/* bad
  printf x | dd of=bad/t10k-labels-idx1-ubyte.gz bs=1 seek=20 conv=notrunc status=none
  HOLDOUT_MIRRORS="file://$PWD/bad" fails 1 'not available from any of 1 addresses; without a network' mnist
  has_error "bad/t10k-labels-idx1-ubyte.gz: its MD5 is not"
  test ! -e data/mnist
  HOLDOUT_MIRRORS="file://$PWD/bad file://$good" fetches mnist
  in_place
}

@test "what is downloaded in part goes on, and what went on wrongly begins anew" {
  mkdir -p data/.fetch/mnist part
  head -c 10000 "$good/train-images-idx3-ubyte.gz" >data/.fetch/mnist/train-images-idx3-ubyte.gz.part
  cp "$good/train-labels-idx1-ubyte.gz" data/.fetch/mnist/train-labels-idx1-ubyte.gz.part # whole already
  { cat "$good/t10k-images-idx3-ubyte.gz"; echo more; } >data/.fetch/mnist/t10k-images-idx3-ubyte.gz.part
  head -c 40 /dev/urandom >data/.fetch/mnist/t10k-labels-idx1-ubyte.gz.part
  fetches mnist
  has_error 'train-images-idx3-ubyte.gz: resuming after 10000 bytes'
  test "$(grep -c "good/train-images-idx3-ubyte.gz$" .err)" -eq 0
  test "$(grep -c "train-labels" .err)" -eq 0
  test "$(grep -c "good/t10k-images-idx3-ubyte.gz$" .err)" -eq 1
  has_error 't10k-labels-idx1-ubyte.gz: resuming after 40 bytes'
  in_place
}

@test "what was downloaded stays for the next start" {
  mkdir half
  cp "$good"/train* half
  HOLDOUT_MIRRORS="file://$PWD/half" fails 1 't10k-images-idx3-ubyte.gz: not available from any of 1 addresses' mnist
  test ! -e data/mnist
  HOLDOUT_MIRRORS="file://$PWD/nowhere file://$good" fetches mnist
  test "$(grep -c train .err)" -eq 0
  in_place
}

@test "from a folder, from single files, from an archive" {
  mkdir -p disk/fashion-mnist # whose files have the same names, and are found first
  cp -r "$good" disk/mnist
  cp "$good"/*images* disk/fashion-mnist
  for f in train t10k; do
    gzip -dc "$good/$f-labels-idx1-ubyte.gz" | gzip -9 >"disk/fashion-mnist/$f-labels-idx1-ubyte.gz"
  done
  fetches --from disk mnist
  in_place
  mkdir plain
  for f in "${mnist[@]}"; do gzip -dc "$good/$f.gz" >"plain/$f"; done
  fetches --dir single --from plain/train-images-idx3-ubyte --from "$good/train-labels-idx1-ubyte.gz" \
    --from plain/t10k-images-idx3-ubyte --from plain/t10k-labels-idx1-ubyte mnist
  cmp plain/t10k-images-idx3-ubyte single/mnist/t10k-images-idx3-ubyte
  test "$(find single/mnist -type f | wc -l)" -eq 4
  mkdir -p x/some
  mv plain x/some/raw
  tar -czf mnist.tgz x
  fetches --dir other --from mnist.tgz mnist
  cmp x/some/raw/train-labels-idx1-ubyte other/mnist/train-labels-idx1-ubyte
  test "$(ls -A other)" = mnist
}

@test "damaged and incomplete local files are refused, and nothing is changed" {
  mkdir bad
  cp "$good"/* bad
  truncate -s -5 bad/t10k-images-idx3-ubyte.gz
  fails 1 'mnist: t10k-images-idx3-ubyte.gz is damaged: damaged, or another data set; nothing was changed' --from bad mnist
  gzip -dc "$good/t10k-images-idx3-ubyte.gz" | head -c 1000 >bad/t10k-images-idx3-ubyte
  fails 1 't10k-images-idx3-ubyte has 1000 bytes, not 7840016' --from bad mnist
  rm bad/t10k*
  fails 1 "mnist: bad does not have all of its files: train-images-idx3-ubyte" --from bad mnist
  head -c 5000 /dev/urandom >x.tar.gz
  fails 1 'x.tar.gz: neither an archive that can be unpacked nor a file of cifar10: damaged?' --from x.tar.gz cifar10
  fails 1 'nothing.tgz: does not exist' --from nothing.tgz mnist
  test "$(ls -A data | wc -l)" -eq 0
}

@test "what is there is replaced only when asked to, and stays when that fails" {
  fetches mnist
  printf x >>data/mnist/t10k-labels-idx1-ubyte.gz
  truncate -s 100 data/mnist/train-labels-idx1-ubyte.gz
  fails 1 'data/mnist exists, but train-labels-idx1-ubyte.gz is damaged; replace it with --force' mnist
  cp -r data/mnist before
  fails 1 'does not exist' --force --from nowhere mnist
  diff -r before data/mnist
  fetches --force mnist
  in_place
}

@test "CIFAR-100 from an archive that is not the official one: noted, and its names taken along" {
  mkdir cifar-100-binary
  truncate -s 153700000 cifar-100-binary/train.bin
  truncate -s 30740000 cifar-100-binary/test.bin
  printf 'kind_%d\n' {0..99} >cifar-100-binary/fine_label_names.txt
  tar -c cifar-100-binary | gzip -1 >c.tar.gz
  unset HOLDOUT_SUMS
  fetches --from c.tar.gz cifar100
  has_error 'note: c.tar.gz: not the official archive'
  test "$out" = "cifar100: $PWD/data/cifar-100-binary"
  test "$(ls data/cifar-100-binary | tr '\n' ' ')" = 'fine_label_names.txt test.bin train.bin '
}

# An archive of MNIST, whose folder a function changes first.
archive() { # function
  rm -rf tree mnist.tgz
  mkdir -p tree/mnist
  cp "$good"/* tree/mnist
  (cd tree/mnist && "$1")
  tar -czf mnist.tgz -C tree mnist
}

@test "of an archive, links are not followed and FIFOs not waited for" {
  local kind
  cp "$good/t10k-labels-idx1-ubyte.gz" secret.gz
  link() { ln -sf "$BATS_TEST_TMPDIR/secret.gz" t10k-labels-idx1-ubyte.gz; }
  fifo() { rm t10k-labels-idx1-ubyte.gz && mkfifo t10k-labels-idx1-ubyte.gz; }
  folder() {
    cd ..
    mv mnist real
    ln -s "$PWD/real" mnist
  }
  unreadable() { mkdir more && chmod 0 more; }
  for kind in link fifo folder; do
    archive "$kind"
    status=0
    timeout 60 "$HO_SRCDIR/experiments/fetch-data" --from mnist.tgz mnist >.out 2>.err </dev/null || status=$?
    cat .err
    test "$status" -eq 1
    grep -q 'does not have all of its files' .err
    test ! -e data/mnist
  done
  archive unreadable
  fetches --from mnist.tgz mnist
  in_place
}

@test "a FIFO is neither a file nor a folder, and not waited for where data are" {
  mkfifo mnist.tgz
  mkdir -p data/mnist
  mkfifo data/mnist/t10k-labels-idx1-ubyte
  cp "$good"/train* "$good"/t10k-images* data/mnist
  for flags in '--from mnist.tgz --force' ''; do
    status=0
    # shellcheck disable=SC2086 # words
    timeout 60 "$HO_SRCDIR/experiments/fetch-data" $flags mnist >.out 2>.err </dev/null || status=$?
    test "$status" -eq 1
  done
  grep -q 'exists, but no t10k-labels-idx1-ubyte' .err
  rm -r data
  fails 1 'mnist.tgz: not a file or a folder' --from mnist.tgz mnist
}

@test "what is locked is not a link's target" {
  echo precious >precious
  mkdir -p data/.fetch
  ln -s "$PWD/precious" data/.fetch/lock
  fails 1 'links are not followed' mnist
  test "$(cat precious)" = precious
  rm -r data/.fetch
  mkdir elsewhere
  ln -s "$PWD/elsewhere" data/.fetch
  fails 1 'links are not followed' mnist
  test -z "$(ls elsewhere)"
}

@test "a download whose files have another SHA-256 is refused" {
  cp -r "$HO_SRCDIR/experiments" .
  while read -r sum file; do
    sed -i "s/[0-9a-f]\{32\} $file/$sum $file/" experiments/lib/datasets.bash
  done <"$HOLDOUT_SUMS"
  status=0
  HOLDOUT_SUMS='' experiments/fetch-data mnist >.out 2>.err </dev/null || status=$?
  test "$status" -eq 1
  grep -q 'the downloaded files are not the official ones' .err
  test ! -e data/mnist
}

@test "names that look like something else are names" {
  local name
  cp -r "$good" mnist
  tar -czf plain.tgz mnist
  for name in -x.tgz 'a:b.tgz' lr=0.1.tgz "it's a \$(touch oops).tgz"; do
    mv plain.tgz "./$name"
    fetches --dir "-d=${name%.tgz}" --from "$name" mnist
    test -f "./-d=${name%.tgz}/mnist/t10k-labels-idx1-ubyte.gz"
    rm -r "./-d=${name%.tgz}"
    mv "./$name" plain.tgz
  done
  test ! -e oops
}

@test "wrong usage" {
  fails 2 "unknown data set \`imagenet' (choose from: cifar10 cifar100 mnist fashion-mnist all)" imagenet
  fails 2 'which data set? (choose from: cifar10'
  fails 2 '--from needs exactly one data set' --from x mnist cifar10
  fails 2 "unknown flag \`--form'" --form x mnist
  fails 2 '--dir needs a value' mnist --dir
  fails 2 '--dir needs a value' --dir '' mnist
  fails 2 '--from needs a value' mnist --from ''
  test ! -e data
}

@test "a folder that cannot be made, checksums that lack a file" {
  echo text >file
  fails 1 'file/data: cannot make this folder, or write there' --dir file/data mnist
  grep -v t10k-labels "$HOLDOUT_SUMS" >sums
  HOLDOUT_SUMS=sums fails 1 'sums: no line for t10k-labels-idx1-ubyte.gz' mnist
  test ! -e data/mnist
}

# only PROGRAM...: fetch finds these and no others.
only() {
  local program
  rm -rf few
  mkdir few
  for program; do
    ln -s "$(command -v "$program")" few
  done
  PATH=$PWD/few
}

@test "programs that are missing are named" {
  local path=$PATH needed=(bash basename cat dirname flock gzip md5sum mkdir mktemp rm rmdir sha256sum)
  only "${needed[@]}"
  status=0
  few/bash "$HO_SRCDIR/experiments/fetch-data" mnist >.out 2>.err || status=$?
  PATH=$path
  test "$status" -eq 1
  grep -qx 'fetch-data: tar is not installed' .err
  test ! -e data
  only "${needed[@]}" awk cut mv tail tar wc
  status=0
  few/bash "$HO_SRCDIR/experiments/fetch-data" mnist >.out 2>.err || status=$?
  PATH=$path
  test "$status" -eq 1
  grep -q 'neither curl nor wget is installed: install one, or use --from FILE' .err
}

@test "two at a time are one too many" {
  command -v flock >/dev/null || skip 'no flock'
  mkdir -p data/.fetch
  exec 8>data/.fetch/lock
  flock -n 8
  fails 1 "another fetch-data is running in $PWD/data" mnist
  exec 8>&-
}
