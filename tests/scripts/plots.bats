#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plots.bats - plots/: every figure from small made-up tables.

load ../tools/helpers

setup() {
  command -v gnuplot >/dev/null || skip 'no gnuplot'
  cd "$BATS_TEST_TMPDIR" || return
  plots=${HO_SRCDIR:?}/plots
  mkdir results
}

header() { # name seeds
  printf '# experiment: deep-bilevel-learning/%s\n# scale: quick\n# seeds: %s\n' "$1" "$2"
  printf '# title: Data <&, 2,000 training images, 40 %% symmetric label noise, MLP\n# share_of_true_labels: 0.6\n'
}

# made NAME SEEDS CELLS...: both tables of an experiment, with numbers that follow from cell, seed and epoch.
made() {
  local experiment=$1 seeds=$2
  shift 2
  {
    header "$experiment" "$seeds"
    awk -v seeds="$seeds" -v cells="$*" 'BEGIN {
      OFS = "\t"
      print "cell", "seed", "test_accuracy_last", "test_accuracy_best", "train_accuracy_noisy", "noise_rate_realised",
        "validation_accuracy_last"
      n = split(cells, cell, " ")
      for (i = 1; i <= n; i++)
        for (s = 1; s <= seeds; s++)
          print cell[i], s, 0.5 + 0.3 * i / n + 0.01 * s, (cell[i] == "air" ? "NA" : 0.82 + 0.01 * s), 0.95 - 0.3 * i / n, 0.4, 0.4 + 0.1 * i / n
    }'
  } >"results/$experiment.tsv"
  {
    header "$experiment" "$seeds"
    awk -v seeds="$seeds" -v cells="$*" 'BEGIN {
      OFS = "\t"
      print "cell", "epoch", "test_accuracy_mean", "test_accuracy_sd", "train_accuracy_noisy_mean",
        "train_accuracy_noisy_sd"
      n = split(cells, cell, " ")
      sd = seeds > 1 ? 0.02 : "NA"
      for (i = 1; i <= n; i++)
        for (e = 1; e <= 3; e++)
          print cell[i], e, 0.5 + 0.1 * e - 0.02 * i, sd, 0.2 + 0.2 * e + 0.03 * i, sd
    }'
  } >"results/$experiment-curves.tsv"
}

# draws NAME: the figure, twice, in two locales: no warning, the same bytes, XML with identifiers of its own.
draws() {
  LC_ALL=C "$plots/draw" results "$1" "$1.svg" >.out 2>.err
  LC_ALL=C.UTF-8 "$plots/draw" results "$1" again.svg >>.out 2>>.err
  cat .out .err
  test ! -s .out && test ! -s .err
  cmp "$1.svg" again.svg
  grep -q '^</svg>' "$1.svg"
  grep -Fq '<title>Data &lt;&amp;, 2,000 training images, 40 % symmetric label noise, MLP</title>' "$1.svg"
  ! command -v xmllint >/dev/null || xmllint --noout "$1.svg"
  test -z "$(grep -o "\bid=['\"][^'\"]*" "$1.svg" | sort | uniq -d)"
  test -z "$(grep -o "\bid=['\"][^'\"]*" "$1.svg" | grep -v "${1//-/_}")"
  grep -q ">quick scale, " "$1.svg"
}

says() { # name texts...
  local name=$1 text
  shift
  for text; do
    grep -Fq ">$text<" "$name.svg" || {
      echo "$name.svg does not say: $text"
      return 1
    }
  done
}

# Every figure, each with the cells of its experiment.
draw_each() { # seeds
  local methods='sgd uniform bilevel' x
  made comparison "$1" sgd dropout-0.3 bootstrap-hard air bilevel bilevel+mixup uniform sgd@cifar100 bilevel@cifar100
  draws comparison
  says comparison SGD dropout-0.3 bilevel+mixup uniform CIFAR-100 'Paper, CIFAR-10' 69.6 62.3 89.0
  draws comparison-curves
  says comparison-curves SGD bilevel uniform epoch 'Test accuracy' 'Train accuracy, given labels'
  # shellcheck disable=SC2086 # words
  made ablation-components "$1" $methods no-l1 per-layer
  draws ablation-components
  says ablation-components SGD no-l1 'Train accuracy, given labels'
  made human-noise "$1" sgd@aggre bilevel@aggre sgd@worse bilevel@worse
  draws human-noise
  says human-noise 'aggre (40 %)' 'worse (40 %)' SGD bilevel
  made memorisation "$1" sgd@labels bilevel@labels sgd@pixels bilevel@pixels
  draws memorisation
  says memorisation 'Random labels' 'Shuffled pixels' SGD bilevel
  for x in noise-sweep:0,0.2,0.4,0.8:0,20,40,80 ablation-minibatches:2,4,8,16:2,4,8,16 ablation-size:16,1,4:1,4,16 \
    ablation-mu:0,0.0001,0.01,1:0,1e-4,0.01,1 ablation-validation:0.1,0.25,0.5:10,25,50 \
    small-data:500,2000,50000:0.5,2,50 tuning:0.1,0.01,0.03:0.01,0.03,0.1; do
    figure_with "$1" "${x%%:*}" "${x#*:}"
  done
}

