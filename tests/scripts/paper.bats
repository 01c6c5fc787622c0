#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# paper.bats - the woven paper: what it takes from source and results, how it fails without, how it looks in a browser.

load ../tools/helpers
bats_require_minimum_version 1.5.0

setup() {
  local program
  for program in awk "${PANDOC:=pandoc}"; do
    command -v "$program" >/dev/null || skip "no $program"
  done
  export PANDOC
  cd "$BATS_TEST_TMPDIR" || return
  paper=${HO_SRCDIR:?}/papers/deep-bilevel-learning
  invented=$BATS_FILE_TMPDIR/invented
  test -d "$invented" || "$HO_SRCDIR/tests/scripts/paper-results" "$invented"
  results=experiments/deep-bilevel-learning/results
}

# weave ARGS...: $status, $out, $err as of call.
weave() {
  status=0
  "$paper/weave" --out . "$@" >.out 2>.err </dev/null || status=$?
  out=$(cat .out)
  err=$(cat .err)
}

weaves() {
  weave "$@"
  test "$status" -eq 0 || { show; return 1; }
}

# lacking TEXT: weaves what stands on standard input; it fails, says TEXT, and leaves no page.
lacking() {
  cat >prose.md
  rm -f paper.html
  weave --from "$invented" --prose prose.md
  if test "$status" -eq 0 || test -e paper.html; then
    show
    return 1
  fi
  has_error "$1"
}

# shows TEXT: the page has it.
shows() {
  grep -qF -- "$1" paper.html || { echo "not on the page: $1" >&2; return 1; }
}

# shows_no REGEX: the page has no such line.
shows_no() {
  if grep -E -- "$1" paper.html >&2; then
    return 1
  fi
}

# prose: weaves what stands on standard input.
prose() {
  cat >prose.md
  weaves --from "$invented" --prose prose.md
}

@test "the whole paper is woven, into the same bytes each time" {
  weaves --from "$invented"
  has "paper.html"
  shows_no '\(missing\)|file://|<script|@import|reading:'
  mv paper.html first.html
  mv claims.tsv first.tsv
  weaves --from "$invented"
  cmp paper.html first.html
  cmp claims.tsv first.tsv
}

@test "a region is the very lines of the source, with their numbers" {
  prose <<'END'
```{.c file=plugins/sam.c region=step}
```
END
  first=$(grep -n 'region: step' "$HO_SRCDIR/plugins/sam.c" | cut -d : -f 1)
  last=$(awk -v from="$first" 'NR > from && /^}/ { print NR; exit }' "$HO_SRCDIR/plugins/sam.c")
  shows "startFrom=\"$first\""
  tr '\n' ' ' <paper.html | grep -q "lines $first–$last"
  # without its tags the page has the lines, but for the mark
  sed -n "$((first + 1)),${last}p" "$HO_SRCDIR/plugins/sam.c" >source.txt
  sed -e 's/<[^>]*>//g' -e 's/&gt;/>/g' -e 's/&lt;/</g' -e 's/&amp;/\&/g' paper.html >text
  grep -n 'static int direction' text | cut -d : -f 1 >at
  tail -n "+$(cat at)" text | head -n "$(wc -l <source.txt)" | diff - source.txt
  shows_no 'region: step'
}

@test "values, means, differences, headers and verdicts come from the results" {
  mkdir -p "run/$results/small"
  printf '%s\n' '# commit: abc' 'cell x seed test_accuracy_last' 'a NA 1 0.50' 'a NA 2 0.52' 'a NA 3 0.54' \
    'b NA 1 0.40' 'b NA 2 0.43' 'b NA 3 0.46' | tr ' ' '\t' | sed 's/^#\tcommit:\t/# commit: /' >"run/$results/small/comparison.tsv"
  cat >prose.md <<'END'
`comparison:a:test_accuracy_last`{.value}
`comparison:a:test_accuracy_last`{.mean}
`comparison:a - b:test_accuracy_last`{.difference}
`comparison:commit`{.header}
END
  weaves --from run --prose prose.md
  sed 's/\xc2\xa0/ /g' paper.html | tr '\n' ' ' >flat
  for text in '>52.0 ± 2.0 % (3 seeds)<' '>52.0 %<' '>+9.00 ± 0.58 points (3 seeds)<' '>abc<'; do
    grep -qF "$text" flat || { echo "not on the page: $text" >&2; cat flat >&2; return 1; }
  done
}

