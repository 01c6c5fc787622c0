#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# results.bats - the results that are committed: README.md, its figure and the verdicts are made of them, and they say
# where they come from.

load ../tools/helpers
bats_require_minimum_version 1.5.0

setup() {
  root=${HO_SRCDIR:?}
  results=$root/experiments/deep-bilevel-learning/results
  cd "$BATS_TEST_TMPDIR" || return
}

@test "README.md has the table of the comparison" {
  sed -n '/^<!-- begin: comparison/,/^<!-- end -->/p' "$root/README.md" | sed '1d;$d' >there
  test -s there
  "$root/experiments/publish" --table "$results/small/comparison.tsv" >made
  diff made there
}

@test "what is not there is a dash in the table of README.md" {
  printf 'cell\tx\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\n' >runs.tsv
  printf 'air\tNA\t0.5\tNA\t0.25\nair\tNA\t0.5\tNA\t0.25\nsgd\tNA\t0.5\t0.75\t0.25\n' >>runs.tsv
  "$root/experiments/publish" --table runs.tsv >made
  grep -qF '| `air` | 2 | 50.0 ± 0.0 | – | 25.0 ± 0.0 |' made
  grep -qF '| `sgd` | 1 | 50.0 | 75.0 | 25.0 |' made
}

@test "README.md has the figure of the comparison" {
  command -v gnuplot >/dev/null || skip 'no gnuplot'
  [[ $(gnuplot --version) = 'gnuplot 5.4 '* ]] || skip 'another gnuplot draws in another way'
  "$root/plots/draw" "$results/small" comparison made.svg
  cmp made.svg "$root/plots/readme/comparison.svg"
}

# The lines of README.md that make label files of CIFAR-10_human.pt, in a folder of their own.
human_labels() { # python
  sed -n "/^    python3 - <<'END'\$/,/^    END\$/p" "$root/README.md" | sed '1d;$d; s/^    //' >labels.py
  grep -q 'CIFAR-10_human.pt' labels.py
  rm -rf cifar-n
  "$1" - <labels.py
  test "$(od -An -tu1 cifar-n/cifar10n_aggre.u8 | xargs)" = '6 9 9 4'
  test "$(od -An -tu1 cifar-n/cifar10n_worse.u8 | xargs)" = '6 1 0 4'
}

@test "the lines of README.md make label files of the published one, with the PyTorch that is here" {
  local python=/usr/bin/python3
  "$python" -c 'import numpy, torch' 2>/dev/null || skip 'no PyTorch'
  "$python" -c 'if True:
    import numpy, torch
    torch.save({k + "_label": numpy.array(v) for k, v in dict(aggre=[6, 9, 9, 4], worse=[6, 1, 0, 4], clean=[6, 9, 9, 4],
      random_label1=[6, 9, 9, 4]).items()}, "CIFAR-10_human.pt")'
  human_labels "$python"
}

@test "the lines of README.md make label files with PyTorch 2.6, and with one before 1.13" {
  local python
  python=$(command -v python3) || skip 'no python3'
  touch CIFAR-10_human.pt
  # What load takes: since 2.6 it refuses NumPy arrays unless told otherwise, before 1.13 it did not know the flag.
  mkdir new old
  cat >new/torch.py <<'END'
labels = {'aggre_label': [6, 9, 9, 4], 'worse_label': [6, 1, 0, 4]}
def load(f, map_location=None, pickle_module=None, *, weights_only=True, mmap=None, **pickle_load_args):
    if weights_only:
        raise Exception('Weights only load failed. numpy.core.multiarray._reconstruct was not an allowed global by default')
    return labels if open(f) else None
END
  sed 's/, weights_only=True, mmap=None//; s/if weights_only/if pickle_load_args/; s/raise Exception/raise TypeError/; s/, \*, /, /; s/, \*, \*\*/, **/' \
    new/torch.py >old/torch.py
  PYTHONPATH=$PWD/new human_labels "$python"
  PYTHONPATH=$PWD/old human_labels "$python"
}

@test "the verdicts are those of the results" {
  "$root/papers/deep-bilevel-learning/weave" --from "$root" --out . --judge
  diff "$root/papers/deep-bilevel-learning/claims.tsv" claims.tsv
}

@test "publish tells what it does" {
  run -0 "$root/experiments/publish" --help
  grep -q '^publish --table TABLE ' <<<"$output"
}

@test "results are taken from a folder that has some, and nothing else" {
  mkdir empty
  run -1 "$root/experiments/publish" empty
  [[ $output = "publish: empty: no results there; give the folder that was --out, such as build/reproduced" ]]
  run -2 "$root/experiments/publish" one two
  [[ $output = "publish: give one argument, the folder with the results; see \`publish --help'" ]]
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
