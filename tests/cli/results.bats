#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# results.bats - the results that are committed: README.md, its figure and the verdicts are made of them, and they say
# where they come from.

load helpers
bats_require_minimum_version 1.5.0

setup() {
  root=${HO_SRCDIR:?}
  results=$root/experiments/deep-bilevel-learning/results
  cd "$BATS_TEST_TMPDIR" || return
}

@test "README.md has the table of the comparison" {
  sed -n '/^<!-- begin: comparison/,/^<!-- end -->/p' "$root/README.md" | sed '1d;$d' >there
  test -s there
  awk -f "$root/experiments/markdown.awk" "$root/papers/deep-bilevel-learning/original.tsv" \
    "$results/small/comparison.tsv" >made
  diff made there
}

@test "what is not there is a dash in the table of README.md" {
  printf 'cell\tx\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\n' >runs.tsv
  printf 'air\tNA\t0.5\tNA\t0.25\nair\tNA\t0.5\tNA\t0.25\nsgd\tNA\t0.5\t0.75\t0.25\n' >>runs.tsv
  awk -f "$root/experiments/markdown.awk" "$root/papers/deep-bilevel-learning/original.tsv" runs.tsv >made
  grep -qF '| `air` | 2 | 50.0 ± 0.0 | – | 25.0 ± 0.0 |' made
  grep -qF '| `sgd` | 1 | 50.0 | 75.0 | 25.0 |' made
}

@test "README.md has the figure of the comparison" {
  command -v gnuplot >/dev/null || skip 'no gnuplot'
  [[ $(gnuplot --version) = 'gnuplot 5.4 '* ]] || skip 'another gnuplot draws in another way'
  "$root/plots/draw" "$results/small" comparison made.svg
  cmp made.svg "$root/plots/readme/comparison.svg"
}

@test "the verdicts are those of the results" {
  "$root/papers/deep-bilevel-learning/weave" --from "$root" --out . --judge
  diff "$root/papers/deep-bilevel-learning/claims.tsv" claims.tsv
}

@test "results are taken from a folder that has some, and nothing else" {
  mkdir empty
  run -1 "$root/experiments/publish" empty
  [[ $output = "publish: empty: no results there; give what --out was, such as build/reproduced" ]]
  run -2 "$root/experiments/publish" one two
  [[ $output = "publish: there is one argument, the folder with the results; see \`publish --help'" ]]
  run -2 "$root/experiments/publish" --from empty
  run -2 "$root/experiments/publish" ''
}

@test "every table tells where it comes from, and names no folder of a machine" {
  local table key
  for table in "$results"/*/*.tsv; do
    test "${table##*/}" != tuned.tsv || continue
    for key in experiment scale runs seeds command title data_sha256 version commit compiler flags blas core_type \
      kernels cpu threads train_hours; do
      grep -q "^# $key: ." "$table" || { echo "$table: no $key"; false; }
    done
    run ! grep -E '(/home|/root|/tmp|/usr)/' "$table"
  done
}

@test "all runs of an experiment are there, or the table says how many are" {
  local table
  for table in "$results"/*/*.tsv; do
    case $table in *-curves.tsv | */tuned.tsv) continue ;; esac
    test "$(sed -n 's/^# runs: \([0-9]*\) of .*/\1/p' "$table")" -eq $(($(grep -vc '^#' "$table") - 1))
  done
}
