#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# main.bats - the program itself: help, version, unknown commands and flags, settings from files, lost output.
load ../tools/helpers

commands="train eval predict show plot suspects noise data fetch nets optimizers bench trace experiments completion"

@test "help names every command, and every command has help of its own" {
  works --help
  has "usage: holdout COMMAND"
  for command in $commands; do
    works --help
    has "  $command "
    works "$command" --help
    has "usage: holdout $command"
    has "examples:"
    has "--help"
    by_flag=$out
    works help "$command"
    test "$out" = "$by_flag"
  done
  works -h
  works help
}

@test "help lines fit a terminal" {
  for command in '' $commands; do
    works ${command:+"$command"} --help
    test "$(printf '%s\n' "$out" | awk 'length > 80' | wc -l)" -eq 0
  done
}

@test "the help of train names defaults, ranges and choices" {
  works train --help
  out=$(printf '%s' "$out" | tr -s ' \n' ' ') # as if lines were not wrapped
  has "-b, --batch-size N"
  has "default 64, at least 1"
  has "const, step, exp, cosine (default cosine)"
  has "-c, --config FILE"
  has "-O, --option NAME.option=value"
}

@test "help is given even beside other flags" {
  works train --epochs 3 --help
  has "usage: holdout train"
}

@test "version names what decides a number" {
  works --version
  printf '%s\n' "$out" | grep -E '^holdout [0-9]+\.[0-9]+'
  has "commit "
  has "compiler "
  has "OpenBLAS"
  has "core type "
  has "threads "
}

@test "no command, an unknown command, an unknown flag of the program" {
  refused 2 "no command given"
  refused 2 "unknown command \`trian' (did you mean \`train'?)" trian
  refused 2 "unknown command \`transmogrify'; see" transmogrify
  refused 2 "unknown command \`trian'" help trian
  refused 2 "unexpected argument" help train more
  refused 2 "unknown flag \`--versoin' (did you mean \`--version'?)" --versoin
  refused 2 "flags of a command follow its name" --epochs 3 train
  refused 2 "unexpected argument \`x'" --version x
  refused 2 "unknown command \`'" ""
  refused 2 "unknown command \`a?b?[2J'; see" $'a\nb\e[2J' # one line, and nothing for the terminal
}

@test "unknown and abbreviated flags name the nearest" {
  refused 2 "train: unknown flag \`--epoch' (did you mean \`--epochs'?)" train --epoch 3
  refused 2 "unknown flag \`--epoch' (did you mean \`--epochs'?)" train --epoch=3
  refused 2 "unknown flag \`--warm' (did you mean \`--warmup-epochs'?)" train --warm 3
  refused 2 "unknown flag \`--hel' (did you mean \`--help'?)" train --hel
  refused 2 "unknown flag \`--batch_size' (did you mean \`--batch-size'?)" train --batch_size 3
  refused 2 "unknown flag \`--transmogrification'" train --transmogrification
  refused 2 "unknown flag \`-z'" train -z
  refused 2 "unknown flag \`-z'" train -z5
  refused 2 "unknown flag \`--epochs'" optimizers --epochs 3
}

@test "missing, unwanted and bad values" {
  refused 2 "flag \`--epochs' needs a value" train --epochs
  refused 2 "flag \`-b' needs a value" train -b
  refused 2 "flag \`--all' takes no value" optimizers --all=yes
  refused 2 "--epochs: 0 is outside [1,inf)" train --epochs 0
  refused 2 "flag \`--epochs' needs a value, but \`--lr' follows" train --epochs --lr 0.1
  refused 2 "flag \`-b' needs a value, but \`--lr' follows" train -b --lr 0.1
  refused 2 "--batch-size: \`many' is not a whole number" train -b many
  refused 2 "--sched: unknown value \`cosin' (did you mean \`cosine'?): choose one of const, step, exp, cosine" train --sched cosin
  refused 2 "--quiet: \`perhaps' is neither true nor false" train --quiet=perhaps
  refused 2 "--memory-limit: \`8X' is not a size" train --memory-limit 8X
  refused 2 "--run-dir: byte 1 of the text is not UTF-8" train --run-dir "$(printf '\377')"
  refused 2 "unexpected argument \`runs'" train runs
  for flag in --resume --run-dir --data-dir -c; do
    refused 2 "flag \`$flag' needs a value that is not empty" train $flag ''
  done
  refused 2 "flag \`--out' needs a value that is not empty" noise --out=
  refused 2 "eval: an argument is empty" eval ''
  refused 2 "show: an argument is empty" show -- ''
  refused 2 "unexpected argument \`--epochs'" train -- --epochs 3
}

@test "a configuration is checked by line" {
  printf 'lr: 0.1\nepoch: 3\n' >c.yaml
  refused 2 "c.yaml:2: unknown setting \`epoch' (did you mean \`epochs'?)" train -c c.yaml
  printf 'sched: cosin\n' >c.yaml
  refused 2 "c.yaml:1: sched: unknown value \`cosin' (did you mean \`cosine'?)" train --config c.yaml
  printf 'lr: 0.1\nlr: 0.2\n' >c.yaml
  refused 2 "c.yaml:2: \`lr' is given twice" train --config=c.yaml
  head -c 3000 /dev/urandom >c.yaml
  refused 2 "c.yaml" train -c c.yaml
  refused 2 "none.yaml: No such file" train -c none.yaml
  refused 2 ": not a regular file" train -c .
  refused 2 "flag \`-c' needs a value" train -c
}

@test "what a flag overrides is checked all the same" {
  printf 'epochs: none\n' >c.yaml
  refused 2 "c.yaml:1: epochs: \`none' is not a whole number" train --epochs 3 -c c.yaml
}

