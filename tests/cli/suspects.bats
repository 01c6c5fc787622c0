#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# suspects.bats - holdout suspects: it finds the wrong labels of small runs, and lists and draws what it found.

load ../tools/helpers

# train RUN ARGS...: a small run with wrong labels
train() {
  local run=$1
  shift
  call train --dataset synthetic --train-size 400 --test-size 100 --batch-size 40 --lr 0.05 --net mlp:hidden=32 --quiet \
    --epochs 4 --run-dir "$run" "$@"
  if test "$status" -ne 0; then show; fi
  test "$status" -eq 0
}

noisy() {
  train run --noise symmetric:0.4 --optimizer bilevel -O bilevel.minibatches=4 "$@"
}

rows() {
  grep -v '^#' "$1" | tail -n +2
}

# cell RANKING COLUMN: of the table of rankings that was printed
cell() {
  printf '%s\n' "$out" | awk -v name="$1" -v column="$2" '$1 == name { print $column; exit }'
}

# png FILE WIDTH HEIGHT: it is a PNG file of that size, with its end
png() {
  test "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a
  test "$(tail -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 49454e44ae426082
  local size
  size=$(od -An -j 16 -N 8 -tu1 "$1" | awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 "x" \
    (($5 * 256 + $6) * 256 + $7) * 256 + $8 }')
  test "$size" = "$2x$3" || { printf '%s is %s\n' "$1" "$size" >&2; return 1; }
}

@test "wrong labels are found: precision above the base rate, every ranking told" {
  noisy
  works suspects --top 100 run
  has "run            run"
  has "dataset        synthetic"
  has "noise          symmetric:0.4"
  has "samples        400"
  has "evaluations    4, of epochs 1 to 4"
  has "wrong labels   160, base rate 0.4000"
  has "the first 100 of each ranking against the true labels:"
  for ranking in margin loss disagreement; do
    awk -v p="$(cell $ranking 2)" -v r="$(cell $ranking 3)" -v a="$(cell $ranking 4)" 'BEGIN {
      d = p * 100 / 160 - r; exit !(p > 0.6 && a > 0.7 && a <= 1 && d < 1e-4 && d > -1e-4) }' || { show; false; }
  done
  awk -v a="$(cell weight 4)" 'BEGIN { exit !(a > 0 && a < 1) }'
  lacks "gave all samples the same weight"
  lacks "written"
  works suspects --top 1000 run # more than there are samples: all of them
  has "the first 400 of each"
  test "$(cell loss 2)" = 0.4000
  test "$(cell loss 3)" = 1.0000
}

@test "the list agrees with labels.tsv, with itself and with what is printed" {
  noisy
  works suspects --top 100 --out s.tsv run
  has "written        s.tsv: 100 suspects by margin"
  precision=$(cell margin 2)
  test "$(grep -v '^#' s.tsv | head -n 1)" = "$(printf 'rank\tindex\tgiven\tpredicted\tprobability\tscore\tmargin\tloss\tdisagreement\tweight\ttrue\twrong')"
  grep -q '^# holdout suspects: the first 100 of 400 training labels of synthetic by margin$' s.tsv
  grep -q '^# net mlp:.* optimizer bilevel noise symmetric:0.4 seed 0$' s.tsv
  grep -q '^# 4 evaluations of epochs 1 to 4$' s.tsv
  grep -q '^# data sha256 [0-9a-f]\{64\}$' s.tsv
  test "$(rows s.tsv | wc -l)" -eq 100
  rows s.tsv | awk -F '\t' 'NF != 12 || $1 != NR || $5 < 0 || $5 > 1 || $6 != $7 || (NR > 1 && $7 < last) ||
    $12 != ($3 != $11) { exit 1 } { last = $7 }'
  test "$(rows s.tsv | awk '{ n += $12 } END { printf "%.4f", n / NR }')" = "$precision"
  rows run/labels.tsv | sort >labels
  rows s.tsv | awk '{ print $2 "\t" $11 "\t" $3 }' | sort | comm -23 - labels >stray
  test ! -s stray
  for by in loss disagreement weight; do
    works suspects --by $by --top 400 --out $by.tsv run
    test "$(rows $by.tsv | wc -l)" -eq 400
    test "$(rows $by.tsv | cut -f 2 | sort -u | wc -l)" -eq 400
  done
  rows loss.tsv | awk '$6 != $8 || (NR > 1 && $6 > last) { exit 1 } { last = $6 }'
  rows disagreement.tsv | awk '$6 != $9 || (NR > 1 && ($6 > last || ($6 == last && $7 < margin))) { exit 1 }
    { last = $6; margin = $7 }'
  rows weight.tsv | awk '$6 != $10 || (NR > 1 && $6 != "-" && (last == "-" || $6 + 0 < last)) { exit 1 } { last = $6 }'
}

