#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# authoring.bats - a plugin of one's own: begun by --new, built against an installed copy with pkg-config's flags alone,
# checked by --check, trained with; the manual's example; what is refused.

load ../tools/helpers

include=${HO_SRCDIR:-.}/core/include
skeleton=${HO_SRCDIR:-.}/core/cli/skeleton

# make of our own, whatever make runs these tests
clean_make() {
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make "$@"
}

# Installs the build into ./copy, and makes all that follows use that copy and no other.
use_installed() {
  test -f "$HO_BUILDDIR/Makefile" || skip "no build tree"
  command -v pkg-config >/dev/null || skip "no pkg-config"
  clean_make -C "$HO_BUILDDIR" -o core/version.h DESTDIR="$PWD/copy" install-binPROGRAMS install-pluginDATA \
    install-holdoutincludeHEADERS install-pkgconfigDATA >install.log 2>&1 || { cat install.log >&2; return 1; }
  HOLDOUT=$(find "$PWD/copy" -type f -name holdout)
  PKG_CONFIG_PATH=$(dirname "$(find "$PWD/copy" -name holdout.pc)")
  export HOLDOUT PKG_CONFIG_PATH
  unset HOLDOUT_PLUGIN_PATH PKG_CONFIG_SYSROOT_DIR
}

train() {
  call train --dataset synthetic --train-size 200 --test-size 50 --net mlp:hidden=8 --noise symmetric:0.4 --epochs 2 \
    --quiet "$@"
  test "$status" -eq 0 || { show; return 1; }
}

@test "from nothing to a run, with an installed copy and pkg-config's flags alone" {
  use_installed
  works optimizers --new my-method
  has "my-method/my-method.c"
  clean_make -C my-method HOLDOUT="$HOLDOUT" check >made 2>&1 || { cat made >&2; false; }
  grep -q "^gradient  *skipped: it has no loss hook$" made
  grep -q "my-method.so: .* 0 failed" made
  if grep -q "warning:" made; then
    cat made >&2
    false
  fi
  clean_make -C my-method install PLUGIN_DIR="$PWD/mine"
  test -f mine/my-method.so
  train --plugin-dir mine --optimizer my-method --run-dir run
  grep -q '"my-method.trimmed.mean"' run/log.jsonl
  train --plugin-dir mine --optimizer bilevel+my-method --run-dir chain
  grep -q '"my-method.trimmed.mean"' chain/log.jsonl
  grep -q '"bilevel.skipped.mean"' chain/log.jsonl
  train --plugin-dir mine --optimizer my-method -O my-method.limit=0 --run-dir limit
  train --optimizer sgd --run-dir sgd
  cmp limit/samples.safetensors sgd/samples.safetensors
  call optimizers --plugin-dir mine my-method
  has "my-method.limit=2"
  clean_make -C my-method clean
  test ! -e my-method/my-method.so
}

@test "the manual's plugin is complete: C99, C++, clang; it passes the checks and trains" {
  page=${HO_SRCDIR:-.}/man/holdout-optimizer.3
  sed -n '/^This one is complete:/,/^\.Ed/p' "$page" | sed '1,/^\.Bd/d; /^\.Ed/d; s/\\e/\\/g' >doubt.c
  grep -q HO_PLUGIN doubt.c
  flags=(-I"$include" -Wall -fPIC -shared -fvisibility=hidden)
  built=0
  for compiler in clang "${CC:-cc}"; do
    command -v "${compiler%% *}" >/dev/null || continue
    $compiler -std=c99 -pedantic -Wextra -Werror "${flags[@]}" doubt.c -o doubt.so -lm
    built=1
  done
  test "$built" = 1 || skip "no compiler"
  works optimizers --check ./doubt.so
  has "./doubt.so: "
  train --plugin-dir . --optimizer doubt -O doubt.tau=2 --run-dir run
  for compiler in c++ clang++; do
    command -v "$compiler" >/dev/null || continue
    $compiler "${flags[@]}" -x c++ doubt.c -o doubt.so -lm
    works optimizers --check ./doubt.so
  done
}

@test "the skeleton's source compiles as it stands, without a warning" {
  for compiler in "${CC:-cc}" clang; do
    command -v "${compiler%% *}" >/dev/null || continue
    $compiler -std=c99 -pedantic -Wall -Wextra -Werror -I"$include" -c "$skeleton/optimizer.c" -o skeleton.o
  done
  works optimizers --new 3-int
  for compiler in "${CC:-cc}" c++; do
    command -v "${compiler%% *}" >/dev/null || continue
    language=c
    test "$compiler" != c++ || language=c++
    $compiler -Wall -I"$include" -fPIC -shared -fvisibility=hidden -x $language 3-int/3-int.c -o 3-int/3-int.so -lm
    works optimizers --plugin-dir 3-int 3-int
  done
}

@test "the header stands alone: C99 and later, pedantic; C++" {
  printf '#include <holdout/optimizer.h>\n#include <holdout/optimizer.h>\nint nothing;\n' >alone.c
  for compiler in "${CC:-cc}" clang; do
    command -v "${compiler%% *}" >/dev/null || continue
    for standard in c99 c11 c17; do
      $compiler -std=$standard -pedantic -Wall -Wextra -Werror -I"$include" -c alone.c -o alone.o
    done
  done
  for compiler in c++ clang++; do
    command -v "$compiler" >/dev/null || continue
    for standard in c++11 c++17; do
      $compiler -std=$standard -pedantic -Wall -Wextra -Werror -I"$include" -x c++ -c alone.c -o alone.o
    done
  done
}

