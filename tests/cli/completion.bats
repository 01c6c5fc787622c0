#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# completion.bats - holdout completion: what the program offers a shell, and the shells' scripts.
load ../tools/helpers

# offers TEXT WORD...: the words that the last one may become, in order
offers() {
  local wanted=$1
  shift
  works completion --words "$@"
  out=$(printf '%s\n' "$out" | cut -f 1 | tr '\n' ' ')
  if test "$out" != "$wanted "; then
    printf 'wanted: %s\noffered: %s\n' "$wanted" "$out" >&2
    false
  fi
}

@test "commands, flags and values are offered by the tables of help" {
  offers "train trace" tr
  offers "show suspects" s
  offers "suspects" help su
  offers "--version" --v
  offers "--noise --noise-seed" train --noi
  offers "const cosine" train --sched co
  offers "--sched=const --sched=cosine" train --epochs 3 --sched=co
  offers "cpu cuda" eval --engine ""
  offers "bilevel+mixup" train --optimizer bilevel+mi
  offers "bilevel.weights=" train -O bilevel.w
  offers "preact-resnet18" train --net pre
  offers "lenet:width=" train --net lenet:w
  offers "idx:" data i
  offers "margin" suspects --by m
  offers "train" eval --set tr
  offers "cifar10 cifar100" fetch c
  offers "zsh" completion z
  offers ":files " suspects --out lab
  offers ":files --noise=file:" train --noise=file:lab
  works completion --words experiments comp
  case $out in comparison* | '') ;; *) false ;; esac
  works completion --words train --epochs ""
  test -z "$out"
}

@test "every flag that a command's help shows is offered" {
  works completion --words ""
  for command in $(printf '%s\n' "$out" | cut -f 1 | grep -v -e ^- -e '^help$'); do
    works "$command" --help
    printf '%s\n' "$out" | sed -n 's/^  \(-., \|    \)\(--[a-z0-9-]*\).*/\2/p' | sort >shown
    works completion --words "$command" --
    printf '%s\n' "$out" | cut -f 1 | sort | diff - shown
  done
}

@test "folders of runs are offered, and those that lead to them" {
  mkdir -p runs/one runs/two runs/more
  touch runs/one/config.yaml runs/two/config.yaml file
  offers "runs/" eval ""
  offers "runs/more/ runs/one runs/two" show runs/
  offers "runs/two" train --resume runs/t
  offers "--resume=runs/two" train --resume=runs/t
}

# bash_offers LINE: what bash puts in place of the last word
bash_offers() {
  PATH=$(dirname "$HOLDOUT"):$PATH bash -c '
    source <(holdout completion bash)
    COMP_LINE=$1 COMP_POINT=${#1}
    _holdout
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1" | tr '\n' ' '
}

@test "bash completes by its script" {
  mkdir -p "a folder" runs/one
  touch labels.tsv runs/one/config.yaml
  test "$(bash_offers "holdout tra")" = "trace train " || test "$(bash_offers "holdout tra")" = "train trace "
  test "$(bash_offers "holdout train --optimizer bilevel+mi")" = "bilevel+mixup "
  test "$(bash_offers "holdout train --net lenet:w")" = "width= "
  test "$(bash_offers "holdout train --sched=ex")" = "exp "
  test "$(bash_offers "holdout suspects --out lab")" = "labels.tsv "
  test "$(bash_offers "holdout train --noise file:lab")" = "labels.tsv "
  test "$(bash_offers "holdout suspects runs/")" = "runs/one "
  test "$(bash_offers "holdout suspects ")" = "a folder/ runs/ "
}

@test "scripts for zsh and fish are theirs" {
  works completion zsh
  has "#compdef holdout"
  printf '%s\n' "$out" >_holdout
  if command -v zsh >/dev/null; then zsh -n _holdout; fi
  works completion fish
  has "complete -c holdout"
  printf '%s\n' "$out" >holdout.fish
  if command -v fish >/dev/null; then
    fish -n holdout.fish
    PATH=$(dirname "$HOLDOUT"):$PATH HOME=$PWD fish -c 'source holdout.fish; complete -C"holdout train --noi"' >offered
    test "$(cut -f 1 offered | tr '\n' ' ')" = "--noise --noise-seed "
  fi
  works completion bash
  has "complete -F _holdout holdout"
  refused 2 "completion needs the name of a shell: bash, zsh or fish" completion
  refused 2 "completion needs the name of a shell" completion tcsh
}
