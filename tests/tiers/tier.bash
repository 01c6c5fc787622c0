# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tier.bash - what the long tiers of tests share: a build of their own beside the usual one.  $source is the source tree.

tier_fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 2
}

# tier_folder NAME ARGUMENT: goes to the folder that was given, or to NAME; help is read from standard input.
tier_folder() {
  local help
  help=$(cat)
  case $2 in
  -h | --help)
    printf '%s\n' "$help"
    exit 0
    ;;
  -*) tier_fail "unknown flag $2; see --help" ;;
  esac
  # shellcheck disable=SC2154 # set by who reads this
  test ! -e "$source/config.status" ||
    tier_fail "$source is configured itself; a build beside it needs: make -C $source distclean"
  mkdir -p "${2:-$1}"
  cd "${2:-$1}" || exit
}

# tier_needs PROGRAM PACKAGE
tier_needs() {
  command -v "$1" >/dev/null || tier_fail "$1 is not installed: Debian package $2"
}

# tier_configure FLAGS...: once for the same flags.
tier_configure() {
  test -s Makefile && test "$(cat configured 2>/dev/null)" = "$*" && return
  "$source/configure" -q "$@"
  printf '%s\n' "$*" >configured
}