@test "some epochs alone" {
  noisy
  works suspects --to 2 run
  has "evaluations    2, of epochs 1 to 2"
  works suspects --from 2 --to 3 --top 400 --out s.tsv run
  has "evaluations    2, of epochs 2 to 3"
  grep -q '^# 2 evaluations of epochs 2 to 3$' s.tsv
  test "$(rows s.tsv | cut -f 9 | sort -u | tr '\n' ' ')" = "0 0.5 1 "
  refused 1 "run: no evaluation in the epochs 5 to 9: there are 4, of epochs 1 to 4" suspects --from 5 --to 9 run
  refused 1 "run: no evaluation from epoch 5 on: there are 4, of epochs 1 to 4" suspects --from 5 run
}

@test "the sheet is a PNG of the first suspects" {
  needs_module sheet
  noisy
  works suspects --sheet s.png --images 7 --columns 4 run
  has "drawn          s.png: the first 7 by margin"
  # four columns of 102 and two rows of 144, 14 between them, 16 around, 38 above
  png s.png 482 372
  cp s.png first.png
  works suspects --sheet s.png --images 7 --columns 4 --force run
  cmp s.png first.png
  works suspects --sheet all.png --top 20 run
  has "drawn          all.png: the first 20 by margin"
  png all.png 1178 372
  test "$(ls | grep -c tmp)" -eq 0
}

@test "images of one and of two channels, five classes" {
  needs_module sheet
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  for channels in 1 2; do
    mkdir set$channels
    ./shapes idx set$channels 48 64 $channels 5 100 50
    call train --dataset idx:set$channels --noise symmetric:0.2 --net mlp:hidden=8 --batch-size 20 --epochs 1 --quiet \
      --run-dir run$channels
    test "$status" -eq 0
    works suspects --sheet $channels.png --images 1 run$channels
    png $channels.png 375 166 # as wide as the 49 letters above it, 48 high and a frame of 3
  done
}

@test "labels that are nowhere wrong: the first ten instead of rates" {
  needs_module sheet
  train clean
  works suspects --out s.tsv --sheet s.png --top 20 clean
  has "wrong labels   unknown: no given label differs from the data set's own"
  has "the first 10 by margin:"
  lacks "AUC"
  test "$(printf '%s\n' "$out" | grep -cE '^ +([1-9]|10) +[0-9]+ +[0-9] +[0-9] ')" -eq 10
  test "$(grep -v '^#' s.tsv | head -n 1 | cut -f 10-)" = weight
  test "$(rows s.tsv | awk -F '\t' '{ print NF }' | sort -u)" -eq 10
  works suspects --by loss --top 3 clean
  has "the first 3 by loss:"
}

@test "plain SGD weighs all alike: no ranking by weight" {
  train sgd --noise symmetric:0.4 --optimizer sgd
  works suspects sgd
  test "$(printf '%s\n' "$out" | grep '^weight ' | tr -s ' ')" = "weight - - -"
  has "weight: -, as this run gave all samples the same weight"
  refused 1 "sgd: --by weight: this run gave all samples the same weight; choose another ranking" suspects --by weight sgd
}

@test "what is there is kept unless --force" {
  needs_module sheet
  noisy
  echo mine >s.tsv
  cp s.tsv s.png
  refused 1 "s.tsv: already exists; choose another file, or give --force" suspects --out s.tsv run
  refused 1 "s.png: already exists; choose another file, or give --force" suspects --sheet s.png --out n.tsv run
  test "$(cat s.tsv s.png | sort -u)" = mine
  test ! -e n.tsv
  works suspects --out s.tsv --sheet s.png --force run
  grep -q '^rank' s.tsv
  refused 1 "nowhere/s.tsv: cannot write" suspects --out nowhere/s.tsv run
  mkdir folder
  refused 1 "folder: cannot write" suspects --sheet folder --force run
  test "$(ls | grep -c tmp)" -eq 0
}

