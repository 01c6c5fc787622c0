# SPDX-License-Identifier: MIT
# dots-axes.gp - the axes of a panel of dots from dots_least to dots_most, and its title; see dots.gp.
set lmargin at screen across(dots_left)
set rmargin at screen across(dots_right)
set tmargin at screen down(28)
set bmargin at screen down(28 + 24 * dots_rows)
dots_step = step_for(most(dots_most - dots_least, 1), (dots_right - dots_left) / 56.0)
dots_room = 0.06 * most(dots_most - dots_least, 1)
set xrange [most(dots_least - dots_room, -1):least(dots_most + dots_room, 101)] # bars may reach further
set yrange [dots_rows + 0.5:0.5]
set xtics nomirror scale 0.6 dots_step offset 0, 0.35
set format x "%g %%"
set ytics nomirror scale 0 ("" 0)
do for [i = 1:dots_rows] { set ytics add ("" i) }
set grid xtics ytics linecolor rgb style_faint linewidth 1 linetype 1
set border 1
set label dots_title at graph 0, screen down(15) left textcolor rgb style_ink
