#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# user_files.bats - the user's own data sets: images of any size, channels and classes, trained and scored like built-in ones.
load ../tools/helpers

unset HOLDOUT_DATA
export XDG_DATA_HOME=/nonexistent

setup_file() {
  ${CC:-cc} -O1 -o "$BATS_FILE_TMPDIR/shapes" "${HO_SRCDIR:?}/tests/tools/shapes.c"
}

shapes() {
  "$BATS_FILE_TMPDIR/shapes" "$@"
}

train() {
  call train --quiet "$@"
  if test "$status" -ne 0; then show; fi
  test "$status" -eq 0
}

# value KEY RUN: of the summary
value() {
  sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$2/summary.json"
}

# learned RUN LEAST: the test accuracy is at least that, and `holdout eval' finds the same
learned() {
  local accuracy
  accuracy=$(value test_accuracy_last "$1")
  awk -v a="$accuracy" -v least="$2" 'BEGIN { exit !(a >= least) }' || { cat "$1/summary.json" >&2; return 1; }
  works eval "$1"
  printf '%s\n' "$out" | awk -v a="$accuracy" '$1 == "test" && $2 - a < 1e-4 && a - $2 < 1e-4 { found = 1 }
    END { exit !found }' || { printf 'not %s\n' "$accuracy" >&2; show; return 1; }
}

grey=(--dataset idx:grey --noise symmetric:0.2 --augment crop-flip --batch-size 20)

@test "a folder of 64x48 grey images, five classes: what it is" {
  mkdir grey
  shapes idx grey 48 64 1 5 200 100
  works data idx:grey
  has "name      idx:grey"
  has "found in  grey"
  has "train     200 images"
  has "test      100 images"
  has "size      48 x 64 x 1"
  has "classes   5"
  lacks "note"
  test "$(printf '%s\n' "$out" | grep -cE '^ +[0-4] +40 +20 +-$')" -eq 5
  works noise --dataset idx:grey --noise symmetric:0.2
  has "dataset        idx:grey"
  has "realised rate  0.200000"
  test "$(printf '%s\n' "$out" | grep -cE '^ +[0-4] .* 0\.800')" -eq 5
}

# warned TEXT: the last call wrote that warning, and nothing else, on standard error
warned() {
  test "$err" = "holdout: warning: $1" || { show; return 1; }
}

@test "a test set whose classes are too unequal for the test size: as balanced as can be, and told" {
  local labels=grey/t10k-labels-idx1-ubyte
  mkdir grey
  shapes idx grey 8 8 1 5 200 100
  { head -c 8 $labels; tail -c +9 $labels | head -c 99 | tr '\4' '\0'; printf '\4'; } >new
  mv new $labels
  train --dataset idx:grey --test-size 90 --net mlp:hidden=4 --epochs 1 --run-dir x
  warned "--test-size 90: the classes are not balanced: it has 1 of 1 image of class 4, and up to 29 of other classes"
  test "$(value test_size x)" = 90
}

# relabel FILE N LABEL: the first N labels become LABEL
relabel() {
  { head -c 8 "$1"; printf "\\$3%.0s" $(seq "$2"); tail -c +$((9 + $2)) "$1"; } >new
  mv new "$1"
}

@test "labels that begin at 1, as those of EMNIST letters: split, made wrong and trained" {
  local begin="letters: no image has the label 0: labels seem to begin at 1, and begin at 0 here, so there is a class 0 \
without images; if that is not meant, subtract 1 from every label"
  mkdir letters
  shapes idx letters 8 8 1 5 200 100
  for part in train t10k; do
    { head -c 8 letters/$part-labels-idx1-ubyte; tail -c +9 letters/$part-labels-idx1-ubyte | tr '\0-\4' '\1-\5'; } >new
    mv new letters/$part-labels-idx1-ubyte
  done
  for model in symmetric symmetric-bernoulli symmetric-inclusive pair instance; do
    call noise --dataset idx:letters --train-size 100 --validation-size 50 --noise $model:0.4 --out labels.tsv --force
    warned "$begin"
    test "$(grep -c '^[0-9]' labels.tsv)" -eq 150
    test "$(awk -F'\t' '/^[0-9]/ && $3 == 0' labels.tsv | wc -l)" -eq 0
  done
  call noise --dataset idx:letters --noise symmetric-inclusive:1
  has "expected rate  0.800000"
  for class in 1 2 3 4 5; do
    call noise --dataset idx:letters --train-size 100 --validation-size 50 --clean-size 25 --noise symmetric:0.4 \
      --out labels.tsv --force
    test "$status" -eq 0
    test "$(awk -F'\t' -v c=$class '/^[0-9]/ && $2 == c' labels.tsv | wc -l)" -eq 30
    test "$(awk -F'\t' -v c=$class '/^[0-9]/ && $2 == c && $3 != c' labels.tsv | wc -l)" -eq 12
  done
  train --dataset idx:letters --noise symmetric:0.4 --validation-size 50 --test-size 50 --net mlp:hidden=4 --epochs 1 \
    --run-dir run
  warned "$begin"
}

