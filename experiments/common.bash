# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# common.bash - what every script of the experiments needs: ways to fail, checks of flags, files that appear whole.

name=$(basename "$0")
export LC_ALL=C

die() { # message [status]
  printf '%s: %s\n' "$name" "$1" >&2
  exit "${2:-1}"
}

wrong() { # message
  die "$1; see \`$name --help'" 2
}

# ---- flags ----

one_of() { # what value names...
  local what=$1 value=$2 candidate
  shift 2
  for candidate; do
    test "$candidate" != "$value" || return 0
  done
  wrong "unknown $what \`$value' (there is: $*)"
}

count() { # flag value
  [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || wrong "flag \`$1' takes a number from 1 to 9999, not \`$2'"
}

# ---- programs ----

# Sets HOLDOUT, unless it is set: the program in the folder `build', or in PATH.
find_program() {
  if test -z "${HOLDOUT-}"; then
    if test -x "$build/holdout"; then HOLDOUT=$build/holdout; else HOLDOUT=holdout; fi
  fi
  command -v "$HOLDOUT" >/dev/null ||
    die "no program \`$HOLDOUT': build it, name the build folder by \$HO_BUILDDIR, or the program by \$HOLDOUT"
}

need() { # programs
  local program missing=()
  for program; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  ((!${#missing[@]})) || die "not found: ${missing[*]} (build-aux/install-deps installs what is needed)"
}

# ---- text and files ----

# Sets `text' to the words as a shell would read them back.
quote() { # words
  printf -v text '%q ' "$@"
  text=${text% }
}

minutes() { # seconds
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# A file appears whole or not at all.
make_file() { # file command...; the command's standard output becomes the file
  local file=$1
  shift
  "$@" >"$file.tmp$$" || {
    rm -f "$file.tmp$$"
    die "$file could not be made"
  }
  mv "$file.tmp$$" "$file"
}
