#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# install.bats - an installed copy finds its plugins wherever it lies: below another root, below another prefix than the
# one it was built for, moved, called by a link or by its name alone; and so does pkg-config.
load ../tools/helpers

# install_copy VARIABLE=FOLDER...: what this build has, as it is: nothing is built for the other prefix.
install_copy() {
  test -f "$HO_BUILDDIR/Makefile" || skip "no build tree"
  grep -qx 'libdir = ${exec_prefix}/lib' "$HO_BUILDDIR/Makefile" || skip "configured with another --libdir"
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -C "$HO_BUILDDIR" \
    -o core/version.h -o core/places.h -o holdout.pc "$@" install-binPROGRAMS install-pluginDATA \
    install-moduleDATA install-holdoutincludeHEADERS install-pkgconfigDATA install-man \
    install-nobase_dist_pkgdataSCRIPTS install-nobase_dist_pkgdataDATA install-dist_bashcompletionDATA \
    install-dist_zshcompletionDATA install-dist_fishcompletionDATA >install.log 2>&1 || { cat install.log >&2; return 1; }
  unset HOLDOUT_PLUGIN_PATH PKG_CONFIG_SYSROOT_DIR
}

# finds PROGRAM FOLDER: it lists optimizers, and those of the folder.
finds() {
  HOLDOUT=$1
  works optimizers sgd bilevel
  has "file      $2/sgd.so"
  has "file      $2/bilevel.so"
  call optimizers nobody
  has_error "looked in $2;"
}

@test "below DESTDIR, by any way of calling it" {
  install_copy DESTDIR="$PWD/root"
  program=$(find "$PWD/root" -type f -name holdout -perm -u+x)
  folder=$(dirname "$(find "$PWD/root" -name sgd.so)")
  finds "$program" "$folder"
  ln -s "$program" link
  ln -s link further
  finds ./further "$folder"
  mkdir here
  cd here
  PATH=$(dirname "$program"):$PATH finds holdout "$folder"
  "$program" train --dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --optimizer bilevel \
    --quiet --run-dir run
}

@test "experiments run from where they are installed, and shells find their completion" {
  install_copy prefix="$PWD/one"
  mv one two
  HOLDOUT=$PWD/two/bin/holdout
  works experiments
  has "$PWD/two/share/holdout/experiments"
  works experiments noise-sweep --help
  has "Usage: noise-sweep"
  works fetch --list --dir data
  has "data/cifar-10-batches-bin"
  bash -n two/share/bash-completion/completions/holdout
  works completion bash
  printf '%s\n' "$out" | cmp - two/share/bash-completion/completions/holdout
  test -f two/share/zsh/site-functions/_holdout
  test -f two/share/fish/vendor_completions.d/holdout.fish
  for file in two/share/holdout/plots/draw two/share/holdout/papers/deep-bilevel-learning/original.tsv; do
    test -f "$file"
  done
}

@test "a moved copy draws by its own module, which is looked for nowhere else" {
  needs_module sheet
  install_copy prefix="$PWD/one"
  mkdir "some where"
  mv one "some where/two"
  HOLDOUT="$PWD/some where/two/bin/holdout"
  works train --dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --quiet --run-dir run
  works suspects --sheet sheet.png --images 4 run
  test "$(head -c 4 sheet.png | tail -c 3)" = PNG
  echo text >"some where/two/lib/holdout/modules/sheet.so"
  refused 1 "$PWD/some where/two/lib/holdout/modules/sheet.so: cannot load this module: " suspects --sheet other.png run
}

@test "below another prefix, and moved, with a blank in its name" {
  install_copy prefix="$PWD/one"
  finds "$PWD/one/bin/holdout" "$PWD/one/lib/holdout/optimizers"
  mkdir "some where"
  mv one "some where/two"
  finds "$PWD/some where/two/bin/holdout" "$PWD/some where/two/lib/holdout/optimizers"
  ln -s "some where/two" three
  finds three/bin/holdout "$PWD/some where/two/lib/holdout/optimizers"
  test -f three/share/man/man3/holdout-optimizer.3
}

@test "a folder named plugins beside an installed program is not taken for its own" {
  install_copy prefix="$PWD/one"
  mkdir one/bin/plugins
  touch one/bin/plugins/text
  finds "$PWD/one/bin/holdout" "$PWD/one/lib/holdout/optimizers"
  cp "$(plugins good)/alpha.so" one/bin/plugins # these are some, as in a build tree
  works optimizers alpha
  has "file      $PWD/one/bin/plugins/alpha.so"
}

@test "pkg-config knows a moved copy, which finds what is installed by its answers" {
  command -v pkg-config >/dev/null || skip "no pkg-config"
  install_copy prefix="$PWD/one"
  mv one two
  export PKG_CONFIG_PATH=$PWD/two/lib/pkgconfig
  test "$(readlink -f "$(pkg-config --variable=plugindir holdout)")" = "$PWD/two/lib/holdout/optimizers"
  test "$(readlink -f "$(pkg-config --variable=prefix holdout)")" = "$PWD/two"
  HOLDOUT=$PWD/two/bin/holdout
  works optimizers --new mine
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -C mine install >made 2>&1 || { cat made >&2; false; }
  works optimizers mine
  has "file      $PWD/two/lib/holdout/optimizers/mine.so"
}
