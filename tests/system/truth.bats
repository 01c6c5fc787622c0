#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# truth.bats - what is said of true labels: nothing where nobody knows them, and by which labels the others are judged.
load ../tools/helpers

unset HOLDOUT_DATA
export XDG_DATA_HOME=/nonexistent

setup_file() {
  ${CC:-cc} -O1 -o "$BATS_FILE_TMPDIR/shapes" "${HO_SRCDIR:?}/tests/tools/shapes.c"
}

# A data set of the user's own in the folder `grey', 5 classes.
own() {
  mkdir grey
  "$BATS_FILE_TMPDIR/shapes" idx grey 6 6 1 5 200 100
}

train() {
  call train --dataset idx:grey --net mlp:hidden=8 --batch-size 20 --epochs 2 --quiet "$@"
  if test "$status" -ne 0; then show; fi
  test "$status" -eq 0
}

rows() {
  grep -v '^#' "$1"
}

# tensors FILE: the names in it
tensors() {
  local n
  n=$(od -An -N 8 -tu8 "$1" | tr -d ' ')
  tail -c +9 "$1" | head -c "$n" | jq -r 'keys[]'
}

@test "own labels as they come: no rate, no accuracy on true labels, no true label in any file" {
  own
  train --noise none --validation-size 20 --run-dir run
  test "$(rows run/labels.tsv | head -n 1)" = "$(printf 'index\tgiven')"
  rows run/labels.tsv | awk -F '\t' 'NF != 2 { exit 1 }'
  grep -qx '# rate nominal unknown realised unknown' run/labels.tsv
  jq -es 'length == 2 and all(has("train_accuracy_clean") and .train_accuracy_clean == null)' run/log.jsonl
  jq -es 'all(.train_accuracy_noisy > 0)' run/log.jsonl
  jq -e '.true_labels == "unknown" and .noise_rate_realised == null and .noise_rate_nominal == null and
    .train_accuracy_clean == null and .noise == "none" and .train_accuracy_noisy > 0' run/summary.json
  tensors run/samples.safetensors >names
  grep -qx given names
  if grep -qx true names; then false; fi
  works eval run
  has "train, given labels"
  has "the true labels of idx:grey are unknown: all scores are against its own labels"
  lacks "train, true labels"
  for set in test train validation; do
    works eval --predictions p.tsv --force --set $set run
    test "$(rows p.tsv | head -n 1)" = "$(printf 'index\tgiven\tpredicted\tprobability\tloss')"
    rows p.tsv | awk -F '\t' 'NF != 5 { exit 1 }'
    grep -qx '# true labels: unknown' p.tsv
    lacks "true labels  "
  done
  works show --runs --format tsv run
  test "$(printf '%s\n' "$out" | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
    NR == 2 { print $c["train_accuracy_clean"] }')" = -
  works suspects --out s.tsv run
  has "wrong labels   unknown: the data set's own labels are the only ones"
  lacks precision
  rows s.tsv | head -n 1 | grep -q "$(printf '\tweight')\$"
  grep -qx '# true labels: unknown' s.tsv
  works noise --dataset idx:grey --noise none --out l.tsv
  has "true labels    unknown"
  has "realised rate  unknown"
  lacks matrix
  test "$(rows l.tsv | head -n 1)" = "$(printf 'index\tgiven')"
}

@test "what a run says on its way names no accuracy on true labels that nobody knows" {
  own
  call train --dataset idx:grey --net mlp:hidden=8 --batch-size 20 --epochs 1 --run-dir run
  test "$status" -eq 0
  has_error "train given 0."
  case $err in *"true 0."*) false ;; esac
  call train --dataset idx:grey --noise symmetric:0.2 --net mlp:hidden=8 --batch-size 20 --epochs 1 --run-dir noisy
  has_error " true 0."
}

@test "what needs true labels is refused where nobody knows them" {
  own
  refused 1 "--clean-size 20 needs images whose true labels are known, and those of idx:grey are not" \
    train --dataset idx:grey --clean-size 20 --run-dir run
  refused 1 "--clean-size 20" noise --dataset idx:grey --clean-size 20
  refused 1 "the transition matrix is unknown, as the true labels of idx:grey are" \
    train --dataset idx:grey --optimizer forward-correction --net mlp:hidden=8 --batch-size 20 --run-dir run
  test ! -e run
  train --noise symmetric:0.2 --clean-size 20 --optimizer forward-correction --run-dir run
}

@test "the data set's own labels are the reference for labels put in or given beside them, and it says so" {
  own
  works noise --dataset idx:grey --noise symmetric:0.2 --out l.tsv
  has "true labels    the data set's own labels"
  has "realised rate  0.200000"
  for noise in "symmetric:0.2" "file:l.tsv --true-labels own"; do
    rm -rf run
    # shellcheck disable=SC2086 # two words
    train --noise $noise --run-dir run
    grep -qx "# true labels: the data set's own, right or not, which the others are compared with" run/labels.tsv
    test "$(rows run/labels.tsv | head -n 1)" = "$(printf 'index\ttrue\tgiven')"
    jq -e '.true_labels == "the data set'"'"'s own labels" and .noise_rate_realised == 0.2 and
      .train_accuracy_clean > 0' run/summary.json
    works eval run
    has "train, true labels"
    has "true labels are those of the data set idx:grey, right or not"
    works eval --predictions p.tsv --force --set train run
    grep -qx "# true labels: the data set's own labels" p.tsv
    works suspects --out s.tsv --force run
    has "wrong labels   40, base rate 0.2000: they differ from the data set's own"
    has "of each ranking against the data set's own labels:"
    grep -qx "# true labels: the data set's own labels" s.tsv
  done
}