# sum FILE COLUMN CONDITION: over rows of a table
sum() {
  rows "$1" | awk -F '\t' "$3 { n += \$$2 } END { printf \"%.0f\", n }"
}

@test "how many labels are wrong: in all, by class, by pair" {
  noisy
  works suspects --pairs p.tsv run
  estimate=$(printf '%s\n' "$out" | awk '$1 == "estimated" { print $2; exit }')
  has "the first $estimate of each ranking against the true labels:"
  printf '%s\n' "$out" | grep -q "^estimated      $estimate wrong labels, a share of 0\.[0-9]*, by the confident joint: 0\.[0-9]* times as many"
  has "to $(printf '%s\n' "$out" | awk '/by one evaluation alone/ { print $3 }') by one evaluation alone"
  has "a network that was trained on them (see --folds)"
  has "written        p.tsv: estimates for 10 classes"
  test "$(grep -v '^#' p.tsv | head -n 1)" = "$(printf 'given\tclass\testimated\ttrue')"
  test "$(sum p.tsv 4 '$1 != $2')" -eq 160
  test "$(sum p.tsv 4 1)" -eq 400
  test "$(sum p.tsv 3 '$1 != $2')" -ge $((estimate - 2)) # numbers there are rounded
  test "$(sum p.tsv 3 '$1 != $2')" -le $((estimate + 2))
  pair=$(printf '%s\n' "$out" | awk '/^pairs of classes/ { getline; getline; print $1 "\t" $2; exit }')
  test "$(rows p.tsv | awk -F '\t' '$1 != $2' | sort -t "$(printf '\t')" -k 3,3nr -k 1,1n -k 2,2n | head -n 1 | cut -f 1,2)" = "$pair"
  train clean --epochs 12 # true labels are known to be those given: nothing is compared
  works suspects --pairs q.tsv clean
  lacks "times as many"
  test "$(grep -v '^#' q.tsv | head -n 1)" = "$(printf 'given\tclass\testimated')"
}

@test "folds: each sample is scored by a network that did not see it; what is trained is used again" {
  noisy
  call train -c run/config.yaml --fold 2/3 --run-dir run-folds/fold-2-of-3 --time-limit 0.001 --quiet
  test "$status" -eq 75
  call suspects --folds 3 --out s.tsv --top 400 run
  test "$status" -eq 0
  has_error "fold 1 of 3: run-folds/fold-1-of-3"
  has_error "fold 2 of 3, resumed: run-folds/fold-2-of-3"
  has "scored by      3 networks, each on the fold that it was not trained on"
  has "by networks that were not trained on them"
  has "weight: -, as networks did not see the samples"
  test "$(rows s.tsv | cut -f 2 | sort -n | tr '\n' ' ')" = "$(rows run/labels.tsv | cut -f 1 | sort -n | tr '\n' ' ')"
  cp s.tsv first.tsv
  call suspects --folds 3 --out s.tsv --top 400 --force run
  test "$(printf '%s\n' "$err" | grep -c ', already trained: ')" -eq 3
  cmp s.tsv first.tsv
  works suspects --folds 3 --folds-dir other --quiet --out t.tsv --top 400 run/ # never stopped
  cmp s.tsv t.tsv
  test -z "$err"
  sed -i 's/^seed: 0/seed: 1/' run-folds/fold-1-of-3/config.yaml
  refused 1 "run-folds/fold-1-of-3" suspects --folds 3 run
  refused 1 "it is fold 1/3 of another run; give that one" suspects --folds 3 other/fold-1-of-3
  cp other/fold-2-of-3/labels.tsv labels.tsv
  sed -i '$ s/[0-9]*$/77/' other/fold-2-of-3/labels.tsv
  refused 1 "other/fold-2-of-3: this fold was trained on other labels than run: " \
    suspects --quiet --folds 3 --folds-dir other run
  mv labels.tsv other/fold-2-of-3/labels.tsv
  sed -i 's/^lr: .*/lr: 0.5/' other/fold-3-of-3/config.yaml
  refused 1 "other/fold-3-of-3: this fold was trained with other settings than run (lr 0.5, not 0.05): delete it" \
    suspects --quiet --folds 3 --folds-dir other run
  refused 2 "--by weight ranks by the weights of training" suspects --folds 3 --by weight run
  refused 2 "--folds \`1' must be a whole number from 2" suspects --folds 1 run
  refused 2 "--folds-dir needs --folds" suspects --folds-dir other run
}

