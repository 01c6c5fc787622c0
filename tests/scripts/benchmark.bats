#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# benchmark.bats - experiments/bench: what it runs in which order, its tables, verdicts and figures.

load ../tools/helpers

need() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "no $program"
  done
}

results=out/experiments/results
plots=out/plots/bench

# script ARGS...: runs experiments/bench; $status, $out, $err as of call.
script() {
  status=0
  "${HO_SRCDIR:?}/experiments/bench" --out out "$@" >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

succeeds() {
  script "$@"
  test "$status" -eq 0 || { show; return 1; }
}

refuses() { # text args...
  local text=$1
  shift
  script "$@"
  if test "$status" -ne 2 || test -n "$out"; then
    show
    return 1
  fi
  has_error "$text"
}

# measured CASE ROUND SPEED PEAK BASELINE [LAYOUT]: a line as experiments/bench writes it; memory in MiB.
measured() {
  local words own='"version":"1","commit":"c0ffee","compiler":"cc 1","flags":"-O3","blas":"B","blas_core":"T"'
  own+=',"cpu":"C","kernels":"plain"'
  read -r -a words <<<"$1"
  test $# -lt 6 || own="\"version\":\"PyTorch 1\",\"layout\":\"$6\""
  jq -nc --arg case "$1" --argjson round "$2" --argjson speed "$3" --argjson peak "$4" --argjson base "$5" \
    --argjson batch "${words[3]}" --argjson threads "${words[5]}" --argjson own "{$own}" \
    '{case: $case, round: $round, others_percent: 1, images_per_s: $speed, batch_size: $batch, threads: $threads,
      steps: 7, median_step_s: ($batch / $speed), min_step_s: ($batch / $speed / 2), max_step_s: ($batch / $speed * 2),
      peak_rss_bytes: ($peak * 1048576), baseline_rss_bytes: ($base * 1048576)} + $own'
}

# Three rounds of the comparisons of one network.  PyTorch's channels-last is faster in the first, so its contiguous
# layout, however fast, counts for nothing.
fabricated() {
  local net=inception-small round
  mkdir -p "$results"
  for round in 1 2 3; do
    measured "holdout bilevel $net 64 8 2" $round $((120 + round)) 320 20
    measured "holdout sgd $net 64 1 2" $round $((150 + 10 * (round % 3))) 120 20
    measured "torch sgd $net 64 1 2" $round $((98 + round)) 400 300 channels-last
    measured "holdout sgd $net 64 1 1" $round 100 120 20
    measured "torch bilevel $net 64 8 2" $round 61 450 300 channels-last
    measured "holdout eval $net 64 1 2" $round 300 60 20
    measured "torch eval $net 64 1 2" $round 200 350 300 channels-last
  done >"$results/bench.jsonl"
  measured "torch sgd $net 64 1 2" 1 90 400 300 contiguous >>"$results/bench.jsonl"
  for images in 8 64; do
    measured "holdout sgd preact-resnet18:width=16 $images 1 2" 1 $((100 + images)) 60 20
    measured "torch sgd preact-resnet18:width=16 $images 1 2" 1 $((50 + images)) 60 20 contiguous
  done >>"$results/bench.jsonl"
}