figure_with() { # seeds name values:labels
  local name=$2 values=${3%%:*} labels=${3#*:} value cells=()
  test "$name" = tuning || cells=(sgd)
  for value in ${values//,/ }; do
    cells+=("bilevel@$value" "uniform@$value")
  done
  made "$name" "$1" "${cells[@]}"
  draws "$name"
  # shellcheck disable=SC2086 # words
  says "$name" bilevel uniform ${labels//,/ }
  test "$name" = tuning || says "$name" SGD
}

@test "every figure is drawn from its tables, twice the same" {
  draw_each 2
  grep -q 'quick scale, 2 seeds; ' comparison.svg
  grep -q 'one standard deviation' small-data.svg
}

@test "one seed has no spread" {
  draw_each 1
  grep -q 'quick scale, one seed; ' comparison.svg
  test "$(cat ./*.svg | grep -c 'standard deviation')" -eq 0
}

@test "one cell is enough" {
  local name
  made comparison 1 bilevel
  draws comparison
  draws comparison-curves
  made comparison 2 air # which has no best epoch
  draws comparison
  draws comparison-curves
  made comparison 1 elr # which the paper does not have
  draws comparison
  test "$(grep -ci 'paper' comparison.svg)" -eq 0
  made ablation-components 3 per-layer@plain bilevel@batch-norm bilevel@plain
  draws ablation-components
  says ablation-components 'Test accuracy, batch norm' 'Test accuracy, no batch norm'
  made ablation-components 3 per-layer
  draws ablation-components
  made human-noise 1 sgd@worse
  draws human-noise
  made memorisation 1 sgd@pixels
  draws memorisation
  for name in noise-sweep ablation-minibatches ablation-size ablation-mu ablation-validation small-data tuning; do
    made "$name" 1 bilevel@0.5
    draws "$name"
  done
}

@test "what is NA is left out" {
  made comparison 2 sgd bilevel
  awk 'BEGIN { FS = OFS = "\t" } $1 == "sgd" { $4 = "NA" } { print }' results/comparison.tsv >changed
  mv changed results/comparison.tsv
  draws comparison
  made small-data 2 sgd@100 sgd@1000 bilevel@100 bilevel@1000
  awk 'BEGIN { FS = OFS = "\t" } $1 == "bilevel@1000" { $5 = "NA" } { print }' results/small-data.tsv >changed
  mv changed results/small-data.tsv
  draws small-data
}

@test "a long title has lines of about equal length, and nothing in it is run" {
  made noise-sweep 1 sgd@0 sgd@0.2 sgd@0.4 sgd@0.8
  sed -i "s/^# title: .*/# title: $(printf 'word %.0s' {1..24})end/" results/noise-sweep.tsv
  "$plots/draw" results noise-sweep noise-sweep.svg
  says noise-sweep "$(printf 'word %.0s' {1..11})word" "$(printf 'word %.0s' {1..12})end"
  # shellcheck disable=SC2016 # what must not expand
  sed -i 's/^# title: .*/# title: $(touch oops)`touch oops`; "it'\''s"/' results/noise-sweep.tsv
  "$plots/draw" results noise-sweep noise-sweep.svg
  test ! -e oops
  grep -Fq "it's" noise-sweep.svg
}

fails() { # texts... -- args of draw
  local texts=() text status=0
  while test "$1" != --; do
    texts+=("$1")
    shift
  done
  shift
  "$plots/draw" "$@" >.out 2>.err || status=$?
  cat .err
  test "$status" -ne 0
  test ! -s .out
  for text in "${texts[@]}"; do
    grep -Fq -- "$text" .err
  done
}

@test "what cannot be drawn is named, and leaves no file" {
  mkdir out
  fails 'cannot read results/comparison.tsv' 'plots/figures/comparison.gp failed' -- results comparison out/comparison.svg
  made comparison 1 sgd
  rm results/comparison-curves.tsv
  fails 'cannot read results/comparison-curves.tsv' -- results comparison out/comparison.svg
  made tuning 1 sgd bilevel
  fails 'results/tuning.tsv has no cell METHOD@SETTING' 'plots/figures/tuning.gp failed' -- results tuning out/tuning.svg
  made ablation-mu 1 sgd
  fails 'results/ablation-mu.tsv has no cell METHOD@SETTING' -- results ablation-mu out/ablation-mu.svg
  made memorisation 1 sgd
  fails 'has no cell METHOD@CONDITION' -- results memorisation out/memorisation.svg
  made comparison 1 sgd@cifar100
  fails 'has no curve of a cell without a condition' -- results comparison-curves out/comparison-curves.svg
  fails "unknown figure \`elr'" -- results elr out/elr.svg
  fails 'usage: draw' -- results
  echo text >file
  fails 'cannot create file/below' -- results comparison file/below/comparison.svg
  test -z "$(ls out)"
}

# A source folder without results, but for those that a test puts there.
bare_source() {
  local file
  for file in experiments/lib/common.bash papers/deep-bilevel-learning/original.tsv; do
    mkdir -p "source/${file%/*}"
    cp "$HO_SRCDIR/$file" "source/$file"
  done
  cp -r "$plots" source/plots
  plots=$PWD/source/plots
}

@test "all figures that have results are drawn, those of the source folder where there are no others" {
  local results=experiments/deep-bilevel-learning/results
  bare_source
  fails 'no results' -- --all "$PWD/out"
  mkdir -p "out/$results/quick" "out/$results/small" "source/$results/small"
  echo empty >"out/$results/quick/tuning.tsv"
  fails 'not drawn: quick/tuning' -- --all "$PWD/out"
  rm "out/$results/quick/tuning.tsv"
  made comparison 1 sgd bilevel
  cp results/* "out/$results/quick"
  made tuning 1 sgd@0.1
  cp results/tuning* "out/$results/small"
  made ablation-mu 1 bilevel@1 bilevel@2
  cp results/ablation-mu* "source/$results/small"
  "$plots/draw" --all out
  test "$(cd out/plots && find . -type f | sort | tr '\n' ' ')" = \
    './quick/comparison-curves.svg ./quick/comparison.svg ./small/ablation-mu.svg ./small/tuning.svg '
}