@test "labels of a file may be better or worse than the data set's own: which are true is unknown, unless it is said" {
  own
  works noise --dataset idx:grey --noise symmetric:0.2 --out l.tsv
  train --noise file:l.tsv --validation-size 20 --run-dir run
  test "$(rows run/labels.tsv | head -n 1)" = "$(printf 'index\tgiven')"
  if grep -q true-labels run/config.yaml; then false; fi
  jq -e '.true_labels == "unknown" and .noise_rate_realised == null and .train_accuracy_clean == null' run/summary.json
  works eval --predictions p.tsv --set train run
  has "are unknown: scores are against the labels of the label file, of test images against its own"
  lacks "train, true labels"
  test "$(rows p.tsv | head -n 1)" = "$(printf 'index\tgiven\tpredicted\tprobability\tloss')"
  works suspects run
  has "wrong labels   unknown"
  lacks precision
  works noise --dataset idx:grey --noise file:l.tsv
  has "true labels    unknown"
  has "changed        40 of 200 labels differ from the data set's own, a share of 0.200000"
  works noise --dataset idx:grey --noise file:l.tsv --true-labels own
  has "realised rate  0.200000"
  refused 1 "and --true-labels own" noise --dataset idx:grey --noise file:l.tsv --clean-size 20
  works noise --dataset idx:grey --noise file:l.tsv --clean-size 20 --true-labels own
  train --noise file:l.tsv --true-labels own --run-dir said
  grep -qx 'true-labels: own' said/config.yaml
  train -c said/config.yaml --run-dir again
  cmp said/summary.json again/summary.json
}

@test "official data sets have true labels, with and without noise" {
  for noise in none symmetric:0.2; do
    call train --dataset synthetic --train-size 200 --noise $noise --net mlp:hidden=8 --batch-size 20 --epochs 1 --quiet \
      --clean-size 20 --run-dir run --overwrite
    test "$status" -eq 0
    jq -e '.true_labels == "known" and .noise_rate_realised != null and .train_accuracy_clean > 0' run/summary.json
    grep -qx "$(printf 'index\ttrue\tgiven')" run/labels.tsv
    works eval run
    has "train, true labels"
    lacks "right or not"
  done
}

# As the first versions wrote them: the given labels as true ones.
@test "run folders of earlier versions, which told of true labels that nobody knew, are read and told as they are" {
  own
  train --noise none --run-dir run
  sed -i 's/"train_accuracy_clean": null/"train_accuracy_clean": 0.5/; s/_realised": null/_realised": 0.0/
    s/_nominal": null/_nominal": 0.0/; /"true_labels"/d' run/summary.json
  sed -i 's/"train_accuracy_clean":null/"train_accuracy_clean":0.5/' run/log.jsonl
  works show --runs --format tsv run
  test "$(printf '%s\n' "$out" | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
    NR == 2 { print $c["train_accuracy_clean"] }')" = -
  rm run/summary.json
  works show --runs --format tsv run
  test "$(printf '%s\n' "$out" | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
    NR == 2 { print $c["train_accuracy_clean"] }')" = -
  awk -F '\t' -v OFS='\t' '/^index/ { $0 = "index\ttrue\tgiven" } /^[0-9]/ { $0 = $1 OFS $2 OFS $2 } !/^# rows/' \
    run/labels.tsv >old
  works noise --dataset idx:grey --noise file:old --true-labels own
  has "realised rate  0.000000"
}

@test "experiments on labels that nobody knows have tables, with NA, and no made-up means" {
  local awk=${HO_SRCDIR:?}/experiments/lib
  printf '%s\t' cell seed test_accuracy_last test_accuracy_best train_accuracy_noisy train_accuracy_clean >t
  printf 'noise_rate_realised\nsgd\t1\t0.5\t0.6\t0.7\tNA\tNA\nsgd\t2\t0.5\t0.6\t0.7\tNA\tNA\n' >>t
  works show --format tsv --table t
  printf '%s\n' "$out" | awk -v cells=sgd -f "$awk/summary.awk" >summary
  test "$(awk '$1 == "sgd" { print $3, $5, $6, $9, $12, $13 }' summary)" = "50.00 0.00 60.00 70.00 - -"
  local names='test train_accuracy_clean'
  printf 'sgd\t1\t0.5\tNA\nsgd\t1\t0.7\tNA\n' | awk -v step=join -v names="$names" -f "$awk/curves.awk" >joined
  works show --format tsv --table joined
  printf '%s\n' "$out" | awk -v step=part -v names="$names" -f "$awk/curves.awk" >curves
  test "$(tail -n 1 curves)" = "$(printf 'sgd\tsgd\tNA\t1\t2\t0.600000\t0.141421\tNA\tNA')"
}