@test "parts of unequal classes leave each class images to train on, and a warning tells what they got" {
  mkdir grey
  shapes idx grey 8 8 1 5 200 100
  relabel grey/train-labels-idx1-ubyte 185 0 # 188 of class 0, 3 of each other one
  works noise --dataset idx:grey --validation-size 10 --noise pair:0.5
  has "labels         200: 190 to train on, 10 to validate on"
  call noise --dataset idx:grey --validation-size 20 --noise pair:0.5 --out labels.tsv
  test "$status" -eq 0
  warned "--validation-size 20: the classes are not balanced: it has 2 of 3 images of class 1, and up to 12 of other classes"
  call noise --dataset idx:grey --validation-size 20 --clean-size 40 --train-size 100 --noise pair:0.5
  test "$status" -eq 0
  test "$(printf '%s\n' "$err" | grep -c '^holdout: warning: --[a-z]*-size [0-9]*: the classes are not balanced: it has 1 of 3 images ')" -eq 3
}

@test "shares told to methods and printed are shares of images, not means over classes" {
  mkdir grey
  shapes idx grey 8 8 1 5 200 100
  relabel grey/train-labels-idx1-ubyte 185 0
  { # all three images of each small class have a wrong label: 12 of 200
    printf 'index\tgiven\n'
    for i in $(seq 0 199); do printf '%d\t0\n' "$i"; done
  } >labels.tsv
  call train --dataset idx:grey --noise file:labels.tsv --true-labels own --net mlp:hidden=4 --batch-size 50 --epochs 1 \
    --quiet --optimizer co-teaching -O co-teaching.gradual=1 --run-dir run
  test "$status" -eq 0
  test "$(value noise_rate_realised run)" = 0.06
  test "$(jq '."co-teaching.kept.mean"' run/log.jsonl)" = 0.94
  works eval --transition T.tsv run
  right=$(grep -v '^#' T.tsv | awk '{ right += (NR == 1 ? 188 : 3) * $NR / 200 } END { printf "%.4f", 1 - right }')
  has "transition matrix written to T.tsv: it makes $right of the labels wrong; 0.0600 are wrong"
  train --dataset idx:grey --noise none --net mlp:hidden=4 --epochs 1 --run-dir as-they-are
  works eval --transition U.tsv as-they-are
  has "transition matrix written to U.tsv: it makes about 0."
}

@test "classes that only test images have are told" {
  mkdir grey
  shapes idx grey 8 8 1 5 200 100
  { head -c 8 grey/train-labels-idx1-ubyte; tail -c +9 grey/train-labels-idx1-ubyte | tr '\3\4' '\0\1'; } >new
  mv new grey/train-labels-idx1-ubyte
  train --dataset idx:grey --noise symmetric:0.2 --net mlp:hidden=4 --epochs 1 --run-dir run
  warned "2 of 5 classes of the test images have no training image, the first of them class 3"
}

@test "a folder of 64x48 grey images trains an mlp with wrong labels and augmentation" {
  mkdir grey
  shapes idx grey 48 64 1 5 200 100
  train "${grey[@]}" --net mlp:hidden=32 --sched cosine --lr 0.02 --epochs 12 --validation-size 50 \
    --eval-every 6 --run-dir run
  learned run 0.8
  test "$(value dataset run)" = idx:grey
  test "$(value noise_rate_realised run)" = 0.2
  test "$(value train_size run)" = 150
  grep -qx 'dataset: idx:grey' run/config.yaml
  train -c run/config.yaml --run-dir again
  cmp run/checkpoint.safetensors again/checkpoint.safetensors
  cmp run/summary.json again/summary.json
}

