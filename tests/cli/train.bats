#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# train.bats - holdout train and eval from outside: runs that end the same way however they got there, and what is
# refused.

load ../tools/helpers

# A run of seconds: 400 images, 6 steps an epoch.
small=(--dataset synthetic --train-size 400 --test-size 200 --noise symmetric:0.4 --batch-size 64 --lr 0.05 --sched const
       --net mlp:hidden=32)

train() {
  call train "${small[@]}" --quiet "$@"
  if test "$status" -ne 0; then show; fi
  test "$status" -eq 0
}

# Until FILE is there or process PID has ended.
await() {
  while ! test -s "$1" && kill -0 "$2" 2>/dev/null; do sleep 0.01; done
}

same_run() {
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f"
  done
}

@test "a run leaves its files and prints its summary" {
  train --epochs 2 --run-dir run
  [[ "$out" == *'"test_accuracy_last"'* ]]
  [ "$(ls run | tr '\n' ' ')" = "checkpoint.previous.safetensors checkpoint.safetensors config.yaml labels.tsv log.jsonl samples.safetensors summary.json timing.jsonl " ]
  for key in test_accuracy_last test_accuracy_best test_accuracy_validation_selected train_accuracy_noisy \
      train_accuracy_clean noise_rate_nominal noise_rate_realised epochs seed optimizer net dataset; do
    grep -q "\"$key\": " run/summary.json
  done
  grep -q '"noise_rate_realised": 0.4,' run/summary.json
  grep -q '"test_accuracy_validation_selected": null' run/summary.json
  [ "$(wc -l <run/log.jsonl)" -eq 2 ]
}

@test "the same seed gives the same bits, for any number of threads" {
  for o in sgd bilevel; do
    train --optimizer $o --epochs 2 --threads 1 --run-dir $o-1
    train --optimizer $o --epochs 2 --threads 2 --run-dir $o-2
    train --optimizer $o --epochs 2 --threads 5 --run-dir $o-5
    same_run $o-1 $o-2
    same_run $o-1 $o-5
  done
  [ "$(cmp sgd-1/summary.json bilevel-1/summary.json 2>&1)" ]
}

@test "a network with convolutions and dropout, too" {
  train --net preact-resnet18:width=2,dropout=0.3 --augment crop-flip --optimizer bilevel --epochs 1 --threads 1 --run-dir a
  train --net preact-resnet18:width=2,dropout=0.3 --augment crop-flip --optimizer bilevel --epochs 1 --threads 2 --run-dir b
  same_run a b
}

@test "shuffled pixels are the same for a run, when it goes on, and for eval; labels are as without" {
  train --noise instance:0.4 --epochs 2 --run-dir plain
  train --noise instance:0.4 --epochs 2 --augment shuffled-pixels --run-dir whole
  cmp plain/labels.tsv whole/labels.tsv
  run cmp plain/log.jsonl whole/log.jsonl
  [ "$status" -eq 1 ]
  train --noise instance:0.4 --epochs 1 --augment shuffled-pixels --run-dir part
  call train --resume part --epochs 2 --quiet
  [ "$status" -eq 0 ]
  same_run whole part
  works eval whole
  accuracy=$(sed -n 's/.*"test_accuracy_last": \([0-9.e-]*\),/\1/p' whole/summary.json)
  has "$(printf 'test %36.4f' "$accuracy")"
  works suspects whole --out suspects.tsv
  call train --resume whole --augment none --epochs 3 --quiet
  [ "$status" -ne 0 ]
  has_error augment
}

@test "config.yaml repeats a run; flags override it" {
  train --optimizer bilevel -O bilevel.mu=0.5 --validation-size 50 --sched cosine --epochs 2 --run-dir a
  call train -c a/config.yaml --quiet --run-dir b
  [ "$status" -eq 0 ]
  same_run a b
  call train -c a/config.yaml --quiet --seed 7 --run-dir c
  [ "$status" -eq 0 ]
  grep -q '"seed": 7' c/summary.json
  grep -q 'bilevel.mu=0.5' c/config.yaml
}

@test "label files: a run's labels can be given to another" {
  train --epochs 1 --run-dir a
  train --epochs 1 --noise file:a/labels.tsv --run-dir b
  cmp a/samples.safetensors b/samples.safetensors
}

