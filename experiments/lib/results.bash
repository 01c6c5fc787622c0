# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# results.bash - the results of finished runs: a table of runs, curves over epochs, a printed summary, a figure.
#
# RESULTS/NAME.tsv         a row per run; columns are the names of summary.json, except:
#                          method and x: the cell, METHOD@X; validation_accuracy_last; run: its folder
# RESULTS/NAME-curves.tsv  a row per cell and epoch: mean and standard deviation over seeds
# Both begin with lines `# key: value' that say where the numbers come from.  What is missing is NA.
# Runs whose files are damaged or belong to another run are left out and named at the end: see examine.bash.

# shellcheck disable=SC2154 # variables of experiment.bash

columns=(seed test_accuracy_last test_accuracy_best test_accuracy_best_epoch test_accuracy_validation_selected
  validation_accuracy_last train_accuracy_noisy train_accuracy_clean noise_rate_nominal noise_rate_realised epochs
  optimizer net dataset train_size noise run)
curves=(test_accuracy train_accuracy_noisy train_accuracy_clean)

# ---- where the numbers come from ----

# Lines `key: value'.
facts() {
  jq -r '
    def clean: tostring | gsub("[[:cntrl:]]"; "?");
    def name: {"fashion-mnist": "Fashion-MNIST", "mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100",
      "mlp": "MLP", "lenet": "LeNet", "preact-resnet18": "PreAct ResNet-18", "inception-small": "small Inception",
      "cifarnet": "CifarNet"}[.] // .;
    (.net | split(":") | [.[0] | name] + (.[1:] | map(split(",")[]) | map(select(startswith("dropout=") | not)))
      | .[0] + (.[1:] | map(" " + sub("="; " ")) | join(""))) as $net
    | ("dataset: \(.dataset | name)", "images: \(.train_size)", "test_images: \(.test_size)",
      "noise: \(if .true_labels == "unknown" then "unknown" else .noise end)",
      "noise_rate: \(.noise_rate_nominal // .noise_rate_realised // "unknown")",
      "network: \($net)",
      (.noise_rate_realised // empty | "share_of_true_labels: \(1 - .)"), "data_sha256: \(.data_sha256)",
      "labels_sha256: \(.labels_sha256)") | clean' "${done[@]/%//summary.json}"
  timing_lines | jq -nrR '
    def clean: tostring | gsub("[[:cntrl:]]"; "?");
    [inputs | fromjson? | objects] as $line
    | ($line[] | select(has("start")) as $start
      | ("version", "commit", "compiler", "flags", "libc", "blas", "core_type", "kernels", "cpu", "threads")
      | "\(.): \($start[.] // "unknown" | clean)"),
      ($line[] | .engine // empty | clean | select(. != "cpu") | "engine: \(.)"),
      "train_hours: \([$line[] | .train_seconds | numbers] | (add // 0) / 36 | round / 100)"'
}

# Sets `timings', the files that record where and for how long finished runs were trained; damaged lines are skipped.
find_timings() {
  local folder
  timings=()
  for folder in "${done[@]}"; do
    if ! test -s "$folder/timing.jsonl"; then
      echo "$name: note: $folder has no timing.jsonl: the table does not say where and for how long this run was trained" >&2
      continue
    fi
    timings+=("$folder/timing.jsonl")
    jq -enR 'all(inputs; (try (fromjson | type) catch "none") == "object")' "$folder/timing.jsonl" >/dev/null ||
      echo "$name: note: $folder/timing.jsonl has a line that is not a JSON object: it is skipped" >&2
  done
}

# Prints their lines, including incomplete ones.
timing_lines() {
  local file
  for file in "${timings[@]}"; do
    cat "$file"
    echo
  done
}

# Prints how many seeds each cell has, `3' or `1 to 3'.
seeds_there() {
  printf '%s\n' "${done_cell[@]}" | sort | uniq -c | sort -n | awk '
    { most = $1 }
    NR == 1 { least = $1 }
    END { print (least == most ? most : least " to " most) }'
}

# One line for each key: where runs differ, the distinct values side by side.  What the figure says above its panels,
# the title, comes first.
provenance() {
  local cell text
  quote "experiments/$paper/$name" --scale "$scale" --seeds "$seeds" "${engine_flags[@]}" ${extra[@]+-- "${extra[@]}"}
  echo "# experiment: $paper/$name"
  echo "# scale: $scale"
  echo "# runs: ${#done[@]} of $grid"
  echo "# seeds: $(seeds_there)"
  echo "# command: $text"
  for cell in "${cells[@]}"; do
    grid_run "$cell" N
    echo "# cell $cell: holdout train ${flags[*]}"
  done
  facts | awk -f "$here/provenance.awk"
}

# Runs with equal data, noise and seed must have equal labels; otherwise something changed between them.
check_labels() {
  local runs
  runs=$(jq -nr '[inputs | {key: "\(.dataset) \(.train_size) \(.noise) \(.noise_seed)", file: input_filename,
      sha: "\(.data_sha256) \(.labels_sha256)"}] | group_by(.key)[] | unique_by(.sha) | select(length > 1)
    | map("  " + (.file | sub("/summary.json$"; "")))[]' "${done[@]/%//summary.json}") || return
  test -z "$runs" || die "runs that should have the same images and labels do not:
$runs
The data or a label file changed between them; delete those that are out of date."
}

# ---- tables ----

note_finished() { # cell seed
  grid=$((grid + 1))
  ! finished || {
    done+=("$run")
    done_cell+=("$1")
  }
}

# Calls a program of jq for each finished run; $cell is its cell, $run its folder's name, . has its summary and log.
of_each_run() { # program columns...
  local folder files=() program=$1
  local -A seen=()
  shift
  for folder in "${done[@]}"; do
    test "${seen[$folder]-}" || files+=("$folder"/{summary.json,log.jsonl}) # two cells may be one run
    seen[$folder]=1
  done
  # shellcheck disable=SC2016 # the variables are jq's
  jq -nr --arg folders "$(printf '%s\n' "${done[@]}")" --arg cells "$(printf '%s\n' "${done_cell[@]}")" --arg columns "$*" '
    (reduce inputs as $line ({}; .[input_filename] += [$line])) as $of
    | ($columns | split(" ")) as $columns
    | [$folders, $cells | split("\n")] | transpose[] | . as [$folder, $cell] | ($folder | sub(".*/"; "")) as $run
    | {summary: $of["\($folder)/summary.json"][0], log: $of["\($folder)/log.jsonl"]} | '"$program" "${files[@]}"
}

# shellcheck disable=SC2016 # the variables are jq's
table() {
  printf '%s\n' "$header"
  printf 'cell\tmethod\tx'
  printf '\t%s' "${columns[@]}"
  echo
  of_each_run '(.summary + {run: $run, validation_accuracy_last: .log[-1].validation_accuracy}) as $row
    | ($cell | split("@")) as $part | [$cell, $part[0], $part[1] // "NA"] + ($columns | map(. as $key
    | if $row | has($key) then $row[$key] // "NA" else error("\($folder)/summary.json: there is no \($key)") end))
    | map(tostring | gsub("[[:cntrl:]]"; "?")) | join("\t")' "${columns[@]}" | sort_cells
}

# Cells in the order of the script, seeds ascending within.
sort_cells() {
  awk -F '\t' -v cells="${cells[*]}" '
    { row[$1] = row[$1] $0 "\n" }
    END { n = split(cells, cell, " "); for (i = 1; i <= n; i++) printf "%s", row[cell[i]] }'
}

# shellcheck disable=SC2016 # the variables are jq's
curve_values() { # rows CELL EPOCH VALUES..., one for each seed
  of_each_run '.log[] | select(.test_accuracy != null) | . as $line
    | [$cell, .epoch] + ($columns | map($line[.] // "NA")) | map(tostring) | join("\t")' "${curves[@]}" | sort_cells
}

curve_table() {
  local scratch status=0
  printf '%s\n' "$header"
  scratch=$(mktemp -d) || return
  { curve_values | awk -v step=join -v names="${curves[*]}" -f "$here/curves.awk" >"$scratch/values" &&
    statistics "$scratch/values" >"$scratch/statistics" &&
    awk -v step=part -v names="${curves[*]}" -f "$here/curves.awk" "$scratch/statistics"; } || status=1
  rm -rf -- "$scratch"
  return "$status"
}

nothing_to_show() {
  local text="no run of this grid is finished, so there is nothing to show" others=() unfinished=() grid=0
  test "$mode" = run || text+="; without --gather they are trained"
  shopt -s nullglob
  others=("$runs"/*/summary.json)
  ((!${#others[@]})) ||
    text+=".  Runs in $runs are of other flags, or of other learning rates than tuned.tsv has now"
  for_each_run unfinished_run "${only[@]}"
  ((!${#others[@]})) || text+=":
$(printf '  %s\n' "${unfinished[@]}")"
  die "$text"
}

# Sets `done', the folders of finished runs, and writes both tables.
gather() {
  local grid=0 header
  done=()
  done_cell=()
  forget_examined
  for_each_run note_finished
  ((${#done[@]})) || nothing_to_show
  check_labels
  find_timings
  header=$(provenance)
  make_folder "$out" "${results#"$out"/}"
  make_file "$results/$name.tsv" table
  make_file "$results/$name-curves.tsv" curve_table
  make_file "$results/$name.sha256" checksums
  ! declare -F after_gather >/dev/null || after_gather # of the script
}

# ---- summary ----

# Prints a contrast `A - B' for each pair, one per line; `A@X - B@X' for each X that both have.
all_pairs() {
  local pair cell a b
  for pair in "${pairs[@]}"; do
    read -r a b <<<"$pair"
    for cell in "${cells[@]}"; do
      if test "$cell" = "$a"; then
        echo "$a - $b"
      elif [[ $cell = "$a@"* && -n ${cell_flags[$b@${cell#*@}]-} ]]; then
        echo "$cell - $b@${cell#*@}"
      fi
    done
  done
}

# Prints mean and standard deviation of each cell, then paired differences with verdicts.
print_table() {
  local contrasts
  mapfile -t contrasts < <(all_pairs)
  echo
  sed -n 's/^# title: //p' "$results/$name.tsv"
  echo "Accuracy in per cent, mean +- standard deviation over seeds; train accuracy is that of the last epoch."
  echo
  statistics "$results/$name.tsv" "${contrasts[@]}" |
    awk -v cells="${cells[*]}" -v pairs="$(joined , "${contrasts[@]}")" -f "$here/summary.awk"
  echo
  echo "table   $results/$name.tsv"
  echo "curves  $results/$name-curves.tsv"
}

draw_figures() {
  local drawn failed=()
  make_folder "$out" "plots/$shown"
  for drawn in "${figures[@]}"; do
    if "$here/../../plots/draw" "$results" "$drawn" "$out/plots/$shown/$drawn.svg"; then
      echo "figure  $out/plots/$shown/$drawn.svg"
    else
      failed+=("$drawn")
    fi
  done
  ((!${#failed[@]})) || die "not drawn: ${failed[*]}"
}