@test "a folder of 32x24 grey images trains a residual network, gzipped too, by bilevel" {
  mkdir grey
  shapes idx grey 24 32 1 5 200 100
  train "${grey[@]}" --net preact-resnet18:width=2 --sched cosine --lr 0.03 --epochs 8 --eval-every 8 --run-dir run
  learned run 0.5
  gzip grey/*
  train -c run/config.yaml --run-dir again
  cmp run/checkpoint.safetensors again/checkpoint.safetensors
  train "${grey[@]}" --net preact-resnet18:width=2 --optimizer bilevel -O bilevel.minibatches=4 --epochs 1 --run-dir b
  works eval b
}

@test "records of another size and three channels train like CIFAR" {
  shapes cifar a.bin 24 40 3 6 120 1
  shapes cifar b.bin 24 40 3 6 120 2
  shapes cifar test.bin 24 40 3 6 90 3
  gzip b.bin
  own=cifar:size=24x40x3,train=a.bin+b.bin,test=test.bin
  works data $own
  has "size      24 x 40 x 3"
  has "classes   6"
  has "train     240 images"
  train --dataset $own --noise symmetric:0.2 --augment crop-flip --batch-size 24 --net mlp:hidden=32 \
    --sched cosine --lr 0.02 --epochs 12 --eval-every 6 --run-dir mlp
  learned mlp 0.8
  test "$(sed -n 's/^ *"dataset": "\(.*\)",$/\1/p' mlp/summary.json)" = $own
  train --dataset $own --noise symmetric:0.2 --augment crop-flip --batch-size 24 --net preact-resnet18:width=2 \
    --sched cosine --lr 0.03 --epochs 10 --eval-every 10 --run-dir resnet
  learned resnet 0.5
  train -c mlp/config.yaml --run-dir again
  cmp mlp/checkpoint.safetensors again/checkpoint.safetensors
}

@test "the same images as IDX and as records are the same data" {
  mkdir colour
  shapes idx colour 6 5 1 3 30 15
  { for i in {0..29}; do
      tail -c +$((9 + i)) colour/train-labels-idx1-ubyte | head -c 1
      tail -c +$((17 + 30 * i)) colour/train-images-idx3-ubyte | head -c 30
    done; } >train.bin
  { for i in {0..14}; do
      tail -c +$((9 + i)) colour/t10k-labels-idx1-ubyte | head -c 1
      tail -c +$((17 + 30 * i)) colour/t10k-images-idx3-ubyte | head -c 30
    done; } >test.bin
  works data idx:colour
  sum=$(printf '%s\n' "$out" | grep '^sha256')
  works data cifar:train=train.bin,test=test.bin,size=6x5x1
  has "$sum"
}

@test "a run without --run-dir has a short name" {
  mkdir -p 'my data/grey'
  shapes idx 'my data/grey' 4 4 1 3 30 15
  train --dataset "idx:my data/grey/" --net mlp:hidden=4 --batch-size 10 --epochs 1 --seed 3
  test "$(ls runs)" = idx-grey-mlp-hidden-4-sgd-seed3
  grep -qx 'dataset: "idx:my data/grey/"' runs/*/config.yaml
  works eval runs/idx-grey-mlp-hidden-4-sgd-seed3
}

@test "data may move: a relative name and --data-dir" {
  mkdir -p there/grey
  shapes idx there/grey 4 4 1 3 30 15
  train --dataset idx:grey --data-dir there --net mlp:hidden=4 --batch-size 10 --epochs 1 --sched const --run-dir run
  mv there elsewhere
  refused 1 "idx: neither grey nor grey.gz can be read" eval run
  works eval run --data-dir elsewhere
  HOLDOUT_DATA=elsewhere works eval run
  call train --resume run --data-dir elsewhere --epochs 2 --quiet
  test "$status" -eq 0
  shapes idx elsewhere/grey 4 4 1 3 27 15
  call train --resume run --data-dir elsewhere --epochs 3 --quiet
  test "$status" -eq 1
}

