#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# grid.bats - experiments/lib/experiment.bash, cells.bash and estimate.bash: flags, the runs of a grid and their folders,
# dry runs, and what is refused before anything is trained.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test changes its own; variables of toy.bash

load ../tools/helpers
load toy

setup() {
  begin_toy
}

@test "help names flags, scales and cells" {
  script --help
  test "$status" -eq 0 && test -z "$err"
  has 'Usage: comparison'
  has '--scale NAME  quick small (default: quick)'
  has 'sgd bilevel uniform'
  script --help --scale small
  has 'sgd bilevel uniform sgd@1 bilevel@1 sgd@2 bilevel@2'
}

@test "wrong flags and names are refused with the right ones" {
  refuses "unknown flag \`--sede' (choose from: --scale --seeds" --sede 3
  refuses "unknown scale \`large' (choose from: quick small)" --scale large
  refuses "unknown cell \`adam' (choose from: sgd bilevel uniform)" --only=adam
  refuses "unknown cell \`adam'" --only=sgd --only=adam
  refuses "flag \`--seeds' takes a number from 1 to 9999, not \`0'" --seeds 0
  refuses "flag \`--jobs' takes a number from 1 to 9999, not \`two'" --jobs=two
  refuses "flag \`--seeds' needs a value" --seeds
  refuses "unexpected argument \`quick'" quick
  refuses "\`--seed' is set by this script" -- --seed=4
  refuses "flag \`--out' needs a folder" --out ''
  refuses 'there is a line break in the name of the folder' --out $'two\nlines'
  refuses 'there is a line break in a flag after --' -- --data-dir $'two\nlines'
  refuses "\`-c' cannot be given after --" -- -c some.yaml
  refuses "\`--gather' and \`--dry-run' exclude each other" --gather --dry-run
}

@test "a missing program is named" {
  HOLDOUT=./nowhere script
  test "$status" -eq 1
  has_error "no program \`./nowhere'"
  mkdir few
  for program in awk basename bash dirname env id mkdir nproc realpath sed sha256sum sort; do
    ln -s "$(command -v $program)" few
  done
  status=0
  PATH=$PWD/few few/bash "$comparison" --out out >.out 2>.err || status=$?
  err=$(cat .err)
  test "$status" -eq 1
  has_error 'not found: jq gnuplot flock (build-aux/install-deps installs what is needed)'
  PATH=$PWD/few few/bash "$comparison" --out out --no-figures >.out 2>.err || status=$?
  err=$(cat .err)
  has_error 'not found: jq flock (build-aux/install-deps installs what is needed)'
  test -z "$(ls out)"
}

@test "two cells of one name are a mistake of the grid" {
  sed -i 's/^  cell bilevel /  cell sgd /' "$comparison"
  HOLDOUT=dry script --dry-run
  test "$status" -eq 1 && test -z "$out"
  has_error "the grid has two cells \`sgd'"
}

@test "a folder that cannot be written" {
  pretend
  echo text >file
  script --out file --seeds 1
  test "$status" -eq 1 && test -z "$out"
  has_error 'cannot write to file: give another folder by --out'
  test ! -s calls
}

@test "a dry run prints the commands of the grid and their hours, and does nothing" {
  HOLDOUT=dry succeeds --dry-run --jobs 2
  test "$(wc -l <<<"$out")" -eq 9
  test "$(sort -u <<<"$out" | wc -l)" -eq 9
  test "$(grep -c -- '--optimizer sgd ' <<<"$out")" -eq 3
  test "$(grep -c -- '-O bilevel.weights=uniform ' <<<"$out")" -eq 3
  test -z "$(ls out)"
  # 9 x 1:02:03; each cell is tried out once.
  has_error '9 runs, 9 to do: about 9.30 hours of one processor, the longest run 62:03; 2 at a time about 4.65 hours'
  test "$(grep -c -- '--seed 1 --threads 1 --dry-run' tried)" -eq 3
  HOLDOUT=dry succeeds --dry-run --seeds 2 --only uniform --only sgd
  test "$(wc -l <<<"$out")" -eq 4
  # shellcheck disable=SC2016 # the expansion is the test's
  HOLDOUT=dry succeeds --dry-run --only sgd --seeds 1 -- --data-dir 'my $data'
  has "--data-dir my\\ \\\$data"
  HOLDOUT=true script --dry-run
  test "$status" -eq 1
  has_error 'sgd failed in a trial run'
  # The program's own estimate, of a run of days.
  succeeds --dry-run --seeds 1 --only sgd --jobs 1 "${tiny[@]}" --epochs 1000000000 --eval-every 1000000000
  [[ $err =~ about\ ([0-9]+)\.[0-9]+\ hours ]]
  test "${BASH_REMATCH[1]}" -gt 24
}

@test "a method stands for all of its cells, a cell may have fewer seeds" {
  HOLDOUT=dry succeeds --dry-run --scale small --only sgd
  test "$(wc -l <<<"$out")" -eq 9
  HOLDOUT=dry succeeds --dry-run --scale small --only bilevel@2
  test "$(wc -l <<<"$out")" -eq 1
}

@test "runs of equal flags, however they are written, are one run" {
  local folder
  folder=$(of sgd-seed1)
  test "$(of sgd-seed1 --epochs 40)" = "$folder"
  test "$(of sgd-seed1 --epochs=7 --epochs=40)" = "$folder"
  test "$(of sgd-seed1 --epochs 41)" != "$folder"
  test "$(of sgd-seed1 -O sgd.momentum=0.5)" != "$folder"
  test "$(of sgd-seed1 -O sgd.momentum=0.9 -O sgd.momentum=0.5)" = "$(of sgd-seed1 -O sgd.momentum=0.5)"
  test "$(of sgd-seed2)" != "$folder"
  test "$(of sgd-seed1 --option=sgd.momentum=0.5)" = "$(of sgd-seed1 -O sgd.momentum=0.5)"
  test "$(of sgd-seed1 --option=a.b=1 --option=c.d=2)" != "$(of sgd-seed1 --option=a.b=3 --option=c.d=2)"
  test "$(of sgd-seed1 --plugin-dir a --plugin-dir b)" != "$(of sgd-seed1 --plugin-dir c --plugin-dir b)"
  [[ ${folder##*/} = sgd-seed1-* ]]
}

@test "the learning rate that a method chose is used" {
  mkdir -p toy/results/quick
  printf '# why\nmethod\tlearning_rate\nsgd\t0.25\n' >toy/results/quick/tuned.tsv
  HOLDOUT=dry succeeds --dry-run --seeds 1
  test "$(grep -c -- '--lr 0.25 ' <<<"$out")" -eq 1
  # One's own choice comes before the committed one.
  mkdir -p out/experiments/toy/results/quick
  printf 'method\tlearning_rate\nsgd\t0.5\n' >out/experiments/toy/results/quick/tuned.tsv
  HOLDOUT=dry succeeds --dry-run --seeds 1
  test "$(grep -c -- '--optimizer sgd --lr 0.5 ' <<<"$out")" -eq 1
}
