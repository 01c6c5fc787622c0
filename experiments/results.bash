# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# results.bash - what finished runs show: a table of runs, curves over epochs, a printed summary, a figure.
#
# RESULTS/NAME.tsv         a row per run; columns are the names of summary.json
# RESULTS/NAME-curves.tsv  a row per cell and epoch: mean and standard deviation over seeds
# Both begin with lines `# key: value' that say where the numbers come from.  What is missing is NA.

# shellcheck disable=SC2154 # variables of lib.bash

columns=(test_accuracy_last test_accuracy_best test_accuracy_validation_selected train_accuracy_noisy
  train_accuracy_clean noise_rate_nominal noise_rate_realised epochs seed optimizer net dataset)
curves=(test_accuracy train_accuracy_noisy train_accuracy_clean)

# ---- where the numbers come from ----

# Lines `key: value'; what the figure says above its panels is the title.
facts() {
  jq -r '
    def thousands: tostring | if length > 3 then .[:-3] + "," + .[-3:] else . end;
    def name: {"fashion-mnist": "Fashion-MNIST", "mnist": "MNIST", "cifar10": "CIFAR-10",
      "mlp": "MLP", "preact-resnet18": "PreAct ResNet-18"}[.] // .;
    (.net | split(":")) as $net | (.noise | split(":")[0]) as $noise
    | "title: \(.dataset | name), \(.train_size | thousands) training images, " +
      "\(.noise_rate_nominal * 100 | round) % \($noise) label noise, \([$net[0] | name] + $net[1:] | join(" "))",
      "share_of_true_labels: \(1 - .noise_rate_realised)",
      "data_sha256: \(.data_sha256)"' "${done[@]/%//summary.json}"
  jq -r 'select(has("start")) | . as $start
    | ("version", "commit", "compiler", "flags", "blas", "core_type", "kernels", "cpu", "threads")
    | "\(.): \($start[.] // "unknown")"' "${done[@]/%//timing.jsonl}"
}

# One line for each key: where runs differ, the distinct values side by side.
provenance() {
  local cell text
  quote "experiments/$paper/$name" --scale "$scale" --seeds "$seeds" ${extra[@]+-- "${extra[@]}"}
  echo "# experiment: $paper/$name"
  echo "# scale: $scale"
  echo "# runs: ${#done[@]} of $grid"
  echo "# seeds: $seeds"
  echo "# command: $text"
  for cell in "${cells[@]}"; do
    grid_run "$cell" N
    echo "# cell $cell: holdout train ${flags[*]}"
  done
  facts | awk -F ': ' '
    { value = substr($0, length($1) + 3) }
    !($1 in line) { key[++n] = $1; line[$1] = value }
    !seen[$1, value]++ && line[$1] != value { line[$1] = line[$1] "; " value }
    END { for (i = 1; i <= n; i++) print "# " key[i] ": " line[key[i]] }'
}

# ---- tables ----

note_finished() { # cell seed
  grid=$((grid + 1))
  ! finished || done+=("$run")
}

# In jq, with -n and inputs (so that an error ends it): the cell of the run whose file is being read.
# shellcheck disable=SC2016 # the variable is jq's
run_cell='(input_filename | split("/")[-2] | sub("-seed[0-9]+$"; "")) as $cell'

table() {
  printf '%s\n' "$header"
  printf 'cell'
  printf '\t%s' "${columns[@]}"
  echo
  jq -nr "inputs | $run_cell"' | . as $run | [$cell] + ($columns | split(" ") | map(. as $key
    | if $run | has($key) then $run[$key] // "NA" else error("\(input_filename): there is no \($key)") end))
    | map(tostring) | join("\t")' --arg columns "${columns[*]}" "${done[@]/%//summary.json}" | sort_cells
}

# Cells in the order of the script, seeds ascending within.
sort_cells() {
  awk -F '\t' -v cells="${cells[*]}" '
    { row[$1] = row[$1] $0 "\n" }
    END { n = split(cells, cell, " "); for (i = 1; i <= n; i++) printf "%s", row[cell[i]] }'
}

curve_table() {
  printf '%s\n' "$header"
  jq -nr "inputs | $run_cell"' | select(.test_accuracy != null) | . as $line
    | [$cell, .epoch] + ($columns | split(" ") | map($line[.] // "NA")) | map(tostring) | join("\t")' \
    --arg columns "${curves[*]}" "${done[@]/%//log.jsonl}" | sort_cells | awk -F '\t' -v names="${curves[*]}" '
    BEGIN {
      OFS = "\t"
      n = split(names, name, " ")
      line = "cell" OFS "epoch" OFS "seeds"
      for (i = 1; i <= n; i++)
        line = line OFS name[i] "_mean" OFS name[i] "_sd"
      print line
    }
    {
      key = $1 OFS $2
      if (!count[key]++)
        order[++keys] = key
      for (i = 1; i <= n; i++)
        value[key, i, count[key]] = $(i + 2)
    }
    END {
      for (k = 1; k <= keys; k++) {
        key = order[k]
        m = count[key]
        line = key OFS m
        for (i = 1; i <= n; i++) {
          mean = square = 0
          for (s = 1; s <= m; s++)
            mean += value[key, i, s] / m
          for (s = 1; s <= m; s++)
            square += (value[key, i, s] - mean) ^ 2
          line = line OFS sprintf("%.6f", mean) OFS (m > 1 ? sprintf("%.6f", sqrt(square / (m - 1))) : "NA")
        }
        print line
      }
    }'
}

# Sets `done', the folders of finished runs, and writes both tables.
gather() {
  local grid=0 header
  done=()
  for_each_run note_finished
  ((${#done[@]})) || die "no run of this grid is finished, so there is nothing to show; see $runs"
  header=$(provenance)
  mkdir -p "$results"
  make_file "$results/$name.tsv" table
  make_file "$results/$name-curves.tsv" curve_table
}

# ---- what they show ----

# Mean and standard deviation of each cell, then paired differences and what to make of them.
print_table() {
  local pair_list
  printf -v pair_list '%s,' "${pairs[@]}"
  echo
  sed -n 's/^# title: //p' "$results/$name.tsv"
  echo "Accuracy in per cent, mean +- standard deviation over seeds; train accuracy is that of the last epoch."
  echo
  awk -F '\t' -v cells="${cells[*]}" -v pairs="$pair_list" -f "$here/summary.awk" "$results/$name.tsv"
  echo
  echo "table   $results/$name.tsv"
  echo "curves  $results/$name-curves.tsv"
  echo "figure  $figure"
}

draw_figure() {
  mkdir -p "${figure%/*}"
  make_file "$figure" gnuplot -d -c "$here/../plots/$name.gp" "$results/$name-curves.tsv"
}