@test "labels beside the data are found from anywhere, and may move with them" {
  export HOLDOUT_DATA=$PWD/data
  mkdir -p data/people elsewhere
  train --epochs 2 --run-dir a
  mv a/labels.tsv data/people/
  train --epochs 1 --noise file:people/labels.tsv --run-dir b
  grep -qx 'noise: file:people/labels.tsv' b/config.yaml
  cd elsewhere
  call train -c ../b/config.yaml --quiet --run-dir ../c
  [ "$status" -eq 0 ]
  same_run ../b ../c
  works noise --dataset synthetic --train-size 400 --noise symmetric:0.2 -o ../data/people/other.tsv
  mv ../data/people/labels.tsv kept
  mv ../data/people/other.tsv ../data/people/labels.tsv
  refused 1 "../b/checkpoint.safetensors: the label file $HOLDOUT_DATA/people/labels.tsv has changed since this run began: " \
    train --resume ../b --epochs 3 --quiet
  differ=$(join -j 1 <(grep '^[0-9]' ../b/labels.tsv | sort -k 1,1) <(grep '^[0-9]' ../data/people/labels.tsv | sort -k 1,1) |
    awk '$3 != $5 { n++; if (first == "" || $1 + 0 < first) { first = $1 + 0; then = $3; now = $5 } }
      END { printf "%d of 400 labels differ from its labels.tsv, the first at image %d: %d there, %d now; restore the old one", n, first,
        then, now }')
  has_error "$differ"
  mv kept ../data/people/labels.tsv
  mv ../data ../moved
  works eval ../b # the run has its labels
  works eval ../b --data-dir ../moved
  call train --resume ../b --epochs 2 --quiet --data-dir ../moved
  [ "$status" -eq 0 ]
  grep -qx 'noise: file:people/labels.tsv' ../b/config.yaml
  cmp ../a/samples.safetensors ../b/samples.safetensors
  works eval ../b --data-dir ../moved
}

@test "eval takes the labels that a run keeps: damaged or replaced, they are refused, without them the label file counts" {
  train --epochs 1 --run-dir a
  cp a/labels.tsv labels.tsv
  train --epochs 1 --noise file:labels.tsv --validation-size 0 --run-dir b
  works eval b
  scores=$out
  mv labels.tsv away
  works eval b
  [ "$out" = "$scores" ]
  cp b/labels.tsv whole
  sed '/^# rows/d' whole >b/labels.tsv
  refused 1 "b/labels.tsv: damaged: the note \`# rows' with its checksum is missing" eval b
  sed '$d' whole >b/labels.tsv
  refused 1 "b/labels.tsv: damaged: its 399 rows are not the 400 rows with" eval b
  works noise --dataset synthetic --train-size 400 --noise symmetric:0.2 --force -o b/labels.tsv
  refused 1 "b/checkpoint.safetensors: the label file b/labels.tsv has changed since this run began" eval b
  rm b/labels.tsv
  refused 1 "label file: neither labels.tsv nor labels.tsv.gz can be read" eval b
  mv away labels.tsv
  works eval b
  [ "$out" = "$scores" ]
}

@test "resuming on other data, or with labels that a model does not give any more, says which" {
  ${CC:-cc} -O1 -o shapes "${HO_SRCDIR:?}/tests/tools/shapes.c"
  mkdir grey
  ./shapes idx grey 4 4 1 3 30 15
  call train --dataset idx:grey --net mlp:hidden=4 --batch-size 10 --epochs 1 --sched const --quiet --run-dir run
  [ "$status" -eq 0 ]
  ./shapes idx grey 4 4 1 3 30 12
  refused 1 "run/checkpoint.safetensors: it was trained on other data than the idx:grey in $(pwd -P)/grey; give the right folder with" \
    train --resume run --epochs 2 --quiet
  refused 1 "it was trained on other data than the idx:grey in $(pwd -P)/grey" eval run
}

# What a terminal, a person or a cluster sends before it kills.
signals=(INT TERM HUP USR1 USR2 XCPU)

# Starts an endless run in the folder $1, with every signal as a terminal has it; $pid.  (bash has its background jobs
# ignore INT.)
start_endless() {
  env --default-signal "$HOLDOUT" train "${small[@]}" --quiet --epochs 10000000 --threads 1 --run-dir "$1" >out 2>err \
    </dev/null 3>&- &
  pid=$!
  await "$1/config.yaml" $pid
}

# Until the process $pid stands still: signals that it is sent now arrive together.
freeze() {
  kill -s STOP "$pid"
  until grep -q '^State:.T' "/proc/$pid/status"; do sleep 0.01; done
}

ended() {
  status=0
  wait "$pid" || status=$?
}

@test "interrupted by a signal, a run says how to go on, and ends with the same bits" {
  train --epochs 40 --run-dir whole --optimizer bilevel
  for signal in "${signals[@]}"; do
    env --default-signal "$HOLDOUT" train "${small[@]}" --quiet --epochs 40 --optimizer bilevel --run-dir $signal \
      >out 2>err </dev/null &
    pid=$!
    await $signal/timing.jsonl $pid
    kill -s $signal $pid
    ended
    if test "$status" -eq 0; then continue; fi # it was faster than the signal
    [ "$status" -eq $((128 + $(kill -l $signal))) ]
    grep -q -- "^stopped after a checkpoint by SIG$signal; resume with: .* train --resume $signal$" err
    call train --resume $signal --quiet
    [ "$status" -eq 0 ]
    same_run whole $signal
  done
}

@test "every signal ends an endless run with a checkpoint" {
  for signal in "${signals[@]}"; do
    start_endless $signal
    kill -s $signal $pid
    ended
    [ "$status" -eq $((128 + $(kill -l $signal))) ]
    [ "$(grep -c "^stopped after a checkpoint by SIG$signal; resume with: " err)" -eq 1 ]
    works eval $signal
  done
}

@test "a second signal ends a run at once" {
  for signal in INT TERM USR1 USR2; do
    for second in INT TERM USR1 USR2; do
      test $second != $signal || continue # they would arrive as one
      start_endless run
      freeze
      kill -s $signal $pid
      kill -s $second $pid
      kill -s CONT $pid
      ended
      # which of the two comes second is the system's choice
      [ "$status" -eq $((128 + $(kill -l $signal))) ] || [ "$status" -eq $((128 + $(kill -l $second))) ]
      [ ! -s err ]
      [ ! -e run/checkpoint.safetensors ] || works eval run
      rm -r run
    done
  done
}

# A closed terminal is told by the system and by the shell, a limit of processor time each second.
@test "what the system sends again is no second signal" {
  for signal in HUP XCPU; do
    start_endless $signal
    for _ in {1..200}; do kill -s $signal $pid 2>/dev/null || true; done
    ended
    [ "$status" -eq $((128 + $(kill -l $signal))) ]
    grep -q "^stopped after a checkpoint by SIG$signal; resume with: " err
    works eval $signal
  done
}

@test "a limit of processor time ends a run with a checkpoint" {
  status=0
  (ulimit -St 2 && exec env --default-signal "$HOLDOUT" train "${small[@]}" --quiet --epochs 10000000 --run-dir run) \
    >out 2>err </dev/null || status=$?
  [ "$status" -eq $((128 + $(kill -l XCPU))) ]
  grep -q '^stopped after a checkpoint by SIGXCPU; resume with: ' err
  works eval run
}

@test "signals that are ignored when a run begins stay ignored" {
  for signal in HUP INT; do
    env --default-signal --ignore-signal=$signal "$HOLDOUT" train "${small[@]}" --quiet --epochs 10000000 --threads 1 \
      --run-dir $signal >out 2>err </dev/null 3>&- &
    pid=$!
    await $signal/checkpoint.safetensors $pid
    kill -s $signal $pid
    kill -s USR1 $pid
    ended
    [ "$status" -eq $((128 + $(kill -l USR1))) ]
    grep -q '^stopped after a checkpoint by SIGUSR1; ' err
  done
}

@test "killed at any moment, a run resumes to the same bits" {
  train --epochs 30 --run-dir whole
  for delay in 0 0.02 0.05 0.1 0.2; do
    rm -rf killed
    "$HOLDOUT" train "${small[@]}" --quiet --epochs 30 --run-dir killed >out 2>err </dev/null &
    pid=$!
    await killed/config.yaml $pid
    sleep $delay
    kill -9 $pid || true
    wait $pid || true
    call train --resume killed --quiet
    if test "$status" -ne 0; then show; fi
    [ "$status" -eq 0 ]
    same_run whole killed
  done
}

@test "what a killed process left half-written is swept away" {
  train --epochs 1 --run-dir run
  touch run/log.jsonl.tmp.123 run/checkpoint.safetensors.tmp.9 run/mine.tmp.1
  works train --resume run --quiet
  [ "$(ls run | grep tmp)" = mine.tmp.1 ]
}

@test "resuming: machine settings may differ, --epochs may grow, all else is refused by name" {
  train --epochs 2 --run-dir run --optimizer bilevel
  train --epochs 4 --run-dir long --optimizer bilevel
  refused 1 "--lr 0.1 differs from the run's 0.05" train --resume run --lr 0.1
  refused 1 "--optimizer sgd differs from the run's bilevel" train --resume run --optimizer sgd
  refused 1 "--option bilevel.mu=3" train --resume run -O bilevel.mu=3
  refused 1 "--run-dir cannot be given" train --resume run --run-dir other
  refused 1 "--epochs 1 is less than the run's 2" train --resume run --epochs 1
  call train --resume run --epochs 4 --threads 1 --lr 0.05 --quiet
  [ "$status" -eq 0 ]
  cmp run/checkpoint.safetensors long/checkpoint.safetensors
  cmp run/summary.json long/summary.json
  cmp run/config.yaml long/config.yaml
  train --epochs 2 --sched cosine --run-dir cosine
  refused 1 "--sched cosine" train --resume cosine --epochs 4
  refused 1 "--resume: nowhere: No such file" train --resume nowhere
  mkdir folder
  refused 1 "--resume: folder: not a run folder: it has no config.yaml; \`holdout show FOLDER' finds" \
    train --resume folder
  refused 1 "run/log.jsonl: a file, not a run folder" train --resume run/log.jsonl
}

@test "resuming with optimizers that have moved" {
  mkdir before after
  cp "$(plugins .)/probe.so" before
  train --optimizer probe --augment crop-flip --plugin-dir before --epochs 1 --run-dir run
  mv before/probe.so after
  refused 1 "unknown optimizer \`probe'" train --resume run --epochs 2 --quiet
  call train --resume run --plugin-dir before --plugin-dir after --epochs 2 --quiet
  [ "$status" -eq 0 ]
  grep -q '"epochs": 2' run/summary.json
}

@test "a run folder is not overwritten by accident, nor used twice" {
  train --epochs 1 --run-dir run
  cp -r run before
  refused 1 "--overwrite" train "${small[@]}" --epochs 1 --run-dir run
  same_run run before
  train --epochs 1 --run-dir run --overwrite --seed 3
  flock run sh -c 'sleep 5' &
  sleep 0.2
  refused 1 "another process is working on this run" train --resume run
  kill $!
}

@test "--overwrite deletes the old run only when the new one has begun" {
  train --epochs 1 --run-dir run
  cp -r run before
  refused 1 "mpl" train "${small[@]}" --net mpl --overwrite --run-dir run
  refused 1 "memory limit" train "${small[@]}" --memory-limit 1M --overwrite --run-dir run
  same_run run before
}

@test "a stopped run says every flag it needs to go on" {
  mkdir "plug ins"
  cp "$(plugins .)/probe.so" "plug ins"
  env --default-signal=INT "$HOLDOUT" train "${small[@]}" --quiet --epochs 4000 --optimizer probe --augment crop-flip --plugin-dir "plug ins" \
    --data-dir "my data" --run-dir "my run" >out 2>err </dev/null &
  pid=$!
  await "my run/timing.jsonl" $pid
  kill -s INT $pid
  wait $pid || true
  grep -q -- "; resume with: .* train --resume 'my run' --data-dir 'my data' --plugin-dir 'plug ins'" err
}

@test "best and validation-selected epochs are those of the log" {
  train --epochs 12 --lr 0.1 --validation-size 60 --run-dir run
  best=$(jq -s 'map(.test_accuracy) | max' run/log.jsonl)
  first=$(jq -s --argjson b "$best" 'map(select(.test_accuracy == $b))[0].epoch' run/log.jsonl)
  selected=$(jq -s '(map(.validation_accuracy) | max) as $v | map(select(.validation_accuracy == $v))[0]' run/log.jsonl)
  [ "$(jq .test_accuracy_best run/summary.json)" = "$best" ]
  [ "$(jq .test_accuracy_best_epoch run/summary.json)" = "$first" ]
  [ "$(jq .validation_selected_epoch run/summary.json)" = "$(jq .epoch <<<"$selected")" ]
  [ "$(jq .test_accuracy_validation_selected run/summary.json)" = "$(jq .test_accuracy <<<"$selected")" ]
  [ "$(jq .test_accuracy_last run/summary.json)" = "$(tail -n 1 run/log.jsonl | jq .test_accuracy)" ]
}

@test "air has no best epoch: before the last one its network predicts" {
  train --epochs 3 --validation-size 60 --optimizer air --run-dir run
  for key in test_accuracy_best test_accuracy_best_epoch test_accuracy_validation_selected validation_selected_epoch; do
    jq -e "has(\"$key\") and .$key == null" run/summary.json
  done
  jq -e '.note | startswith("air predicts only after the last epoch")' run/summary.json
  jq -e '.test_accuracy_last | type == "number"' run/summary.json
  jq -se 'all(.[0:2][]; .test_accuracy == null and .validation_accuracy == null and ."networks.test_accuracy" > 0)' run/log.jsonl
  jq -se '.[2].test_accuracy > 0 and (.[2] | has("networks.test_accuracy") | not)' run/log.jsonl
  # the network is that of sgd, which has both
  train --epochs 3 --validation-size 60 --run-dir sgd
  [ "$(jq -c '."networks.test_accuracy" // empty' run/log.jsonl)" = "$(head -n 2 sgd/log.jsonl | jq -c .test_accuracy)" ]
  jq -e '(has("note") | not) and (.test_accuracy_best | type == "number")' sgd/summary.json
  works show --format markdown run
  grep -q '^| run .*| - *| - *|' <<<"$out"
  # of a run that has no summary yet the log tells the same
  rm run/summary.json
  works show --format markdown run
  grep -q '^| run .*| - *| - *|' <<<"$out"
}

@test "a ridge with which air diverges is named, with one that works" {
  refused 1 "choose a smaller air.mu than 100 (any below " train "${small[@]}" --quiet --epochs 1 --optimizer air \
    -O air.mu=100 --run-dir run
  has_error "the ADMM after the last epoch has diverged"
  [[ $err != *--lr* ]]
}

@test "what cannot be is refused before anything is written" {
  refused 2 "did you mean" train --optimiser sgd --run-dir x
  refused 1 "mlp" train "${small[@]}" --net mpl --run-dir x
  refused 1 "hidden" train "${small[@]}" --net mlp:hiden=3 --run-dir x
  refused 1 "bilevel" train "${small[@]}" --optimizer bilvel --run-dir x
  refused 1 'has no option `nu' train "${small[@]}" --optimizer bilevel -O bilevel.nu=1 --run-dir x
  refused 1 "mu" train "${small[@]}" --optimizer bilevel -O bilevel.mu=-1 --run-dir x
  refused 1 "symmetric" train "${small[@]}" --noise symetric:0.4 --run-dir x
  refused 1 "batch size 60 is not a multiple of bilevel.minibatches=8" train "${small[@]}" --optimizer bilevel -b 60 --run-dir x
  refused 1 "--batch-size 5000 is larger than the training set of 400 images" train "${small[@]}" -b 5000 --run-dir x
  refused 1 "memory limit" train "${small[@]}" --memory-limit 1M --run-dir x
  refused 1 "5000" train --dataset synthetic --train-size 5000 --run-dir x
  refused 1 "--test-size 5000: there are only 1000 test images" train --dataset synthetic --test-size 5000 --run-dir x
  refused 1 "--epochs 1073741824 is too large: at most 1073741823" train "${small[@]}" --epochs 1073741824 --run-dir x
  refused 1 "--batch-size 1073741824 is too large" train "${small[@]}" -b 1073741824 --run-dir x
  [ ! -e x ]
}

@test "diverging training stops with the step, a remedy, and the last checkpoint" {
  refused 1 "diverged" train "${small[@]}" --lr 1e9 --quiet --run-dir x
  [[ "$err" == *"at step "* && "$err" == *"--lr"* ]]
  call train "${small[@]}" --sched step --decay-epochs 2 --decay-rate 1e9 --epochs 4 --quiet --run-dir z
  [ "$status" -eq 1 ]
  [[ "$err" == *diverged*"; the last checkpoint in z is of step "* ]]
}

# Before anything of that size is asked for: these take no time.
@test "sizes that no machine has are refused, with the bytes" {
  refused 1 "a step needs 22240040000 bytes in addition to " train --dataset synthetic \
    --train-size 1000 --batch-size 1000 --optimizer bilevel -O bilevel.minibatches=1000 --net mlp:hidden=2000 \
    --memory-limit 4G --run-dir x
  refused 1 "fc2.weight: 65536 x 65536 x 1 x 1 is too large: 17179869184 bytes, and a tensor may have 8589934588" train \
    --dataset synthetic --net mlp:hidden=65536 --run-dir x
  refused 1 "2147483648 training, 0 validation and 0 clean images are requested, but there are only 2000 in all" train \
    --dataset synthetic --train-size 2147483648 --run-dir x
  mkdir huge
  for part in train t10k; do # headers that promise 2^31 images of 28 x 28 pixels
    printf '\0\0\10\3\200\0\0\0\0\0\0\34\0\0\0\34' >huge/$part-images-idx3-ubyte
    printf '\0\0\10\1\200\0\0\0' >huge/$part-labels-idx1-ubyte
  done
  refused 1 "announces more than the 68719476736 bytes that a file may have" train --dataset mnist --data-dir huge --run-dir x
}

@test "a folder that cannot be written" {
  echo text >file
  refused 1 "file" train "${small[@]}" --run-dir file/run
  refused 1 "file" train "${small[@]}" --run-dir file
}

@test "eval agrees with the summary and takes other test sizes" {
  train --epochs 2 --run-dir run --validation-size 100
  works eval run
  last=$(sed -n 's/.*"test_accuracy_last": \([0-9.]*\),/\1/p' run/summary.json)
  [ "$(printf '%.4f' "$last")" = "$(printf '%s\n' "$out" | awk '$1 == "test" { print $2 }')" ]
  [ "$(printf '%s\n' "$out" | awk '/^validation/ { print $NF }')" = 100 ]
  works eval --test-size 0 run
  [ "$(printf '%s\n' "$out" | awk '$1 == "test" { print $4 }')" = 1000 ]
  refused 2 "folder of one run" eval
  refused 1 "nowhere: No such file" eval nowhere
  refused 1 "run/log.jsonl: a file, not a run folder" eval run/log.jsonl
  head -c 1000 run/checkpoint.safetensors >cut && mv cut run/checkpoint.safetensors
  refused 1 "checkpoint.safetensors" eval run
}

# Whoever reads the run of a stranger would run the stranger's programs.
@test "the configuration of a run names no folder of plugins" {
  train --epochs 1 --run-dir run
  mkdir run/plugins
  cp "$(plugins good)"/*.so run/plugins
  echo "plugin-dir: run/plugins" >>run/config.yaml
  says="plugin-dir is not read from files, as plugins are programs"
  refused 1 "run/config.yaml:$(wc -l <run/config.yaml): $says" eval run
  refused 1 "$says" show run
  refused 1 "$says" suspects run
  refused 1 "$says" train --resume run --quiet
  refused 2 "$says" train -c run/config.yaml --run-dir other
}

# The name of a tensor may be anything that JSON can say.
@test "no file gives orders to the terminal" {
  header='{"a\u001b[2J\u009b2Jb":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'
  printf '%b\0\0\0\0\0\0\0%s1234' "\\0$(printf %o ${#header})" "$header" >weights
  refused 1 "tensor \`a?[2J??2Jb': it has 4 bytes of data, but its shape needs 8" \
    train "${small[@]}" --init weights --run-dir run
}

@test "a line per epoch in a log, a bar on a terminal, nothing when quiet" {
  call train "${small[@]}" --epochs 2 --run-dir log
  [ "$(printf '%s\n' "$err" | grep -c '^epoch ')" -eq 2 ]
  [[ "$err" == *"ETA"* && "$err" != *$'\r'* ]]
  train --epochs 2 --run-dir quiet
  [ -z "$err" ]
  command -v script >/dev/null || skip "script is not installed"
  script -qec "'$HOLDOUT' train ${small[*]} --epochs 40 --optimizer bilevel --run-dir bar" typescript </dev/null >/dev/null
  grep -q $'\r\[#*\.*\] epoch ' typescript
}

@test "bar and line of an epoch fit the terminal" {
  command -v script stty >/dev/null || skip "no script or stty here"
  script -qec "stty cols 60; '$HOLDOUT' train --dataset synthetic --net mlp:hidden=1024 --noise symmetric:0.4 \
    --epochs 2 --run-dir run" /dev/null </dev/null | tr '\r' '\n' >seen
  grep -E '^\[#+\.*\] epoch [12]/2  accuracy 0\.[0-9]{3}  ETA [0-9:]+ *$' seen
  grep -E '^epoch  1/2  test 0\.[0-9]{4}  train given 0\.[0-9]{4}  true 0\.[0-9]{4}$' seen
  test "$(sed '/^{/,/^}/d' seen | awk 'length > 60 && !/^finished/' | wc -l)" -eq 0
}
