#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# show.bats - holdout show: tables against numbers computed by hand, runs in every state, folders searched, damage.

load ../tools/helpers

tab=$'\t'
hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

# record DIR OPTIMIZER SEED LAST [SETTING...]: a finished run of 2 epochs whose scores are made up.
record() {
  local dir=$1 optimizer=$2 seed=$3 last=$4
  shift 4
  mkdir -p "$dir"
  { printf '%s\n' "dataset: synthetic" "optimizer: $optimizer" "seed: $seed" "epochs: 2" "noise: symmetric:0.4"
    (($# == 0)) || printf '%s\n' "$@"; } >"$dir/config.yaml"
  printf 'index\ttrue\tgiven\n' >"$dir/labels.tsv"
  cat >"$dir/summary.json" <<END
{"test_accuracy_last": $last, "test_accuracy_best": 0.9, "test_accuracy_validation_selected": null,
 "test_loss_last": 1.5, "train_accuracy_noisy": 0.25, "train_accuracy_clean": 0.125, "epochs": 2,
 "seed": $seed, "noise_seed": $seed, "data_sha256": "$hash"}
END
}

three_seeds() {
  record runs/a-1 sgd 1 0.5
  record runs/a-2 sgd 2 0.6
  record runs/a-3 sgd 3 0.7
  record runs/b-1 bilevel 1 0.6
  record runs/b-2 bilevel 2 0.65
  record runs/b-3 bilevel 3 0.85
}

# cell TABLE ROW COLUMN: of the TSV in $out; TABLE as in `# TABLE', ROW is the first cell.
cell() {
  printf '%s\n' "$out" | awk -F '\t' -v table="# $1" -v row="$2" -v column="$3" '
    /^# / { on = $0 == table; head = 0; next }
    !on || $0 == "" { next }
    !head { for (i = 1; i <= NF; i++) at[$i] = i; head = 1; next }
    $1 == row { print $(at[column]) }'
}

is() {
  if test "$(cell "$1" "$2" "$3")" != "$4"; then
    printf 'wanted: %s of %s in %s is %s, not %s\n' "$3" "$2" "$1" "$4" "$(cell "$1" "$2" "$3")" >&2
    show
    return 1
  fi
}

@test "means, standard deviations, paired differences: by hand" {
  three_seeds
  works show --format tsv runs
  is runs runs/a-2 test_accuracy_last 0.6
  is runs runs/a-2 train_accuracy_noisy 0.25
  is runs runs/a-2 train_accuracy_clean 0.125
  is runs runs/a-2 test_accuracy_validation_selected -
  is runs runs/a-2 state finished
  is groups 1 name sgd
  is groups 1 n 3
  is groups 1 test_accuracy_last_mean 0.6
  is groups 1 test_accuracy_last_sd 0.1
  is groups 2 test_accuracy_last_mean 0.7
  is groups 2 test_accuracy_last_sd 0.132287566 # sqrt((0.01 + 0.0025 + 0.0225) / 2)
  is groups 2 test_accuracy_best_sd 0
  is groups 2 test_accuracy_validation_selected_mean -
  is differences 2 pairs 3 # 0.1, 0.05, 0.15
  is differences 2 difference 0.1
  is differences 2 standard_error 0.0288675135 # 0.05 / sqrt(3)
  is differences 2 ratio 3.46410162
  is differences 2 baseline sgd
  works show runs
  has "0.6000 +- 0.1000"
  has "+0.1000          0.0289             +3.46"
  lacks nan
}

@test "the baseline, by number and by name; other metrics; no ratio without a spread" {
  three_seeds
  works show --format tsv --runs --differences --baseline 2 runs
  is differences 1 difference -0.1
  is differences 1 ratio -3.46410162
  works show --format tsv --runs --differences --baseline bilevel runs
  is differences 1 difference -0.1
  works show --format tsv --runs --differences --metric test_loss_last runs
  is differences 2 metric test_loss_last
  is differences 2 difference 0
  is differences 2 standard_error 0
  is differences 2 ratio -
  refused 1 'no group `3' show --baseline 3 runs
  refused 2 'did you mean `test_accuracy_best' show --metric test_accuracy_bestt runs
  refused 2 'choose one of text, tsv, markdown, csv, json' show --format xml runs
}

@test "groups are compared within one data set and one noise" {
  three_seeds
  for s in 1 2; do
    record runs/c-$s sgd $s 0.1 "noise: symmetric:0.2"
    record runs/d-$s mixup $s 0.3 "noise: symmetric:0.2"
    record runs/e-$s sgd $s 0.9 "dataset: mnist"
  done
  sed -i '/noise: symmetric:0.4/d' runs/[cd]-?/config.yaml
  sed -i '/dataset: synthetic/d' runs/e-?/config.yaml
  works show --format tsv runs
  is differences 2 difference 0.1
  is differences 2 baseline "sgd dataset=synthetic noise=symmetric:0.4"
  is differences 4 difference 0.2
  is differences 4 baseline "sgd dataset=synthetic noise=symmetric:0.2"
  test "$(printf '%s\n' "$out" | sed -n '/^# differences/,$p' | wc -l)" -eq 4
  call show --format tsv --runs --differences --baseline 4 runs
  test "$status" -eq 0
  has_error "note: 3 groups are of another data set or noise than the baseline: not compared"
  is differences 3 difference -0.2
  is differences 2 difference ""
  refused 1 "no two of the 2 groups have the same data set and noise" show --differences runs/a-1 runs/c-1
  works show runs/a-1 runs/c-1
  lacks differences:
}

@test "CSV and JSON: one table, one document; what is not known is empty, and null" {
  three_seeds
  record 'runs/a,"b' sgd 4 0.5
  works show --csv runs
  test "$(printf '%s\n' "$out" | sed -n 2p)" = '"runs/a,""b",1,synthetic,mlp,sgd,symmetric:0.4,4,4,2,2,finished,0.5,0.9,,0.25,0.125'
  works show --csv --groups runs
  test "$(printf '%s\n' "$out" | sed -n 3p | cut -d, -f 1-6)" = 2,bilevel,3,0.7,0.132287566,0.9
  refused 2 "a CSV file has one table" show --csv --runs --groups runs
  refused 2 "give one of --format, --csv, --json" show --csv --json runs
  command -v jq >/dev/null || skip "jq is not here"
  works show --json runs
  is_so() { jq -e "$1" <<<"$out" >/dev/null || { show && false; }; }
  is_so 'keys == ["differences", "groups", "runs"] and (map(length) == [7, 2, 1])'
  is_so '.runs[0] | .run == "runs/a,\"b" and .test_accuracy_last == 0.5 and .test_accuracy_validation_selected == null'
  is_so '.groups[1] | .name == "bilevel" and .n == 3 and .test_accuracy_last_sd == 0.132287566'
  is_so '.differences[0] | .group == 2 and .baseline == "sgd" and .difference == 0.1 and .pairs == 3'
  works show --json runs/a-1
  is_so '.differences == [] and .groups[0].test_accuracy_last_sd == null'
  works show --json --groups runs
  is_so 'keys == ["groups"]'
  printf 'cell\tseed\tacc\na\t1\tNA\n' >t.tsv
  works show --json --table t.tsv
  is_so '.[0].mean == null and .[0].runs == 1'
}

@test "tables fit the terminal" {
  command -v script >/dev/null || skip "script is not here"
  three_seeds
  record runs/another-name-that-is-long-enough-to-need-lines sgd 5 0.5
  script -qec "stty cols 80; '$HOLDOUT' show runs; '$HOLDOUT' nets cifarnet | cat" typescript </dev/null >/dev/null
  grep -q '^data set synthetic; net mlp; ' typescript
  grep -q '^data set synthetic; net mlp; .*; best 0.9000' typescript
  test "$(tr -d '\r' <typescript | awk '/^Script/ { next } length > 80 && !/^source/' | wc -l)" -eq 0
}

@test "a difference that is the same at each seed has no error, whatever the rounding" {
  for s in 1 2 3; do
    record runs/a-$s sgd $s 0.$((s * 2))
    record runs/b-$s bilevel $s 0.$((s * 2 + 1))
  done
  works show --format tsv --runs --differences runs
  is differences 2 difference 0.1
  is differences 2 standard_error 0
  is differences 2 ratio -
}

@test "one seed, or no common seed: no error, never NaN" {
  record runs/a-1 sgd 1 0.5
  record runs/b-1 bilevel 1 0.6
  works show --format tsv runs
  is groups 1 test_accuracy_last_sd -
  is differences 2 pairs 1
  is differences 2 difference 0.1
  is differences 2 standard_error -
  is differences 2 ratio -
  lacks nan
  record runs/b-1 bilevel 7 0.6
  works show --format tsv runs
  is differences 2 pairs 0
  is differences 2 difference -
  lacks nan
  works show runs
  lacks nan
}

@test "pairs need the noise seed, too" {
  record runs/a sgd 1 0.5
  record runs/b bilevel 1 0.6 "noise-seed: 5"
  sed -i 's/"noise_seed": 1/"noise_seed": 5/' runs/b/summary.json
  works show --format tsv runs
  is runs runs/b noise_seed 5
  is differences 2 pairs 0
  works show --runs runs
  has "noise seed"
}

@test "groups are named by what they differ in; of optimizers the options that are not defaults" {
  record runs/a bilevel 1 0.5 "option:" "  - bilevel.mu=0.01" "  - bilevel.weights=uniform" "  - sgd.momentum=0.5"
  record runs/b bilevel 1 0.5 "option:" "  - bilevel.weights=uniform" "  - sgd.momentum=0.5" "lr: 0.25"
  works show --format tsv runs
  is runs runs/a optimizer "bilevel weights=uniform sgd.momentum=0.5"
  is groups 1 name "bilevel weights=uniform sgd.momentum=0.5 lr=0.03"
  is groups 2 name "bilevel weights=uniform sgd.momentum=0.5 lr=0.25"
  record runs/c vanished 1 0.5 "option:" "  - vanished.mu=0.01"
  works show --format tsv runs
  is runs runs/c optimizer "vanished mu=0.01"
}

@test "the same run twice is listed once; a copy of it is counted once, and told" {
  three_seeds
  works show --format tsv --runs runs runs/a-1 ./runs/b-1
  [ "$(printf '%s\n' "$out" | wc -l)" -eq 7 ]
  cp -r runs/a-1 copy
  call show --format tsv --runs --groups runs copy
  [ "$status" -eq 0 ]
  has_error "note: copy has the same settings and seed as runs/a-1 and is not counted"
  is groups 1 n 3
}

@test "folders that hold runs, and folders of such folders, in natural order" {
  record all/x/s10 sgd 10 0.5
  record all/x/s9 sgd 9 0.5
  record all/b-run sgd 1 0.5
  record all/x/.hidden sgd 2 0.5
  record all/x/y/deep sgd 3 0.5
  touch all/file all/x/file
  works show --format tsv --runs all
  [ "$(printf '%s\n' "$out" | cut -f 1 | tr '\n' ' ')" = "run all/b-run all/x/s9 all/x/s10 " ]
  works show --format tsv --runs all/x
  [ "$(printf '%s\n' "$out" | cut -f 1 | tr '\n' ' ')" = "run all/x/s9 all/x/s10 all/x/y/deep " ]
  mkdir -p empty/er
  refused 1 "empty: no run folder found, here or up to 2 levels below" show all empty
  refused 1 "nowhere: No such file" show nowhere
  refused 1 "not a folder" show all/file
  refused 2 "show needs run folders" show
}

@test "many runs on one command line" {
  for s in $(seq 40); do record runs/$s sgd $s 0.5; done
  works show --format tsv --groups runs/*
  [ "$(printf '%s\n' "$out" | awk -F '\t' 'NR == 2 { print $3 }')" -eq 40 ]
}

@test "Markdown and what stands in the cells" {
  record 'runs/a|b' sgd 1 0.5
  record $'runs/tab\tline\n' sgd 2 0.5
  works show --format markdown runs
  has '| runs/a\|b |'
  has 'runs/tab?line?'
  [ "$(printf '%s\n' "$out" | grep -c '^|')" -eq 7 ]
  works show --format tsv --runs runs
  [ "$(printf '%s\n' "$out" | awk -F '\t' '{ print NF }' | sort -u)" -eq 16 ]
}

@test "a run that was stopped is shown with its last scores and is in no mean" {
  record runs/a-1 sgd 1 0.5
  record runs/a-2 sgd 2 0.7
  rm runs/a-2/summary.json
  works show --format tsv runs
  is runs runs/a-2 state stopped
  is runs runs/a-2 epoch 0
  is runs runs/a-2 test_accuracy_last -
  is groups 1 n 1
  line='"test_loss":1,"train_accuracy_noisy":0.5,"train_accuracy_clean":0.25'
  printf '%s\n' "{\"epoch\":1,\"test_accuracy\":0.75,\"validation_accuracy\":0.5,$line}" \
    "{\"epoch\":2,\"test_accuracy\":0.5,\"validation_accuracy\":0.5,$line}" >runs/a-2/log.jsonl
  sed -i 's/epochs: 2/epochs: 4/' runs/a-2/config.yaml
  works show --format tsv --runs --groups runs
  is runs runs/a-2 epoch 2
  is runs runs/a-2 epochs 4
  is runs runs/a-2 test_accuracy_last 0.5
  is runs runs/a-2 test_accuracy_best 0.75
  is runs runs/a-2 test_accuracy_validation_selected 0.75
  is runs runs/a-2 train_accuracy_clean 0.25
  works show runs/a-2
  has "stopped at 2 of 4"
  none='"test_accuracy":null,"validation_accuracy":null,"test_loss":null,"train_accuracy_noisy":null,"train_accuracy_clean":null'
  for networks in '"networks.test_accuracy":0.5' '"networks":{"test_accuracy":0.5}'; do # now, and before keys were flat
    printf '%s\n' "{\"epoch\":1,$none,$networks}" \
      "{\"epoch\":2,\"test_accuracy\":0.5,\"validation_accuracy\":0.5,$line}" >runs/a-2/log.jsonl
    works show --format tsv --runs --groups runs
    is runs runs/a-2 test_accuracy_last 0.5
    is runs runs/a-2 test_accuracy_best -
    is runs runs/a-2 test_accuracy_validation_selected -
  done
  flock runs/a-2 sh -c 'sleep 5' 3>&- &
  sleep 0.2
  works show runs/a-2
  has "running at 2 of 4"
  kill $!
}

@test "what holdout train writes, finished, stopped and grown" {
  small=(--dataset synthetic --train-size 400 --test-size 200 --batch-size 64 --net mlp:hidden=32 --sched const --quiet)
  for o in sgd bilevel; do
    call train "${small[@]}" --optimizer $o --validation-size 100 --epochs 2 --run-dir runs/$o
    [ "$status" -eq 0 ]
  done
  works show --format tsv runs
  for key in test_accuracy_last test_accuracy_best test_accuracy_validation_selected train_accuracy_noisy; do
    is runs runs/sgd $key "$(sed -n "s/.*\"$key\": \(.*\),/\1/p" runs/sgd/summary.json)"
  done
  is runs runs/bilevel optimizer bilevel
  finished=$(cell runs runs/sgd test_accuracy_validation_selected)
  rm runs/sgd/summary.json
  works show --format tsv runs # the same scores, from the log
  is runs runs/sgd test_accuracy_validation_selected "$finished"
  call train --resume runs/bilevel --quiet --epochs 3
  [ "$status" -eq 0 ]
  works show --format tsv runs
  is runs runs/bilevel epochs 3
  is runs runs/bilevel state finished
  grep -q '^epochs: 3' runs/bilevel/config.yaml
}

@test "damaged files are refused by name and place" {
  record run sgd 1 0.5
  cp -r run good
  damaged() { # TEXT, FILE: after it was written to
    refused 1 "$1" show run
    rm -rf run
    cp -r good run
  }
  head -c 40 run/summary.json >cut && mv cut run/summary.json
  damaged "run/summary.json:1: damaged: not a JSON object"
  echo '[1]' >run/summary.json
  damaged "summary.json:1: damaged: not a JSON object"
  : >run/summary.json
  damaged "run/summary.json"
  sed -i 's/0.5,/1.5,/' run/summary.json
  damaged "\`test_accuracy_last' is not in [0,1]"
  sed -i 's/0.5,/"0.5",/' run/summary.json
  damaged "\`test_accuracy_last' is not in [0,1]"
  sed -i 's/"test_accuracy_best": 0.9,//' run/summary.json
  damaged "\`test_accuracy_best' is missing"
  sed -i 's/"epochs": 2/"epochs": 2.5/' run/summary.json
  damaged "\`epochs' is not a whole number"
  sed -i 's/"seed": 1,/"seed": 1, "seed": 1,/' run/summary.json
  damaged "duplicate"
  sed -i 's/"seed": 1/"seed": 2/' run/summary.json
  damaged "they are from different runs"
  sed -i 's/"epochs": 2/"epochs": 3/' run/summary.json
  damaged "they are from different runs"
  sed -i 's/0123/012g/' run/summary.json
  damaged "\`data_sha256' is not a SHA-256"
  rm run/config.yaml
  damaged "run/config.yaml: No such file"
  echo 'epoch: 3' >run/config.yaml
  damaged "run/config.yaml:1: unknown setting \`epoch'"
  rm run/summary.json
  printf '{"epoch":1}\n{"epoch":3}\n' >run/log.jsonl
  damaged "run/log.jsonl:2: damaged: \`epoch' is not the next epoch"
  rm run/summary.json
  printf '{"epoch":1}\n{"epoch":2' >run/log.jsonl
  damaged "run/log.jsonl:2: damaged: the last line is incomplete"
  rm run/summary.json
  printf '{"epoch":1,"test_accuracy":0.5}\n' >run/log.jsonl
  damaged "run/log.jsonl:1: damaged: \`validation_accuracy' is missing"
  rm run/summary.json
  printf '{"epoch":1}\n{"epoch":2}\n{"epoch":3}\n' >run/log.jsonl
  damaged "they are from different runs"
}

@test "differences need two groups" {
  record run sgd 1 0.5
  refused 1 "needs at least two groups" show --differences run
  works show run
  lacks differences
}

@test "a table of results: statistics of its cells, of contrasts, of numbers that are missing" {
  printf '%s\n' '# scale: quick' 'cell seed accuracy best net' 'a 1 0.5 NA mlp' 'a 2 0.75 0.5 mlp' 'b 2 0.25 NA mlp' \
    'b 1 0.5 NA mlp' | tr ' ' '\t' >table.tsv
  call show --format tsv --table table.tsv 'a - b'
  test "$status" -eq 0
  test -z "$err"
  printf '%s\n' 'cell column runs n mean standard_deviation standard_error' \
    'a accuracy 2 2 0.625 0.1767766952966369 0.125' 'a best 2 1 0.5 NA NA' \
    'b accuracy 2 2 0.375 0.1767766952966369 0.125' 'b best 2 0 NA NA NA' \
    'a - b accuracy 2 2 0.25 0.3535533905932738 0.25' 'a - b best 2 0 NA NA NA' |
    sed 's/^a - b /a_-_b /' | tr ' _' '\t ' | sed 's/standard deviation\tstandard error/standard_deviation\tstandard_error/' >wanted
  diff wanted - <<<"$out"
  call show --table table.tsv
  has 'a     accuracy     2  2  0.6250              0.1768          0.1250'
  has 'b     best         2  0       -                   -               -'
}

@test "a table of results that is none, and flags that are for runs" {
  printf 'name\tn\na\t1\n' >table.tsv
  call show --table table.tsv
  test "$status" -eq 1
  has_error "table.tsv is not a table of results: it has no column \`cell'"
  printf 'cell\tseed\tn\na\t1\t1\n' >table.tsv
  call show --table table.tsv 'a - (a'
  test "$status" -eq 1
  has_error "a parenthesis is not closed"
  call show --table nowhere.tsv
  test "$status" -eq 1
  has_error nowhere.tsv
  call show --table table.tsv --groups
  test "$status" -eq 2
  has_error '--groups is for run folders and cannot be given with --table'
}
