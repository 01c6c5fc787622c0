# SPDX-License-Identifier: MIT
# setting.gp - accuracies against a setting, a line for each method: on the left test accuracy, last and best, on the
# right another measure.  Cells without an x are level lines, to compare with.
#
# In, besides the variables of figure.gp: setting_axis, what x is; setting_scale, one of log2, log10 (thousands), even
# (equal distances) and share (of 1 or per cent); setting_right, the measure on the right, and setting_title, what it is.
# setting_noise: 1 when x is the share of wrong labels, for a line of the share of true ones.
load folder . "figure.gp"
if (words(xs) == 0) {
  print sprintf("%s.gp: %s has no cell METHOD@SETTING", figure, table)
  exit status 1
}

figure_note = "lines are means of the last epoch" . (seeds == 1 ? "" : \
  ", bands one standard deviation to either side") . "; thin and dotted, the best epoch" . \
  (alone eq "" ? "" : "; level lines, methods without the setting") . \
  (setting_noise || setting_right eq "train_accuracy_noisy" && true_share > 0 ? \
  "; black and dotted, the share of true labels" : "")
names_longest = 0
do for [v in x_texts] { names_longest = most(names_longest, strlen(v)) }
slanted = setting_scale eq "even" && 9 * names_longest * words(xs) > 230
figure_body = slanted ? 372 : 340
load folder . "heading.gp"

of_one = 1
if (setting_scale eq "share") {
  do for [v in xs] { of_one = of_one && v + 0 <= 1 }
}
place(v) = setting_scale eq "share" && of_one ? 100 * v : setting_scale eq "log10" ? v / 1000.0 : 1.0 * v
x(n) = setting_scale eq "even" ? column("rank") : place(column("x"))
shown(method, v) = strcol("method") eq method ? v : NaN

from = setting_scale eq "even" ? 1 : place(word(xs, 1) + 0)
to = setting_scale eq "even" ? words(xs) : place(word(xs, words(xs)) + 0)
if (setting_scale[1:3] eq "log") {
  set logscale x 2
  from = from / 1.12
  to = to * 1.12
} else {
  room = 0.04 * most(to - from, 1)
  from = from - room
  to = to + room
}
set xrange [from:to]
set xtics nomirror scale 0.6 offset 0, 0.35 ("" 2 * to + 1) # out of sight, then those of `xs'
if (slanted) { set xtics rotate by -35 left offset -0.5, 0.2 }
do for [i = 1:words(xs)] {
  v = word(xs, i)
  set xtics add ((setting_scale eq "even" ? word(x_texts, i) : sprintf("%g", place(v + 0))) \
    (setting_scale eq "even" ? i : place(v + 0)))
}
set format y "%g %%"

label_n = words(crossed) + words(alone)
array label_at[label_n]
array label_for[label_n]
array label_method[label_n]
names_longest = 0
do for [i = 1:label_n] {
  label_method[i] = i <= words(crossed) ? word(crossed, i) : word(alone, i - words(crossed))
  names_longest = most(names_longest, strlen(style_called(label_method[i])))
}
gutter = most(48, 8.4 * names_longest + 14)
wide = (718 - 2 * 58 - 2 * gutter) / 2.0

do for [panel = 1:2] {
  measure = panel == 1 ? "test_accuracy_last" : setting_right
  second = panel == 1 ? "test_accuracy_best" : measure
  if (word(value("least_" . measure), 1) eq "NA") {
    print sprintf("%s.gp: %s has no %s", figure, table, measure)
    exit status 1
  }
  set label (panel == 1 ? "Test accuracy" : setting_title) at graph 0, screen down(15) left textcolor rgb style_ink
  set label setting_axis at graph 0.5, screen down(figure_body - 16) center textcolor rgb style_ink
  set lmargin at screen across(panel == 1 ? 58 : 58 + wide + gutter + 58)
  set rmargin at screen across(panel == 1 ? 58 + wide : 58 + wide + gutter + 58 + wide)
  set tmargin at screen down(30)
  set bmargin at screen down(340 - 58)

  bottom = word(value("least_" . measure), 1) + 0
  top = word(value("most_" . measure), 1) + 0
  if (panel == 1 && word(least_test_accuracy_best, 1) ne "NA") {
    bottom = least(bottom, word(least_test_accuracy_best, 1) + 0)
    top = most(top, word(most_test_accuracy_best, 1) + 0)
  }
  level = setting_noise == 0 && measure eq "train_accuracy_noisy" ? true_share : 0
  if (level > 0) {
    bottom = least(bottom, level - 1)
    top = most(top, level)
  }
  step = step_for(most(top - bottom, 5), 7)
  bottom = step * floor(bottom / step)
  top = step * ceil(top / step)
  if (measure ne "gap") {
    bottom = most(bottom, 0)
    top = least(top, 100)
  }
  if (level > 0) {
    set arrow from graph 0, first level to graph 1, first level nohead dashtype 4 linewidth 1.5 linecolor rgb style_ink
  }
  if (bottom == top) { bottom = bottom - step } # of one value
  set yrange [bottom:top + 0.01 * (top - bottom)]
  set ytics nomirror scale 0.6 offset 0.5, 0 step

  labels = 0
  do for [i = 1:label_n] {
    last = i <= words(crossed) ? word(value("end_" . measure), i) : word(value("alone_" . measure), i - words(crossed))
    if (last ne "NA") {
      labels = labels + 1
      label_at[labels] = last + 0
      label_for[labels] = label_method[i]
      if (i > words(crossed)) {
        set arrow from graph 0, first last + 0 to graph 1, first last + 0 nohead linewidth 1.3 \
          dashtype style_dash(label_method[i]) linecolor rgb style_colour(label_method[i])
      }
    }
  }
  all = label_n
  label_n = labels
  label_gap = 0.068 * (top - bottom)
  label_least = bottom
  label_most = top
  load folder . "spread.gp"
  label_n = all
  do for [i = 1:labels] {
    set label style_called(label_for[i]) at graph 1, first label_at[i] left offset 0.6, 0 \
      textcolor rgb style_colour(label_for[i])
  }
  if (setting_noise && panel == 2) {
    set arrow from first most(0, 100 - top), first least(100, top) to first least(to, 100 - bottom), \
      first most(100 - to, bottom) nohead dashtype 4 linewidth 1.5 linecolor rgb style_ink
  }
  plot for [m in crossed] $means using (x(0)):(shown(m, column(measure . "_low"))):(column(measure . "_high")) \
         with filledcurves linecolor rgb style_colour(m), \
       for [m in crossed] $means using (x(0)):(shown(m, column(second))) \
         with lines linewidth 1.4 dashtype 4 linecolor rgb style_colour(m), \
       for [m in crossed] $means using (x(0)):(shown(m, column(measure))) \
         with lines linewidth 2.2 dashtype style_dash(m) linecolor rgb style_colour(m), \
       for [m in crossed] $means using (x(0)):(shown(m, column(measure))) \
         with points pointtype style_mark(m) pointsize 0.6 linecolor rgb style_colour(m)
  unset label
  unset arrow
}
unset multiplot
