# SPDX-License-Identifier: MIT
# gnuplot.awk - quotes and checks fields of tables for gnuplot, as tables may come from others: awk -f gnuplot.awk
# -f means.awk.
#
# Every field of a table must go through these functions.  END has to begin with `if (failed) exit 1'.

function fail(text) {
  gsub(/[\001-\037\177]/, "?", text)
  print FILENAME ", line " FNR ": " text >"/dev/stderr"
  failed = 1
  exit 1
}

# A gnuplot string in single quotes, where only a quote is special.  Quotes are concatenated separately, as gnuplot reads
# two of them at the beginning as an empty string.
function quoted(text) {
  gsub(/[\001-\037\177]/, "?", text)
  gsub(/'/, "' . \"'\" . '", text)
  return "'" text "'"
}

# Names are words in gnuplot's lists.
function checked_name(text) {
  if (text !~ /^[-+.A-Za-z0-9_:=@]+$/)
    fail("`" text "' cannot be the name of a cell")
  return text
}

function is_number(text) {
  return text ~ /^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$/
}

# A number, or NA.
function checked_number(text) {
  if (text != "NA" && !is_number(text))
    fail("`" text "' is not a number")
  return text
}
