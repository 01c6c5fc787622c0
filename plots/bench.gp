# SPDX-License-Identifier: MIT
# bench.gp - images per second of holdout and of PyTorch, training and evaluating, a panel for each network.
# gnuplot -d -c bench.gp BENCH.tsv >FIGURE.svg
folder = ARG0[1:strlen(ARG0) - strlen("bench.gp")]
load folder . "style.gp"

table = ARG1
header(key) = system(sprintf("sed -n 's/^# %s: //p' '%s'", key, table))
peer = header("peer")
speed = sprintf("awk -F '\\t' '$2 == \"speed\" && $9 == \"torch\"' '%s'", table) # measure, against
nets = system(speed . " | cut -f 5 | awk '!seen[$0]++' | tr '\\n' ' '")
steps_of(net) = system(sprintf("%s | awk -F '\\t' '$5 == \"%s\" { print $4 }' | tr '\\n' ' '", speed, net))
called(net) = net eq "preact-resnet18" ? "PreAct ResNet-18" : net eq "inception-small" ? "small Inception" : \
              net eq "preact-resnet18:width=16" ? "PreAct ResNet-18, width 16" : net
doing(step) = step eq "sgd" ? "SGD" : step eq "eval" ? "evaluation" : step
panels = words(nets)
wide(net) = words(steps_of(net)) > 2 ? words(steps_of(net)) : 2 # groups of bars, and room for a title
groups = 0
do for [net in nets] { groups = groups + wide(net) }

set terminal svg size @style_size name "bench" font "sans-serif,13" background "#ffffff"
set datafile nocolumnheaders
set multiplot
set label 1 sprintf("Images per second on %s, %s threads", header("cpu"), header("threads")) \
  at screen 0.012, 0.955 left textcolor rgb style_ink font ",15"
set label 2 sprintf("medians of %s round%s of %s steps, lines from the slowest round to the fastest%s", \
  header("rounds"), header("rounds") eq "1" ? "" : "s", header("steps"), \
  peer eq "none" ? "; PyTorch was not installed" : "; above, the ratio of both") \
  at screen 0.012, 0.895 left textcolor rgb style_ink font ",12"
set label 3 "■ holdout" at screen 0.99, 0.955 right textcolor rgb style_colour("holdout")
if (peer ne "none") {
  set label 4 "■ " . peer at screen 0.99, 0.895 right textcolor rgb style_colour("torch")
}

half = 0.36
programs = peer eq "none" ? "holdout" : "holdout torch"
place(program) = column(0) + 1 + (peer eq "none" ? 0 : program eq "torch" ? half / 2 : -half / 2)
median(program) = program eq "torch" ? 15 : 12 # a column; then its low and its high; 23 is the top of both
low(program) = column(median(program) + 1)
high(program) = column(median(program) + 2)
ratio(text) = text eq "" ? "" : sprintf("%.2f×", text + 0) # what is missing reads as nothing
set style fill solid noborder
set boxwidth half
set bmargin at screen 0.11
set tmargin at screen 0.76
gap = 0.06 # on the left of each panel, for its numbers
unit = (0.99 - panels * gap) / groups
left = gap
do for [i = 1:panels] {
  net = word(nets, i)
  steps = steps_of(net)
  set lmargin at screen left
  set rmargin at screen left + unit * wide(net)
  left = left + unit * wide(net) + gap
  set xtics scale 0 ("" 0)
  do for [k = 1:words(steps)] { set xtics add (doing(word(steps, k)) k) }
  rows = sprintf("< %s | awk -F '\\t' '$5 == \"%s\" { print $0 FS ($17 + 0 > $14 ? $17 : $14) }'", speed, net)
  set autoscale # stats heeds ranges
  stats rows using 23 nooutput
  margin = (wide(net) - words(steps)) / 2.0
  set xrange [0.4 - margin:words(steps) + 0.6 + margin]
  set yrange [0:1.16 * STATS_max]
  set label 5 called(net) at graph 0, 1.06 left textcolor rgb style_ink
  plot for [program in programs] rows using (place(program)):(column(median(program))) \
         with boxes linecolor rgb style_colour(program), \
       for [program in programs] rows using (place(program)):(low(program)):(0):(high(program) - low(program)) \
         with vectors nohead linewidth 1.4 linecolor rgb style_ink, \
       rows using ($0 + 1):23:(ratio(strcol(18))) with labels offset 0, 0.8 textcolor rgb style_ink
  unset label 1
  unset label 2
  unset label 3
  unset label 4
}
unset multiplot