@test "folds are stopped by a signal, with the command that goes on" {
  call train --dataset synthetic --train-size 400 --net mlp:hidden=32 --epochs 100000 --quiet --run-dir run \
    --time-limit 0.001
  test "$status" -eq 75
  "$HOLDOUT" suspects --folds 2 --quiet run >out 2>err &
  while ! test -s run-folds/fold-1-of-2/config.yaml && kill -0 $!; do sleep 0.01; done
  kill -TERM $!
  wait $! || code=$?
  test "$code" -eq 143
  grep -q "^stopped after a checkpoint by SIGTERM; resume with: .* suspects --folds 2 --quiet run$" err
  test ! -e run-folds/fold-2-of-2
}

@test "from suspects to better labels: relabelled, left out" {
  noisy
  works suspects --top 60 --out s.tsv --relabel new.tsv --drop less.tsv run
  has "written        new.tsv: 400 labels, $(rows s.tsv | awk '$3 != $4' | wc -l) changed, 0 left out"
  has "written        less.tsv: 340 labels, 0 changed, 60 left out"
  test "$(grep -v '^#' new.tsv | head -n 1)" = "$(printf 'index\tgiven')"
  rows run/labels.tsv | cut -f 1,3 >old
  rows s.tsv | awk '{ print $2 "\t" $4 }' >suggested
  awk 'NR == FNR { new[$1] = $2; next } { print $1 "\t" ($1 in new ? new[$1] : $2) }' suggested old >want
  rows new.tsv | cmp - want
  awk 'NR == FNR { gone[$1] = 1; next } !($1 in gone)' suggested old >want
  rows less.tsv | cmp - want
  train better --noise file:new.tsv
  rows better/labels.tsv | cut -f 1,3 | cmp - <(rows new.tsv)
  train fewer --train-size 0 --noise file:less.tsv
  test "$(rows fewer/labels.tsv | wc -l)" -eq 340
  refused 1 "new.tsv: already exists; choose another file, or give --force" suspects --relabel new.tsv run
}

@test "reviewed by a person: the verdicts count" {
  noisy
  works suspects --top 20 --review r.csv run
  has "written        r.csv: 20 suspects by margin; fill in the column verdict"
  test "$(head -n 1 r.csv)" = index,given,suggestion,probability,verdict
  test "$(wc -l <r.csv)" -eq 21
  # as a spreadsheet in another country saves it, with verdicts in the first rows
  awk -F , 'NR == 1 { printf "\357\273\277" } NR == 2 { $5 = "keep" } NR == 3 { $5 = "Drop" } NR == 4 { $5 = "suggestion" }
    NR == 5 { $5 = $2 == "9" ? "8" : "9" } { print "\"" $1 "\";" $2 ";" $3 ";" $4 ";" $5 "\r" }' r.csv >done.csv
  works suspects --reviewed done.csv --relabel new.tsv --drop less.tsv run
  has "reviewed       done.csv: 4 verdicts, 16 undecided"
  has "written        new.tsv: 399 labels, 2 changed, 1 left out"
  has "written        less.tsv: 397 labels, 0 changed, 3 left out"
  rows run/labels.tsv | cut -f 1,3 >old
  awk -F , 'NR == 3 { print $1 "\t-" } NR == 4 { print $1 "\t" $3 } NR == 5 { print $1 "\t" ($2 == "9" ? 8 : 9) }' r.csv >verdicts
  awk 'NR == FNR { new[$1] = $2; next } !($1 in new) { print } $1 in new && new[$1] != "-" { print $1 "\t" new[$1] }' \
    verdicts old >want
  rows new.tsv | cmp - want
  sed '5s/,$/,sugestion/' r.csv >bad.csv
  refused 1 "bad.csv: line 5: verdict \`sugestion' is neither keep, drop, suggestion nor a class of synthetic (did you mean \`suggestion'?)" \
    suspects --reviewed bad.csv --relabel n.tsv run
  refused 1 "r.csv: no row has a verdict: nothing would change" suspects --reviewed r.csv --drop n.tsv run
  refused 2 "--reviewed needs --relabel" suspects --reviewed r.csv run
  refused 2 "--review writes a new table, --reviewed reads one" suspects --review a.csv --reviewed r.csv --drop n.tsv run
  refused 2 "--reviewed and --drop are the same file" suspects --reviewed r.csv --drop r.csv --force run
  test ! -e n.tsv
}

