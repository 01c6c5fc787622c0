#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# surroundings.bats - experiments, figures and the paper's verdicts are the same bytes under every awk that is installed,
# in another language, with CDPATH and POSIXLY_CORRECT set, from a source folder whose path has a blank.

# shellcheck disable=SC2154 # variables of toy.bash

load ../tools/helpers
load toy

# $HO_AWKS: programs to try beside those in PATH, separated by colons; $HO_LOCALE: a language whose numbers have a comma.
setup() {
  begin_toy
}

# What there is to compare: tables, figures, what is printed, of the toy and of what is committed.
all_of() { # folder source
  local results=$2/experiments/deep-bilevel-learning/results figure folder=$1
  mkdir -p "$folder"
  rm -rf out/experiments/toy/results out/plots
  # All runs are finished: HOLDOUT, which is `pretended', is not called, or one was taken for another.
  : >calls
  "$comparison" --out out >"$folder/printed" 2>"$folder/said" </dev/null || { cat "$folder"/{printed,said}; return 1; }
  test ! -s calls
  cp -r "out/experiments/toy/results" out/plots "$folder"
  HOLDOUT=dry "$comparison" --out out --dry-run >"$folder/commands" 2>"$folder/hours" </dev/null
  for figure in comparison comparison-curves noise-sweep memorisation tuning human-noise; do
    "$2/plots/draw" "$results/small" "$figure" "$folder/$figure.svg"
  done
  "$2/experiments/publish" --table "$results/small/comparison.tsv" >"$folder/table.md"
  "$2/papers/deep-bilevel-learning/weave" --from "$2" --out "$folder" --judge
  measurements
  "$2/experiments/bench" --out "$folder" --gather --only sgd-preact-resnet18 >"$folder/benched"
  # Of the tables, what would be printed of them.
  sed -i "s#$folder#FOLDER#g; s#$2#SOURCE#g" "$folder"/benched
}

measurements() {
  mkdir -p "$folder/experiments/results"
  jq -nc '{case: "holdout sgd preact-resnet18 64 1 2", net: "n", images_per_s: 10.25, median_step_s: 1.5, min_step_s: 1.25,
      max_step_s: 2.5, batch_size: 64, peak_rss_bytes: 2e8, baseline_rss_bytes: 1e8, layout: "contiguous", steps: 1, threads: 2,
      version: "1", cpu: "c", round: (1, 2), others_percent: 3} | ., (.case |= "torch" + ltrimstr("holdout") | .images_per_s = 4)' \
    >"$folder/experiments/results/bench.jsonl"
}

# same NAME VARIABLE=VALUE...: in these surroundings all is the same as in none.
same() {
  local name=$1 source=${source-$HO_SRCDIR}
  shift
  (
    export "$@"
    all_of "$name" "$source"
  ) || { echo "under $name" && return 1; }
  diff -r usual "$name" || { echo "under $name" && return 1; }
}

# Made once for all tests.
usual() {
  finished_runs 3
  pretend
  if test -d "$BATS_FILE_TMPDIR/usual"; then
    cp -r "$BATS_FILE_TMPDIR/usual" .
    return
  fi
  all_of usual "$HO_SRCDIR"
  cp -r usual "$BATS_FILE_TMPDIR"
  grep -q 'bilevel - sgd  ' usual/printed
  test -s usual/claims.tsv
  grep -q met usual/benched
}

# A folder for PATH in which awk is a program with flags.
awk_is() { # name program...
  mkdir -p "awks/$1"
  printf '#!/bin/sh\nexec %s "$@"\n' "${*:2}" >"awks/$1/awk"
  chmod +x "awks/$1/awk"
}

@test "under every awk that is installed" {
  local program name tried=0
  usual
  for program in mawk gawk original-awk busybox nawk bwk; do
    command -v "$program" >/dev/null || continue
    case $program in
      busybox) busybox awk 1 /dev/null 2>/dev/null && awk_is busybox busybox awk ;;
      gawk) awk_is gawk gawk && awk_is gawk-posix gawk --posix && awk_is gawk-traditional gawk --traditional ;;
      *) awk_is "$program" "$program" ;;
    esac
  done
  IFS=: read -r -a more <<<"${HO_AWKS-}"
  for program in "${more[@]}"; do
    awk_is "given-${program##*/}" "$program"
  done
  for name in awks/*; do
    same "${name#awks/}" PATH="$PWD/$name:$PATH"
    tried=$((tried + 1))
  done
  test "$tried" -gt 0
}

@test "in another language, with variables that change what programs do" {
  local language=${HO_LOCALE-} numbers=()
  usual
  for language in ${HO_LOCALE-de_DE.UTF-8 de_DE.utf8 fr_FR.UTF-8}; do
    if test "$(LC_ALL=$language printf '%.1f' 0 2>/dev/null)" = 0,0; then break; fi
  done
  test "$(LC_ALL=$language printf '%.1f' 0 2>/dev/null)" != 0,0 || {
    same language LC_ALL="$language" LANG="$language"
    numbers=(LC_NUMERIC="$language" LC_COLLATE="$language" LC_ALL=)
  }
  mkdir 'a folder'
  same variables CDPATH="$PWD:$HO_SRCDIR:/" POSIXLY_CORRECT=1 GREP_OPTIONS=-v GREP_COLORS='mt=1' AWKPATH=/ \
    BASH_ENV=/dev/null TMPDIR="$PWD/a folder" "${numbers[@]}"
}

@test "from a source folder whose path has a blank, named relatively" {
  local source comparison=$comparison
  usual
  mkdir 'the source'
  cp -r "$HO_SRCDIR"/{experiments,plots,papers,plugins} 'the source'
  sed "s#^\\. .*/experiments/lib/experiment.bash'#. 'the source/experiments/lib/experiment.bash'#" toy/comparison >toy/changed
  chmod +x toy/changed
  mv toy/changed toy/comparison
  source='the source'
  same blank CDPATH=/:. HO_BUILDDIR=.
  grep -q "the source/" toy/comparison
}
