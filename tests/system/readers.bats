#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# readers.bats - files that others read are read by others: PyYAML, Python's json, numpy, pandas.
load ../tools/helpers

# readers MODULE...: sets `python' to one that has these modules, or skips the test.  Debian's comes first.
readers() {
  for python in /usr/bin/python3 python3; do
    if "$python" -c "import json $(printf ', %s' "$@")" 2>/dev/null; then return; fi
  done
  skip "no Python with $*"
}

check() {
  PYTHONDONTWRITEBYTECODE=1 "$python" "${HO_SRCDIR:?}/tests/tools/readers.py" "$@"
}

train() {
  call train --dataset synthetic --train-size 120 --test-size 40 --batch-size 40 --net mlp:hidden=4 --quiet "$@"
  if test "$status" -ne 0; then show; fi
  test "$status" -eq 0
}

@test "config.yaml: numbers are numbers, and names of files that look like something else are texts" {
  readers yaml
  local names=(no No off 1e5 1E5 1e-05 null '~' 08 0o7 0x1F 0b1 1_000 1.5 .5 .inf .nan -1 +1 2001-01-01
    '2001-01-01 10:00:00' 12:30:45 12:30.5 true '=' '<<' '#a' 'a #b' 'a: b' '- a' '[a]' '{a: b}' '"' "'" ' a ' $'a\tb' $'a\nb'
    $'a\xc2\x85b' $'\xe2\x80\xa8' 'ä' $'\xf0\x9f\x8c\x8d' '&a' '*a' '!a' '%a' '@a' '|' '>' plain) configs=()
  train --epochs 1 --run-dir weights
  for i in "${!names[@]}"; do
    cp weights/checkpoint.safetensors "./${names[i]}"
    train --epochs 1 --init "${names[i]}" --lr 1e-05 --weight-decay 0 --run-dir "run.$i"
    configs+=("run.$i/config.yaml")
  done
  printf '%s\0' "${names[@]}" >list
  check names list "${configs[@]}"
  "$python" -c "import yaml; c = yaml.safe_load(open('run.0/config.yaml')); assert c['lr'] == 1e-05, c['lr']"
  train -c run.3/config.yaml --run-dir again
  cmp run.3/config.yaml again/config.yaml
}

@test "log.jsonl, timing.jsonl and summary.json: strict JSON, also of names with quotes, tabs and line ends" {
  readers json
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  local name=$'grey "a\\b" \t \xc3\xa4'
  mkdir "$name"
  ./shapes idx "$name" 6 6 1 3 60 30
  call train --dataset "idx:$name" --net mlp:hidden=4 --batch-size 20 --epochs 2 --quiet --run-dir run
  test "$status" -eq 0
  check logs run "idx:$name"
  call train --dataset "idx:$name" --net mlp:hidden=4 --batch-size 20 --epochs 2 --quiet --run-dir weighs \
    --optimizer bilevel -O bilevel.minibatches=2
  test "$status" -eq 0
  check logs weighs "idx:$name"
  grep -q '"weights.negative":' weighs/log.jsonl
  grep -q '"bilevel.skipped.mean":' weighs/log.jsonl
}

@test "labels, samples, checkpoint and trace: numpy and pandas find the same numbers in them" {
  readers numpy pandas
  train --epochs 3 --noise symmetric:0.3 --optimizer bilevel -O bilevel.minibatches=4 --run-dir run
  check run run
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  mkdir grey
  ./shapes idx grey 6 6 1 3 60 30
  call train --dataset idx:grey --net mlp:hidden=4 --batch-size 20 --epochs 2 --quiet --run-dir own
  test "$status" -eq 0
  check run own
  works trace --net mlp:hidden=4 --dataset synthetic --train-size 60 --batch-size 20 --out t.safetensors
  check trace t.safetensors
}

@test "suspects, predictions, matrices and tables of runs: pandas finds numbers where there are numbers" {
  readers numpy pandas
  train --epochs 3 --noise symmetric:0.3 --optimizer bilevel -O bilevel.minibatches=4 --run-dir run
  works suspects --out s.tsv --top 50 --pairs c.tsv --review r.csv run
  check suspects s.tsv run
  check pairs c.tsv run
  check review r.csv
  train --epochs 1 --noise symmetric:0.3 --fold 1/4 --run-dir fold
  check left_out fold
  for set in test train; do
    works eval --predictions p.tsv --probabilities p.npy --features f.npy --force --set $set run
    check predictions p.tsv
    check outputs p.tsv p.npy f.npy
  done
  works eval --transition T.tsv run
  check matrix T.tsv
  works show --runs --format tsv run
  printf '%s\n' "$out" >show.tsv
  check shown show.tsv run
}