@test "the first folder that has a table is taken" {
  mkdir -p "run/$results/small"
  sed 's/^# commit: .*/# commit: mine/' "$invented/$results/small/comparison.tsv" >"run/$results/small/comparison.tsv"
  echo '`comparison:commit`{.header} `ablation-mu:commit`{.header}' >prose.md
  weaves --from run --from "$invented" --prose prose.md
  shows '>mine<'
  shows '>invented<'
}

@test "what is not there is named: regions" {
  printf '```{.c file=plugins/bilevel.c region=nowhere}\n```\n' | lacking 'plugins/bilevel.c has no region nowhere'
  printf '```{.c file=plugins/bilevel.x region=step}\n```\n' | lacking 'no source file plugins/bilevel.x'
}

@test "what is not there is named: numbers" {
  echo '`nothing:sgd:test_accuracy_last`{.value}' | lacking 'no results small/nothing.tsv'
  echo '`comparison:nobody:test_accuracy_last`{.value}' | lacking 'comparison.tsv has no cell nobody'
  echo '`comparison:sgd:beauty`{.value}' | lacking 'comparison.tsv has no column beauty'
  echo '`comparison:air:test_accuracy_validation_selected`{.value}' | lacking 'test_accuracy_validation_selected of air is NA'
  echo '`comparison:sgd - nobody:test_accuracy_last`{.difference}' | lacking 'comparison.tsv has no cell nobody'
  echo '`comparison:sgd`{.value}' | lacking 'is not of the form'
  echo '`comparison:weather`{.header}' | lacking 'no line `# weather: ...'
  printf '::: {.results experiment=nothing}\n:::\n' | lacking 'no results small/nothing.tsv'
  printf '::: {.results experiment=comparison cells="sgd nobody"}\n:::\n' | lacking 'comparison has no cell nobody'
  printf '::: {.commands experiment=comparison cells=nobody}\n:::\n' | lacking 'no line `# cell nobody: ...'
}

@test "what is not there is named: figures, claims, equations, papers" {
  echo '![A caption](figure:nothing)' | lacking 'no figure small/nothing.svg'
  echo '`nothing`{.verdict}' | lacking 'no claim nothing'
  printf '::: {.claims experiment=nothing}\n:::\n' | lacking 'no claims of nothing'
  echo '([](#eq:nothing))' | lacking 'nothing with a number named eq:nothing'
  echo '@nobody1900' | lacking 'nobody1900'
}

@test "a figure that is more than a picture is not taken, and what a table says is no markup" {
  local body text n=0
  mkdir -p evil/plots/small "evil/$results/small"
  echo '![A caption](figure:comparison)' >prose.md
  while IFS='|' read -r text body; do
    n=$((n + 1))
    printf '<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><g>%s</g></svg>\n' "$body" >evil/plots/small/comparison.svg
    rm -f paper.html
    weave --from evil --from "$invented" --prose prose.md
    test "$status" -ne 0 && test ! -e paper.html || { show; false; }
    has_error "evil/plots/small/comparison.svg has $text"
  done <<'END'
<script>|<script>alert(1)</script>
<SCRIPT>|<SCRIPT>alert(1)</SCRIPT>
<foreignObject>|<foreignObject></foreignObject>
more than one|</g></svg><meta http-equiv="refresh" content="0;url=http://example.org"><svg><g>
<image>|<image href="http://example.org/x.png"/>
an event|<path onload="alert(1)"/>
an event|<path d="M0" OnClick = 'alert(1)'/>
a link elsewhere|<use href="http://example.org/#x"/>
a link elsewhere|<use xlink:href='javascript:alert(1)'/>
more than one|</g></svg><p>text</p><svg><g>
END
  test "$n" -eq 10
  sed 's#^\# title: .*#\# title: <script>alert(1)</script> ![x](http://example.org/x.png) `code` *40 %* \\1#' \
    "$invented/$results/small/comparison.tsv" >"evil/$results/small/comparison.tsv"
  rm evil/plots/small/comparison.svg
  printf '::: {.results experiment=comparison cells="sgd"}\nWords.\n:::\n' >prose.md
  weaves --from evil --from "$invented" --prose prose.md
  shows_no '<script|<img|<em>40|<code>code'
  shows '&lt;script&gt;'
}

