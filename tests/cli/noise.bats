#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# noise.bats - holdout noise: label files, rates, the transition matrix.
load ../tools/helpers

make_labels() {
  works noise --dataset synthetic --noise symmetric:0.4 "$@"
}

differ() { # `! cmp' could not fail a test
  if cmp -s "$1" "$2"; then
    printf '%s and %s are the same\n' "$1" "$2" >&2
    return 1
  fi
}

wrong() {
  grep -P '^\d' "$1" | awk -F'\t' '$2 != $3' | wc -l
}

@test "noise writes labels of exactly the rate asked for" {
  make_labels --out labels.tsv
  has "nominal rate   0.4"
  has "realised rate  0.400000"
  test "$(wrong labels.tsv)" -eq 800
  test "$(grep -cP '^\d+\t\d\t\d$' labels.tsv)" -eq 2000
  grep -qx '# noise symmetric:0.4' labels.tsv
  grep -qx '# rate nominal 0.4 expected 0.400000 realised 0.400000' labels.tsv
  grep -qP '^index\ttrue\tgiven$' labels.tsv
  for class in 0 9; do # in each class
    test "$(awk -F'\t' -v c=$class '/^[0-9]/ && $2 == c && $3 != c' labels.tsv | wc -l)" -eq 80
  done
  sum=$(sed '1,/^index/d' labels.tsv | sha256sum | cut -d' ' -f1)
  grep -qx "# rows 2000 sha256 $sum" labels.tsv
}

@test "the matrix has the classes in rows, each of sum one" {
  make_labels
  matrix=$(printf '%s\n' "$out" | sed '1,/transition matrix/d; /^ \{9\}/d')
  test "$(printf '%s\n' "$matrix" | wc -l)" -eq 10
  printf '%s\n' "$matrix" | awk '{
    sum = 0
    for (i = 2; i <= NF; i++) sum += $i
    if (NF != 11 || $1 != NR - 1 || $(NR + 1) != 0.6 || sum < 0.99 || sum > 1.01) exit 1 }'
}

@test "without --out nothing is written" {
  make_labels
  test "$(ls | wc -l)" -eq 0
}

@test "a file is not overwritten unless asked to" {
  echo precious >labels.tsv
  refused 1 "labels.tsv: already exists; choose another name for --out, or give --force to replace it" \
    noise --dataset synthetic --noise symmetric:0.4 --out labels.tsv
  test "$(cat labels.tsv)" = precious
  make_labels --out labels.tsv --force
  test "$(wrong labels.tsv)" -eq 800
  ln -s nowhere dangling
  refused 1 "dangling: already exists" noise --dataset synthetic --noise none --out dangling
}

@test "the same seed gives the same file, another seed another" {
  make_labels --seed 5 -o a
  make_labels --seed 5 -o b
  make_labels --seed 6 -o c
  make_labels --seed 6 --noise-seed 5 -o d
  cmp a b
  differ a c
  cmp a d # all images: the seed of the split plays no part
}

@test "the noise seed changes labels alone" {
  make_labels --seed 5 --train-size 300 --noise-seed 1 -o a
  make_labels --seed 5 --train-size 300 --noise-seed 2 -o b
  make_labels --seed 6 --train-size 300 --noise-seed 1 -o c
  cmp <(grep '^[0-9]' a | cut -f1) <(grep '^[0-9]' b | cut -f1)
  differ <(grep '^[0-9]' a | cut -f1,3) <(grep '^[0-9]' b | cut -f1,3)
  differ <(grep '^[0-9]' a | cut -f1) <(grep '^[0-9]' c | cut -f1)
}

@test "sizes: noisy validation images are in the file, clean ones are not" {
  make_labels --train-size 1000 --validation-size 200 --clean-size 100 -o labels.tsv
  has "1200: 1000 to train on, 200 to validate on"
  test "$(grep -c '^[0-9]' labels.tsv)" -eq 1200
  test "$(wrong labels.tsv)" -eq 480
}

