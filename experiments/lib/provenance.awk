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

# A range, from the smallest to the largest.
function range(low, high) {
  return low == high ? low : low " to " high
}

function percent(share) {
  return int(100 * share + 0.5)
}

# Describes one value of --noise.
function told(noise,    rate) {
  if (noise == "none")
    return "true labels"
  if (noise == "unknown")
    return "labels as they come"
  if (noise == "symmetric-inclusive:1")
    return "random labels"
  if (noise ~ /^file:/)
    return "labels that people gave"
  rate = noise
  sub(/.*:/, "", rate)
  sub(/:.*/, "", noise)
  return percent(rate) " % " noise " label noise"
}

function noise_told(    i, n, value, kind, kinds, text, said) {
  n = split(line["noise"], value, "; ")
  for (i = 1; i <= n; i++) {
    kind = value[i]
    sub(/:.*/, "", kind)
    if (!said[kind]++)
      kinds++
    if (!said[told(value[i])]++)
      text = text (text == "" ? "" : " and ") told(value[i])
  }
  if (kinds > 1 || n == 1 || kind !~ /symmetric/)
    return text
  return range(percent(least["noise_rate"]), percent(most["noise_rate"])) " % " kind " label noise"
}

END {
  gsub(/; /, " and ", line["dataset"])
  network = line["network"]
  gsub(/; /, " and ", network)
  printf "# title: %s, %s training images, %s, %s\n", line["dataset"],
    range(thousands(least["images"]), thousands(most["images"])), noise_told(), network
  for (i = 1; i <= n; i++)
    print "# " order[i] ": " line[order[i]]
}
