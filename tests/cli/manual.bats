#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# manual.bats - the man pages name every flag and no other, every command, and are well-formed.

load ../tools/helpers

manual=${HO_SRCDIR:-.}/man

@test "holdout-train.1 has every flag of holdout train --help, and no other" {
  works train --help
  printf '%s\n' "$out" | sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/\2/p' | sort >told
  test "$(wc -l <told)" -gt 30
  sed -n 's/^\.It \(Fl . , \)\{0,1\}Fl Fl \([a-z-]*\).*/\2/p' "$manual/holdout-train.1" | sort >written
  diff told written
}

@test "short flags are those of the help" {
  works train --help
  printf '%s\n' "$out" | sed -n 's/^  -\(.\), --\([a-z-]*\).*/\1 \2/p' | sort >told
  sed -n 's/^\.It Fl \(.\) , Fl Fl \([a-z-]*\).*/\1 \2/p' "$manual/holdout-train.1" | sort >written
  diff told written
}

@test "holdout.1 has every command, and the flags of show, trace and eval's predictions" {
  works --help
  printf '%s\n' "$out" | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort >told
  test "$(wc -l <told)" -gt 5
  sed -n '/^The commands are/,/^\.El/s/^\.It Cm \([a-z]*\).*/\1/p' "$manual/holdout.1" | sort >written
  diff told written
  for flag in runs groups differences format metric baseline predictions set force weights batch classes out; do
    grep -q "Fl Fl $flag" "$manual/holdout.1"
  done
}

@test "holdout.1 has every flag of bench that is no setting" {
  works bench --help
  printf '%s\n' "$out" | sed -n '/^flags:/,/^$/s/^      --\([a-z-]*\).*/\1/p' | sort >told
  sed -n '/^\.Sh MEASURING/,/^\.Sh ENV/s/^\.It //p' "$manual/holdout.1" | grep -o 'Fl Fl [a-z-]*' | cut -c 7- |
    sort >written
  diff told written
}

@test "holdout.1 has every flag of suspects that is no setting" {
  works suspects --help
  printf '%s\n' "$out" | sed -n '/^flags:/,/^$/s/^  \(-., \|    \)--\([a-z-]*\).*/\2/p' | grep -vx help | sort >told
  test "$(wc -l <told)" -gt 5
  sed -n '/^\.Sh FINDING/,/^\.Sh ONE/s/^\.It //p' "$manual/holdout.1" | grep -o 'Fl Fl [a-z-]*' | cut -c 7- |
    sort >written
  diff told written
}

@test "holdout.1 has the flags of optimizers, and every check" {
  for flag in new dir check option; do
    sed -n '/^\.Sh OPTIMIZERS/,/^\.Sh MEAS/p' "$manual/holdout.1" | grep -q "Fl Fl $flag"
  done
  works optimizers --check "$HO_BUILDDIR/plugins/label-smoothing.so"
  printf '%s\n' "$out" | sed -n '/^$/q; s/^\([a-z]*\) .*/\1/p' >told
  test "$(wc -l <told)" -gt 15
  sed -n '/^The checks are/,/^\.El/s/^\.It //p' "$manual/holdout.1" >written
  diff told written
}

@test "holdout-optimizer.3 has every hook, service and type of option, and no other service" {
  header=${HO_SRCDIR:-.}/core/include/holdout/optimizer.h
  sed -n '/^struct ho_optimizer/,/^};/p' "$header" | sed -n 's/^  [a-z]* (\*\([a-z]*\))(.*/\1/p' | sort >told
  test "$(wc -l <told)" -eq 10
  sed -n '/^\.Sh HOOKS/,/^\.Sh SERV/s/^\.It Fn \([a-z]*\) .*/\1/p' "$manual/holdout-optimizer.3" | sort >written
  diff told written
  sed -n '/^struct ho_host/,/^};/p' "$header" | grep -o '(\*[a-z_]*)(' | tr -d '(*)' | sort >told
  test "$(wc -l <told)" -gt 20
  sed -n '/^\.Sh SERV/,/^\.Sh STRUCT/s/^\.\(It \)\{0,1\}Fn \([a-z_]*\) .*/\2/p' "$manual/holdout-optimizer.3" |
    sort -u >written
  comm -23 told written >missing
  test ! -s missing
  comm -13 told written >invented
  test ! -s invented
  for word in $(grep -o 'HO_[A-Z_]*' "$header" | grep -v '_H$' | sort -u); do
    grep -q "$word" "$manual/holdout-optimizer.3" || { echo "$word is missing" >&2; return 1; }
  done
}

@test "the files of a run folder are those that a run writes" {
  call train --dataset synthetic --train-size 100 --test-size 20 --net mlp:hidden=4 --epochs 2 --quiet --run-dir run
  test "$status" -eq 0
  ls run | sort >made
  sed -n '/^\.Sh FILES/,/^\.Sh EXIT/s/^\.It Pa \([a-z.]*\)$/\1/p' "$manual/holdout-train.1" | sort >written
  diff made written
}

@test "the pages have no faults that man or groff would tell of" {
  for page in "$manual"/holdout.1 "$manual"/holdout-train.1 "$manual"/holdout-optimizer.3 "$manual"/holdout-files.5; do
    if command -v man >/dev/null; then
      man --warnings=all -l "$page" >text 2>faults
    elif command -v groff >/dev/null; then
      groff -mandoc -Tutf8 -ww "$page" >text 2>faults
    else
      skip "neither man nor groff is installed"
    fi
    cat faults >&2
    test ! -s faults
    grep -q 'SEE ALSO' text
  done
}
