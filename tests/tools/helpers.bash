# SPDX-License-Identifier: MIT
# helpers.bash - what every test of the command line needs; `load ../tools/helpers' at the top of a .bats file.
#
# $HOLDOUT is the program that was built, $HO_BUILDDIR the build tree, $HO_SRCDIR the source tree: make check sets them.
# Each test has a folder of its own, $BATS_TEST_TMPDIR, and begins in it.

# What of a person's environment changes the tools that tests call: decimal commas, languages, orders; folders that cd
# goes to and prints; what awk, grep and sed understand.
export LC_ALL=C
unset CDPATH POSIXLY_CORRECT GREP_COLORS GREP_OPTIONS

: "${HOLDOUT:?is not set: run these tests by make check}"
: "${HO_BUILDDIR:=$(dirname "$HOLDOUT")}"

# bats sets it from 1.4 on
if test -z "${BATS_TEST_TMPDIR-}"; then
  BATS_TEST_TMPDIR=$(mktemp -d "${BATS_TMPDIR:-/tmp}/holdout-XXXXXX")
fi

setup() {
  cd "$BATS_TEST_TMPDIR"
}

# The folder of test plugins: good, bad or lacking.
plugins() {
  printf '%s' "$HO_BUILDDIR/tests/plugins/$1"
}

# needs_module NAME: skips a test where the build lacks this module, as configure did not find its library.
needs_module() {
  test -f "$HO_BUILDDIR/modules/$1.so" || skip "built without the module $1"
}

# faulty_call NAME COMMAND...: with tests/faults/NAME.so loaded before it.  A blank would end a path in LD_PRELOAD.
faulty_call() {
  env LD_PRELOAD="$1.so" LD_LIBRARY_PATH="$HO_BUILDDIR/tests/faults${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
    ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "${@:2}"
}

# call ARGS...: runs holdout; $status, standard output in $out, standard error in $err.
call() {
  status=0
  "$HOLDOUT" "$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" </dev/null || status=$?
  out=$(cat "$BATS_TEST_TMPDIR/.out")
  err=$(cat "$BATS_TEST_TMPDIR/.err")
}

show() {
  printf 'status %s\nstandard output:\n%s\nstandard error:\n%s\n' "$status" "$out" "$err" >&2
}

# works ARGS...: exit status 0 and nothing on standard error.
works() {
  call "$@"
  if test "$status" -ne 0 || test -n "$err"; then
    show
    return 1
  fi
}

# refused STATUS TEXT ARGS...: that exit status, nothing on standard output, one line `holdout: ...' with TEXT in it.
refused() {
  local wanted=$1 text=$2
  shift 2
  call "$@"
  if test "$status" -ne "$wanted" || test -n "$out" || test "$(printf '%s\n' "$err" | wc -l)" -ne 1; then
    show
    return 1
  fi
  case $err in
  "holdout: "*"$text"*) ;;
  *)
    printf 'wanted: %s\n' "$text" >&2
    show
    return 1
    ;;
  esac
}

# has TEXT / has_error TEXT: standard output or error of the last call contains it.
has() {
  case $out in
  *"$1"*) ;;
  *)
    printf 'wanted on standard output: %s\n' "$1" >&2
    show
    return 1
    ;;
  esac
}

has_error() {
  case $err in
  *"$1"*) ;;
  *)
    printf 'wanted on standard error: %s\n' "$1" >&2
    show
    return 1
    ;;
  esac
}

lacks() {
  case $out in
  *"$1"*)
    printf 'not wanted on standard output: %s\n' "$1" >&2
    show
    return 1
    ;;
  esac
}
