# SPDX-License-Identifier: MIT
# bench-curves.gp - images per second against mini-batch size, mini-batches in a step, and width of the network.
# gnuplot -d -c bench-curves.gp DATA.gp >FIGURE.svg, where DATA.gp is what bench.awk makes of the table
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen("bench-curves.gp")] . "../parts/"
load folder . "style.gp"

load data
titled(panel) = panel eq "images" ? "SGD" : panel eq "minibatches" ? "bilevel" : "SGD on 64 images"
axis(panel) = panel eq "images" ? "images in a step" : panel eq "minibatches" ? "mini-batches of 8 images in a step" : \
              "width of the network"
of(panel, program, x) = column("panel") == panel && strcol("program") eq program ? x : NaN

set terminal svg size @style_size name "bench_curves" noenhanced font "sans-serif,13" background "#ffffff"
set multiplot layout 1, words(panels) margins screen 0.055, 0.985, 0.135, 0.775 spacing screen 0.065
set label 1 sprintf("Images per second on %s, %s threads", cpu, threads) \
  at screen 0.012, 0.955 left textcolor rgb style_ink font ",15"
set label 2 sprintf("PreAct ResNet-18, of width 16 unless shown; medians of %s steps, lines from the slowest " . \
  "to the fastest", steps) at screen 0.012, 0.895 left textcolor rgb style_ink font ",12"
set label 3 "● holdout" at screen 0.985, 0.955 right textcolor rgb style_colour("holdout")
if (peer ne "none") { set label 4 "■ " . peer at screen 0.985, 0.895 right textcolor rgb style_colour("torch") }

set logscale x 2
programs = peer eq "none" ? "holdout" : "torch holdout"
dash(program) = program eq "torch" ? 2 : 1
mark(program) = program eq "torch" ? 5 : 7
do for [i = 1:words(panels)] {
  panel = word(panels, i)
  set xlabel axis(panel) textcolor rgb style_ink offset 0, 0.3
  set label 5 titled(panel) at graph 0, 1.06 left textcolor rgb style_ink
  set autoscale
  stats $points using (of(i, strcol("program"), column("x"))) nooutput
  set xrange [STATS_min / 1.15:STATS_max * 1.15]
  set xtics scale 0.6 nomirror ("" 0.1)
  do for [x in value(sprintf("xs_%d", i))] {
    set xtics add (x x + 0)
  }
  if (panel eq "width") { # over powers of ten
    stats $points using (of(i, strcol("program"), column("images_per_s"))) nooutput
    set logscale y
    set ytics scale 0.6 nomirror (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
    set yrange [STATS_min / 1.4:STATS_max * 1.4]
  } else {
    set yrange [0:*]
  }
  plot for [program in programs] $points using "x":(of(i, program, column("images_per_s"))) \
         with lines linewidth 2.2 dashtype dash(program) linecolor rgb style_colour(program), \
       for [program in programs] \
         $points using "x":(of(i, program, column("low"))):(0):(column("high") - column("low")) \
         with vectors nohead linewidth 1.4 linecolor rgb style_colour(program), \
       for [program in programs] $points using "x":(of(i, program, column("images_per_s"))) \
         with points pointtype mark(program) pointsize 0.55 linecolor rgb style_colour(program)
  unset label 1
  unset label 2
  unset label 3
  unset label 4
}
unset multiplot