@test "what is wrong with one's own data is said in one line, and nothing is written" {
  mkdir grey
  shapes idx grey 4 4 1 3 30 15
  run_refused() {
    refused 1 "$@" --net mlp:hidden=4 --epochs 1 --run-dir run
    test ! -e run
  }
  run_refused "idx: neither nowhere nor nowhere.gz can be read" train --dataset idx:nowhere
  run_refused "cifar: unknown key \`tset': did you mean \`test'?" train --dataset cifar:train=a,tset=b
  truncate -s -1 grey/t10k-labels-idx1-ubyte
  run_refused "idx: grey/t10k-labels-idx1-ubyte: truncated" train --dataset idx:grey
  shapes idx grey 4 5 1 3 30 15
  mkdir other
  shapes idx other 4 4 1 3 30 15
  cp other/t10k* grey
  run_refused "training images are 4 x 5 x 1, test images 4 x 4 x 1" train --dataset idx:grey
  refused 1 "cifar: size: expected height, width and channels" data cifar:train=a,test=a,size=big
  refused 2 "data set \`idx' needs an argument: idx:FOLDER" data idx
  refused 2 "data set \`cifar' needs an argument: cifar:train=" noise --dataset cifar: --noise none
  refused 2 "nothing may follow the name mnist" data mnist:folder
}

@test "a matrix of many classes is summed up" {
  mkdir many
  shapes idx many 3 3 1 50 1000 50
  works noise --dataset idx:many --noise pair:0.3 --out labels.tsv
  has "transition matrix: 50 x 50, too wide to show; --out FILE writes all labels"
  has "off the diagonal: 50 cells are not 0; the largest 12, share of the row:"
  test "$(printf '%s\n' "$out" | wc -l)" -le 30
  test "$(printf '%s\n' "$out" | awk 'length > 90' | wc -l)" -eq 0
  # what is printed is what the labels say: mean of the diagonal, and the largest cells, in order
  awk -F'\t' '/^[0-9]/ { n[$2]++; m[$2, $3]++ } END { for (k in n) s += m[k, k] / n[k]; printf "mean %.3f,\n", s / 50 }' \
    labels.tsv >mean
  has "$(cat mean)"
  awk -F'\t' '/^[0-9]/ && $2 != $3 { m[$2 + 0 "\t" $3 + 0]++ } END { for (k in m) print k "\t" m[k] }' labels.tsv |
    sort -t "$(printf '\t')" -k3,3nr -k1,1n -k2,2n | head -12 >wanted
  printf '%s\n' "$out" | sed '1,/largest/d; 1d' | sed '/labels *share/d' | awk -v OFS='\t' '{ print $1, $2, $3 }' >printed
  cmp wanted printed
  mkdir few
  shapes idx few 3 3 1 20 100 20
  works noise --dataset idx:few --noise symmetric:0
  test "$(printf '%s\n' "$out" | sed '1,/^transition/d' | wc -l)" -eq 21
  works noise --dataset idx:many --noise symmetric:0
  has "labels kept, over classes: mean 1.000, least 1.000 (class 0), most 1.000 (class 0)"
  has "off the diagonal: 0 cells are not 0"
}

@test "files that are not the official ones are noted" {
  mkdir mnist
  shapes idx mnist 6 6 1 10 40 20
  works data --data-dir . mnist
  has "note      not the official files"
  works data --data-dir .
  printf '%s\n' "$out" | grep '^mnist .*  (note: not the official files)$'
  if printf '%s\n' "$out" | grep '^synthetic .*note'; then false; fi
  call train --dataset mnist --data-dir . --net mlp:hidden=4 --batch-size 10 --epochs 1 --run-dir run
  test "$status" -eq 0
  has_error "note: mnist in ./mnist: not the official files"
  test "$(printf '%s\n' "$err" | grep -c note:)" -eq 1
  train --dataset mnist --data-dir . --net mlp:hidden=4 --batch-size 10 --epochs 1 --run-dir quiet
  test -z "$err"
}