@test "wrong flags" {
  refused 2 "suspects needs the folder of one run" suspects
  refused 2 "unexpected argument \`b'" suspects a b
  refused 2 "unknown --by \`margn' (did you mean \`margin'?): choose one of margin, loss, disagreement, weight" \
    suspects --by margn run
  refused 2 "unknown --by \`xyzzyx': choose one of" suspects --by xyzzyx run
  refused 2 "--top \`0' must be a whole number from 1 to" suspects --top 0 run
  refused 2 "--top \`many' must be a whole number" suspects --top many run
  refused 2 "--images \`0' must be a whole number from 1 to 2000" suspects --sheet s.png --images 0 run
  refused 2 "--columns \`51' must be a whole number from 1 to 50" suspects --sheet s.png --columns 51 run
  refused 2 "--from \`-1' must be a whole number" suspects --from=-1 run
  refused 2 "--from 3 is after --to 2" suspects --from 3 --to 2 run
  refused 2 "--columns needs --sheet" suspects --columns 3 run
  refused 2 "--images needs --sheet" suspects --images 3 --out s.tsv run
  refused 2 "--force needs --out FILE or another file to write" suspects --force run
  refused 2 "--out and --sheet are the same file" suspects --out s --sheet s run
  refused 2 "unknown flag \`--epochs'" suspects --epochs 3 run
}

@test "no run, no evaluation, a damaged file, other data" {
  refused 1 "run: No such file or directory" suspects run
  mkdir folder
  refused 1 "folder: not a run folder: it has no config.yaml" suspects folder
  noisy
  cp -r run bare && rm bare/samples.safetensors
  refused 1 "bare: no evaluations are recorded: there is no samples.safetensors" suspects bare
  for size in 0 4 100 5000; do
    head -c $size run/samples.safetensors >bare/samples.safetensors
    refused 1 "bare/samples.safetensors: " suspects bare
  done
  sed 's/^dataset: .*/dataset: idx:absent/' run/config.yaml >config && cp -r run moved && mv config moved/config.yaml
  works suspects moved # of which nothing else is needed
  refused 1 "absent" suspects --out s.tsv moved
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  mkdir absent
  ./shapes idx absent 16 16 3 10 2000 50
  refused 1 "moved: it was trained on other data than the idx:absent in absent; give the right folder with --data-dir" \
    suspects --out s.tsv moved
  rm moved/summary.json # as of a run that is not finished: labels and indices tell
  ./shapes idx absent 16 16 3 5 2000 50
  refused 1 "moved: it was trained on other data" suspects --out s.tsv moved
  ./shapes idx absent 16 16 3 10 50 50
  refused 1 "moved: it was trained on other data" suspects --out s.tsv moved
  test ! -e s.tsv
}

@test "of a network that has learnt wrong labels, too, it is said that there may be more than estimated" {
  train run --noise symmetric:0.4 --train-size 120 --batch-size 20 --net mlp:hidden=64 --epochs 40 --lr 0.02 --sched const
  test "$(jq '.train_accuracy_noisy > 0.95' run/summary.json)" = true
  works suspects run
  [[ $out == *"may have learnt wrong ones"*"--to leaves out late evaluations"* ]]
  call suspects --drop fewer.tsv run
  test "$status" -eq 1
  [[ $err == *"no label seems wrong; say how many by --top, or use early epochs by --to"* ]]
  works suspects --to 2 run
  [[ $out != *"may have learnt"* ]]
}
