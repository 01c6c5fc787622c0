#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# folder.bats - the folder of a run: whose it is, what in it may be written and read, and what becomes of a run whose
# folder is not there any more.
load ../tools/helpers

small=(--dataset synthetic --sched const --train-size 128 --test-size 64 --batch-size 32 --lr 0.05
       --net mlp:hidden=8 --threads 1 --quiet)
endless=("${small[@]}" --epochs 10000000)

same_run() {
  local f
  for f in checkpoint.safetensors log.jsonl summary.json samples.safetensors labels.tsv config.yaml; do
    cmp "$1/$f" "$2/$f"
  done
}

# Until FILE is there or process PID has ended.
await() {
  while ! test -s "$1" && kill -0 "$2" 2>/dev/null; do sleep 0.01; done
}

# Until the process $pid stands still.
freeze() {
  kill -s STOP "$pid"
  until grep -q '^State:.T' "/proc/$pid/status"; do sleep 0.01; done
}

# warned TEXT ARGS...: it works, with one line on standard error: a warning that has TEXT in it.
warned() {
  local text=$1
  shift
  call "$@"
  if test "$status" -ne 0 || test "$(printf '%s\n' "$err" | wc -l)" -ne 1; then
    show
    return 1
  fi
  case $err in
  "holdout: warning: "*"$text"*) ;;
  *)
    printf 'wanted: %s\n' "$text" >&2
    show
    return 1
    ;;
  esac
}

faults() {
  env LD_PRELOAD="$HO_BUILDDIR/tests/faults/files.so" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "$@"
}

@test "a run that goes on neither reads nor writes through a link, and waits for no pipe" {
  local f
  works train "${small[@]}" --epochs 1 --run-dir begun
  for f in begun/*; do
    f=${f##*/}
    cp -r begun run
    mv "run/$f" elsewhere
    cp elsewhere before
    ln -s ../elsewhere "run/$f"
    refused 1 "run/$f: a link, and links in a run folder are not followed" train --resume run --epochs 2 --quiet
    cmp elsewhere before
    rm "run/$f"
    mkfifo "run/$f"
    status=0
    timeout 60 "$HOLDOUT" train --resume run --epochs 2 --quiet >out 2>err </dev/null || status=$?
    [ "$status" -eq 1 ]
    grep -q "^holdout: .*run/$f: not a regular file" err
    rm -r run elsewhere
  done
}

