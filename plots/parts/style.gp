# SPDX-License-Identifier: MIT
# style.gp - the style of all figures.  A figure's script loads it first.
#
# Colours are from Okabe and Ito's palette, which people with any common colour vision tell apart; lines also
# differ in their dashes, so that figures can be printed in grey.  The background is white, for contrast on dark pages.

style_ink = "#333333"
style_faint = "#d9d9d9"
style_grey = "#767676" # of letters and marks that stand back

# By name, so that a method looks the same in every figure.
style_colour(cell) = cell eq "sgd" ? "#d55e00" : cell eq "bilevel" ? "#0072b2" : cell eq "uniform" ? "#009e73" : \
                     cell eq "random" ? "#cc79a7" : cell eq "mixup" ? "#e69f00" : \
                     cell eq "bilevel+mixup" ? "#56b4e9" : \
                     cell eq "holdout" ? "#0072b2" : cell eq "torch" ? "#e69f00" : style_ink
style_dash(cell) = cell eq "sgd" ? 2 : cell eq "uniform" ? 3 : cell eq "random" ? 5 : cell eq "mixup" ? 6 : 1
style_mark(cell) = cell eq "sgd" ? 9 : cell eq "uniform" ? 5 : cell eq "random" ? 13 : 7
style_called(name) = name eq "sgd" ? "SGD" : name eq "cifar10" ? "CIFAR-10" : name eq "cifar100" ? "CIFAR-100" : \
                     name eq "fashion-mnist" ? "Fashion-MNIST" : name

style_size = "900,430"
style_width = 720 # with letters of 13 pixels and more, to be read on a telephone
style_rgb(cell) = int("0x" . style_colour(cell)[2:7]) # as a number
set dashtype 2 (7, 4)
set dashtype 3 (9, 3, 2, 3)
set dashtype 4 (1.5, 3)
set dashtype 5 (3, 3)
set dashtype 6 (12, 3)

set border 3 linecolor rgb style_ink linewidth 1
set tics nomirror out scale 0.6 textcolor rgb style_ink
set grid ytics linecolor rgb style_faint linewidth 1 linetype 1
set style fill solid 0.18 noborder
set key off
set datafile separator tab
set datafile missing "NA"
set datafile columnheaders
