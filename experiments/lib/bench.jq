# SPDX-License-Identifier: MIT
# bench.jq - the measurements of bench as a table: `rows', one for each comparison, or `curves', one for each point.
#
# In: $which; $lines, what bench says of its rows or curves, with tabs; the measurements, one object each.

def median: sort | length as $n | (.[($n - 1) / 2 | floor] + .[$n / 2 | floor]) / 2;
def clean: tostring | gsub("[[:cntrl:]]"; "?");
def cell: if . == null then "NA" elif type == "number" then . * 1e6 | round / 1e6 else . end | clean;
def names: {time: "s", speed: "images/s", memory: "bytes", process: "bytes", device: "bytes"};

def value($measure):
  if $measure == "speed" then .images_per_s
  elif $measure == "time" then .median_step_s
  elif $measure == "device" then .device_bytes
  elif $measure == "memory" then .peak_rss_bytes - .baseline_rss_bytes
  else .peak_rss_bytes end;

# The measurements of a case, by round; of PyTorch's two layouts, those of the one that was faster in the first.
def of($case):
  map(select(.case == $case)) | sort_by(.round)
  | if length == 0 then . else .[0].round as $first
    | (map(select(.round == $first)) | max_by(.images_per_s) | .layout) as $layout
    | map(select(.layout == $layout)) end;

def verdict($relation; $target):
  if $relation == "-" then "not judged"
  elif . == null then "no peer"
  elif ($relation == ">=" and . >= $target) or ($relation == "<=" and . <= $target) then "met"
  else "missed" end;

def spread: if length == 0 then [null, null, null] else [median, min, max] end;

def row: . as $all
  | ($lines | split("\n") | map(select(. != "") | split("\t"))[])
  | . as [$row, $measure, $relation, $target, $against, $case, $other]
  | ($all | of($case)) as $a | ($all | of($other)) as $b
  | select(($a | length) > 0)
  | [$a[] | . as $x | $b[] | select(.round == $x.round) | [($x | value($measure)), value($measure)]
      | select(all(. != null and . > 0)) | .[0] / .[1]] as $ratio
  | ($ratio | spread) as $r
  | ($case | split(" ")) as [$program, $step, $net, $images, $parts, $threads]
  | [$row, $measure, names[$measure], $step, $net, $images, $parts, $threads, $against, $b[0].layout, ($ratio | length)]
    + ($a | map(value($measure) | values) | spread) + ($b | map(value($measure) | values) | spread) + $r
    + [if $relation == "-" then null else $relation + " " + $target end,
       ($r[0] | verdict($relation; $target | tonumber? // 0))];

# The spread of a point is that of its steps.
def point: . as $all
  | ($lines | split("\n") | map(select(. != "") | split("\t"))[])
  | . as [$panel, $x, $case]
  | ($all | of($case)) | select(length > 0)
  | ($case | split(" ")) as [$program, $step, $net, $images, $parts, $threads]
  | [$panel, $x, $program, $step, $net, $images, $parts, $threads, .[0].layout, (map(.images_per_s) | median),
     (map(.batch_size / .max_step_s) | min), (map(.batch_size / .min_step_s) | max), length];

def columns:
  if $which == "rows" then
    ["row", "measure", "unit", "step", "net", "images", "minibatches", "threads", "against", "layout", "rounds",
     "value", "value_low", "value_high", "other", "other_low", "other_high", "ratio", "ratio_low", "ratio_high",
     "target", "verdict"]
  else
    ["panel", "x", "program", "step", "net", "images", "minibatches", "threads", "layout", "images_per_s", "low",
     "high", "rounds"] end;

# Where the numbers come from; where measurements differ, the distinct values side by side.
def distinct:
  map(select(. != null) | clean) | reduce .[] as $v ([]; if index($v) then . else . + [$v] end) | join("; ");
def header:
  (map(select(.case | startswith("holdout")))) as $own
  | (map(select(.case | startswith("torch")) | .version) | distinct) as $peer
  | "# experiment: bench",
    "# rounds: \(map(.round) | max)",
    "# steps: \(map(.steps) | distinct)",
    (("version", "commit", "compiler", "flags", "blas", "blas_core", "cpu", "kernels") as $key
     | "# \($key): \($own | map(.[$key]) | distinct)"),
    (($own | map(.engine | select(. != "cpu")) | distinct) | select(. != "") | "# engine: \(.)"),
    "# threads: \($own | map(.threads) | max)",
    "# peer: \(if $peer == "" then "none" else $peer end)",
    "# others_percent_median: \(map(.others_percent) | median)",
    "# others_percent_most: \(map(.others_percent) | max)";

[inputs] | header, (columns | join("\t")),
  (if $which == "rows" then row else [point] | sort_by(.[0], .[2])[] end | map(cell) | join("\t"))
