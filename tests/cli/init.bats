#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# init.bats - holdout train --init: runs that begin with the weights of a file, by name, or say why they cannot.
load ../tools/helpers

small=(--dataset synthetic --train-size 400 --test-size 200 --noise symmetric:0.4 --batch-size 64 --lr 0.05 --quiet --sched const)
net=(--net mlp:hidden=32)

@test "a run that does not move scores what the checkpoint scores" {
  works train "${small[@]}" "${net[@]}" --epochs 3 --run-dir a
  works train "${small[@]}" "${net[@]}" --init a/checkpoint.safetensors --epochs 1 --lr 0 --run-dir b
  works train "${small[@]}" "${net[@]}" --epochs 1 --lr 0 --run-dir c
  works eval a
  scores=$out
  works eval b
  [ "$out" = "$scores" ]
  works eval c
  [ "$out" != "$scores" ]
  grep -q '^init: .*a/checkpoint.safetensors' b/config.yaml
}

@test "running averages begin where the file has them" {
  works train "${small[@]}" --net resnet32:width=2 --epochs 1 --run-dir a
  works train "${small[@]}" --net resnet32:width=2 --init a/checkpoint.safetensors --epochs 1 --lr 0 --run-dir b
  works train "${small[@]}" --net resnet32:width=2 --init a/checkpoint.safetensors --epochs 1 --lr 0 --run-dir c
  cmp b/checkpoint.safetensors c/checkpoint.safetensors
  works train "${small[@]}" --net resnet32:width=2 --epochs 1 --lr 0 --run-dir d
  works eval b
  scores=$out
  works eval d
  [ "$out" != "$scores" ]
}

@test "options of a network that do not touch its tensors may differ" {
  works train "${small[@]}" "${net[@]}" --epochs 1 --run-dir a
  works train "${small[@]}" --net mlp:hidden=32,dropout=0.5 --optimizer bilevel --init a/checkpoint.safetensors \
    --epochs 1 --run-dir b
}

@test "weights of another network are refused with their names, and nothing is left" {
  works train "${small[@]}" "${net[@]}" --epochs 1 --run-dir a
  refused 1 "--init: a/checkpoint.safetensors does not fit network mlp:hidden=16; of another shape or type: \
fc1.weight (32x768, not 16x768), fc1.bias (32, not 16), fc2.weight (32x32, not 16x16), fc2.bias (32, not 16), \
fc3.weight (10x32, not 10x16)" \
    train "${small[@]}" --net mlp:hidden=16 --init a/checkpoint.safetensors --run-dir b
  refused 1 "mlp:hidden=32,layers=1; unknown to the network: fc3.weight, fc3.bias; of another shape or type: \
fc2.weight (32x32, not 10x32), fc2.bias (32, not 10)" \
    train "${small[@]}" --net mlp:hidden=32,layers=1 --init a/checkpoint.safetensors --run-dir b
  refused 1 "missing in the file: fc4.weight, fc4.bias" \
    train "${small[@]}" --net mlp:hidden=32,layers=3 --init a/checkpoint.safetensors --run-dir b
  [ ! -e b ]
}

@test "a file that is not there, or no safetensors file" {
  refused 1 "--init: nowhere" train "${small[@]}" "${net[@]}" --init nowhere --run-dir b
  echo '0 is no weight' >text
  refused 1 "--init: text: not a safetensors file" train "${small[@]}" "${net[@]}" --init text --run-dir b
  [ ! -e b ]
}

@test "a resumed run and an evaluation do without the file; a repeated run needs it" {
  works train "${small[@]}" "${net[@]}" --epochs 1 --run-dir a
  works train "${small[@]}" "${net[@]}" --init a/checkpoint.safetensors --epochs 3 --run-dir whole
  works train "${small[@]}" "${net[@]}" --init a/checkpoint.safetensors --epochs 1 --run-dir b
  works train -c whole/config.yaml --quiet --run-dir again
  cmp whole/checkpoint.safetensors again/checkpoint.safetensors
  mv a gone
  works train --resume b --epochs 3 --quiet
  cmp whole/checkpoint.safetensors b/checkpoint.safetensors
  works eval b
  refused 1 "--init: a/checkpoint.safetensors" train -c whole/config.yaml --quiet --run-dir more
}

@test "a run that was ended before its first checkpoint begins with the file again" {
  works train "${small[@]}" "${net[@]}" --epochs 1 --run-dir a
  works train "${small[@]}" "${net[@]}" --init a/checkpoint.safetensors --epochs 1 --run-dir b
  cp b/checkpoint.safetensors wanted
  rm b/checkpoint.safetensors b/samples.safetensors b/summary.json b/log.jsonl
  works train --resume b --quiet
  cmp wanted b/checkpoint.safetensors
  rm b/checkpoint.safetensors
  refused 1 "--init another differs" train --resume b --init another --quiet
}
