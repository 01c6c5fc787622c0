# SPDX-License-Identifier: MIT
# tuning.gp - accuracy on a noisy validation split against the setting, a panel for each method.
# gnuplot -d -c tuning.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "tuning"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "figure.gp"
if (word(least_validation_accuracy_last, 1) eq "NA" || words(crossed) == 0) {
  print sprintf("%s.gp: %s has no cell METHOD@SETTING with a validation_accuracy_last", figure, table)
  exit status 1
}

figure_note = "accuracy on a validation split with wrong labels at the last epoch, against the learning rate" . \
  (seeds == 1 ? "" : ", bars one standard deviation to either side") . "; filled, the setting that is chosen"
across_n = words(crossed) < 4 ? words(crossed) : 4
down_n = ceil(words(crossed) / (1.0 * across_n))
figure_body = 154 * down_n + 8
load folder . "heading.gp"

bottom = word(least_validation_accuracy_last, 1) + 0
top = word(most_validation_accuracy_last, 1) + 0
room = 0.06 * most(top - bottom, 1)
wide = (708 - 50.0) / across_n
set xrange [0.6:words(xs) + 0.4]
set yrange [bottom - room:top + room]
of(method, v) = strcol("method") eq method ? v : NaN
long = 0
do for [v in x_texts] { long = most(long, strlen(v)) }
slanted = 8.2 * long * words(xs) > wide - 22
do for [i = 1:words(crossed)] {
  method = word(crossed, i)
  best = word(chosen, i) + 0
  c = (i - 1) % across_n
  r = (i - 1) / across_n
  set lmargin at screen across(50 + c * wide)
  set rmargin at screen across(50 + (c + 1) * wide - 14)
  set tmargin at screen down(26 + 154 * r)
  set bmargin at screen down(26 + 154 * r + 92)
  set xtics nomirror scale 0.5 offset 0, 0.4 font ",12" ("" 1)
  if (slanted) { set xtics rotate by -40 left offset -0.4, 0.2 }
  do for [k = 1:words(xs)] { set xtics add (word(x_texts, k) k) }
  set ytics nomirror scale 0.6 offset 0.5, 0 step_for(most(top - bottom, 1), 4)
  set format y (c == 0 ? "%g %%" : "")
  set label style_called(method) at graph 0, screen down(14 + 154 * r) left textcolor rgb style_ink
  plot $means using "rank":(of(method, column("validation_accuracy_last"))) \
         with lines linewidth 1.4 linecolor rgb style_colour(method), \
       $means using "rank":(of(method, column("validation_accuracy_last_low"))):(0): \
         (column("validation_accuracy_last_high") - column("validation_accuracy_last_low")) \
         with vectors nohead linewidth 2 linecolor rgb style_colour(method), \
       $means using "rank":(of(method, column("validation_accuracy_last"))) \
         with points pointtype 7 pointsize 0.7 linecolor rgb "#ffffff", \
       $means using "rank":(of(method, column("validation_accuracy_last"))) \
         with points pointtype 6 pointsize 0.7 linewidth 1.5 linecolor rgb style_colour(method), \
       $means using "rank":(of(method, column("rank") == best ? column("validation_accuracy_last") : NaN)) \
         with points pointtype 7 pointsize 0.85 linecolor rgb style_colour(method)
  unset label
}
unset multiplot
