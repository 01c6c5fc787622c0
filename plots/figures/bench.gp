# SPDX-License-Identifier: MIT
# bench.gp - images per second of holdout and of PyTorch, training and evaluating, a panel for each network.
# gnuplot -d -c bench.gp DATA.gp >FIGURE.svg, where DATA.gp is what bench.awk makes of the table
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen("bench.gp")] . "../parts/"
load folder . "style.gp"

load data
steps_of(i) = value(sprintf("steps_%d", i))
called(net) = net eq "preact-resnet18" ? "PreAct ResNet-18" : net eq "inception-small" ? "small Inception" : \
              net eq "preact-resnet18:width=16" ? "PreAct ResNet-18, width 16" : net
doing(step) = step eq "sgd" ? "SGD" : step eq "eval" ? "evaluation" : step
panels = words(nets)
wide(i) = words(steps_of(i)) > 2 ? words(steps_of(i)) : 2 # groups of bars, and room for a title
groups = 0
do for [i = 1:panels] { groups = groups + wide(i) }

set terminal svg size @style_size name "bench" noenhanced font "sans-serif,13" background "#ffffff"
set multiplot
set label 1 sprintf("Images per second on %s, %s threads", cpu, threads) \
  at screen 0.012, 0.955 left textcolor rgb style_ink font ",15"
set label 2 sprintf("medians of %s round%s of %s steps, lines from the slowest round to the fastest%s", \
  rounds, rounds eq "1" ? "" : "s", steps, \
  peer eq "none" ? "; PyTorch was not installed" : "; above, the ratio of both") \
  at screen 0.012, 0.895 left textcolor rgb style_ink font ",12"
set label 3 "■ holdout" at screen 0.99, 0.955 right textcolor rgb style_colour("holdout")
if (peer ne "none") {
  set label 4 "■ " . peer at screen 0.99, 0.895 right textcolor rgb style_colour("torch")
}

half = 0.36
programs = peer eq "none" ? "holdout" : "holdout torch"
place(program) = column("step") + (peer eq "none" ? 0 : program eq "torch" ? half / 2 : -half / 2)
of(program) = program eq "torch" ? "other" : "value"
shown(v) = column("net") == panel ? v : NaN
ratio(text) = text eq "" || text eq "NA" ? "" : sprintf("%.2f×", text + 0) # what is missing reads as nothing
set style fill solid noborder
set boxwidth half
set bmargin at screen 0.11
set tmargin at screen 0.76
gap = 0.06 # on the left of each panel, for its numbers
unit = (0.99 - panels * gap) / groups
left = gap
do for [panel = 1:panels] {
  doings = steps_of(panel)
  set lmargin at screen left
  set rmargin at screen left + unit * wide(panel)
  left = left + unit * wide(panel) + gap
  set xtics scale 0 ("" 0)
  do for [k = 1:words(doings)] { set xtics add (doing(word(doings, k)) k) }
  set autoscale # stats heeds ranges
  stats $rows using (shown(column("top"))) nooutput
  margin = (wide(panel) - words(doings)) / 2.0
  set xrange [0.4 - margin:words(doings) + 0.6 + margin]
  set yrange [0:1.16 * STATS_max]
  set label 5 called(word(nets, panel)) at graph 0, 1.06 left textcolor rgb style_ink
  plot for [program in programs] $rows using (place(program)):(shown(column(of(program)))) \
         with boxes linecolor rgb style_colour(program), \
       for [program in programs] $rows using (place(program)):(shown(column(of(program) . "_low"))):(0): \
         (column(of(program) . "_high") - column(of(program) . "_low")) \
         with vectors nohead linewidth 1.4 linecolor rgb style_ink, \
       $rows using (column("step")):(shown(column("top"))):(ratio(strcol("ratio"))) with labels offset 0, 0.8 \
         textcolor rgb style_ink
  unset label 1
  unset label 2
  unset label 3
  unset label 4
}
unset multiplot
