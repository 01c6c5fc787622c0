# SPDX-License-Identifier: MIT
# authors-demo.gp - test accuracy, and train accuracy against the given labels, per epoch of the authors' configuration.
# gnuplot -d -c authors-demo.gp TABLE.tsv CURVES.tsv >FIGURE.svg
figure = "authors-demo"
table = ARG1
curves = ARG2
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")]
load folder . "method-curves.gp"
