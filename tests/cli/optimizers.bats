#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# optimizers.bats - listing plugins: those of the project, those of other folders, and those that are refused.
load ../tools/helpers

@test "the project's own are listed" {
  works optimizers
  has "sgd "
  has "bilevel "
  has "jenni2018, "
  has "mu=0.01 minibatches=8 "
}

@test "one by name: options with type, default, range; hooks, citation, file" {
  unset HOLDOUT_PLUGIN_PATH
  works optimizers --plugin-dir "$(plugins good)" alpha
  has "options of every type"
  has "citation  nobody2018"
  has "file      $(plugins good)/alpha.so"
  has "ABI       "
  has "hooks     input"
  has "alpha.count=3"
  has "whole number in [1,10]"
  has "alpha.kind=soft"
  has "choice: soft, hard, mixed"
  has "number in (0,1]"
  lacks "beta"
}

@test "several by name, and all with their options" {
  works optimizers --plugin-dir "$(plugins good)" gamma alpha
  has "networks  2"
  has "alpha.rate=0.5"
  works optimizers --plugin-dir "$(plugins good)" --all
  has "alpha.rate=0.5"
  has "hooks     direction"
}

@test "an unknown name tells the nearest" {
  refused 1 "unknown optimizer \`alhpa' (did you mean \`alpha'?)" optimizers --plugin-dir "$(plugins good)" alhpa
  refused 1 "is not a valid name of an optimizer" optimizers --plugin-dir "$(plugins good)" ../good/alpha
}

@test "refused files are warnings in a list" {
  call optimizers --plugin-dir "$(plugins bad)" --plugin-dir "$(plugins good)"
  test "$status" -eq 0
  has "alpha "
  lacks "nameless"
  for name in abi shorter overlong nameless misnamed spaced networks default outside symbolless function; do
    has_error "holdout: warning: $(plugins bad)/$name.so: "
  done
}

@test "refused files are failures by name" {
  refused 1 "abi.so: made for plugin ABI" optimizers --plugin-dir "$(plugins bad)" abi
  refused 1 "nameless.so: this plugin has no name" optimizers --plugin-dir "$(plugins bad)" nameless
  refused 1 "default.so: option \`rate': default: 1.5 is outside [0,1]" optimizers --plugin-dir "$(plugins bad)" default
}

@test "a plugin that needs a missing function is refused when it is loaded, not when it is called" {
  cat >needy.c <<END
#include <holdout/optimizer.h>
int no_such_function_anywhere(void);
static int open(void *self, const struct ho_host *h)
{
  (void)self, (void)h;
  return no_such_function_anywhere();
}
HO_PLUGIN(char, .name = "needy", .summary = "needs more than there is", .open = open);
END
  ${CC:-cc} -shared -fPIC -I"${HO_SRCDIR:-$HO_BUILDDIR}/core/include" -o needy.so needy.c || skip "no compiler"
  refused 1 "needy.so: cannot load this plugin: undefined symbol: no_such_function_anywhere" \
    optimizers --plugin-dir . needy
}

# plugin NAME [FIELDS]: NAME.so from the text in before.c, and these fields.
plugin() {
  {
    echo '#include <holdout/optimizer.h>'
    test ! -f before.c || cat before.c
    echo "HO_PLUGIN(char, .name = \"$1\", .summary = \"made by a test\" ${2-});"
  } >"$1.c"
  ${CC:-cc} -shared -fPIC -I"${HO_SRCDIR:-$HO_BUILDDIR}/core/include" -o "$1.so" "$1.c" || skip "no compiler"
}

@test "a table of options without an end" {
  echo 'static const struct ho_option options[300] = { [0 ... 299] = { "x", HO_INT, 0, "1", "[0,1]", "" } };' >before.c
  plugin endless ', .options = options'
  refused 1 "endless.so: its table of options does not end: close it with { 0 }" optimizers --plugin-dir . endless
}

