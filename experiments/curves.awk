# SPDX-License-Identifier: MIT
# curves.awk - reads rows CELL EPOCH VALUES..., one for each seed, equal cells together; prints mean and standard
# deviation of each value over seeds, NA where one of them is.  names: of the values.
BEGIN {
  OFS = "\t"
  n = split(names, name, " ")
  line = "cell" OFS "method" OFS "x" OFS "epoch" OFS "seeds"
  for (i = 1; i <= n; i++)
    line = line OFS name[i] "_mean" OFS name[i] "_sd"
  print line
}

{
  key = $1 OFS method($1) OFS condition($1) OFS $2
  if (!count[key]++)
    order[++keys] = key
  for (i = 1; i <= n; i++)
    value[key, i, count[key]] = $(i + 2)
}

function method(cell) {
  sub(/@.*/, "", cell)
  return cell
}

function condition(cell) {
  return sub(/^[^@]*@/, "", cell) ? cell : "NA"
}

END {
  for (k = 1; k <= keys; k++) {
    key = order[k]
    m = count[key]
    line = key OFS m
    for (i = 1; i <= n; i++) {
      mean = square = missing = 0
      for (s = 1; s <= m; s++) {
        mean += value[key, i, s] / m
        missing = missing || value[key, i, s] == "NA"
      }
      if (missing) {
        line = line OFS "NA" OFS "NA"
        continue
      }
      for (s = 1; s <= m; s++)
        square += (value[key, i, s] - mean) ^ 2
      line = line OFS sprintf("%.6f", mean) OFS (m > 1 ? sprintf("%.6f", sqrt(square / (m - 1))) : "NA")
    }
    print line
  }
}