@test "without test images: trained and searched for wrong labels, and nothing is told of what is not known" {
  local none="idx:own has no test images: how well the network does on other images is not known"
  mkdir own
  shapes idx own 8 8 1 5 200 100
  rm own/t10k-*
  works data idx:own
  has "test      none"
  call train --dataset idx:own --net mlp:hidden=8 --batch-size 20 --epochs 2 --run-dir run
  test "$status" -eq 0
  has_error "holdout: warning: $none; --validation-size N scores it on N training images that are held out"
  ! grep -i nan <<<"$err"
  grep -E '^epoch  2/2  lr [0-9.e-]+  loss [0-9.]+  train given [0-9.]+  [0-9]+ images/s' <<<"$err"
  jq -es 'map(has("test_accuracy") and .test_accuracy == null and .test_loss == null) | all' run/log.jsonl
  jq -e '[.test_accuracy_last, .test_accuracy_best, .test_accuracy_best_epoch, .test_accuracy_validation_selected,
    .validation_selected_epoch, .test_loss_last, .train_accuracy_clean, .noise_rate_realised] == [range(8) | null]
    and .test_size == 0 and .true_labels == "unknown"' run/summary.json
  works eval run
  has "train, given labels"
  ! grep -E '^test|nan' <<<"$out"
  works suspects run
  has "wrong labels   unknown"
  works show --format tsv --runs run
  has $'test_accuracy_last\t'
  ! grep -iw nan <<<"$out"
  refused 1 "run has no test images to predict" eval --predictions p.tsv run
  refused 1 "--test-size 10: idx:own has no test images" train --dataset idx:own --test-size 10 --run-dir x
}

@test "without test images but with a validation part, the best epoch is known" {
  mkdir own
  shapes idx own 8 8 1 5 200 100
  rm own/t10k-*
  call train --dataset idx:own --net mlp:hidden=8 --batch-size 20 --epochs 3 --validation-size 50 --run-dir run
  test "$status" -eq 0
  has_error "is not known, beyond the accuracy on the validation part"
  grep -E '^epoch  3/3  .*  validation [0-9.]+  train given' <<<"$err"
  jq -e '(.validation_selected_epoch | . >= 1 and . <= 3) and .test_accuracy_validation_selected == null and
    .test_accuracy_best_epoch == null and .validation_accuracy_last >= 0' run/summary.json
  call train -c run/config.yaml --epochs 3 --run-dir again --quiet
  cmp run/summary.json again/summary.json
}

@test "arrays of NumPy: read, a share held out, trained, found again by their place" {
  local python=/usr/bin/python3
  "$python" -c 'import numpy' 2>/dev/null || skip "no Python with numpy"
  "$python" - <<'END'
import numpy
r = numpy.random.default_rng(1)
labels = numpy.arange(200) % 4
images = r.random((200, 3, 8, 8)) * 0.4
for k in range(4):
    images[labels == k, k % 3, 2 * k:2 * k + 2] += 0.5
numpy.save("images.npy", images.astype("float32"))
numpy.save("labels.npy", labels)
END
  local data=npy:images.npy,labels=labels.npy,test=0.2
  call data "$data"
  test "$status" -eq 0
  has "train     160 images"
  has "test      40 images"
  has "size      8 x 8 x 3"
  has_error "images.npy: its numbers go from "
  has_error "each is 255 times the number, rounded"
  test "$(printf '%s\n' "$out" | grep -cE '^ +[0-3] +40 +10  -$')" -eq 4
  train --dataset "$data" --net mlp:hidden=16 --batch-size 20 --epochs 5 --run-dir run
  learned run 0.9
  works suspects run
  call noise --dataset "$data" --noise file:labels.npy --out l.tsv # numbers are those of the array
  has "40 rows are of test images, which keep the data set's labels"
  grep '^[0-9]' l.tsv | awk '$1 % 4 != $NF || $1 > 199 { exit 1 } END { exit NR != 160 }'
  call suspects --top 5 --drop fewer.tsv --out s.tsv run
  call noise --dataset "$data" --noise file:fewer.tsv --out l.tsv --force
  has "labelled       155 of 160 training images"
  grep '^[0-9]' l.tsv | awk '$1 % 4 != $NF { exit 1 } END { exit NR != 155 }'
  grep '^[0-9]' s.tsv | awk '$2 % 4 != $4 || $3 != "images.npy[" $2 "]" { exit 1 }' # rank, index, file, given
}

@test "help tells how to name one's own data" {
  works data --help
  has "idx:FOLDER"
  has "cifar:train=FILE"
  has "labels=2 means"
  works data --data-dir .
  has "your own: idx: cifar: npy: folder: and what they need"
}