@test "the paper leaves the source folder as it was, whether or not it is made there" {
  local folder
  command -v git >/dev/null || skip 'no git'
  test -f "$HO_SRCDIR/.gitignore" || skip 'no .gitignore'
  mkdir source
  cp -r "$HO_SRCDIR"/{experiments,papers,plots,plugins,core,.gitignore} source
  rm -rf source/core/version.h source/core/cli/skeleton_texts.h source/plots/bench source/experiments/results
  git -C source init -q
  git -C source add -A
  git -C source -c user.name=n -c user.email=e commit -qm all
  mkdir build
  for folder in source build; do
    # Results that give other verdicts than those that are committed.
    mkdir -p "$folder/reproduced/$results"
    cp -r "source/$results/quick" "$folder/reproduced/$results"
    sed -i 's/^sgd\t/x\t/; s/^bilevel\t/sgd\t/; s/^x\t/bilevel\t/' "$folder/reproduced/$results/quick/comparison.tsv"
    source/plots/draw --all "$folder/reproduced" >.out
    HO_BUILDDIR=$PWD/$folder source/papers/deep-bilevel-learning/weave >.out
    test "$(cat .out)" = "$PWD/$folder/reproduced/papers/deep-bilevel-learning/paper.html"
    run -1 cmp "$folder/reproduced/papers/deep-bilevel-learning/claims.tsv" source/papers/deep-bilevel-learning/claims.tsv
    git -C source status --porcelain
    test -z "$(git -C source status --porcelain)"
  done
}

@test "all that is missing is told at once" {
  printf '%s\n' '`comparison:nobody:epochs`{.value}' '`comparison:somebody:epochs`{.value}' >prose.md
  weave --from "$invented" --prose prose.md
  has_error nobody
  has_error somebody
}

@test "without quick results the page says how to make them" {
  "$HO_SRCDIR/tests/scripts/paper-results" small small
  weaves --from small
  shows 'Not all experiments of'
  shows_no table-quick-mu
}

# judged CELLS...: a claim `x > y' of three seeds or what the arguments say; $out is its verdict.
judged() { # kind sign, then lines `cell seed accuracy'
  local kind=$1 sign=$2
  shift 2
  mkdir -p "run/$results/small"
  printf '%s\n' 'cell seed test_accuracy_last' "$@" | tr ' ' '\t' >"run/$results/small/comparison.tsv"
  printf '%s\n' 'id kind experiment a b column sign reason' "c $kind comparison x y test_accuracy_last $sign NA" | tr ' ' '\t' >stated
  weaves --from run --claims stated --judge
  out=$(tail -n 1 claims.tsv | cut -f 14-)
}