@test "a symbol that is nowhere in the file" {
  printf '%s\n' '__asm__(".globl ho_plugin\n.set ho_plugin, 16");' >absolute.c
  ${CC:-cc} -shared -fPIC -o absolute.so absolute.c || skip "no compiler"
  refused 1 "absolute.so: the symbol ho_plugin cannot be looked up" optimizers --plugin-dir . absolute
}

@test "options that take more memory than there is" {
  plugin vast ', .self = SIZE_MAX'
  refused 1 "vast.so: out of memory: the options of a plugin needs 1 x 18446744073709551615 bytes" \
    train --plugin-dir . --optimizer vast --dataset synthetic
}

@test "names of a chain that are too long together" {
  local long name chain=
  printf -v long '%059d' 0
  for name in a b c d e; do
    plugin "$name$long"
    chain+=+$name$long
  done
  refused 1 "chain \`a${long}+b" train --plugin-dir . --optimizer "${chain:1}" --dataset synthetic --run-dir run
  has_error "...' is too long"
}

@test "a plugin finds no symbol of the program" {
  cat >peek.c <<END
#include <holdout/optimizer.h>
extern const char *ho_program;
static int open(void *self, const struct ho_host *h)
{
  (void)self, (void)h;
  return ho_program != 0;
}
HO_PLUGIN(char, .name = "peek", .summary = "looks where it should not", .open = open);
END
  ${CC:-cc} -shared -fPIC -I"${HO_SRCDIR:-$HO_BUILDDIR}/core/include" -o peek.so peek.c || skip "no compiler"
  refused 1 "undefined symbol: ho_program" optimizers --plugin-dir . peek
}

@test "what is no shared object is refused" {
  mkdir p
  echo hello >p/text.so
  : >p/empty.so
  head -c 700 "$(plugins good)/alpha.so" >p/short.so
  mkfifo p/pipe.so
  mkdir p/folder.so
  for name in text empty short pipe folder; do
    refused 1 "p/$name.so: " optimizers --plugin-dir p "$name"
  done
}

@test "folders are searched in order, never the working directory" {
  cp "$(plugins good)/alpha.so" .
  HOLDOUT_PLUGIN_PATH= refused 1 "unknown optimizer \`alpha'" optimizers alpha
  HOLDOUT_PLUGIN_PATH=:: refused 1 "unknown optimizer \`alpha'" optimizers alpha
  works optimizers --plugin-dir . alpha
  has "file      ./alpha.so"
  HOLDOUT_PLUGIN_PATH="$(plugins good)" works optimizers --plugin-dir . alpha
  has "file      ./alpha.so"
  HOLDOUT_PLUGIN_PATH="/nowhere:$(plugins lacking):$(plugins good)" works optimizers alpha sgd
  has "file      $(plugins good)/alpha.so"
  has "file      $(plugins lacking)/sgd.so"
}

@test "a copy without optimizers says where it looked" {
  mkdir -p copy/plugins more
  cp "$HOLDOUT" copy/holdout
  HOLDOUT=copy/holdout HOLDOUT_PLUGIN_PATH= refused 1 \
    "no optimizer found in more, $(pwd -P)/copy/plugins; give another folder with --plugin-dir" optimizers --plugin-dir more
}

@test "a folder that is given must be there" {
  refused 1 "plugin folder \`/nowhere/at/all': no such folder" optimizers --plugin-dir /nowhere/at/all
  echo text >file
  refused 1 "plugin folder \`file': not a folder" optimizers --plugin-dir file
  refused 1 "plugin folder \`file/below': Not a directory" optimizers --plugin-dir file/below
}

@test "a folder that is given must be one to read" {
  mkdir locked
  chmod 0 locked
  if test "$(id -u)" -eq 0; then # root reads everything, unless it gives that up
    printf '#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search "%s" "$@"\n' "$HOLDOUT" >limited
    chmod +x limited
    HOLDOUT=$PWD/limited
  fi
  refused 1 "plugin folder \`locked': Permission denied" optimizers --plugin-dir locked
}
