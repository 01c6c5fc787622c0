#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# hostile.bats - results that a stranger made: nothing in their files or names is run, no link among them is followed,
# and nothing waits for a FIFO.  Paths that look like something else are paths.

# shellcheck disable=SC2016,SC2034,SC2154 # what must not expand; variables of toy.bash

load ../tools/helpers
load toy
bats_require_minimum_version 1.5.0

setup() {
  begin_toy
  # What is made when something is run, wherever that may be.
  export OOPS=$PWD/oops
  attack="'"'$(touch "$OOPS")`touch "$OOPS"`;touch "$OOPS";"'
}

teardown() {
  cd "$BATS_TEST_TMPDIR" || return
  test ! -e oops
}

# Ends in time.
script_in_time() {
  status=0
  timeout 60 "$comparison" --out out "$@" >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

@test "the command of a run is not run" {
  local run
  pretend
  run=$(of sgd-seed1)
  mkdir -p "$run"
  printf '%s\n' "--optimizer sgd $attack" '$(touch "$OOPS")' >"$run/command"
  succeeds --seeds 1 --only sgd
  test ! -e oops
  # Nor is it that of a run that goes on.
  run=$(of bilevel-seed1)
  mkdir -p "$run"
  echo 'dataset: fake' >"$run/config.yaml"
  printf '%s\n' '); touch "$OOPS"; (' >"$run/command"
  script --seeds 1 --only bilevel
  test "$status" -eq 1
  test ! -e oops
  has_error "$run/command does not have the flags of this cell"
}

@test "flags with quotes, blanks and dollars reach the program as they are" {
  local flag=' a  b'"$attack"'\n*'
  printf '#!/bin/sh\nprintf "%%s\\n" "$@" >given\nexit 1\n' >given.sh
  chmod +x given.sh
  HOLDOUT=$PWD/given.sh script --seeds 1 --only sgd -- --data-dir "$flag" --other ''
  grep -Fqx -- "$flag" given
  grep -A 1 -- --other given | grep -qx ''
  test ! -e oops
}

@test "a learning rate that is none is not a flag" {
  local rate
  mkdir -p out/experiments/toy/results/quick
  for rate in '0.1 --plugin-dir /tmp' "$attack" '*' ''; do
    printf 'method\tlearning_rate\nsgd\t%s\n' "$rate" >out/experiments/toy/results/quick/tuned.tsv
    HOLDOUT=dry script --dry-run --seeds 1
    test "$status" -eq 1 && test -z "$out"
    has_error 'tuned.tsv, line 2: the learning rate is not a number'
  done
}

@test "what summaries and timings say is text" {
  local run file
  finished_runs 1
  run=$(of sgd-seed1)
  jq --arg text "$attack"$'\n\tx\e]0;t\a\xc2\x9b' '.dataset = $text | .net = $text | .noise = $text | .optimizer = $text' \
    "$run/summary.json" >changed
  mv changed "$run/summary.json"
  jq -nc --arg text "$attack"$'\ncell x: y\e' '{start: "now", version: $text, commit: $text, cpu: $text}' >"$run/timing.jsonl"
  succeeds --gather --seeds 1
  test ! -e oops
  for file in "$results"/*.tsv .out .err; do
    test "$(LC_ALL=C tr -d '\n\t\040-\377' <"$file" | wc -c)" -eq 0
  done
  test "$(grep -vc '^#' "$results/comparison.tsv")" -eq 4
  run ! grep -q '^# cell x' "$results/comparison.tsv"
}

# drawn: the figure of a table with a hostile header and cells is drawn or refused; nothing is run (see teardown).
drawn() { # figure
  status=0
  "$HO_SRCDIR/plots/draw" results "$1" figure.svg >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

@test "what stands in a table is not run by gnuplot, nor by a shell" {
  local text figure key
  mkdir results
  for figure in comparison comparison-curves ablation-mu memorisation; do
    for text in "quick'\$(touch \"\$OOPS\")'" "' ; system('touch oops') #" "''; system('touch oops') #" '$(touch oops)' \
      '`touch oops`' "'\`touch oops\`'" '"; system("touch oops") #' '@x' 'a\' '%s%n' '2;touch oops'; do
      {
        for key in scale seeds share_of_true_labels title experiment; do
          printf '# %s: %s\n' "$key" "$text"
        done
        printf 'cell\tseed\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\tnoise_rate_realised\n'
        printf 'sgd\t1\t0.5\t0.5\t0.5\t0.4\nsgd@1\t1\t0.5\t0.5\t0.5\t0.4\nsgd@2\t1\t0.6\t0.5\t0.5\t0.4\n'
      } >"results/${figure%-curves}.tsv"
      {
        printf 'cell\tepoch\ttest_accuracy_mean\ttest_accuracy_sd\ttrain_accuracy_noisy_mean\ttrain_accuracy_noisy_sd\n'
        printf 'sgd\t1\t0.5\tNA\t0.5\tNA\nsgd@a\t2\t0.5\tNA\t0.5\tNA\n'
      } >"results/${figure%-curves}-curves.tsv"
      drawn "$figure"
      test "$status" -eq 0 && test -z "$err" || { echo "$figure $text"; show; false; }
      test ! -e oops
    done
  done
  for text in "x';system('touch oops');y='" '$(touch oops)' '`touch oops`' 'a b' '"a' '#' 'END_OF_MEANS;'; do
    printf 'cell\tseed\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\n%s\t1\t0.5\t0.5\t0.5\n' \
      "$text" >results/comparison.tsv
    test "$text" = '#' || { drawn comparison; test "$status" -eq 1; has_error "cannot be the name of a cell"; }
    printf 'cell\tseed\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\nsgd\t1\t0.5\t%s\t0.5\n' \
      "$text" >results/comparison.tsv
    drawn comparison
    test "$status" -eq 1
    has_error "is not a number"
  done
  # A cell that is called as the end of what is drawn.
  printf 'cell\tseed\ttest_accuracy_last\ttest_accuracy_best\ttrain_accuracy_noisy\n%s\t1\t0.5\t0.5\t0.5\n' \
    END_OF_MEANS >results/comparison.tsv
  drawn comparison
  test "$status" -eq 0
  test ! -e oops
}

@test "what stands in the tables of bench is not run" {
  local text
  for text in "';system('touch oops');'" '$(touch oops)' '`touch oops`' '"; system("touch oops")'; do
    mkdir -p "b/experiments/results"
    printf '%s\n' "$text" | jq -Rc '
        {case: "holdout sgd preact-resnet18 64 1 2", net: "n", round: 1, others_percent: 0, images_per_s: 10, median_step_s: 1,
          min_step_s: 1, max_step_s: 1, batch_size: 64, peak_rss_bytes: 2, baseline_rss_bytes: 1, layout: "contiguous",
          steps: 1, threads: 2, version: "1", cpu: "c"} as $a
        | ($a + {case: ("torch" + ($a.case | ltrimstr("holdout")))}) as $b
        | ($a, $b, $a, $b) | .cpu = $text | .version = $text | .net = $text' --arg text "$text" \
      >b/experiments/results/bench.jsonl
    "$HO_SRCDIR/experiments/bench" --out b --gather --only sgd-preact-resnet18 >.out 2>.err || { cat .out .err; false; }
    grep -q '</svg>' b/plots/bench/bench.svg
    test ! -e oops
  done
  sed -i "s/^sgd-preact-resnet18\t[a-z]*\t[^\t]*\t[^\t]*/sgd\tspeed\tx\tx';system('touch oops')/" b/experiments/results/bench.tsv
  awk -f "$HO_SRCDIR/plots/gnuplot.awk" -f "$HO_SRCDIR/plots/bench.awk" b/experiments/results/bench.tsv >.out 2>.err && return 1
  grep -q 'cannot be the name' .err
}

@test "the last line of a run's output does not talk to the terminal" {
  pretend
  sed -i "s/the disk is full/\\x1b]0;owned\\x07 \\xc2\\x9b0m/" pretended
  echo bilevel-seed1 >failing
  script --seeds 1
  test "$status" -eq 1
  has_error 'holdout: ?]0;owned? ?0m'
}

@test "links in the folder of a run are not followed, FIFOs not waited for" {
  local file run kind all i files=(lock command output.log config.yaml job log.jsonl timing.jsonl summary.json)
  echo precious >precious
  finished_runs 3
  all=("$runs"/*/) # nine: one for each file, and one that stays whole
  test "${#all[@]}" -eq $((${#files[@]} + 1))
  cp -r "$runs" whole
  for kind in link dangling fifo; do
    rm -rf "${runs:?}"
    cp -r whole "$runs"
    for i in "${!files[@]}"; do
      file=${files[i]} run=${all[i]%/}
      test "$file" = summary.json || rm "$run/summary.json"
      rm -f "${run:?}/$file"
      case $kind in
        link) ln -s "$PWD/precious" "$run/$file" ;;
        dangling) ln -s "$PWD/made" "$run/$file" ;;
        fifo) mkfifo "$run/$file" ;;
      esac
    done
    HOLDOUT=fails script_in_time --seeds 3
    test "$status" -eq 1 || { show; false; }
    for i in "${!files[@]}"; do
      grep -Eq "${all[i]%/}/${files[i]} is (a link|not a regular file)" .err || { show; false; }
    done
    grep -Fqx '# runs: 1 of 9' "$results/comparison.tsv"
    test "$(cat precious)" = precious
    test ! -e made
  done
}

@test "links in the place of folders and of what is written are not followed" {
  local file place run
  echo precious >precious
  mkdir elsewhere
  pretend
  finished_runs 1
  run=$(of sgd-seed1)
  rm -r "$run"
  # The folder of a run.
  ln -s "$PWD/elsewhere" "$run"
  script --seeds 1
  test "$status" -eq 1
  has_error "$run is a link"
  rm "$run"
  # Files beside it.
  mkdir -p "$results" out/plots/quick
  for file in "$runs"/comparison.{joblog,parallel.log} "$results"/comparison{,-curves}.tsv out/plots/quick/comparison.svg; do
    rm -f "$file"
    ln -s "$PWD/precious" "$file"
  done
  succeeds --seeds 1
  test "$(cat precious)" = precious
  test ! -L "$results/comparison.tsv"
  # Folders.
  for place in out/plots/quick "$results" "$runs"; do
    rm -r "$place"
    ln -s "$PWD/elsewhere" "$place"
    script --seeds 1
    test "$status" -eq 1
    has_error "$place is a link"
    rm "$place"
    finished_runs 1
  done
  test -z "$(ls elsewhere)"
}

@test "settings of GNU parallel among results are not taken" {
  pretend
  unset PARALLEL_HOME
  mkdir -p out/experiments/toy/runs/.parallel out/.parallel
  tee out/experiments/toy/runs/.parallel/config out/.parallel/config <<<"--rpl '{} system(\"touch \\\$OOPS\")'" >/dev/null
  HOME=$PWD succeeds --seeds 1 --only sgd
  test "$(wc -l <calls)" -eq 1
}

names=(lr=0.1 -v '~' "a  b's & [a]* é" 'say "no" 100%d < back\slash\n $(touch oops) | touch oops #')

@test "a folder whose name looks like something else is a folder" {
  local folder
  finished_runs 1
  mv out/experiments .
  for folder in "${names[@]}"; do
    mkdir -p -- "./$folder"
    cp -r experiments "./$folder"
    "$comparison" --out="$folder" --gather --seeds 1 >.out 2>.err || { cat .out .err; false; }
    grep -q 'bilevel - sgd      +20.00' .out
    grep -q '>bilevel<' "./$folder/plots/quick/comparison.svg"
    "$HO_SRCDIR/plots/draw" "$folder/experiments/toy/results/quick" comparison "$folder/again.svg"
    cmp "./$folder/again.svg" "./$folder/plots/quick/comparison.svg"
    rm -r -- "./$folder"
  done
}

@test "runs train in a folder whose name looks like something else" {
  local folder
  pretend
  for folder in lr=0.1 "it's \$(touch oops) \\n"; do
    "$comparison" --out "$folder" --seeds 1 >.out 2>.err </dev/null || { cat .out .err; false; }
    grep -q 'bilevel - sgd' .out
  done
  test "$(wc -l <calls)" -eq 6
}
