# SPDX-License-Identifier: MIT
# curves.gp - a panel of accuracies per epoch, a line for each method, labelled at its end.
#
# In: curves_left, curves_right (pixels), curves_title, curves_measure, curves_thin (a second measure, "" for none),
# curves_condition (which of `conditions', 0 for cells without), curves_mark (where to draw a level line; 0 for none).
curves_of(name, what) = value(sprintf("%s_%s_%d", what, name, curves_condition))
bottom = curves_of(curves_measure, "least") + 0
top = curves_of(curves_measure, "most") + 0
if (curves_thin ne "" && curves_of(curves_thin, "least") ne "NA") {
  bottom = least(bottom, curves_of(curves_thin, "least") + 0)
  top = most(top, curves_of(curves_thin, "most") + 0)
}
if (curves_mark > 0) {
  bottom = least(bottom, curves_mark)
  top = most(top, curves_mark)
  set arrow from graph 0, first curves_mark to graph 1, first curves_mark nohead dashtype 4 linewidth 1.5 \
    linecolor rgb style_ink
}
step = step_for(most(top - bottom, 5), 7)
bottom = most(step * floor(bottom / step), 0)
top = least(step * ceil(top / step), 100)
set lmargin at screen across(curves_left)
set rmargin at screen across(curves_right)
set tmargin at screen down(30)
set bmargin at screen down(figure_body - 58)
set xrange [least(1, epoch_last - 1):epoch_last]
if (bottom == top) { bottom = bottom - step } # of one value
set yrange [bottom:top + 0.01 * (top - bottom)]
set xtics nomirror scale 0.6 offset 0, 0.35 autofreq
set ytics nomirror scale 0.6 offset 0.5, 0 step
set format x "%.0f"
set format y "%g %%"
set xlabel "epoch" textcolor rgb style_ink offset 0, 0.6
set label curves_title at graph 0, screen down(15) left textcolor rgb style_ink

array label_at[words(methods)]
array label_for[words(methods)]
label_n = 0
do for [i = 1:words(methods)] {
  if (word(curves_of(curves_measure, "end"), i) ne "NA") {
    label_n = label_n + 1
    label_at[label_n] = word(curves_of(curves_measure, "end"), i) + 0
    label_for[label_n] = word(methods, i)
  }
}
label_gap = 0.068 * (top - bottom)
label_least = bottom
label_most = top
load folder . "spread.gp"
do for [i = 1:label_n] {
  set label style_called(label_for[i]) at graph 1, first label_at[i] left offset 0.6, 0 \
    textcolor rgb style_colour(label_for[i])
}

shown(method, v) = strcol("method") eq method && column("x") == curves_condition ? v : NaN
thin = curves_thin eq "" ? curves_measure : curves_thin # under the thick line, if there is none
plot for [i = 1:label_n] $epochs using "epoch":(shown(label_for[i], column(curves_measure . "_low"))): \
       (column(curves_measure . "_high")) with filledcurves linecolor rgb style_colour(label_for[i]), \
     for [i = 1:label_n] $epochs using "epoch":(shown(label_for[i], column(thin))) \
       with lines linewidth 1 dashtype style_dash(label_for[i]) linecolor rgb style_colour(label_for[i]), \
     for [i = 1:label_n] $epochs using "epoch":(shown(label_for[i], column(curves_measure))) \
       with lines linewidth 2.2 dashtype style_dash(label_for[i]) linecolor rgb style_colour(label_for[i])
unset label
unset arrow