@test "a label file is noise again" {
  make_labels -o labels.tsv
  works noise --dataset synthetic --noise file:labels.tsv --out again.tsv
  has "nominal rate   unknown"
  has "realised rate  0.400000"
  cmp <(grep -v '^#' labels.tsv) <(grep -v '^#' again.tsv)
}

@test "one byte per image is a label file, too" {
  make_labels -o labels.tsv
  awk -F'\t' '/^[0-9]/ { printf "\\x%02x", $3 }' labels.tsv | xargs -0 printf '%b' >labels.u8
  test "$(wc -c <labels.u8)" -eq 2000
  works noise --dataset synthetic --noise file:labels.u8 --out again.tsv
  cmp <(grep -v '^#' labels.tsv) <(grep -v '^#' again.tsv)
}

@test "labels may lie beside the data" {
  export XDG_DATA_HOME=$PWD/share HOLDOUT_DATA=
  mkdir -p share/holdout/people flag/people
  make_labels -o share/holdout/people/labels.tsv
  works noise --dataset synthetic --noise file:people/labels.tsv --out again.tsv
  cmp <(grep -v '^#' share/holdout/people/labels.tsv) <(grep -v '^#' again.tsv)
  grep -qx '# noise file:people/labels.tsv' again.tsv
  refused 1 "neither people/labels.tsv nor people/labels.tsv.gz can be read: looked in the working folder, flag" \
    noise --dataset synthetic --data-dir flag --noise file:people/labels.tsv
  gzip <share/holdout/people/labels.tsv >flag/people/labels.tsv.gz
  works noise --dataset synthetic --data-dir flag --noise file:people/labels.tsv
  refused 1 "looked in the working folder, $PWD/share/holdout, /usr/share/datasets" \
    noise --dataset synthetic --noise file:people/other.tsv
  mkdir people # here it comes first
  printf 'what is this' >people/labels.tsv
  refused 1 "people/labels.tsv: line 1: label \`what is this'" noise --dataset synthetic --noise file:people/labels.tsv
}

@test "bad label files are refused by line, and nothing is written" {
  make_labels -o good.tsv
  bad() {
    refused 1 "$1" noise --dataset synthetic --noise file:bad.tsv --out out.tsv
    test ! -e out.tsv
  }
  sed '/^7\t/d' good.tsv >bad.tsv
  bad "bad.tsv: damaged: its 1999 rows are not the 2000 rows with sha256"
  sed '/^# rows/d; s/^7\t7\t.*/7\t7\t10/' good.tsv >bad.tsv
  bad "bad.tsv: line 12: label 10, but it must be below 10"
  sed '/^# rows/d; s/^7\t7\t.*/7\t6\t1/' good.tsv >bad.tsv
  bad "bad.tsv: line 12: image 7 has true label 6 here, but 7 in synthetic"
  sed '/^# rows/d; s/^7\t7\t.*/7\t7\tx/' good.tsv >bad.tsv
  bad "bad.tsv: line 12: label \`x'"
  awk -F'\t' -v OFS='\t' '$1 == "7" { $3 = ($3 + 1) % 10 } 1' good.tsv >bad.tsv
  bad "if you edited the file, delete that note"
  head -c 1000 good.tsv >bad.tsv
  bad "bad.tsv: "
  printf 'what is this' >bad.tsv
  bad "if this line is a header, name the columns index or file, and label"
  rm bad.tsv
  bad "bad.tsv"
}

@test "bad specifications name the nearest" {
  refused 2 "unknown noise model \`symetric': did you mean \`symmetric'?" noise --dataset synthetic --noise symetric:0.4
  refused 2 "the rate \`1.5' is not a number from 0 to 1" noise --dataset synthetic --noise symmetric:1.5
  refused 2 "needs a rate: for example symmetric:0.4" noise --dataset synthetic --noise symmetric
  refused 2 "did you mean \`synthetic'?" noise --dataset sinthetic --noise symmetric:0.4
  refused 2 "did you mean \`--noise'" noise --dataset synthetic --nois symmetric:0.4
}

