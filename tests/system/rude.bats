#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rude.bats - plugins that do to the process what they should leave alone: another locale, its end; and surroundings that
# lack what is usually there.
load ../tools/helpers

small=(--dataset synthetic --sched const --train-size 200 --test-size 100 --noise symmetric:0.4 --net mlp:hidden=8 --epochs 2 --quiet
       --lr 0.125 --optimizer rude)

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  small+=(--plugin-dir "$(plugins .)")
}

# Sets LC_ALL, and LOCPATH where need be, to a locale that writes 0,1.
decimal_comma() {
  local name
  for name in de_DE.UTF-8 fr_FR.UTF-8 es_ES.UTF-8; do
    if test "$(LC_ALL=$name bash -c 'printf %.1f 0,5' 2>/dev/null)" = 0,5; then
      export LC_ALL=$name
      return
    fi
  done
  command -v localedef >/dev/null || skip 'no locale with a decimal comma, and no localedef to make one'
  mkdir -p locales
  localedef -i de_DE -f UTF-8 ./locales/de_DE.UTF-8 >/dev/null 2>&1 || true
  test -d locales/de_DE.UTF-8 || skip 'no locale with a decimal comma, and localedef has no source of one'
  export LC_ALL=de_DE.UTF-8 LOCPATH=$PWD/locales
}

@test "a plugin that sets a locale with a decimal comma changes no number that is written or read" {
  export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" # the plugin frees no locale
  call train "${small[@]}" -O rude.mode=uselocale --run-dir other # without a locale in the environment: the numbers wanted
  [ "$status" -eq 0 ]
  decimal_comma
  for mode in setlocale uselocale; do
    works train "${small[@]}" -O rude.mode=$mode --run-dir $mode
    for f in log.jsonl summary.json; do
      cmp $mode/$f other/$f
    done
    cmp <(grep -v rude $mode/config.yaml) <(grep -v rude other/config.yaml)
    grep -qx 'lr: 0.125' $mode/config.yaml
    works train --resume $mode --epochs 3 --quiet --plugin-dir "$(plugins .)"
    [ "$(wc -l <$mode/log.jsonl)" -eq 3 ]
  done
}

# shellcheck disable=SC2154 # err is of call, in helpers.bash
@test "a plugin that ends the program by exit(0) ends it as a failure, and is named" {
  for mode in exit exit-in-open exit-in-close exit-in-update; do
    call train "${small[@]}" -O rude.mode=$mode --run-dir $mode
    [ "$status" -eq 1 ]
    [ "$err" = 'holdout: optimizer rude ended the program by exit(0): the command was not completed' ]
  done
  refused 1 'optimizer rude ended the program by quick_exit(0)' train "${small[@]}" -O rude.mode=quick-exit --run-dir quick
  # the run goes on from its last checkpoint, where there is one
  call train "${small[@]}" -O rude.mode=exit-in-close --run-dir exit-in-close --overwrite
  [ -e exit-in-close/checkpoint.safetensors ]
  works --version
}

@test "a plugin that ends the program as it is loaded is named by its file" {
  mkdir plug
  printf '#include <stdlib.h>\n__attribute__((constructor)) static void begin(void) { exit(0); }\n' >plug/gone.c
  ${CC:-cc} -shared -fPIC -o plug/gone.so plug/gone.c 2>/dev/null || skip 'no C compiler'
  refused 1 'plug/gone.so ended the program by exit(0)' train "${small[@]}" --optimizer gone --plugin-dir plug --run-dir run
  [ ! -e run/config.yaml ]
}

@test "data are looked for in the user's home where HOME says nothing" {
  home=$(getent passwd "$(id -u)" | cut -d : -f 6)
  [ -n "$home" ] || skip 'the system knows no home of this user'
  for way in '-u HOME' HOME=; do
    # shellcheck disable=SC2086 # two words or one
    run env -u HOLDOUT_DATA -u XDG_DATA_HOME $way "$HOLDOUT" train "${small[@]}" --optimizer sgd \
      --dataset cifar:train=nowhere.bin,test=nowhere.bin --run-dir x
    [ "$status" -ne 0 ]
    [[ $output == *"$home/.local/share/holdout"* ]] || { echo "$output"; false; }
    # shellcheck disable=SC2086
    run env -u HOLDOUT_DATA -u XDG_DATA_HOME $way "${HO_SRCDIR:?}/experiments/fetch-data" --list
    [ "$status" -eq 0 ]
    [[ $output == *"$home/.local/share/holdout/"* ]]
  done
}
