#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rooms.bats - the folders of the source tree keep their order, by build-aux/check-rooms, which is tried on small trees.
load ../tools/helpers

# tree: a small one without faults, in the folder `tree'.
tree() {
  mkdir -p tree/build-aux tree/core/include/holdout tree/core/base tree/core/nn/layers tree/core/cli/skeleton \
    tree/plugins tree/tests/unit/base
  cd tree || return
  printf '# lowest first\nbase\ndata\nnn not data\ninclude\ncli\n' >build-aux/rooms
  echo 'struct ho_host {' >core/include/holdout/optimizer.h
  printf 'struct ho_sum {\nint ho_sum(void);\n' >core/base/sum.h
  printf '#include "base/sum.h"\n#include <stdio.h>\nint ho_sum(void)\n' >core/base/sum.c
  printf '#include "base/sum.h"\nint ho_net(void);\n' >core/nn/net.h
  printf '#include "nn/net.h"\n#include "nn/layers/layers.h"\nint ho_net(void)\n' >core/nn/net.c
  printf '#include "nn/net.h"\nint ho_relu(void);\n' >core/nn/layers/layers.h # parts of net
  printf '#include "nn/layers/layers.h"\nint ho_relu(void)\n' >core/nn/layers/relu.c
  printf '#include <holdout/optimizer.h>\n#include "nn/net.h"\nint main(void)\n' >core/cli/main.c
  echo '#include <holdout/optimizer.h>' | tee plugins/sgd.c >core/cli/skeleton/optimizer.c
  touch tests/unit/base/test_sum.c
}

# fault TEXT: it alone is found in the tree.
fault() {
  status=0
  out=$("$HO_SRCDIR/build-aux/check-rooms" . 2>&1) || status=$?
  if test "$status" -ne 1 || test "$out" != "$1"; then
    printf 'status %s\nwanted: %s\n   got: %s\n' "$status" "$1" "$out" >&2
    return 1
  fi
}

@test "this tree keeps its order" {
  "$HO_SRCDIR/build-aux/check-rooms" "$HO_SRCDIR"
}

@test "HACKING.md shows the rooms in their order" {
  sed -n 's,^| `core/\([a-z]*\)/.*,\1,p' "$HO_SRCDIR/HACKING.md" | uniq >shown
  sed -n 's/^\([a-z][a-z]*\).*/\1/p' "$HO_SRCDIR/build-aux/rooms" >rooms
  diff rooms shown
}

@test "a small tree without faults passes" {
  tree
  "$HO_SRCDIR/build-aux/check-rooms" .
}

@test "a room may not include those after it, nor those it is forbidden" {
  tree
  echo '#include "nn/net.h"' >>core/base/sum.c
  fault 'core/base/sum.c: base may not include nn/net.h'
  tree
  mkdir core/data
  echo >core/data/set.h
  echo '#include "data/set.h"' >>core/nn/net.c
  fault 'core/nn/net.c: nn may not include data/set.h'
  sed -i '$d' core/nn/net.c
  echo '#include "data/set.h"' >core/nn/kernel.cu
  fault 'core/nn/kernel.cu: nn may not include data/set.h'
}

@test "base may not include the interface of plugins, by either sign" {
  tree
  echo '#include <holdout/optimizer.h>' >>core/base/sum.h
  fault 'core/base/sum.h: base may not include holdout/optimizer.h'
  sed -i '$s,.*,#include "holdout/optimizer.h",' core/base/sum.h
  fault 'core/base/sum.h: base may not include holdout/optimizer.h'
}

@test "a room must be known" {
  tree
  mkdir core/attic
  echo >core/attic/old.h
  fault 'core/attic/old.h: build-aux/rooms does not know the room attic'
}

@test "headers in a circle" {
  tree
  echo '#include "base/b.h"' >core/base/a.h
  echo '#include "base/a.h"' >core/base/b.h
  fault 'circle: core/base/a -> core/base/b -> core/base/a'
}

@test "sources in a circle, by each other's headers" {
  tree
  for pair in 'a b' 'b c' 'c a'; do
    read -r one other <<<"$pair"
    echo "int ho_$one(void);" >"core/base/$one.h"
    printf '#include "base/%s.h"\n#include "base/%s.h"\nint ho_%s(void)\n' "$one" "$other" "$one" >"core/base/$one.c"
  done
  fault 'circle: core/base/a -> core/base/b -> core/base/c -> core/base/a'
}

@test "a circle through a source that has no header of its own" {
  tree
  printf '#include "base/sum.h"\n' >core/base/mean.h
  echo 'int ho_mean(void);' >>core/base/mean.h
  echo 'int ho_sum_wide(void);' >>core/base/sum.h
  printf '#include "base/sum.h"\n#include "base/third.h"\nint ho_sum_wide(void)\n' >core/base/wide.c
  echo 'int ho_third(void);' >core/base/third.h
  printf '#include "base/third.h"\n#include "base/sum.h"\nint ho_third(void)\n' >core/base/third.c
  fault 'circle: core/base/sum -> core/base/third -> core/base/sum'
}

@test "a source includes its own header first, or one that declares its functions" {
  tree
  printf '#include "nn/layers/layers.h"\n' >core/nn/layers/tanh.c
  "$HO_SRCDIR/build-aux/check-rooms" . # it defines nothing yet
  echo 'int ho_tanh(void)' >>core/nn/layers/tanh.c
  fault 'core/nn/layers/tanh.c: includes no header that declares its functions'
  mv core/nn/layers/tanh.c core/nn/layers/tanh.cu
  fault 'core/nn/layers/tanh.cu: includes no header that declares its functions'
  rm core/nn/layers/tanh.cu
  echo >core/base/text.h
  printf '#include "base/text.h"\n#include "base/sum.h"\nint ho_sum(void)\n' >core/base/sum.c
  fault 'core/base/sum.c: does not include its own header first'
}

@test "plugins include their interface alone" {
  tree
  echo '#include "base/sum.h"' >>plugins/sgd.c
  fault 'plugins/sgd.c: a plugin may include <holdout/optimizer.h> only, not base/sum.h'
}

@test "two structs of one name" {
  tree
  echo 'struct ho_sum {' >core/nn/sum.h
  fault 'struct ho_sum: defined twice: core/base/sum.h core/nn/sum.h'
}

@test "a long file, and a full folder" {
  tree
  for ((i = 0; i < 430; i++)); do echo; done >core/base/long.h
  "$HO_SRCDIR/build-aux/check-rooms" .
  echo >>core/base/long.h
  fault 'core/base/long.h: 431 lines: more than 430'
  rm core/base/long.h
  for ((i = 0; i < 24; i++)); do touch "tests/unit/base/test_$i.c"; done
  fault 'tests/unit/base: 25 files .c: more than 24'
}