@test "what is no file is not written over, even when asked to" {
  mkfifo pipe
  ln -s pipe link
  mkdir folder
  for name in pipe link; do
    refused 1 "$name: cannot write: not a regular file; name a file" \
      noise --dataset synthetic --noise none --out $name --force
  done
  refused 1 "folder: cannot write: it is a folder; name a file" \
    noise --dataset synthetic --noise none --out folder --force
  test -p pipe
  test -L link
  test "$(ls | tr '\n' ' ')" = "folder link pipe "
}

@test "too many images are refused with the numbers, an unwritable file by name" {
  refused 1 "there are only 2000 in all" noise --dataset synthetic --train-size 2001
  refused 1 "no/labels.tsv: cannot write" noise --dataset synthetic --noise symmetric:0.4 --out no/labels.tsv
}

@test "nominal, expected and realised rate are three numbers" {
  works noise --dataset synthetic --noise symmetric-inclusive:0.4 --out labels.tsv
  has "nominal rate   0.4"
  has "expected rate  0.360000"
  rate=$(awk '/^# rate/ { print $NF }' labels.tsv)
  has "realised rate  $rate"
  test "$(wrong labels.tsv)" -eq "$(awk -v r="$rate" 'BEGIN { print 2000 * r }')"
  grep -qx "# rate nominal 0.4 expected 0.360000 realised $rate" labels.tsv
  works noise --dataset synthetic --noise file:labels.tsv
  has "expected rate  unknown"
}

@test "random labels: nothing of the true ones is left" {
  works noise --dataset synthetic --noise symmetric-inclusive:1 --out labels.tsv
  has "nominal rate   1"
  has "expected rate  0.900000"
  # of each pair of true and given label 20 are expected: chi-square with 90 degrees of freedom
  awk -F'\t' '/^[0-9]/ { n[$2 " " $3]++ }
    END { for (i = 0; i < 100; i++) chi += (n[int(i / 10) " " i % 10] - 20) ^ 2 / 20; exit !(chi < 150) }' labels.tsv
}

@test "every model that takes any data set makes labels that read back" {
  for spec in none symmetric:0.3 symmetric-bernoulli:0.3 symmetric-inclusive:0.3 pair:0.3 instance:0.3; do
    works noise --dataset synthetic --noise $spec --out labels.tsv --force
    grep -qx "# noise $spec" labels.tsv
    works noise --dataset synthetic --noise file:labels.tsv
  done
}

@test "models of one data set name it" {
  refused 1 "noise \`asymmetric' is defined only for the data set cifar10, not for synthetic" \
    noise --dataset synthetic --noise asymmetric:0.4
  refused 1 "only for the data set cifar100, not for synthetic" noise --dataset synthetic --noise super-cycle:0.4
  refused 1 "noise \`air' is defined only for the data set cifar10" noise --dataset synthetic --noise air:0.4
  refused 2 "noise \`air' needs a rate: for example air:0.4" noise --dataset cifar10 --noise air
}

@test "help lists the models" {
  works noise --help
  has "symmetric:RATE"
  has "Xia et al. 2020"
  for model in none symmetric symmetric-bernoulli symmetric-inclusive pair asymmetric super-cycle block5-legacy air \
    instance file; do
    grep -qE "^  $model(:RATE|:PATH)? " <<<"$out"
  done
  has "file:PATH"
}

# warned TEXT: the last call succeeded with one line of warning, which has this text
warned() {
  test "$status" -eq 0 || { show; return 1; }
  test "$(printf '%s\n' "$err" | wc -l)" -eq 1 || { show; return 1; }
  case $err in
  "holdout: warning: "*"$1"*) ;;
  *)
    show
    return 1
    ;;
  esac
}

