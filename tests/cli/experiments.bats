#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# experiments.bats - holdout experiments and holdout fetch: the scripts that come with the program.
load ../tools/helpers

setup() {
  cd "$BATS_TEST_TMPDIR"
  test -e "$HO_BUILDDIR/source" || skip "no build tree"
}

@test "experiments are listed, and run by name" {
  works experiments
  has "/experiments"
  for name in comparison noise-sweep tuning all verify; do
    printf '%s\n' "$out" | grep -qE "^$name +[A-Z]"
  done
  works experiments comparison --help
  has "Usage: comparison [FLAGS]"
  works experiments verify -h
  has "Usage: verify [FLAGS]"
  call experiments comparison --scale enormous
  test "$status" -eq 2
  refused 2 "unknown experiment \`comparson' (did you mean \`comparison'?); \`holdout experiments' lists them" \
    experiments comparson
  refused 2 "unknown experiment \`grid.bash'" experiments grid.bash
  refused 2 "unknown flag \`--scale'" experiments --scale quick
}

@test "an experiment calls the program that called it" {
  command -v jq >/dev/null || skip "no jq"
  call experiments comparison --dry-run --scale quick --seeds 1 --only sgd --out out
  has "$(readlink -f "$HOLDOUT") train"
}

@test "fetch brings data sets" {
  works fetch --list --dir here
  has "cifar-10-batches-bin"
  call fetch --dir here --from nowhere mnist
  test "$status" -eq 1
  has_error "holdout fetch: nowhere: does not exist"
  refused 2 "unknown flag \`--form' (did you mean \`--from'?)" fetch --form x mnist
  call fetch
  test "$status" -eq 2
  has_error "holdout fetch: which data set?"
}

@test "every experiment says its own learning rate, schedule and epochs" {
  # shellcheck source=/dev/null
  . "${HO_SRCDIR:?}/experiments/deep-bilevel-learning/grid.bash"
  for key in "${!setups[@]}"; do
    for flag in lr sched epochs; do
      [[ " ${setups[$key]} " = *" --$flag "* ]] || { echo "$key: no --$flag" >&2; false; }
    done
  done
  for file in "$HO_SRCDIR"/experiments/deep-bilevel-learning/*.yaml; do
    for key in lr sched epochs; do
      grep -q "^$key: " "$file"
    done
  done
}