@test "verdicts: twice the standard error, in the claimed direction, over three seeds" {
  judged paper +1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7' 'y 1 0.4' 'y 2 0.4' 'y 3 0.4'
  test "$out" = "$(printf '0.200000\t0.057735\t3\treproduced\tNA')"
  judged paper -1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7' 'y 1 0.4' 'y 2 0.4' 'y 3 0.4'
  has 'not reproduced'
  judged control +1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7' 'y 1 0.4' 'y 2 0.4' 'y 3 0.4'
  has "$(printf '\tyes\t')"
  judged open -1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7' 'y 1 0.4' 'y 2 0.4' 'y 3 0.4'
  has "$(printf '\tno\t')"
  judged paper +1 'x 1 0.5' 'x 2 0.3' 'x 3 0.45' 'y 1 0.4' 'y 2 0.4' 'y 3 0.4'
  has 'inconclusive'
  # a seed counts that both have
  judged paper +1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7' 'x 4 0.7' 'y 2 0.4' 'y 3 0.4' 'y 9 0.4'
  test "$out" = "$(printf '0.250000\t0.050000\t2\tinconclusive\tfewer than 3 seeds')"
  judged paper +1 'x 1 0.5' 'x 2 0.6' 'x 3 0.7'
  test "$out" = "$(printf 'NA\tNA\t0\tnot tested\tno runs of y')"
}

@test "verdicts: differences of differences, and the ends of an axis" {
  mkdir -p "run/$results/small"
  printf '%s\n' 'cell seed acc' 'x@2 1 0.5' 'x@10 1 0.9' 'y@2 1 0.4' 'y@10 1 0.5' | tr ' ' '\t' >"run/$results/small/e.tsv"
  printf 'id\tkind\texperiment\ta\tb\tcolumn\tsign\treason\nc\topen\te\tx@max - y@max\tx@2 - y@min\tacc\t+1\tNA\n' >stated
  weaves --from run --claims stated --judge
  out=$(tail -n 1 claims.tsv | cut -f 14)
  test "$out" = 0.300000
}

@test "the stated claims are sound, and the page says of them what claims.tsv does" {
  weaves --from "$invented"
  test "$(awk -F '\t' '!/^#/ { print NF }' claims.tsv | sort -u | wc -l)" -eq 1
  awk -F '\t' '/^bilevel-sgd\t/ { printf "%+.2f\302\240±\302\240%.2f", 100 * $19, 100 * $20 }' claims.tsv >number
  tr '\n' ' ' <paper.html | grep -qF "$(cat number) over 3 seeds"
  echo 'bad line' >stated
  weave --from "$invented" --claims stated
  test "$status" -ne 0
  has_error 'there is no column'
}

@test "wrong flags and folders are refused, and no page is made" {
  local case
  while IFS='|' read -r wanted text flags; do
    read -r -a case <<<"$flags"
    weave "${case[@]}"
    test "$status" -eq "$wanted" && test -z "$out" || { show; false; }
    has_error "$text"
  done <<'END'
2|flag `--prose' needs a value; see `weave --help'|--prose
2|flag `--from': there is no folder nowhere|--from nowhere
2|unknown scale `large' (choose from: quick small paper)|--scale large
2|unexpected argument `page'|page
END
  mkdir with:colon
  weave --from with:colon
  test "$status" -eq 1
  has_error 'with:colon: folders with a colon in their names are not supported'
  test ! -e paper.html
}

@test "in a browser: equations, figures, links, no overflow, no network, light and dark" {
  local scheme chromium=${CHROMIUM-} program
  for program in chromium chromium-browser; do
    test -n "$chromium" || chromium=$(command -v "$program") || :
  done
  test -n "$chromium" || skip 'no chromium'
  weaves --from "$invented"
  cp "$HO_SRCDIR/tests/scripts/paper-probe.html" probe.html
  for scheme in '' --force-dark-mode; do
    rm -rf profile
    # shellcheck disable=SC2086 # no flag is no word
    timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
      --disable-background-networking --disable-component-update --disable-sync --allow-file-access-from-files \
      --user-data-dir="$PWD/profile" --window-size=1400,1000 --virtual-time-budget=30000 $scheme \
      --dump-dom "file://$PWD/probe.html" >dom 2>.err </dev/null
    sed -n '/<pre id="report">/,/<\/pre>/p' dom >report
    if ! grep -q '^finished' report || grep '^\(<pre id="report">\)\?not ok' report >&2; then
      cat report .err >&2
      return 1
    fi
    grep -q "ok: ${scheme:+dark}" report
    test "$(grep -c ', 360 wide: the page is 360 wide in 360' report)" -eq 1
  done
}
