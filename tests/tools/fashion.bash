# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# fashion.bash - the first images of Fashion-MNIST as a data set that is read in no time: for tests of real images.

# fashion: makes it, once for a file of tests; to be called in setup_file.
fashion() {
  local from part rest
  "$HOLDOUT" data fashion-mnist >"$BATS_FILE_TMPDIR/found" 2>/dev/null || return 0
  from=$(sed -n 's/^found in  //p' "$BATS_FILE_TMPDIR/found")
  mkdir "$BATS_FILE_TMPDIR/fashion"
  for part in train t10k; do
    for rest in images-idx3 labels-idx1; do
      if test -e "$from/$part-$rest-ubyte.gz"; then gzip -dc "$from/$part-$rest-ubyte.gz"; else cat "$from/$part-$rest-ubyte"; fi |
        first_of "$rest" >"$BATS_FILE_TMPDIR/fashion/$part-$rest-ubyte"
    done
  done
}

# The first 5000 of the images or labels on standard input.
first_of() {
  case $1 in
  images*)
    printf '\0\0\010\003\0\0\023\210\0\0\0\034\0\0\0\034'
    tail -c +17 | head -c $((5000 * 784))
    ;;
  labels*)
    printf '\0\0\010\001\0\0\023\210'
    tail -c +9 | head -c 5000
    ;;
  esac
}

# needs_fashion: sets `fashion', the name of the data set, or skips the test.
needs_fashion() {
  fashion=idx:$BATS_FILE_TMPDIR/fashion
  test -d "${fashion#idx:}" || skip "Fashion-MNIST is not here"
}
