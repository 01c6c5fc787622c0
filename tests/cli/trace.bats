#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# trace.bats - holdout trace: what it writes, that a training does the same, and what it refuses.

load ../tools/helpers

tensors=$HO_BUILDDIR/tests/tools/tensors
mlp=(--net "mlp:hidden=4,layers=1")
data=(--dataset synthetic --train-size 60 --test-size 20)

# batch COUNT SIZE [ITEM...]: the file b of so many mini-batches of images of 4x5x2; an item replaces one of the two.
batch() {
  local images=images:F32:$1x$2x2x4x5 labels=labels:I64:$1x$2 item
  for item in "${@:3}"; do
    case $item in
    images*) images=$item ;;
    *) labels=$item ;;
    esac
  done
  rm -f b
  "$tensors" make b "$images" "$labels"
}

@test "everything is there, with PyTorch's names and shapes" {
  batch 4 3
  works trace "${mlp[@]}" --optimizer bilevel -O bilevel.minibatches=4 --batch b --out t
  test -z "$out"
  "$tensors" show t >have
  {
    printf '%s\n' 'images F32 4x3x2x4x5' 'labels I64 4x3' 'samples I64 4x3' 'partners I64 4x3' 'shares F32 4x3' \
      'targets F32 4x3x3' 'sample-weights F32 4x3' 'logits F32 4x3x3' 'losses F32 4x3'
    for prefix in gradient/0 gradient/1 gradient/2 gradient/3 direction updated slot/0; do
      test $prefix != direction || echo 'weights F32 3'
      printf "$prefix/%s\n" 'fc1.weight F32 4x40' 'fc1.bias F32 4' 'fc2.weight F32 3x4' 'fc2.bias F32 3'
    done
    echo 'run/step U64 1'
  } >wanted
  diff wanted have
  "$tensors" equal t images b images
  "$tensors" equal t labels b labels
}

@test "running averages are among what is updated; sgd has one weight, and its direction is the gradient" {
  batch 1 6
  works trace --net resnet32:width=1 --batch b --out t
  "$tensors" show t >have
  grep -q '^updated/bn1.running_var F32 1$' have
  grep -q '^weights F32 1$' have
  "$tensors" equal t gradient/0/ t direction/
}

@test "the file of a trace is a batch and weights to go on with" {
  batch 1 6
  works trace "${mlp[@]}" --batch b --out one
  works trace "${mlp[@]}" --batch one --out again
  cmp one again
  works trace "${mlp[@]}" --batch one --weights one --out two
  works trace "${mlp[@]}" --batch b --weights one --out three
  cmp two three
  run "$tensors" equal one slot/0/ two slot/0/
  test "$status" -eq 1
}

@test "without a batch it is the first step of train, to the last bit" {
  for chain in "--optimizer sgd" "--optimizer bilevel -O bilevel.minibatches=4"; do
    # shellcheck disable=SC2206 # several words
    same=("${data[@]}" --noise symmetric:0.5 --batch-size 60 --seed 3 --lr 0.07 --net resnet32:width=2 $chain)
    rm -rf run t
    works train "${same[@]}" --epochs 1 --quiet --run-dir run
    works trace "${same[@]:0:4}" "${same[@]:6}" --out t
    "$tensors" equal t updated/ run/checkpoint.safetensors ""
    "$tensors" equal t slot/0/ run/checkpoint.safetensors slot0/
    # what it keeps between steps is found in either file, under either name
    works trace "${same[@]:0:4}" "${same[@]:6}" --weights t --out from-trace
    works trace "${same[@]:0:4}" "${same[@]:6}" --weights run/checkpoint.safetensors --out from-run
    "$tensors" equal from-trace slot/0/ from-run slot/0/
    rm from-trace from-run
  done
}

@test "shuffled pixels are those of the run" {
  works train "${data[@]}" "${mlp[@]}" --augment shuffled-pixels --batch-size 60 --epochs 1 --quiet --run-dir run
  works trace -c run/config.yaml --out t
  "$tensors" equal t updated/ run/checkpoint.safetensors ""
  works trace -c run/config.yaml --augment none --out plain
  "$tensors" equal t labels plain labels
  run "$tensors" equal t images plain images
  test "$status" -eq 1
}

