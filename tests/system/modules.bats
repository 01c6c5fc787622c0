#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# modules.bats - what needs large libraries is in modules, loaded when needed, from the program's own folders alone, and
# from its own build alone; what is wrong with one is told before any work.
load ../tools/helpers

# program_alone: $HOLDOUT becomes a copy of the program in $PWD/bin, without modules; plugins are those of the build.
program_alone() {
  test ! -d "$(sed -n 's/^#define HO_MODULE_DIR "\(.*\)"$/\1/p' "$HO_BUILDDIR/core/places.h")" || skip "holdout is installed"
  mkdir bin
  cp "$HOLDOUT" bin/holdout
  HOLDOUT=$PWD/bin/holdout
}

# module_of BUILD [FLAG...]: bin/modules/sheet.so says that it is of that build.
module_of() {
  test -n "${CC-}" || skip "no compiler"
  mkdir -p bin/modules
  echo "const struct { const char *build; const void *functions; } ho_module = { \"$1\", 0 };" >sheet.c
  # shellcheck disable=SC2086 # words
  $CC -shared -fPIC -o bin/modules/sheet.so sheet.c "${@:2}"
}

@test "the program itself needs no library that draws" {
  ldd "$HOLDOUT" >needed
  run grep -E 'libgd\.|libpng|libX11' needed
  test "$status" -eq 1
}

@test "what decodes pictures is loaded only when pictures are read" {
  program_alone
  ${CC:-cc} -O1 -o folder "${HO_SRCDIR:?}/tests/tools/folder.c"
  ./folder birds 4 2 8
  export XDG_CACHE_HOME=$PWD/cache
  works data synthetic
  refused 1 "pictures.so: this module of holdout is missing; pictures are decoded by libgd: install it" data folder:birds
  if test -f "$HO_BUILDDIR/modules/pictures.so"; then
    "$HO_BUILDDIR/holdout" data folder:birds >first
    "$HOLDOUT" data folder:birds >second # decoded already
    cmp first second
  fi
}

@test "without the module: the file, and what to install, before the run is looked at" {
  program_alone
  refused 1 "sheet.so: this module of holdout is missing; contact sheets need libgd: install it" \
    suspects --sheet sheet.png no-such-run
  has_error "/lib/holdout/modules/sheet.so"
  refused 1 "no-such-run" suspects --out out.tsv no-such-run # which needs none
  test ! -e sheet.png
}

@test "a module is not looked for in the working folder, nor where plugins are" {
  program_alone
  module_of other
  mkdir modules
  mv bin/modules/sheet.so modules/sheet.so
  HOLDOUT_PLUGIN_PATH=$PWD/modules refused 1 "this module of holdout is missing" suspects --sheet sheet.png run
  cd modules
  refused 1 "this module of holdout is missing" suspects --sheet sheet.png run
}

@test "a module of another build is refused, and both are named" {
  program_alone
  module_of "0.0.9 0123456789ab"
  commit=$("$HOLDOUT" --version | sed -n 's/^commit  *//p')
  refused 1 "$PWD/bin/modules/sheet.so: this module is of holdout 0.0.9 0123456789ab, but the program is " \
    suspects --sheet sheet.png run
  has_error "$commit; build and install both together"
}

@test "a module whose library is gone says which" {
  program_alone
  test -n "${CC-}" || skip "no compiler"
  echo 'int gone(void); int gone(void) { return 0; }' >gone.c
  # shellcheck disable=SC2086 # words
  $CC -shared -fPIC -Wl,-soname,libgone.so.3 -o libgone.so gone.c
  module_of any -Wl,--no-as-needed -L. -lgone
  refused 1 "libgone.so.3: cannot open shared object file" suspects --sheet sheet.png run
  has_error "sheet.so: cannot load this module: "
  has_error "install it"
}

@test "what is no module is refused" {
  program_alone
  mkdir bin/modules
  echo text >bin/modules/sheet.so
  refused 1 "bin/modules/sheet.so: cannot load this module: " suspects --sheet sheet.png run
  cp "$HO_BUILDDIR/plugins/sgd.so" bin/modules/sheet.so
  refused 1 "bin/modules/sheet.so: not a module of holdout: it has no symbol ho_module" suspects --sheet sheet.png run
}
