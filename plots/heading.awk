# SPDX-License-Identifier: MIT
# heading.awk - turns the header of a table of runs into gnuplot commands.  Load gnuplot.awk first.  It prints:
#
# title_at[1..titles]   the lines of the title, none longer than `width' characters where words allow
# scale, seeds_told     from the header of the table; seeds_told is as in `3' or `1 to 3'
# seeds, true_share     the largest number of seeds; the share of true labels in per cent, 0 if unknown or not unique

# In C's locale and in some awks everywhere, a letter beyond ASCII has several bytes, all but the first of these.
function letters(text) {
  gsub(/[\200-\277]/, "", text)
  return length(text)
}

# Sets line[1..lines], none longer than width where words allow.
function break_at(width,    i) {
  lines = 0
  for (i = 1; i <= words; i++) {
    if (!lines || letters(line[lines] " " word[i]) > width)
      line[++lines] = word[i]
    else
      line[lines] = line[lines] " " word[i]
  }
  return lines
}

# Lines of about equal length, as few as the width allows.
function wrap(text, width,    i, n) {
  gsub(/ %/, "\302\240%", text) # a number and its sign stay together
  words = split(text, word, " ")
  n = break_at(width)
  while (width > 1 && break_at(width - 1) == n)
    width--
  break_at(width)
  printf "titles = %d\narray title_at[%d]\n", lines, (lines ? lines : 1)
  for (i = 1; i <= lines; i++)
    print "title_at[" i "] = " quoted(line[i])
}

/^#/ {
  key = $0
  sub(/^# */, "", key)
  at = index(key, ": ")
  if (at && !(substr(key, 1, at - 1) in header))
    header[substr(key, 1, at - 1)] = substr(key, at + 2)
  next
}

{ exit }

END {
  if (failed)
    exit 1
  wrap(header["title"], width)
  gsub(/[^-A-Za-z0-9+._]/, "?", header["scale"])
  gsub(/[^A-Za-z0-9 ]/, "?", header["seeds"])
  most = header["seeds"]
  sub(/.* /, "", most)
  share = header["share_of_true_labels"]
  printf "scale = '%s'\nseeds_told = '%s'\nseeds = %d\ntrue_share = 1.0 * %.17g\n", header["scale"], header["seeds"], most,
    (is_number(share) ? 100 * share : 0)
}
