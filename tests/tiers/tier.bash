# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tier.bash - shared by the tiers of long tests: a separate build beside the usual one.  $source is the source tree.

tier_fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 2
}

# tier_folder NAME ARGUMENT: changes to the folder given, or to NAME; reads the help text from standard input.
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

# tier_configure FLAGS...: configures, unless it was done with the same flags.
tier_configure() {
  test -s Makefile && test "$(cat configured 2>/dev/null)" = "$*" && return
  "$source/configure" -q "$@"
  printf '%s\n' "$*" >configured
}
