#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# transition.bats - transition matrices: estimated from a run, given to the corrections, refused when they do not fit.
load ../tools/helpers

common="--dataset synthetic --sched const --train-size 1000 --test-size 200 --batch-size 50 --lr 0.05 --net mlp:hidden=32 --quiet"

# learn ARGS...: a run with asymmetric noise in the folder `run'.
learn() {
  works train $common --noise pair:0.3 --epochs 3 --run-dir run "$@" >/dev/null
}

@test "what a run has learnt of the noise, for forward and backward correction" {
  learn
  works eval --transition T.tsv run
  has "transition matrix written to T.tsv"
  grep -q '^# estimated by anchor points from net mlp:hidden=32' T.tsv
  # ten rows of ten that sum to 1; the label above is where the mass goes, as pair noise has it
  grep -v '^#' T.tsv | awk 'NF != 10 { exit 1 }
    { sum = 0; for (i = 1; i <= 10; i++) sum += $i; if (sum < 0.999 || sum > 1.001) exit 1
      right += $NR; next_ += $(NR % 10 + 1) } END { exit !(NR == 10 && right < 9.5 && next_ > (10 - right) / 4) }'
  for chain in forward-correction backward-correction; do
    works train $common --noise pair:0.3 --epochs 2 --optimizer $chain -O $chain.matrix=T.tsv --run-dir $chain
    grep -q "$chain.matrix=T.tsv" $chain/config.yaml
  done
  # a finished run has the matrix in its checkpoint: the file may go
  works eval forward-correction
  before=$out
  mv T.tsv elsewhere.tsv
  works eval forward-correction
  [ "$out" = "$before" ]
  works train --resume backward-correction --epochs 3 --quiet
}

@test "nothing is overwritten" {
  learn --epochs 1
  echo mine >T.tsv
  refused 1 "T.tsv" eval --transition T.tsv run
  [ "$(cat T.tsv)" = mine ]
  works eval --transition T.tsv --force run
  grep -q '^# holdout transition matrix' T.tsv
  refused 1 "nowhere" eval --transition nowhere/T.tsv run
}

@test "matrices that do not fit are refused, with file and line" {
  call train $common --optimizer forward-correction -O forward-correction.matrix=missing.tsv --run-dir r
  [ "$status" -eq 1 ]
  has_error "missing.tsv"
  printf '1 0\n0 1\n' >two.tsv
  refused 1 "two.tsv:1: 2 numbers: a row must have one for each of 10 classes" \
    train $common --optimizer forward-correction -O forward-correction.matrix=two.tsv --run-dir r
  for i in 1 2 3 4 5 6 7 8 9 10; do echo '0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1'; done >flat.tsv
  refused 1 "has no inverse" \
    train $common --optimizer backward-correction -O backward-correction.matrix=flat.tsv --run-dir r
  [ ! -e r ]
}
