# SPDX-License-Identifier: MIT
# style.gp - how every figure looks.  A figure's script loads it first.
#
# Colours are from Okabe and Ito's palette, which people with any common colour vision tell apart; lines differ in their
# dashes too, so that a grey print can be read.  The ground is white: the figure keeps its contrast on a dark page.

style_ink = "#333333"
style_faint = "#d9d9d9"

# By name, so that a method looks the same in every figure.
style_colour(cell) = cell eq "sgd" ? "#d55e00" : cell eq "bilevel" ? "#0072b2" : cell eq "uniform" ? "#009e73" : \
                     cell eq "holdout" ? "#0072b2" : cell eq "torch" ? "#e69f00" : style_ink
style_dash(cell) = cell eq "sgd" ? 2 : cell eq "uniform" ? 3 : 1

style_size = "900,430"
set dashtype 2 (7, 4)
set dashtype 3 (9, 3, 2, 3)
set dashtype 4 (1.5, 3)

set border 3 linecolor rgb style_ink linewidth 1
set tics nomirror out scale 0.6 textcolor rgb style_ink
set grid ytics linecolor rgb style_faint linewidth 1 linetype 1
set style fill solid 0.18 noborder
set key off
set datafile separator tab
set datafile missing "NA"
set datafile columnheaders
