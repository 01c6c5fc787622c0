#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# nets.bats - listing networks and the tensors of one; bad names, options and sizes.
load ../tools/helpers

# number of parameters in the row of that network
parameters() {
  printf '%s\n' "$out" | awk -v name="$1" '$1 == name { print $2 }'
}

@test "all networks with size, options, defaults and ranges" {
  works nets
  has "images of 32x32x3, 10 classes"
  test "$(parameters preact-resnet18)" = 11171146
  has "width=64"
  has "whole, 1 to 1024"
  has "dropout=0"
  has "0 to 0.99"
  has "hidden=512"
  test "$(parameters alexnet-small)" = 1756426
  test "$(parameters cifarnet)" = 1756426
  test "$(parameters inception-small)" = 1649402
  test "$(parameters lenet)" = 83126
  test "$(parameters resnet32)" = 464154
}

# the column after
multiply_adds() {
  printf '%s\n' "$out" | awk -v name="$1" '$1 == name { print $3 }'
}

@test "the authors' sizes" {
  works nets --input 29x29x3
  test "$(parameters inception-small)" = 1649402
  test "$(multiply_adds inception-small)" = 200754240
  works nets --input 28x28x3 --classes 100
  test "$(parameters inception-small)" = 1679732
  test "$(parameters alexnet-small)" = 1405156
}

@test "for images and classes of one's own" {
  works nets --classes 100
  test "$(parameters preact-resnet18)" = 11217316
  works nets --input 28x28x1
  test "$(parameters mlp)" = 669706
  has "images of 28x28x1, 10 classes"
}

@test "every tensor of one" {
  works nets preact-resnet18:width=16
  has "network        preact-resnet18:width=16"
  has "Identity Mappings"
  printf '%s\n' "$out" | grep -Eq '^conv1.weight +16x3x3x3 +432 +uniform 1/sqrt\(27\) +yes$'
  printf '%s\n' "$out" | grep -Eq '^layer2.0.shortcut.0.weight +32x16x1x1 +512 +uniform 1/sqrt\(16\) +yes$'
  printf '%s\n' "$out" | grep -Eq '^layer1.0.bn1.weight +16 +16 +1 +no$'
  printf '%s\n' "$out" | grep -Eq '^linear.bias +10 +10 +uniform 1/sqrt\(128\) +no$'
  printf '%s\n' "$out" | grep -Eq '^layer4.1.bn2.running_var +128 +128 +1 +running statistic$'
}

@test "every kind of initial value" {
  works nets inception-small --input 29x29x3
  printf '%s\n' "$out" | grep -Eq '^incept_1.branch3x3.conv.weight +32x96x3x3 +27648 +truncated sqrt\(2.6/864\) +yes$'
  printf '%s\n' "$out" | grep -Eq '^incept_1.branch3x3.bn.bias +32 +32 +0 +no$'
  printf '%s\n' "$out" | grep -Eq '^fc1.weight +10x336x1x1 +3360 +truncated sqrt\(2.6/336\) +yes$'
  printf '%s\n' "$out" | grep -Eq '^down_2.branch3x3.bn.running_var +96 +96 +1 +running statistic$'
  works nets cifarnet
  printf '%s\n' "$out" | grep -Eq '^fc3.weight +384x4096 +1572864 +truncated 0.04 +yes$'
  printf '%s\n' "$out" | grep -Eq '^fc3.bias +384 +384 +0.1 +no$'
  printf '%s\n' "$out" | grep -Eq '^logits.weight +10x192 +1920 +truncated 0.0052083 +yes$'
}

@test "images too small for a network say so in its row" {
  works nets --input 2x2x3
  printf '%s\n' "$out" | grep -Eq '^inception-small +- +- +.*images of 2x2 are too small'
  printf '%s\n' "$out" | grep -Eq '^lenet +- +- +.*images of 2x2 are too small'
  test "$(parameters resnet32)" = 464154
}

@test "the sizes of the tensors sum to the number of parameters" {
  works nets mlp:layers=3 --input 28x28x3
  has "parameters     1735178"
  sum=$(printf '%s\n' "$out" | awk '/^fc/ { n += $3 } END { print n }')
  test "$sum" = 1735178
}

@test "the spec is shown in its normal form" {
  works nets mlp:dropout=0.50,layers=2,hidden=100
  has "network        mlp:hidden=100,dropout=0.5"
}

@test "bad names and options name the nearest" {
  refused 2 "did you mean \`preact-resnet18'?" nets preact-resnet-18
  refused 2 "did you mean \`width'?" nets preact-resnet18:wdth=3
  refused 2 "from 1 to 1024" nets preact-resnet18:width=0
  refused 2 "must have the form key=value" nets preact-resnet18:width
}

@test "bad sizes" {
  for bad in 32x32 32x32x3x1 x32x3 0x1x1 32x32x 32x32xa 3.5x3x3 -1x3x3 99999999x1x1 x; do
    refused 2 "--input: \`$bad' must be HxWxC" nets --input "$bad"
  done
  for bad in 1 0 -3 70000 ten " "; do
    refused 2 "--classes: \`$bad' must be a whole number from 2 to 65536" nets --classes "$bad"
  done
}

@test "a network that is too large for an input says so in its row" {
  works nets --input 60000x60000x3
  printf '%s\n' "$out" | grep -Eq '^mlp +- +- +.*too large'
}