cells() { # row columns...; cells of the table of comparisons
  local row=$1
  shift
  awk -F '\t' -v row="$row" -v names="$*" '
    /^#/ { next }
    !n { n = split(names, name, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
    $1 == row { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? " " : "\n" }' "$results/bench.tsv"
}

is() { # wanted row columns...
  local wanted=$1
  shift
  test "$(cells "$@")" = "$wanted" || {
    printf '%s: wanted %s, got %s\n' "$*" "$wanted" "$(cells "$@")" >&2
    return 1
  }
}

@test "help names flags, rows and curves; wrong ones are refused with the right ones" {
  need jq
  succeeds --help
  has '--only ROW'
  has 'memory-bilevel-inception-small'
  has 'curve-minibatches'
  refuses "unknown row \`speed' (choose from: cost-preact-resnet18" --only speed
  refuses "unknown flag \`--round' (choose from: --quick --rounds" --round 3
  refuses "flag \`--rounds' takes a number from 1 to 9999, not \`0'" --rounds=0
  refuses "flag \`--steps' needs a value" --steps
  refuses "unexpected argument \`quick'" quick
  refuses "flag \`--out' needs a folder" --out ''
  HOLDOUT=./nowhere script --dry-run
  test "$status" -eq 1
  has_error "no program \`./nowhere'"
  script --gather
  test "$status" -eq 1 && test -z "$out"
  has_error "nothing was measured yet: there is no $results/bench.jsonl"
}

@test "a dry run prints the first round: both programs in turn, each thing once" {
  HOLDOUT=true PYTHON=true succeeds --dry-run --steps 9
  test -z "$(ls out 2>/dev/null)"
  test "$(sort <<<"$out" | uniq -d | wc -l)" -eq 0
  test "$(grep -vc -- '--steps 9' <<<"$out")" -eq 0
  has 'true bench --json --net inception-small --input 29x29x3 --batch-size 64 --threads 2 --steps 9 --eval'
  has '--net preact-resnet18 --input 32x32x3 --batch-size 64 --threads 1 --steps 9 --optimizer sgd'
  has '--batch-size 256 --threads 2 --steps 9 --optimizer bilevel -O bilevel.minibatches=32'
  has '--batch-size 256 --threads 2 --steps 9 --optimizer bilevel --minibatches 32 --channels-last'
  lacks 'width=64'
  HOLDOUT=true PYTHON=true succeeds --dry-run --only sgd-preact-resnet18-width16
  test "$(wc -l <<<"$out")" -eq 3
  HOLDOUT=true PYTHON=true succeeds --dry-run --threads 1 --quick --steps 4
  test "$(grep -vc -- '--threads 1 --steps 4 ' <<<"$out")" -eq 0
  lacks 'width=32' # no curves
  HOLDOUT=true PYTHON=false succeeds --dry-run --only sgd-preact-resnet18-width16
  test "$(wc -l <<<"$out")" -eq 1
  has_error 'false has no PyTorch, so nothing is compared with it'
}

@test "ratios of each round, their median and spread, and verdicts" {
  need jq gnuplot
  fabricated
  succeeds --gather
  is 'images/s 160 150 170' sgd-inception-small unit value value_low value_high
  is '100 99 101 channels-last 3' sgd-inception-small other other_low other_high layout rounds
  is '1.616162 1.485149 1.7 >= 1.5 met' sgd-inception-small ratio ratio_low ratio_high target verdict
  is '2 1.983607 2.016393 >= 2.0 met' bilevel-inception-small ratio ratio_low ratio_high target verdict
  is '1.5 >= 1.5 met' eval-inception-small ratio target verdict
  is '1 <= 1.0 met' memory-sgd-inception-small ratio target verdict
  is '314572800 157286400 2 <= 1.5 missed' memory-bilevel-inception-small value other ratio target verdict
  is '335544320 471859200 0.711111 NA not judged' process-bilevel-inception-small value other ratio target verdict
  is '1.6 >= 1.6 met' threads-inception-small ratio target verdict
  is '1.322314 <= 1.15 missed' cost-inception-small ratio target verdict
  test -z "$(cells sgd-preact-resnet18 row)" # was not measured
  has 'Of the targets, 6 met, 2 missed, 0 without a peer.'
  for line in 'rounds: 3' 'steps: 7' 'commit: c0ffee' 'compiler: cc 1' 'flags: -O3' 'blas_core: T' 'cpu: C' \
    'kernels: plain' 'threads: 2' 'peer: PyTorch 1' 'others_percent_most: 1'; do
    grep -Fqx "# $line" "$results/bench.tsv"
    grep -Fqx "# $line" "$results/bench-curves.tsv"
  done
  test "$(cat "$results"/*.tsv | grep -cF "$PWD")" -eq 0
  script --gather --threads 3
  test "$status" -eq 1
  has_error 'bench.jsonl has nothing of that: --only, --threads?'
}

@test "points of curves, and figures that are the same when redrawn" {
  need jq gnuplot
  fabricated
  succeeds --gather
  test -z "$err"
  grep -v '^#' "$results/bench-curves.tsv" | cut -f 1-3,10-12 | tr '\t' ' ' >points
  diff - points <<END
panel x program images_per_s low high
images 8 holdout 108 54 216
images 64 holdout 164 82 328
images 8 torch 58 29 116
images 64 torch 114 57 228
width 16 holdout 164 82 328
width 16 torch 114 57 228
END
  grep -q '>small Inception<' $plots/bench.svg
  grep -q '>2.00×<' $plots/bench.svg
  grep -q '>images in a step<' $plots/bench-curves.svg
  mkdir first
  cp $plots/*.svg first
  succeeds --gather
  cmp first/bench.svg $plots/bench.svg
  cmp first/bench-curves.svg $plots/bench-curves.svg
}

@test "without PyTorch the rows say so, and the figures are of holdout alone" {
  need jq gnuplot
  fabricated
  sed -i '/"torch /d' "$results/bench.jsonl"
  succeeds --gather
  test -z "$err"
  is '160 NA NA >= 1.5 no peer' sgd-inception-small value other ratio target verdict
  is '1.6 >= 1.6 met' threads-inception-small ratio target verdict
  is 'NA not judged' process-sgd-inception-small ratio verdict
  has ', 6 without a peer.'
  grep -Fqx '# peer: none' "$results/bench.tsv"
  grep -q 'PyTorch was not installed' $plots/bench.svg
  test "$(grep -c '×<' $plots/bench.svg)" -eq 0
}

# Programs that take the places of holdout and of Python: note their arguments, answer with numbers that follow from
# them.  PyTorch's channels-last is faster.
pretend() {
  cat >pretended <<'END'
#!/usr/bin/env bash
test "$1" != -c || exit 0
echo "$*" >>calls
batch=$(grep -o -- '--batch-size [0-9]*' <<<"$*")
threads=$(grep -o -- '--threads [0-9]*' <<<"$*")
speed=100 case="holdout sgd any ${batch#* } 1 ${threads#* }"
if [[ $* == *torch_bench* ]]; then speed=50; fi
if [[ $* == *--channels-last* ]]; then speed=60; fi
if [[ $* == *--eval* ]] && test -e broken; then
  echo 'out of order' >&2
  exit 1
fi
if ((speed == 50)); then layout=contiguous; elif ((speed == 60)); then layout=channels-last; fi
measured "$case" 1 $speed 50 10 $layout | jq -c 'del(.case, .round, .others_percent)'
END
  chmod +x pretended
  export -f measured
  export HOLDOUT=$PWD/pretended PYTHON=$PWD/pretended
}

@test "rounds are run in turn; PyTorch's faster layout alone after the first" {
  need jq gnuplot
  pretend
  succeeds --rounds 3 --steps 4 --only eval-inception-small --only sgd-preact-resnet18-width16
  sed 's/.*torch_bench.py/torch/; s/ --net \([^ ]*\) .*steps 4/ \1/' calls | tr '\n' ',' >order
  round='bench --json inception-small --eval,torch inception-small --eval --channels-last,'
  round+='bench --json preact-resnet18:width=16 --optimizer sgd,'
  round+='torch preact-resnet18:width=16 --optimizer sgd --channels-last,'
  first=$round
  for peer in 'torch inception-small --eval' 'torch preact-resnet18:width=16 --optimizer sgd'; do
    first=${first//$peer --channels-last/$peer,$peer --channels-last}
  done
  test "$(cat order)" = "$first$round$round"
  has_error 'bench: 14 measurements, 3 rounds of 4 steps'
  has_error 'bench: 14 of 14, round 3: torch sgd preact-resnet18:width=16 64 1 2 channels-last: 60 images/s'
  is '1.666667 3 met' sgd-preact-resnet18-width16 ratio rounds verdict
  test ! -e "$plots/bench-curves.svg"
}

@test "a program that fails is named with what it said" {
  need jq gnuplot
  pretend
  touch broken
  script --only eval-inception-small
  test "$status" -eq 1
  has_error 'holdout eval inception-small 64 1 2 failed:'
  has_error 'out of order'
  test ! -e "$results/bench.tsv"
}

@test "the whole script on the program itself" {
  need jq gnuplot
  PYTHON=false succeeds --rounds 1 --steps 1 --only threads-inception-small
  is '1 one-thread >= 1.6' threads-inception-small rounds against target
  grep -Fqx '# peer: none' "$results/bench.tsv"
  jq -e '.images_per_s > 0 and .round == 1 and .others_percent >= 0' "$results/bench.jsonl" >/dev/null
  test ! -e "$plots/bench.svg" # no row to draw
}

# ---- on a GPU ----

# Programs of a machine that has one: PyTorch is half as fast, eager a quarter; each takes 1 GiB, PyTorch 2.
pretend_gpu() {
  cat >pretended <<'END'
#!/usr/bin/env bash
if test "$1" = -c; then
  test ! -e no-torch
  exit
fi
echo "$*" >>calls
if test -e no-gpu; then
  echo 'holdout: --engine cuda: no device' >&2
  exit 1
fi
batch=$(grep -o -- '--batch-size [0-9]*' <<<"$*" || echo 'none 64')
speed=1000 used=1024 own='"version":"1","engine":"cuda, a device","cpu":"C"'
if [[ $* == *torch_bench* ]]; then
  speed=250 used=2048 own='"version":"PyTorch 2","layout":"contiguous"'
  if [[ $* == *--graph* ]]; then speed=500; fi
elif [[ $* == *bilevel* ]]; then speed=800; fi
test -e unseen || { echo "$((used + 100))" >used.new && mv used.new used; } # never half a file to the watcher
sleep 0.5
echo 100 >used.new && mv used.new used
jq -nc --argjson speed "$speed" --argjson batch "${batch#* }" --argjson own "{$own}" '{images_per_s: $speed, steps: 50,
  threads: 2, batch_size: $batch, median_step_s: ($batch / $speed), peak_rss_bytes: 1, baseline_rss_bytes: 0} + $own'
END
  mkdir fake
  printf '#!/bin/sh\necho "$*" >>asked; cat used\n' >fake/nvidia-smi
  chmod +x pretended fake/nvidia-smi
  echo 100 >used
  PATH=$PWD/fake:$PATH
  export HOLDOUT=$PWD/pretended PYTHON=$PWD/pretended
  results=out/experiments/results
}

@test "on a GPU: other rows, against PyTorch as eager, as a graph and grouped, and memory on the device" {
  need jq
  pretend_gpu
  succeeds --engine cuda:1 --rounds 1 --only graph-sgd-preact-resnet18-128 --only float32-sgd-preact-resnet18 \
    --only grouped-bilevel-inception-small --only cost-inception-small --only eval-preact-resnet18 \
    --only memory-sgd-preact-resnet18
  mv "$results/bench-cuda.tsv" "$results/bench.tsv" # where cells looks
  is '1000 500 2 >= 1.0 met' graph-sgd-preact-resnet18-128 value other ratio target verdict
  is '1000 250 4 >= 2.5 met' float32-sgd-preact-resnet18 value other ratio target verdict
  is '800 500 1.6 not judged' grouped-bilevel-inception-small value other ratio verdict
  is '1.25 <= 1.4 met' cost-inception-small ratio target verdict
  is '4 >= 1.0 met' eval-preact-resnet18 ratio target verdict
  is '1073741824 2147483648 0.5 <= 1.0 met' memory-sgd-preact-resnet18 value other ratio target verdict
  grep -Fqx '# engine: cuda, a device' "$results/bench.tsv"
  has 'engine: cuda, a device'
  test "$(grep -c -- 'torch_bench.* --engine cuda:1 --precision tf32 --graph --grouped$' calls)" -eq 2
  grep -q -- 'bench --json --net preact-resnet18 .* --optimizer sgd --engine cuda:1 --precision float32$' calls
  grep -q -- 'torch_bench.* --batch-size 500 .* --steps 50 --eval .*--engine cuda:1 --precision tf32$' calls
  grep -q -- '--batch-size 128 .* --optimizer sgd --channels-last --engine cuda:1 --precision tf32 --graph' calls
  test ! -e "$plots/bench.svg"
}

@test "on a GPU whose memory nobody saw grow there is no ratio; devices are counted among the visible ones" {
  need jq
  pretend_gpu
  touch unseen
  CUDA_VISIBLE_DEVICES=3,5 succeeds --engine cuda:1 --rounds 1 --only memory-sgd-preact-resnet18
  mv "$results/bench-cuda.tsv" "$results/bench.tsv"
  is 'NA NA NA' memory-sgd-preact-resnet18 value other ratio
  grep -q -- '--id=5$' asked
  test "$(grep -vc -- '--id=5$' asked)" -eq 0
}

@test "on a GPU without PyTorch or nvidia-smi the rows say so; without a GPU nothing is measured" {
  need jq
  pretend_gpu
  touch no-torch
  rm fake/nvidia-smi
  command -v nvidia-smi >/dev/null || {
    succeeds --engine cuda --rounds 1 --only graph-sgd-preact-resnet18 --only memory-sgd-preact-resnet18
    has_error 'has no PyTorch that can use a GPU'
    has_error 'there is no nvidia-smi'
    mv "$results/bench-cuda.tsv" "$results/bench.tsv"
    is '1000 NA NA no peer' graph-sgd-preact-resnet18 value other ratio verdict
    is 'NA NA NA no peer' memory-sgd-preact-resnet18 value other ratio verdict
  }
  touch no-gpu
  script --engine cuda
  test "$status" -eq 1
  has_error 'with --engine cuda nothing can be measured here: holdout: --engine cuda: no device'
  refuses "flag \`--engine' takes cpu, cuda or cuda:N, not \`gpu'" --engine gpu
}