@test "an overwritten run's links are deleted, not what they lead to" {
  local f
  works train "${small[@]}" --epochs 1 --run-dir run
  for f in run/*; do
    mv "$f" "${f##*/}.elsewhere"
    ln -s "../${f##*/}.elsewhere" "$f"
  done
  sha256sum ./*.elsewhere >before
  works train "${small[@]}" --epochs 2 --run-dir run --overwrite
  sha256sum -c --quiet before
  [ -z "$(find run -type l)" ]
}

@test "the other names of a run's files keep what they have" {
  works train "${small[@]}" --epochs 1 --run-dir run
  cp -r run before
  cp -al run snapshot
  works train --resume run --epochs 3 --quiet
  diff -r before snapshot
  [ "$(grep -c '"start"' run/timing.jsonl)" -eq 2 ]
  [ "$(grep -c '"epoch"' run/timing.jsonl)" -eq 3 ]
}

# Its process number is known to who starts it, and so would be the names of its temporary files.
@test "no temporary file is written through a link that lies in wait" {
  local f
  works train "${small[@]}" --epochs 2 --run-dir whole
  mkdir run
  echo precious >victim
  # shellcheck disable=SC2016
  sh -c 'for f in config.yaml labels.tsv log.jsonl timing.jsonl samples.safetensors checkpoint.safetensors \
      checkpoint.previous.safetensors summary.json; do
    ln -s ../victim "run/$f.tmp.$$"
  done
  exec "$@"' sh "$HOLDOUT" train "${small[@]}" --epochs 2 --run-dir run >out 2>err </dev/null
  [ "$(cat victim)" = precious ]
  same_run whole run
  [ "$(find run -type l | wc -l)" -eq 8 ]
  # a command that writes one file, too
  # shellcheck disable=SC2016
  sh -c 'ln -s victim "labels.tsv.tmp.$$" && exec "$@"' sh "$HOLDOUT" noise --dataset synthetic --noise pair:0.3 \
    -o labels.tsv >out 2>err </dev/null
  [ "$(cat victim)" = precious ]
  test -f labels.tsv -a ! -L labels.tsv
}

@test "a run whose folder was replaced ends, and the new one is left alone" {
  works train "${small[@]}" --epochs 2 --lr 0.1 --run-dir whole
  for how in 'rm -r run' 'mv run gone'; do
    "$HOLDOUT" train "${endless[@]}" --run-dir run >out 2>err </dev/null 3>&- &
    pid=$!
    await run/checkpoint.safetensors $pid
    freeze
    $how
    works train "${small[@]}" --epochs 2 --lr 0.1 --run-dir run
    kill -s CONT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 1 ]
    [ ! -s out ]
    grep -q '^holdout: run: cannot write: this folder was replaced by another while this process worked in it' err
    same_run whole run
    [ "$(find run -type f | wc -l)" -eq 8 ]
    [ "$(grep -c . run/timing.jsonl)" -eq 3 ]
    rm -r run
  done
}

@test "a run whose folder is gone says so at its end, too" {
  "$HOLDOUT" train "${endless[@]}" --checkpoint-every 10000000 --run-dir run >out 2>err </dev/null 3>&- &
  pid=$!
  await run/timing.jsonl $pid
  freeze
  rm -r run
  kill -s CONT $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 1 ]
  grep -q '^holdout: run: cannot write: this folder was moved or deleted while this process worked in it$' err
  [ ! -e run ]
}

@test "half a line of timing is dropped, wherever it is" {
  works train "${small[@]}" --epochs 1 --run-dir run
  printf '{"ep' >>run/timing.jsonl
  works train --resume run --epochs 2 --quiet
  [ "$(jq -s length run/timing.jsonl)" -eq 4 ]
  sed -i '2s/^/{"ep/; 3s/$/\n\n7/' run/timing.jsonl # by a program that appended behind it
  works train --resume run --epochs 3 --quiet
  [ "$(jq -s length run/timing.jsonl)" -eq 5 ]
  : >run/timing.jsonl
  works train --resume run --epochs 4 --quiet
  [ "$(jq -s 'map(keys[0]) | length' run/timing.jsonl)" -eq 2 ]
}

@test "only this run's temporary files are deleted, and only by a run that begins" {
  local ours=(config.yaml.tmp.17 log.jsonl.tmp.9.3)
  local others=(config.yaml.tmp.mine config.yaml.tmp. log.jsonl.tmp.9.x summary.json.tmp.1. notes.tmp.1 config.yaml.tmp.17~)
  works train "${small[@]}" --epochs 2 --run-dir run
  (cd run && touch "${ours[@]}" "${others[@]}")
  find run | sort >before
  refused 1 "this folder already has a run" train "${small[@]}" --run-dir run
  refused 1 "mpl" train "${small[@]}" --net mpl --run-dir run --overwrite
  refused 1 "--epochs 1 is less" train --resume run --epochs 1
  cp run/checkpoint.safetensors whole
  head -c 1000 whole >run/checkpoint.safetensors
  refused 1 "checkpoint" train --resume run --epochs 3 --quiet
  mv whole run/checkpoint.safetensors
  find run | sort | diff before -
  works train --resume run --epochs 3 --quiet
  [ "$(find run -name '*tmp*' -printf '%f\n' | sort)" = "$(printf '%s\n' "${others[@]}" | sort)" ]
  mkdir theirs
  touch theirs/config.yaml.tmp.17
  works train "${small[@]}" --epochs 1 --run-dir theirs
  [ -e theirs/config.yaml.tmp.17 ]
}

@test "a file system without locks is no reason not to train" {
  local why
  works train "${small[@]}" --epochs 2 --run-dir whole
  for why in 38 37 95; do # ENOSYS, ENOLCK, EOPNOTSUPP
    rm -rf run
    status=0
    HO_FAULT_LOCK=$why faults "$HOLDOUT" train "${small[@]}" --epochs 2 --run-dir run >out 2>err </dev/null || status=$?
    [ "$status" -eq 0 ]
    [ "$(wc -l <err)" -eq 1 ]
    grep -q '^holdout: warning: run: this file system has no locks (flock: .*): another process could work' err
    same_run whole run
  done
  status=0
  HO_FAULT_LOCK=5 faults "$HOLDOUT" train --resume run --epochs 3 >out 2>err </dev/null || status=$?
  [ "$status" -eq 1 ]
  grep -q '^holdout: run: cannot lock this run folder: Input/output error' err
  HO_FAULT_LOCK=38 faults "$HOLDOUT" show run >out 2>err </dev/null
}

@test "a run that goes on with another program or another optimizer says so" {
  mkdir plugins
  cp "$(plugins .)/probe.so" plugins
  works train "${small[@]}" --optimizer probe --augment crop-flip --plugin-dir plugins --epochs 1 --run-dir run
  jq -se '.[0].plugins | keys == ["probe", "sgd"]' run/timing.jsonl
  [ "$(jq -sr '.[0].plugins.probe' run/timing.jsonl)" = "$(sha256sum plugins/probe.so | cut -d' ' -f1)" ]
  works train --resume run --plugin-dir plugins --epochs 2 --quiet
  printf 'more' >>plugins/probe.so
  warned "run: it was trained with another build of optimizer probe (SHA-256 " \
    train --resume run --plugin-dir plugins --epochs 3 --quiet
  works train --resume run --plugin-dir plugins --epochs 4 --quiet # told once
  sed -i 's/"commit":"[^"]*"/"commit":"c0ffee"/' run/timing.jsonl
  warned "run: it was trained by holdout 0.1.0 (commit c0ffee) and continues with " \
    train --resume run --plugin-dir plugins --epochs 5 --quiet
  sed -i 's/,"plugins":{[^}]*}//' run/timing.jsonl # of a program that did not write it
  works train --resume run --plugin-dir plugins --epochs 6 --quiet
}

# Of a user who runs nothing else; root has no such limit.
@test "threads that the system refuses are told, and change nothing" {
  command -v prlimit >/dev/null || skip "prlimit is not installed"
  test "$(id -u)" -eq 0 || skip "only root can run it as a user who runs nothing else"
  works train "${small[@]}" --epochs 2 --run-dir whole
  local place user=(setpriv --reuid 64999 --regid 64999 --clear-groups)
  place=$(mktemp -d) # that user may not be let into the build folder, nor into this one
  chmod 755 "$place"
  mkdir -p open "$place/plugins"
  chmod 777 open
  cp "$HOLDOUT" "$place/holdout"
  cp "$HO_BUILDDIR"/plugins/*.so "$place/plugins"
  "${user[@]}" test -x "$place/holdout" || {
    rm -r "$place"
    skip "temporary files are out of another user's reach"
  }
  status=0
  # (LeakSanitizer needs a process of its own.)
  ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" HOLDOUT_PLUGIN_PATH='' prlimit --nproc=1 "${user[@]}" "$place/holdout" train "${small[@]}" --threads 4 --epochs 2 \
    --run-dir open/run >out 2>err </dev/null || status=$?
  rm -r "$place"
  cat err
  [ "$status" -eq 0 ]
  grep -q '^holdout: warning: 3 of 4 threads could not be started (Resource temporarily unavailable)' err
  same_run whole open/run
}

@test "what a terminal obeys is not printed" {
  local c1=$'\xc2\x9b' raw=$'\x9b'
  works train "${small[@]}" --epochs 1 --run-dir "runs/a${c1}2J"
  works train "${small[@]}" --epochs 1 --seed 2 --run-dir runs/b
  mv runs/b "runs/b${raw}2J"
  works train "${small[@]}" --epochs 1 --seed 3 --run-dir "runs/ě"
  for format in text tsv markdown; do
    works show runs --runs --format $format
    has 'a??2J'
    has 'b?2J'
    has 'ě'
    lacks "$c1"
    test "$(LC_ALL=C grep -c "[ab]$raw" <<<"$out")" -eq 0
  done
  works suspects "runs/a${c1}2J"
  lacks "$c1"
  env --default-signal=TERM "$HOLDOUT" train "${endless[@]}" --run-dir "it's ${c1}2J" >out 2>err </dev/null 3>&- &
  pid=$!
  await "it's ${c1}2J/timing.jsonl" $pid
  kill $pid
  wait $pid || true
  test "$(grep -c "$c1" err)" -eq 0
  word=$(sed -n 's/.*--resume //p' err)
  eval "folder=$word"
  [ "$folder" = "it's ${c1}2J" ]
}
