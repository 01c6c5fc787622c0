# SPDX-License-Identifier: MIT
# heading.awk - prints what gnuplot loads: the lines of a figure's heading, title_at[1..titles] and about_at[1..abouts],
# and heading_height, their height in pixels.
#
# In: width and about_width, in characters; about, the text under the title.  The title is that of the table.
# Where runs differ, a title has several readings, `A, B; A, C'.  Equal parts are said once, of parts that differ
# only in their first word the words are listed: `1,000, 2,000, 5,000 images'; of many numbers, the first and the last.

function merged(k,    i, n, part, seen, first, list, low, high, numbers, alike) {
  for (i = 1; i <= readings; i++) {
    if (!seen[part_of[i, k]]++)
      part[++n] = part_of[i, k]
  }
  numbers = alike = 1
  for (i = 1; i <= n; i++) {
    first = part[i]
    sub(/ .*/, "", first)
    alike = alike && after_first(part[i]) == after_first(part[1])
    list = list (i > 1 ? (i < n || n > 2 ? ", " : " and ") : "") first
    gsub(",", "", first)
    numbers = numbers && first ~ /^[0-9.]+$/
    low = i == 1 || first + 0 < low + 0 ? first : low
    high = i == 1 || first + 0 > high + 0 ? first : high
  }
  if (n == 1)
    return part[1]
  if (alike && after_first(part[1]) != "")
    return (numbers && n > 3 ? thousands(low) " to " thousands(high) : list) " " after_first(part[1])
  list = part[1]
  for (i = 2; i <= n; i++)
    list = list (i < n ? ", " : " and ") part[i]
  return list
}

function after_first(text) {
  return text ~ / / ? substr(text, index(text, " ") + 1) : ""
}

function thousands(number) {
  return number ~ /^[0-9][0-9][0-9][0-9]+$/ ? substr(number, 1, length(number) - 3) "," \
    substr(number, length(number) - 2) : number
}

# In C's locale and in some awks everywhere, a letter beyond ASCII has several bytes, all but the first of these.
function letters(text) {
  gsub(/[\200-\277]/, "", text)
  return length(text)
}

function wrap(text, width, name,    words, word, i, lines, line) {
  words = split(text, word, " ")
  for (i = 1; i <= words; i++) {
    if (!lines || letters(line[lines] " " word[i]) > width)
      line[++lines] = word[i]
    else
      line[lines] = line[lines] " " word[i]
  }
  printf "%ss = %d\narray %s_at[%d]\n", name, lines, name, (lines ? lines : 1)
  for (i = 1; i <= lines; i++) {
    gsub(/'/, "''", line[i])
    printf "%s_at[%d] = '%s'\n", name, i, line[i]
  }
  return lines
}

function title_of(text,    i, k, n, part) {
  readings = split(text, reading, "; ")
  for (i = 1; i <= readings; i++) {
    n = split(reading[i], part, ", ")
    if (i > 1 && n != parts)
      return text
    parts = n
    for (k = 1; k <= parts; k++)
      part_of[i, k] = part[k]
  }
  text = merged(1)
  for (k = 2; k <= parts; k++)
    text = text ", " merged(k)
  return text
}

/^# title: / {
  title = title_of(substr($0, length("# title: ") + 1))
  exit
}

END {
  height = 21 * wrap(title, width, "title")
  height += 19 * wrap(about, about_width, "about")
  printf "heading_height = %d\n", height + 8
}
