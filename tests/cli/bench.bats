#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bench.bats - holdout bench: what it prints, and that its numbers agree.  No test here says how long anything may take.

load ../tools/helpers

tiny=(--net preact-resnet18:width=2 --input 10x8x3 --batch-size 16 --steps 3)

need() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "no $program"
  done
}

# holds FILTER: what jq makes of the last output is true.
holds() {
  test "$(printf '%s\n' "$out" | jq "$1")" = true || {
    printf 'wanted: %s\n' "$1" >&2
    show
    return 1
  }
}

@test "one line of JSON has every field, and its numbers agree" {
  need jq
  works bench "${tiny[@]}" --threads 2 --json
  test "$(printf '%s\n' "$out" | wc -l)" -eq 1
  holds '.net == "preact-resnet18:width=2" and .input == [10,8,3] and .classes == 10 and .batch_size == 16'
  holds '.optimizer == "sgd" and .options == [] and .eval == false and .threads == 2 and .steps == 3'
  holds '(.images_per_s * .median_step_s - .batch_size | fabs) < 1e-4'
  holds '0 < .min_step_s and .min_step_s <= .median_step_s and .median_step_s <= .max_step_s'
  holds '.min_step_s <= .mean_step_s and .mean_step_s <= .max_step_s'
  holds '0 < .baseline_rss_bytes and .baseline_rss_bytes < .peak_rss_bytes'
  holds '[.kernels, .blas, .blas_core, .cpu, .compiler, .flags, .version, .commit] | all(type == "string" and . != "")'
  holds 'has("layers") | not'
  parameters=$(printf '%s\n' "$out" | jq .parameters)
  works nets preact-resnet18:width=2
  has "parameters     $parameters"
}

@test "layers and what is outside them add up to a step" {
  need jq
  for o in sgd bilevel; do
    works bench "${tiny[@]}" --optimizer $o --layers --json
    holds '([.layers[] | .forward.s + .data.s + .weights.s] | add) + .outside_s - .mean_step_s | fabs < 1e-6'
    holds '([.layers[] | .forward.share + .data.share + .weights.share] | add) <= 1'
    holds '[.layers[] | select(.name == "conv1")] | length == 1 and .[0].output == [10,8,2] and
      .[0].multiply_adds == 10*8*2*27 and .[0].forward.s > 0 and .[0].weights.s > 0 and .[0].data.s == 0'
    holds '[.layers[] | select(.kind == "batch norm") | .weights.s] | length > 0 and all(. == 0)'
    holds '[.layers[] | select(.forward.gflops_per_s > 0)] |
      all((.forward.gflops_per_s * .forward.s * 1e9 / (2 * 16 * .multiply_adds) - 1 | fabs) < 1e-4)'
    holds '[.layers[] | select(.multiply_adds == 0) | .forward.gflops_per_s] | all(. == 0)'
    holds '.outside_s > 0'
  done
  works bench "${tiny[@]}" --layers
  has 'layer4.1.conv2'
  has 'TO WEIGHTS ms'
  has 'outside the layers: '
}

@test "forward passes alone have no optimizer and no backward" {
  need jq
  works bench "${tiny[@]}" --eval --layers --json
  holds '.eval == true and .optimizer == null and (.images_per_s * .median_step_s - 16 | fabs) < 1e-4'
  holds '[.layers[] | .data.s + .weights.s] | all(. == 0)'
  works bench "${tiny[@]}" --eval --layers
  has 'forward pass of 16 images'
  lacks 'TO DATA'
}

@test "the table for people says what, on which machine, how fast, how much memory" {
  works bench "${tiny[@]}" --optimizer bilevel -O bilevel.minibatches=4 --threads 1
  has 'network   preact-resnet18:width=2, 11,332 parameters, images of 10x8x3, 10 classes'
  has 'step      training on 16 images by bilevel'
  has ', 1 thread, '
  has 'images/s'
  has 'ms a step, median of 3 ('
  has 'more than before the network was made'
}

@test "a configuration gives network, chain and batch size" {
  printf 'net: mlp:hidden=8\noptimizer: bilevel\nbatch-size: 24\nnoise: symmetric:0.4\ndataset: nowhere\n' >config.yaml
  works bench -c config.yaml --steps 1
  has 'network   mlp:hidden=8'
  has 'training on 24 images by bilevel'
}

@test "wrong input is refused with the remedy" {
  refused 2 "bench: --steps \`0' must be a whole number from 1 to 1000000" bench --steps 0
  refused 2 "bench: --steps \`many' must be" bench --steps many
  refused 2 "--input: \`32x32' must be HxWxC" bench --input 32x32
  refused 2 "--classes: \`1' must be a whole number from 2" bench --classes 1
  refused 2 "--eval runs no optimizer, so --optimizer cannot be given with it" bench --eval --optimizer sgd
  refused 2 "--eval runs no optimizer, so --option cannot be given with it" bench --eval -O bilevel.mu=1
  refused 2 "unexpected argument \`mlp'" bench mlp
  refused 1 "--batch-size 1073741824 is too large: at most 1073741823" bench --batch-size 1073741824
  refused 1 "--batch-size 1073741824 is too large" bench --eval --batch-size 1073741824
  refused 1 "did you mean \`lenet'" bench --net lenett
  refused 1 "did you mean \`bilevel'" bench --optimizer bilevle
  refused 1 "batch size 63 is not a multiple" bench --optimizer bilevel --batch-size 63
  refused 1 "at most 16 channels and 4096 classes" bench --classes 4097
  refused 1 "the memory limit is 1048576" bench --memory-limit 1M
  refused 1 "the memory limit is 1024" bench --eval --memory-limit 1K
  refused 1 "are too small" bench --net lenet --input 4x4x1
}
