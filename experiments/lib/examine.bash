# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# examine.bash - checks that a run's folder belongs to its cell and is complete.  Folders may come from others, and a
# full disk or a crash may leave half a line.

# shellcheck disable=SC2034,SC2154 # `trouble' is the caller's, others are of experiment.bash and results.bash

declare -A trouble_of=()

# Results are cached until runs may have changed.
forget_examined() {
  trouble_of=()
}

# Sets `trouble' to the reason why the run in `run', with `flags', cannot be trusted; empty if there is none.
examine() {
  test -n "${trouble_of[$run]+set}" || trouble_of[$run]=$(find_trouble)
  trouble=${trouble_of[$run]}
}

find_trouble() {
  local why='' text
  if test -L "$run"; then
    why="$run is a link"
  elif plain_files "$run"/{command,config.yaml,job,lock,log.jsonl,output.log,summary.json,timing.jsonl}; then
    if { test -e "$run/config.yaml" || test -e "$run/summary.json"; } && ! same_command; then
      why="$run/command does not have the flags of this cell"
    elif test -e "$run/summary.json" && command -v jq >/dev/null; then
      why=$(wrong_in_summary)
      test -n "$why" || why=$(wrong_in_log)
    fi
  fi
  printable "$why"
  printf '%s' "$text"
}

# Does the file `command' have the cell's flags, perhaps in another spelling?
same_command() {
  local words
  test -s "$run/command" || return
  mapfile -t words < <(tr -d '\0' <"$run/command")
  test "$(effective "${words[@]}")" = "${effective_of[$run]}"
}

# Prints the first fault in the columns of the table: missing, or of the wrong type.
wrong_in_summary() {
  local i seed=
  for i in "${!flags[@]}"; do
    test "${flags[i]}" != --seed || seed=${flags[i + 1]}
  done
  jq -nr --arg columns "${columns[*]}" --argjson seed "$seed" '
    [inputs] | if length != 1 or (.[0] | type) != "object" then "it is not one JSON object" else .[0] as $row
    | first(
        ((($columns | split(" ")) - ["run", "validation_accuracy_last"] + ["test_size"])[] as $key
        | ($row[$key] | type) as $type
        | if $row | has($key) | not then "\($key) is missing"
          elif $key | IN("optimizer", "net", "dataset", "noise") then
            if $type == "string" then empty else "\($key) is not a string" end
          elif $type == "number" or $type == "null" then empty else "\($key) is not a number" end),
        (if $row.seed == $seed then empty else "its seed is \($row.seed), not \($seed)" end),
        (if $row.train_size | type == "number" then empty else "train_size is not a number" end),
        "") end
    | if . == "" then empty else "\($file): " + . end' --arg file "$run/summary.json" "$run/summary.json" 2>/dev/null ||
    echo "$run/summary.json is damaged"
}

# The log must have lines of objects, with numbers for the curves.
wrong_in_log() {
  test -s "$run/log.jsonl" || {
    echo "$run/log.jsonl is missing or empty"
    return
  }
  jq -nre --arg columns "${curves[*]} validation_accuracy" '
    all(inputs; type == "object" and (.epoch | type) == "number"
      and all(.[$columns | split(" ")[]]; type == "number" or . == null))
    | if . then "" else error end' "$run/log.jsonl" >/dev/null 2>&1 || echo "$run/log.jsonl is damaged"
}