# The value of a setting in a run's configuration.
effective() {
  sed -n "s/^$2: //p" "$1/config.yaml"
}

@test "flags override the file, the file overrides the defaults" {
  printf 'dataset: synthetic\ntrain-size: 200\nepochs: 1\nlr: 0.25\nbatch_size: 32\noption:\n  sgd.momentum: 0.5\n' >c.yaml
  call train -c c.yaml --lr 0.125 -O sgd.nesterov=true --run-dir a
  test "$status" -eq 0
  test "$(effective a lr)" = 0.125
  test "$(effective a batch-size)" = 32
  test "$(effective a train-size)" = 200
  test "$(effective a sched)" = cosine
  grep -F -- "- sgd.momentum=0.5" a/config.yaml
  grep -F -- "- sgd.nesterov=true" a/config.yaml
}

@test "an optimizer's own learning rate holds where none is given" {
  small=(train --dataset synthetic --train-size 100 --test-size 20 --net mlp:hidden=4 --epochs 1 --quiet)
  works optimizers adam
  has "lr        0.001, unless --lr says otherwise"
  works "${small[@]}" --optimizer mixup+adam --run-dir a
  test "$(effective a lr)" = 0.001
  works "${small[@]}" --optimizer adam --lr 0.03 --run-dir b
  test "$(effective b lr)" = 0.03
  works train -c b/config.yaml --quiet --run-dir c
  cmp b/config.yaml c/config.yaml
  works "${small[@]}" --optimizer mixup --run-dir d
  test "$(effective d lr)" = 0.03
}

@test "a run's configuration repeats the run" {
  call train --dataset synthetic --train-size 200 --noise symmetric:0.3 --seed 5 --epochs 2 -O sgd.momentum=0.8 --run-dir a
  test "$status" -eq 0
  call train -c a/config.yaml --run-dir b
  test "$status" -eq 0
  cmp a/config.yaml b/config.yaml
  cmp a/checkpoint.safetensors b/checkpoint.safetensors
  cmp a/summary.json b/summary.json
}

@test "output that cannot be written is a failure" {
  if ! test -w /dev/full; then skip "no /dev/full here"; fi
  status=0
  "$HOLDOUT" --help >/dev/full 2>err || status=$?
  test "$status" -eq 1
  grep "holdout: cannot write to standard output: No space left" err
  status=0
  "$HOLDOUT" --help >&- 2>err || status=$?
  test "$status" -eq 1
  grep "holdout: cannot write to standard output" err
}

@test "standard files that are closed are no place for a run's" {
  "$HOLDOUT" --version <&- >out
  status=0
  "$HOLDOUT" transmogrify 2>&- </dev/null >out || status=$?
  test "$status" -eq 2
  test ! -s out
  "$HOLDOUT" train --dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --quiet \
    --run-dir run <&- >/dev/null 2>&-
  works eval run
  # no /dev/null to fill the place with
  status=0
  HO_FAULT_UNDER=/dev/null HO_FAULT_AT=1 faulty_call files "$HOLDOUT" --version <&- >out || status=$?
  test "$status" -eq 1
  test ! -s out
}

# quietly ARGS...: holdout writes into a pipe that is read no more
quietly() {
  status=0
  "$HOLDOUT" "$@" >&9 2>err || status=$?
  if test "$status" -ne 141 || test -s err; then
    printf '%s: status %s\n' "$*" "$status" >&2
    cat err >&2
    false
  fi
}

@test "a pipe that its reader closed, as head does, ends a command quietly" {
  mkfifo pipe
  exec 8<>pipe 9>pipe 8>&-
  for command in $commands; do
    quietly "$command" --help
  done
  quietly data synthetic
  quietly noise --dataset synthetic --noise symmetric:0.4 --out -
  # a training is finished all the same
  quietly train --dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --quiet --run-dir run
  test -s run/summary.json
  quietly show run
  quietly suspects run
  quietly suspects --out - run
  quietly eval run
}

@test "a file named - is standard output, and what is printed goes to standard error" {
  call noise --dataset synthetic --noise symmetric:0.4 --out -
  test "$status" -eq 0
  has_error "realised rate  0."
  works noise --dataset synthetic --noise symmetric:0.4 --out labels.tsv
  works noise --dataset synthetic --noise file:labels.tsv
  "$HOLDOUT" noise --dataset synthetic --noise symmetric:0.4 --out - 2>/dev/null | cmp - labels.tsv
  "$HOLDOUT" trace --dataset synthetic --net mlp:hidden=4 --out - | cmp - <("$HOLDOUT" trace --dataset synthetic \
    --net mlp:hidden=4 --out file && cat file)
  works train --dataset synthetic --train-size 100 --test-size 50 --net mlp:hidden=4 --epochs 1 --quiet --run-dir run
  works suspects --out suspects.tsv run
  "$HOLDOUT" suspects --out - run 2>err | cmp - suspects.tsv
  grep "suspects by margin" err
  works eval --predictions test.tsv run
  "$HOLDOUT" eval --predictions - run 2>/dev/null | cmp - test.tsv
  refused 2 "only one file can be standard output" eval --predictions - --transition - run
  if test -w /dev/full; then
    status=0
    "$HOLDOUT" suspects --out - run >/dev/full 2>err || status=$?
    test "$status" -eq 1
    grep "standard output: cannot write: No space left" err
  fi
  test ! -e -
}

@test "kernels are forced by name, and wrong ones are told" {
  HOLDOUT_KERNELS=plain works --version
  has "kernels    plain"
  HOLDOUT_KERNELS= works --version
  has "kernels    "
  HOLDOUT_KERNELS=sse refused 1 "HOLDOUT_KERNELS=sse: choose one of plain, avx2, avx512" --version
}
