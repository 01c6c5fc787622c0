# SPDX-License-Identifier: MIT
# comparison.gp - test accuracy, and train accuracy against the given labels, per epoch of each cell of the comparison.
# gnuplot -d -c comparison.gp CURVES.tsv >FIGURE.svg
folder = ARG0[1:strlen(ARG0) - strlen("comparison.gp")]
load folder . "style.gp"

curves = ARG1
header(key) = system(sprintf("sed -n 's/^# %s: //p' '%s'", key, curves))
seeds = header("seeds") + 0
true_share = 100 * header("share_of_true_labels")
cells = system(sprintf("for c in sgd uniform bilevel; do cut -f 1 '%s' | grep -x $c | head -n 1; done", curves))
called(cell) = cell eq "sgd" ? "SGD" : cell
of(cell, x) = strcol("cell") eq cell ? 100 * x : NaN

# Without mean and standard deviation at hand for one seed, there is no band.
low(name) = column(name . "_mean") - column(name . "_sd")
high(name) = column(name . "_mean") + column(name . "_sd")

set terminal svg size @style_size name "comparison" font "sans-serif,13" background "#ffffff"
stats curves using "epoch" nooutput
epochs = STATS_max

set multiplot layout 1, 2 margins screen 0.062, 0.922, 0.135, 0.775 spacing screen 0.145
set label 1 header("title") at screen 0.012, 0.955 left textcolor rgb style_ink font ",15"
set label 2 sprintf("%s scale, %s; lines are means%s", header("scale"), seeds == 1 ? "one seed" : \
  sprintf("%d seeds", seeds), seeds == 1 ? "" : ", bands one standard deviation to either side") \
  at screen 0.012, 0.895 left textcolor rgb style_ink font ",12"
set xlabel "epoch" textcolor rgb style_ink offset 0, 0.3
set ytics 10
set format y "%g %%"

array label_at[words(cells)]
do for [panel = 1:2] {
  name = panel == 1 ? "test_accuracy" : "train_accuracy_noisy"
  set label 4 panel == 1 ? "Test accuracy" : "Train accuracy against the given labels" at graph 0, 1.06 left \
    textcolor rgb style_ink
  set autoscale # stats heeds ranges
  stats curves using (100 * (seeds > 1 ? low(name) : column(name . "_mean"))) nooutput
  bottom = floor(STATS_min / 10) * 10
  stats curves using (100 * (seeds > 1 ? high(name) : column(name . "_mean"))) nooutput
  top = ceil(STATS_max / 10) * 10
  top = top > 100 ? 100 : panel == 2 && top < true_share ? ceil(true_share / 10) * 10 : top

  label_n = words(cells)
  label_gap = 0.055 * (top - bottom)
  label_least = bottom
  label_most = top
  do for [i = 1:label_n] {
    stats curves using (column("epoch") == epochs ? of(word(cells, i), column(name . "_mean")) : NaN) nooutput
    label_at[i] = STATS_mean
  }
  set xrange [1:epochs]
  set yrange [bottom:top]
  load folder . "spread.gp"
  do for [i = 1:label_n] {
    set label 10 + i called(word(cells, i)) at first epochs, label_at[i] left offset 0.6, 0 \
      textcolor rgb style_colour(word(cells, i))
  }
  if (panel == 2) {
    set arrow 1 from first 1, true_share to first epochs, true_share nohead dashtype 4 linecolor rgb style_ink \
      linewidth 1
    set label 3 "share of true labels" at first epochs, true_share right offset -0.5, -0.7 textcolor rgb style_ink \
      font ",12"
  }
  plot for [cell in cells] curves using "epoch":(of(cell, low(name))):(of(cell, high(name))) \
         with filledcurves linecolor rgb style_colour(cell), \
       for [cell in cells] curves using "epoch":(of(cell, column(name . "_mean"))) \
         with lines linewidth 2.2 dashtype style_dash(cell) linecolor rgb style_colour(cell)
}
unset multiplot