@test "the expected rate is what rounding leaves, and a warning tells where that is far from the nominal one" {
  call noise --dataset synthetic --train-size 20 --noise symmetric:0.4 --out labels.tsv
  warned "noise symmetric:0.4 makes 0 of 20 labels wrong, a share of 0.0000: counts are rounded in each class"
  has "nominal rate   0.4"
  has "expected rate  0.000000"
  has "realised rate  0.000000"
  grep -qx '# rate nominal 0.4 expected 0.000000 realised 0.000000' labels.tsv
  works noise --dataset synthetic --train-size 690 --validation-size 300 --noise symmetric:0.32
  has "expected rate  0.313131" # floor(22.08) of 69 and floor(9.6) of 30 in each of ten classes
  has "realised rate  0.313131"
}

@test "labels in another order than the images are told of, with the numbers" {
  make_labels --noise symmetric:0.4 --out labels.tsv
  awk -F'\t' '/^[0-9]/ { printf "\\x%02x", $3 }' labels.tsv | xargs -0 printf '%b' >labels.u8
  works noise --dataset synthetic --noise file:labels.u8
  tail -c 1999 labels.u8 >moved.u8 # one place on: the classes go round in tens
  head -c 1 labels.u8 >>moved.u8
  call noise --dataset synthetic --noise file:moved.u8
  warned "moved.u8: $(printf '%.0f' "$(awk '/^realised/ { print 2000 - 2000 * $3 }' <<<"$out")") of 2000 labels equal those of the data set, and a random order would give 200."
  call train --dataset synthetic --noise file:moved.u8 --net mlp:hidden=4 --epochs 1 --quiet --run-dir run
  warned "the labels may be in another order than the images, belong to other images, or be numbered differently"
  printf 'index\tgiven\n' >moved.tsv
  awk -F'\t' '/^[0-9]/ { print $1 "\t" ($3 + 1) % 10 }' labels.tsv >>moved.tsv
  call noise --dataset synthetic --noise file:moved.tsv
  warned "moved.tsv: "
  make_labels --noise symmetric:0.9 --out labels.tsv --force # chance, but in order: the true labels beside them agree
  works noise --dataset synthetic --noise file:labels.tsv
}

@test "tables from elsewhere, some images in them: how they were understood, what is left out" {
  make_labels --noise symmetric:0.2 -o labels.tsv
  { printf '\xef\xbb\xbfID;Label\r\n'; awk -F'\t' '/^[0-9]/ && $1 % 4 { printf "%d;%d\r\n", $1, $3 }' labels.tsv; } >some.csv
  works noise --dataset synthetic --noise file:some.csv --validation-size 300 --out some.tsv
  has "label file     some.csv: separated by semicolons, with a header; images by number, labels by number"
  has "labelled       1500 of 2000 training images; the others are left out"
  has "labels         1500: 1200 to train on, 300 to validate on"
  cmp <(grep '^[0-9]' some.tsv) <(awk -F'\t' '/^[0-9]/ && $1 % 4' labels.tsv)
  head -n 11 some.csv >few.csv
  call noise --dataset synthetic --noise file:few.csv
  test "$status" -eq 0
  has_error "few.csv: it has labels for 10 of 2000 training images, fewer than half: the others are left out of training"
  refused 1 "some.csv has labels for 1500 of 2000 training images: 1501 training, 0 validation" \
    noise --dataset synthetic --noise file:some.csv --train-size 1501
  call train --dataset synthetic --noise file:some.csv --validation-size 300 --train-size 1000 --net mlp:hidden=4 --epochs 1 --run-dir run
  test "$status" -eq 0
  has_error "note: some.csv: labels for 1500 of 2000 training images; the others are left out"
  rm some.csv # the run has its labels, and with them its split
  works eval run
  accuracy=$(sed -n 's/.*"train_accuracy_noisy": \([0-9.e-]*\),/\1/p' run/summary.json)
  has "$(printf 'train, given labels %21.4f' "$accuracy")"
  works suspects run
  has "samples        1000"
}
