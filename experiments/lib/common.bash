# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# common.bash - what all experiment scripts share: error messages, checks of flags, files written atomically.
#
# Results may come from others.  Text in their files is never executed by a shell or gnuplot, and links among them are
# not followed: what is written below a folder of results stays there.

# shellcheck disable=SC2034 # path and why are read by others

name=$(basename -- "$0")
export LC_ALL=C
unset CDPATH POSIXLY_CORRECT # numbers, order and options are the same for everyone

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
  wrong "unknown $what \`$value' (choose from: $*)"
}

count() { # flag value
  [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || wrong "flag \`$1' takes a number from 1 to 9999, not \`$2'"
}

# ---- programs ----

# Sets HOLDOUT, unless it is set: the program in the build folder, or in PATH.
find_program() {
  local build=${build:-${HO_BUILDDIR:-.}}
  if test -z "${HOLDOUT-}"; then
    if test -x "$build/holdout"; then HOLDOUT=$build/holdout; else HOLDOUT=holdout; fi
  fi
  command -v "$HOLDOUT" >/dev/null ||
    die "no program \`$HOLDOUT': build it, or set \$HO_BUILDDIR to the build folder or \$HOLDOUT to the program"
}

# Means, deviations and errors over seeds, of cells and contrasts.  Nothing else in the scripts computes them.
statistics() { # table of runs, contrasts...
  "$HOLDOUT" show --format tsv --table "$1" -- "${@:2}"
}

need() { # programs
  local program missing=()
  for program; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  ((!${#missing[@]})) || die "not found: ${missing[*]} (build-aux/install-deps installs what is needed)"
}

# Busybox's awk may lack square roots: then another awk is used.
calculates() { # program
  test "$("$1" 'BEGIN { print sqrt(9) ^ 2 }' 2>/dev/null </dev/null)" = 9
}

if ! calculates awk; then
  awk_program=
  for candidate in gawk mawk original-awk nawk; do
    ! calculates "$candidate" || {
      awk_program=$candidate
      break
    }
  done
  awk() {
    test -n "$awk_program" || die "no awk here can calculate square roots (busybox's may not): install gawk or mawk"
    command "$awk_program" "$@"
  }
fi

# ---- text and files ----

# Sets `text' to the words, quoted for a shell.
quote() { # words
  printf -v text '%q ' "$@"
  text=${text% }
}

# Sets `text' to the argument without control characters (also C1 in UTF-8), so that files cannot control a terminal.
printable() { # text
  text=${1//[[:cntrl:]]/?}
  text=${text//$'\xc2'[$'\x80'-$'\x9f']/?}
}

joined() { # separator words...
  local IFS=$1
  shift
  echo "$*"
}

minutes() { # seconds
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# Sets `path' to the path in a form that no program takes for a flag, and awk not for an assignment.
as_operand() { # path
  path=$1
  if [[ $1 = [-~+]* || ${1%%/*} = *=* ]]; then path=./$1; fi
}

# Fails and sets `why' unless each is a regular file or does not exist.
plain_files() { # paths
  local file
  for file; do
    if test -L "$file"; then
      why="$file is a link"
      return 1
    elif test -e "$file" && ! test -f "$file"; then
      why="$file is not a regular file"
      return 1
    fi
  done
}

# Makes a folder below another one.
make_folder() { # folder below
  local at=$1 part parts
  mkdir -p -- "$1" || return
  IFS=/ read -r -a parts <<<"$2"
  for part in "${parts[@]}"; do
    at+=/$part
    test ! -L "$at" || die "$at is a link, and links are not followed: remove it"
    mkdir -- "$at" 2>/dev/null || test -d "$at" || return
  done
}

# Creates an empty file, replacing whatever has the name.
new_file() { # file
  rm -f -- "$1" && (set -o noclobber && : >"$1")
}

# Writes a file atomically.
make_file() { # file command...; the command's standard output becomes the file
  local file=$1 made=$1.tmp$$
  shift
  { new_file "$made" && "$@" >"$made"; } || {
    rm -f -- "$made"
    die "cannot create $file"
  }
  mv -T -- "$made" "$file" || die "cannot create $file"
}
