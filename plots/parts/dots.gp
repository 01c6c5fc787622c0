# SPDX-License-Identifier: MIT
# dots.gp - a panel of dots, a row for each cell: a filled dot for a mean, a bar for one standard deviation to either
# side, a hollow dot for a second mean, dotted lines at dots_marks.
#
# In: dots_left, dots_right (pixels), dots_title, dots_measure, dots_second ("" for none), dots_marks (none, one
# through all rows, or one for the rows of each of `groups'), dots_group (which of `groups' is shown, 0 for all),
# dots_rows, and row(place, group), from 1 to dots_rows.
dots_least = word(value("least_" . dots_measure), dots_group + 1) + 0
dots_most = word(value("most_" . dots_measure), dots_group + 1) + 0
hollow = dots_measure # under the filled one, if there is no second mean
if (dots_second ne "") {
  if (word(value("least_" . dots_second), dots_group + 1) ne "NA") { # some method has one
    hollow = dots_second
    dots_least = least(dots_least, word(value("least_" . dots_second), dots_group + 1) + 0)
    dots_most = most(dots_most, word(value("most_" . dots_second), dots_group + 1) + 0)
  }
}
do for [i = 1:words(dots_marks)] {
  mark = word(dots_marks, i) + 0
  dots_least = least(dots_least, mark)
  dots_most = most(dots_most, mark)
  from = words(dots_marks) == 1 ? 0.5 : row(1, i) - 0.5
  to = words(dots_marks) == 1 ? dots_rows + 0.5 : row(words(methods), i) + 0.5
  set arrow from first mark, first from to first mark, first to nohead back dashtype 4 linewidth 1.5 \
    linecolor rgb style_ink
}
load folder . "dots-axes.gp"

shown(v) = dots_group == 0 || column("group") == dots_group ? v : NaN
y(n) = row(column("place"), column("group"))
rgb(n) = style_rgb(strcol("method"))
plot $means using (shown(column(dots_measure))):(y(0)):(column(hollow) - column(dots_measure)):(0) \
       with vectors nohead linewidth 1 linecolor rgb "#aaaaaa", \
     $means using (shown(column(hollow))):(y(0)):(rgb(0)) \
       with points pointtype 6 pointsize 0.75 linewidth 1.5 linecolor rgb variable, \
     $means using (shown(column(dots_measure . "_low"))):(y(0)): \
       (column(dots_measure . "_high") - column(dots_measure . "_low")):(0):(rgb(0)) \
       with vectors nohead linewidth 2.6 linecolor rgb variable, \
     $means using (shown(column(dots_measure))):(y(0)):(rgb(0)) \
       with points pointtype 7 pointsize 0.75 linecolor rgb variable
unset label
unset arrow