@test "--new writes three files with the name in them, or none" {
  works optimizers --new a-b --dir deep/er
  has "deep/er/a-b.c"
  has "Next: make -C deep/er check"
  test "$(ls deep/er | tr '\n' ' ')" = "Makefile README.md a-b.c "
  grep -q 'struct a_b_self {' deep/er/a-b.c
  grep -q '.name = "a-b"' deep/er/a-b.c
  grep -q '^NAME = a-b$' deep/er/Makefile
  if grep -q 'MY.NAME' deep/er/*; then
    false
  fi
  refused 1 "deep/er/a-b.c: already exists" optimizers --new a-b --dir deep/er
  refused 1 "deep/er/Makefile: already exists" optimizers --new other --dir deep/er
  mkdir half
  echo mine >half/README.md
  refused 1 "half/README.md: already exists" optimizers --new c --dir half
  test "$(ls half)" = README.md
  test "$(cat half/README.md)" = mine
}

@test "names that cannot be, or are taken" {
  refused 1 "--new sgd: an optimizer of this name already exists, $HO_BUILDDIR/plugins/sgd.so" optimizers --new sgd
  refused 1 "--new alpha: an optimizer of this name already exists" \
    optimizers --plugin-dir "$(plugins good)" --new alpha
  refused 1 "--new ../x: the name of an optimizer has at most 63 letters" optimizers --new ../x
  refused 1 "the name of an optimizer has at most 63 letters" optimizers --new=-x
  refused 2 "flag \`--new' needs a value that is not empty" optimizers --new ''
  test -z "$(ls)"
}

@test "folders that cannot be" {
  echo >file
  refused 1 "file" optimizers --new mine --dir file/below
  refused 1 "file: not a folder" optimizers --new file
  refused 2 "--dir needs --new" optimizers --dir x
  refused 2 "flag \`--new' needs a value" optimizers --new
}

@test "the Makefile says so when pkg-config does not know holdout" {
  command -v pkg-config >/dev/null || skip "no pkg-config"
  works optimizers --new mine
  if PKG_CONFIG_LIBDIR=/nowhere PKG_CONFIG_PATH=/nowhere clean_make -C mine >made 2>&1; then
    false
  fi
  grep -q "pkg-config does not know holdout" made
}

@test "--check: a line per check, a summary, nothing failed" {
  works optimizers --check "$HO_BUILDDIR/plugins/sce.so"
  has "gradient    ok"
  has "predict     skipped: it has no predict hook"
  has "plugins/sce.so: "
  has " 0 failed"
  lacks FAILED
  works optimizers --check "$HO_BUILDDIR/plugins/mentornet.so"
  has "horizon     skipped: it declares that training depends on --epochs"
}

@test "--check: what is unfit is told, and is a failure" {
  call optimizers --check "$(plugins unfit)/slope.so"
  test "$status" -eq 1
  has "gradient    FAILED: dlogits is"
  has "linear      ok"
  has "unfit/slope.so: "
  has_error "slope.so violates the contract of holdout/optimizer.h: gradient; see holdout-optimizer(3)"
  call optimizers --check "$(plugins unfit)/edge.so"
  test "$status" -eq 1
  has "trains      ok"
  call optimizers --check "$(plugins unfit)/edge.so" -O edge.width=0
  has "trains      FAILED"
}

@test "--check: a summary of no line, or of two" {
  cat >lines.c <<END
#include <holdout/optimizer.h>
HO_PLUGIN(char, .name = "lines", .summary = SUMMARY);
END
  for summary in NULL '"one\ntwo"'; do
    ${CC:-cc} -fPIC -shared -I"$include" "-DSUMMARY=$summary" lines.c -o lines.so || skip "no compiler"
    call optimizers --check lines.so
    test "$status" -eq 1
    case $summary in
    NULL) has "texts       FAILED: it has no .summary: one line that says" ;;
    *) has "texts       FAILED: its summary has more than one line" ;;
    esac
  done
}

@test "--check: leaks, and arrays left, are found where there are sanitizers, else it says how" {
  call optimizers --check "$(plugins unfit)/leaky.so"
  case $out in
  *"leaks       skipped: build holdout with --enable-sanitizers"*) test "$status" -eq 0 ;;
  *)
    test "$status" -eq 1
    has "leaks       FAILED: memory is leaked"
    call optimizers --check "$(plugins unfit)/reckless.so"
    test "$status" -ne 0
    has "resumes     ok"
    lacks "bounds      ok"
    has_error heap-buffer-overflow
    ;;
  esac
}

@test "--check: files and options that cannot be" {
  refused 1 "nowhere.so: No such file or directory" optimizers --check nowhere.so
  refused 1 "option \`mixup.alpha=1': " optimizers --check "$HO_BUILDDIR/plugins/elr.so" -O mixup.alpha=1
  refused 1 "elr.beta: 2 is outside [0,1)" optimizers --check "$HO_BUILDDIR/plugins/elr.so" -O elr.beta=2
  refused 2 "--option needs --check" optimizers -O elr.beta=0
  refused 2 "optimizers --check: unexpected argument \`sgd'" optimizers --check x.so sgd
  refused 2 "optimizers --new: unexpected argument \`--check'" optimizers --check x.so --new y
  echo text >text.so
  call optimizers --check text.so
  test "$status" -eq 1
  has "loads       FAILED: ./text.so: cannot load this plugin"
  has "text.so: 0 ok, 1 failed, 0 skipped"
}

@test "--check leaves nothing behind" {
  mkdir temporary
  TMPDIR=$PWD/temporary works optimizers --check "$HO_BUILDDIR/plugins/elr.so"
  test -z "$(ls temporary)"
  TMPDIR=/nowhere/at/all call optimizers --check "$HO_BUILDDIR/plugins/elr.so"
  test "$status" -eq 1
  has "resumes     FAILED: cannot make a folder for checkpoints in /nowhere/at/all"
}