@test "a name with a line end makes no line of its own in notes or tables" {
  readers numpy pandas
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  local name=$'a\n0\t1\t2'
  mkdir "$name"
  ./shapes idx "$name" 6 6 1 3 60 30
  call train --dataset "idx:$name" --noise symmetric:0.3 --net mlp:hidden=4 --batch-size 20 --epochs 2 --quiet \
    --run-dir "$name/run"
  test "$status" -eq 0
  works suspects --out s.tsv "$name/run"
  check suspects s.tsv "$name/run"
  works eval --predictions p.tsv --set train "$name/run"
  check predictions p.tsv
  works eval --transition T.tsv "$name/run"
  check matrix T.tsv
  works show --runs --format tsv "$name/run"
  printf '%s\n' "$out" >show.tsv
  check shown show.tsv "$name/run"
  check run "$name/run"
}

@test "show --table: whatever the names in a table are, pandas finds its rows, columns and statistics" {
  readers numpy pandas
  # shellcheck disable=SC2016 # names that a shell could run
  local names=('"' '"open' "it's" 'a,b' 'a;b' ' a ' '=1+1' '@SUM(1)' '<b>' 'a|b' 'a\tb' $'\x1b[31mred' $'a\rb' $'a\vb' '-1' '1e5'
    nan '$(touch oops)' '%s%n' 'ä' $'\xe2\x80\xa8' $'\xc2\x85' $'\xf0\x9f\x8c\x8d' 'a - b' 'a (b)' 'b@min' "$(printf '%0600d' 7)") i
  {
    printf '# title: "\t\n#\n'
    printf 'net\tcell\tseed\t"acc\t=best\x1b\n'
    for i in "${!names[@]}"; do
      printf '%s\t%s\t%d\t%s\t%s\n' "${names[i]}" "${names[i]}" 1 "0.$i" NA '"' "${names[i]}" 2 -1e-3 1e15
    done
  } >hostile.tsv
  works show --format tsv --table hostile.tsv
  printf '%s\n' "$out" >shown.tsv
  check statistics hostile.tsv shown.tsv '"acc' $'=best\x1b'
  test ! -e oops
  for i in text markdown; do
    works show --format $i --table hostile.tsv
    test "$(printf '%s\n' "$out" | grep -c $'[\x01-\x09\x0b-\x1f]')" -eq 0
  done
}

@test "show --table: tables that are none are refused by name, and nothing is printed of them" {
  printf 'seed\tcell\tn\n1\t#a\t1\n' >hash.tsv
  printf 'cell\tn\na\t1\0\n' >zero.tsv
  printf 'cell\tn\na\t1\nb\n' >short.tsv
  printf 'cell\tn\na\t1\t2\n' >long.tsv
  printf 'cell\tn\na\t1\na\tone\x1b[2J\n' >words.tsv
  printf '\xff\xfec\0e\0l\0l\0' >wide.tsv
  : >empty.tsv
  mkdir folder.tsv
  local table
  for table in hash zero short long words wide empty folder; do
    refused 1 "$table.tsv" show --table $table.tsv
    test "$(printf '%s\n' "$err" | grep -c $'\x1b')" -eq 0
  done
}

@test "results of experiments that are in the repository" {
  readers pandas
  check results "${HO_SRCDIR:?}"/experiments/deep-bilevel-learning/results/*/*.tsv
}

@test "bench: strict JSON, layers and all" {
  readers json
  call bench --net mlp:hidden=4 --batch-size 8 --steps 2 --layers --json
  test "$status" -eq 0
  printf '%s\n' "$out" >b.json
  check bench b.json
}

@test "the estimate of a dry run: strict JSON, counts are integers" {
  readers json
  works train --dataset synthetic --train-size 60 --batch-size 20 --net mlp:hidden=4 --epochs 2 --dry-run --json
  printf '%s\n' "$out" >e.json
  check estimate e.json
}

@test "arrays: NumPy's files of every type, order and version are read, and what is written NumPy reads" {
  readers numpy
  check arrays "${HO_BUILDDIR:?}/tests/tools/arrays"
}

@test "the examples of holdout-files(5): pandas, NumPy and, if it is here, safetensors; trackers are stood in for" {
  readers numpy pandas yaml
  train --epochs 3 --noise symmetric:0.3 --optimizer bilevel -O bilevel.minibatches=4 --run-dir runs/bilevel
  check manual "$HO_SRCDIR/man/holdout-files.5"
}
