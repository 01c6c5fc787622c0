# SPDX-License-Identifier: MIT
# provenance.awk - reads lines `key: value' of many runs, prints `# title: ...' and one line for each key; where runs
# differ, the distinct values side by side.
{
  key = $0
  sub(/: .*/, "", key)
  value = substr($0, length(key) + 3)
  if (!(key in line)) {
    order[++n] = key
    line[key] = value
    least[key] = most[key] = value
  } else if (!((key, value) in seen)) {
    line[key] = line[key] "; " value
    several[key] = 1
  }
  seen[key, value]
  if (value + 0 < least[key] + 0) least[key] = value
  if (value + 0 > most[key] + 0) most[key] = value
}

function thousands(number) {
  number = number ""
  return length(number) > 3 ? substr(number, 1, length(number) - 3) "," substr(number, length(number) - 2) : number
}

# From the least to the most.
function range(low, high) {
  return low == high ? low : low " to " high
}

function percent(share) {
  return int(100 * share + 0.5)
}

function noise(    kind) {
  kind = line["noise"]
  if (kind ~ /;/ && kind !~ /symmetric/) # several kinds
    return kind ~ /file:/ ? "labels given by people" : "several kinds of labels"
  if (most["noise_rate"] + 0 == 0)
    return "true labels"
  if (kind ~ /file:/)
    return percent(most["noise_rate"]) " % of the labels wrong, as people gave them"
  sub(/:.*/, "", kind)
  return range(percent(least["noise_rate"]), percent(most["noise_rate"])) " % " kind " label noise"
}

END {
  gsub(/; /, " and ", line["dataset"])
  network = line["network"]
  gsub(/; /, " and ", network)
  printf "# title: %s, %s training images, %s, %s\n", line["dataset"],
    range(thousands(least["images"]), thousands(most["images"])), noise(), network
  for (i = 1; i <= n; i++)
    print "# " order[i] ": " line[order[i]]
}