@test "the configuration of a run gives its first step; batches it drew give the same step again" {
  works train "${data[@]}" "${mlp[@]}" --optimizer bilevel -O bilevel.minibatches=4 -b 60 --epochs 1 --quiet \
    --run-dir run
  works trace -c run/config.yaml --out t
  "$tensors" equal t updated/ run/checkpoint.safetensors ""
  works trace -c run/config.yaml --batch t --classes 10 --out again
  for part in images labels logits losses gradient/ weights direction/ updated/ slot/; do
    "$tensors" equal t "$part" again "$part"
  done
}

# k_steps CHAIN [ARGS...]: six steps of a training, and six traces, each from the file of the one before.
k_steps() {
  rm -rf run t ./*.of
  works train --dataset synthetic --train-size 40 --clean-size 20 --test-size 20 --noise symmetric:0.25 --batch-size 20 \
    --augment crop-flip --net preact-resnet18:width=1,dropout=0.2 --lr 0.02 --epochs 2 --quiet --run-dir run \
    --optimizer "$@"
  works trace -c run/config.yaml --out t
  for _ in 2 3 4; do
    works trace -c run/config.yaml --weights t --out t --force
  done
  "$tensors" equal t updated/ run/checkpoint.safetensors ""
  "$tensors" show run/checkpoint.safetensors | cut -d' ' -f1 >names
  "$tensors" equal t run/step run/checkpoint.safetensors run/step
  "$tensors" equal t pool/ run/checkpoint.safetensors pool/
  for slot in 0 1; do
    ! grep -q "^slot$slot/" names || "$tensors" equal t "slot/$slot/" run/checkpoint.safetensors "slot$slot/"
    ! grep -q "^slot$slot/net1/" names ||
      "$tensors" equal t "net1/slot/$slot/" run/checkpoint.safetensors "slot$slot/net1/"
  done
  ! grep -q '^net1/' names || "$tensors" equal t net1/updated/ run/checkpoint.safetensors net1/
  ! grep -q '^state/' names || "$tensors" equal t state/ run/checkpoint.safetensors state/
}

@test "k traces in a row are k steps of train, to the last bit, with every optimizer" {
  local name options count=0
  for file in "$HO_BUILDDIR"/plugins/*.so; do
    name=$(basename "$file" .so)
    case $name in
    backward-correction) options="-O $name.worst=1e9" ;;
    bilevel) options="-O $name.minibatches=4" ;;
    gce) options="-O $name.truncate=1 -O $name.every=1 -O $name.k=0.1" ;;
    mentornet) options="-O $name.burn_in=30" ;;
    meta-weight-net) options="-O $name.lr=0.1" ;;
    noise-layer) options="-O $name.warmup=0.3" ;;
    *) options="" ;;
    esac
    # shellcheck disable=SC2086 # several words
    k_steps "$name" $options || {
      echo "with $name" >&2
      return 1
    }
    count=$((count + 1))
  done
  test "$count" -gt 15
}

@test "k traces of a schedule, of two optimizers, and on a batch" {
  k_steps elr+mixup+adam --sched cosine --warmup-epochs 1
  k_steps bilevel+mixup -O bilevel.minibatches=4 -O bilevel.fixed=0.3
  # the images of a batch are numbered in its order, and each step is an epoch
  batch 1 6
  works trace "${mlp[@]}" --optimizer elr+adam --epochs 3 --batch b --out one
  works trace "${mlp[@]}" --optimizer elr+adam --epochs 3 --batch b --weights one --out two
  run "$tensors" equal one state/ two state/
  test "$status" -eq 1
}

@test "what cannot go on is refused by name, and weights alone begin again" {
  local first=(trace "${data[@]:0:4}" "${mlp[@]}" --batch-size 30)
  works "${first[@]}" --optimizer elr --out t
  refused 1 "t: its optimizer is \`elr', this step's is \`adam'; this step cannot continue from there; --init t takes" \
    "${first[@]}" --optimizer adam --weights t --out two
  refused 1 "t was written with -O elr.beta=0.7, this step has -O elr.beta=0.9" \
    "${first[@]}" --optimizer elr -O elr.beta=0.9 --weights t --out two
  refused 1 "t: its labels' SHA-256 is \`" "${first[@]}" --optimizer elr --noise symmetric:0.4 --weights t --out two
  batch 1 6
  works trace "${mlp[@]}" --optimizer elr --batch b --out u
  batch 1 9
  refused 1 "u: \`state/elr/memory' has a type or shape that differs from this run's; this step cannot continue" \
    trace "${mlp[@]}" --optimizer elr --batch b --weights u --out two
  batch 1 6
  works trace "${mlp[@]}" --batch b --out u --force
  batch 1 9
  works trace "${mlp[@]}" --batch b --weights u --out two # nothing of it depends on the number of images
  works trace "${mlp[@]}" --optimizer elr --sched const --epochs 1 --batch b --out u --force
  works trace "${mlp[@]}" --optimizer elr --sched const --epochs 1 --batch b --weights u --out two --force # nor on their end
  refused 1 "u: 1 steps are done, all of --epochs 1" \
    trace "${mlp[@]}" --optimizer elr --sched cosine --epochs 1 --batch b --weights u --out three
  # weights alone: the first step of a run that begins with them, whatever else the file has
  works "${first[@]}" --init t --optimizer adam --epochs 1 --out three
  works train "${data[@]}" "${mlp[@]}" --batch-size 30 --optimizer adam --init t --epochs 1 --quiet --run-dir run
  works trace -c run/config.yaml --weights three --out four
  "$tensors" equal four updated/ run/checkpoint.safetensors ""
  "$tensors" equal four slot/1/ run/checkpoint.safetensors slot1/
}

@test "dropout follows the seed, and nothing follows the number of threads" {
  batch 1 6
  works trace --net mlp:hidden=8,dropout=0.5 --batch b --threads 1 --out one
  works trace --net mlp:hidden=8,dropout=0.5 --batch b --threads 3 --out two
  cmp one two
  works trace --net mlp:hidden=8,dropout=0.5 --batch b --weights one --out three
  works trace --net mlp:hidden=8,dropout=0.5 --batch b --weights one --seed 1 --out four
  run "$tensors" equal three logits four logits
  test "$status" -eq 1
}

@test "a batch that is none" {
  refused 1 "nowhere" trace --batch nowhere --out t
  "$tensors" make b images:F32:1x2x1x4x4
  refused 1 "b: \`labels' is missing; a batch has images (F32" trace --batch b --out t
  batch 1 6 labels:F32:1x6
  refused 1 "b: \`labels' has type F32 and 2 dimensions, not I64 and 2" trace --batch b --out t
  batch 1 6 images:F32:6x2x4x5
  refused 1 "b: \`images' has type F32 and 4 dimensions, not F32 and 5" trace --batch b --out t
  batch 1 6 labels:I64:1x5
  refused 1 "b: \`labels' has 1 mini-batches of 5, \`images' has 1 of 6" trace --batch b --out t
  batch 1 6 images:F32:1x0x2x4x5
  refused 1 "b: \`images' has 0 along dimension 1" trace --batch b --out t
  batch 1 6 images:F32:1x6x2x4x5=nan
  refused 1 "b: \`images' has the value nan in mini-batch 0, image 0" trace --batch b --out t
  batch 1 6 labels:I64:1x6=-1
  refused 1 "b: the label of mini-batch 0, image 0 is -1; labels are from 0 to 4095" trace --batch b --out t
  batch 1 1 images:F32:40000x40000x0x4x5
  refused 1 "b: \`images' has 40000 mini-batches of 40000 images; a step takes at most 1073741823 images" \
    trace --batch b --out t
  batch 2 6
  refused 1 "b: the label of mini-batch 0, image 2 is 2; labels are from 0 to 1 (--classes)" \
    trace --classes 2 --batch b --out t
  test ! -e t
}

@test "numbers of mini-batches that differ are both told" {
  batch 4 3
  refused 1 "optimizer sgd: it draws 1 mini-batch of 12 images, but b has 4 of 3" trace "${mlp[@]}" --batch b --out t
  refused 1 "batch size 12 is not a multiple of bilevel.minibatches=8" \
    trace "${mlp[@]}" --optimizer bilevel --batch b --out t
  works trace "${mlp[@]}" -O sgd.minibatches=4 --batch b --out t
}

@test "a chain that draws something else, or has two networks" {
  local own=(--plugin-dir "$HO_BUILDDIR/tests/plugins" "${mlp[@]}" --batch b --out t)
  batch 20 2
  refused 1 "optimizer probe: it draws 1 mini-batch of 3 images, but b has 20 of 2" \
    trace "${own[@]}" --optimizer probe -O probe.mode=two-sizes
  batch 5 2
  refused 1 "it draws 6 mini-batches of 2 images, but b has 5 of 2" trace "${own[@]}" --optimizer probe -O probe.mode=unused
  batch 20 2
  refused 1 "b has 20 mini-batches, but the step took 1" trace "${own[@]}" --optimizer probe -O probe.mode=no-clean
  refused 1 "probe drew no mini-batch in this step: there is nothing to trace" \
    trace "${own[@]}" --optimizer probe -O probe.mode=idle
  refused 1 "mini-batch 5 of probe did not pass through every network: a trace cannot record it" \
    trace "${own[@]}" --optimizer probe -O probe.mode=unused
  refused 1 "optimizer probe: it evaluates a pool, but there is no data set, only the batch of b" \
    trace "${own[@]}" --optimizer probe -O probe.mode=evaluates
  own=(--plugin-dir "$HO_BUILDDIR/tests/plugins" "${data[@]:0:4}" "${mlp[@]}" --batch-size 60 --out t)
  refused 1 "mini-batch 6 of probe differs in size from the first: a trace cannot record it" \
    trace "${own[@]}" --optimizer probe -O probe.mode=one-each
  test ! -e t
}

@test "weights that do not fit" {
  batch 1 6
  works trace "${mlp[@]}" --batch b --out one
  refused 1 "one does not fit network mlp:hidden=5,layers=1; of another shape or type: updated/fc1.weight (4x40, not \
5x40)" trace --net mlp:hidden=5,layers=1 --batch b --weights one --out t
  local rest=(fc1.bias:F32:4 fc2.weight:F32:3x4)
  "$tensors" make w fc1.weight:F32:4x40 "${rest[@]}"
  refused 1 "w does not fit network mlp:hidden=4,layers=1; missing in the file: fc2.bias" \
    trace "${mlp[@]}" --batch b --weights w --out t
  "$tensors" make w fc1.weight:F32:4x40=inf "${rest[@]}" fc2.bias:I64:3
  refused 1 "of another shape or type: fc1.weight (not finite), fc2.bias (I64, not F32)" \
    trace "${mlp[@]}" --batch b --weights w --out t
  "$tensors" make w fc1.weight:F32:4x40 "${rest[@]}" fc2.bias:F32:3 slot/0/fc1.weight:F32:4x40
  refused 1 "w: \`slot/0/fc1.bias' is missing" trace "${mlp[@]}" --batch b --weights w --out t
  test ! -e t
}

@test "an output that is there, or cannot be" {
  batch 1 6
  echo mine >t
  refused 1 "t: already exists; choose another file, or give --force to replace it" \
    trace "${mlp[@]}" --batch b --out t
  test "$(cat t)" = mine
  works trace "${mlp[@]}" --batch b --out t --force
  "$tensors" show t >have
  refused 1 "no/t: cannot write" trace "${mlp[@]}" --batch b --out no/t
  test "$(ls)" = "$(printf '%s\n' b have t)"
}

@test "flags that contradict each other, networks that are not" {
  batch 1 6
  refused 2 "trace needs --out FILE" trace --batch b
  refused 2 "--dataset is for mini-batches drawn from a data set, so it cannot be given with --batch b" \
    trace --dataset mnist --batch b --out t
  refused 2 "--batch-size is for mini-batches" trace --batch-size 6 --batch b --out t
  refused 2 "--classes needs --batch FILE" trace --classes 5 --out t
  refused 2 "--classes \`1' must be a whole number from 2 to 4096" trace --classes 1 --batch b --out t
  refused 1 "lenet" trace --net lenett --batch b --out t
  refused 1 "images of 4x5 are too small" trace --net lenet --batch b --out t
  test ! -e t
}

@test "no binary file is written to a terminal" {
  command -v script >/dev/null || skip "script is not here"
  script -qec "'$HOLDOUT' trace --net mlp:hidden=2 --dataset synthetic --out - 2>err" typescript </dev/null >/dev/null && false
  grep -q "not text, and standard output is a terminal: name a file" err
  if grep -q __metadata__ typescript; then false; fi
  "$HOLDOUT" trace --net mlp:hidden=2 --dataset synthetic --out - | grep -aq '"__metadata__"'
}
