#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundle.bats - make bundle: the archive, unpacked elsewhere, runs with an empty environment, and all that it loads but
# the C library is its own.
# shellcheck disable=SC2016 # what make expands

load ../tools/helpers
bats_require_minimum_version 1.5.0

setup_file() {
  local program
  for program in xz ldd readelf strip; do
    command -v "$program" >/dev/null || return 0
  done
  test -f "$HO_BUILDDIR/Makefile" || return 0
  ! grep -q '^SANITIZER_CFLAGS = *-' "$HO_BUILDDIR/Makefile" || return 0
  grep -qx 'libdir = ${exec_prefix}/lib' "$HO_BUILDDIR/Makefile" || return 0
  cd "$BATS_FILE_TMPDIR" || return
  XZ_OPT=-0 env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -C "$HO_BUILDDIR" -o core/version.h \
    -o core/places.h -o holdout.pc BUNDLE_DIR="$PWD" bundle >log 2>&1 || { cat log >&2; return 1; }
  mkdir 'else where'
  tar -C 'else where' -xf ./*.tar.xz
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  shopt -s nullglob
  local found=("$BATS_FILE_TMPDIR"/'else where'/*/holdout)
  test "${#found[@]}" -eq 1 || skip "no bundle of this build: sanitizers, another --libdir, or no xz, ldd, readelf, strip"
  bundle=${found[0]%/holdout}
  blas=$(sed -n 's/^#define HO_OPENBLAS_SONAME "\(.*\)"/\1/p' "$HO_BUILDDIR/config.h")
  tiny=(--dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --quiet)
}

# bundled ARGS...: the program of the bundle with nothing in its environment; $out.
bundled() {
  out=$(env -i "$bundle/holdout" "$@" 2>err) || { cat err >&2; return 1; }
}

# loads FILE... -- ARGS...: of all files that it loads, those that are not the C library's are in the bundle, these among
# them.
loads() {
  local file files=()
  while test "$1" != --; do
    files+=("$1")
    shift
  done
  env -i LD_DEBUG=files "$bundle/holdout" "${@:2}" 2>&1 >/dev/null | sed -n 's/.*calling init: //p' |
    xargs -d '\n' realpath --no-symlinks | sort -u >all
  for file in "${files[@]}"; do
    grep -Fqx "$bundle/lib/holdout/$file" all || { echo "$file is not loaded:" && cat all && return 1; }
  done
  run ! grep -v -e "^$bundle/" -e '/ld-linux[^/]*$' -e '/lib\(c\|m\|dl\|rt\|pthread\|mvec\|resolv\)\.so\.[0-9]*$' all
}

@test "it runs from any folder, by any link" {
  version=$("$HOLDOUT" --version)
  bundled --version
  [ "$out" = "$version" ]
  ln -s "$bundle/holdout" link
  ln -s link further
  [ "$(env -i ./further --version)" = "$version" ]
  [ "$(cd "$bundle" && env -i ./holdout --version)" = "$version" ]
  [ "$(PATH=$bundle:$PATH && env -i PATH="$PATH" holdout --version)" = "$version" ]
}

@test "it trains and draws with its own libraries, plugins and modules alone" {
  loads "libraries/$blas" optimizers/bilevel.so -- train "${tiny[@]}" --optimizer bilevel+mixup --run-dir run
  test -s run/summary.json
  needs_module sheet
  loads libraries/libgd.so.3 modules/sheet.so -- suspects --sheet sheet.png --images 4 run
  test -s sheet.png
}

@test "another folder of plugins is searched, the working folder is not" {
  mkdir optimizers modules engines plugins mine
  for folder in . optimizers plugins mine; do cp "$(plugins good)/alpha.so" "$folder"; done
  cp "$(plugins good)/alpha.so" "$blas"
  run bundled optimizers alpha
  [ "$status" -ne 0 ]
  bundled optimizers --plugin-dir mine alpha
  grep -q "file      mine/alpha.so" <<<"$out"
  loads "libraries/$blas" optimizers/sgd.so -- train "${tiny[@]}" --run-dir run
}

@test "plugins are written against it" {
  command -v pkg-config >/dev/null || skip "no pkg-config"
  bundled optimizers --new mine
  ln -s "$bundle" plain # pkg-config's answer is for a folder without blanks
  PKG_CONFIG_PATH="$PWD/plain/lib/pkgconfig" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
    make -C mine mine.so >made 2>&1 || { cat made >&2; false; }
  [ "$(env -u PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH="$PWD/plain/lib/pkgconfig" \
    pkg-config --variable=plugindir holdout | xargs -d '\n' readlink -f)" = "$bundle/lib/holdout/optimizers" ]
  bundled optimizers --plugin-dir mine mine
}

@test "it is complete: manual, header, licenses of the libraries that packages brought" {
  test -f "$bundle/share/man/man1/holdout.1"
  test -f "$bundle/include/holdout/optimizer.h"
  cmp "$bundle/share/doc/holdout/LICENSE" "$HO_SRCDIR/LICENSE"
  grep -q 'glibc [0-9.]* or later' "$bundle/README.txt"
  for library in "$bundle"/lib/holdout/libraries/*; do
    readelf --dynamic "$library" >dynamic
    ! grep -q RUNPATH dynamic || { echo "$library has a path of its own"; false; }
  done
  command -v dpkg-query >/dev/null || skip "licenses are known of Debian's packages only"
  package=$(dpkg-query --search '*/libjansson.so.4' 2>/dev/null | sed 's/[:,].*//;q')
  test -z "$package" || test -s "$bundle/share/doc/holdout/licenses/$package"
}
