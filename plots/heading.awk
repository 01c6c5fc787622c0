# SPDX-License-Identifier: MIT
# heading.awk - prints what gnuplot loads: the lines of a figure's heading, title_at[1..titles] and about_at[1..abouts],
# and heading_height, their height in pixels.
#
# In: width and about_width, in characters; about, the text under the title.  The title is that of the table.

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

# Lines about as long as each other: as many as the width asks for.
function wrap(text, width, name,    i, n) {
  gsub(/ %/, "\302\240%", text) # a number and its sign stay together
  words = split(text, word, " ")
  n = break_at(width)
  while (width > 1 && break_at(width - 1) == n)
    width--
  break_at(width)
  printf "%ss = %d\narray %s_at[%d]\n", name, lines, name, (lines ? lines : 1)
  for (i = 1; i <= lines; i++) {
    gsub(/'/, "''", line[i])
    printf "%s_at[%d] = '%s'\n", name, i, line[i]
  }
  return lines
}

/^# title: / {
  title = substr($0, length("# title: ") + 1)
  exit
}

END {
  height = 21 * wrap(title, width, "title")
  height += 19 * wrap(about, about_width, "about")
  printf "heading_height = %d\n", height + 8
}
