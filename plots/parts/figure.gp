# SPDX-License-Identifier: MIT
# figure.gp - what the figures about experiments share.
#
# A figure's script sets `figure', its name, `folder' and `data', and loads this file; then it sets figure_note, what
# lines and dots are, and figure_body, the height under the heading, and loads heading.gp.
#
# No shell command is run here: draw has converted the tables into `data' by scripts in awk.  They set `table' and
# `curves', the names of the tables, and the variables of heading.awk and of means.awk or epochs.awk.
load folder . "style.gp"
load data
least(a, b) = a < b ? a : b
most(a, b) = a > b ? a : b

# The step between tics such that about `most_tics' fit into an extent.
step_for(extent, most_tics) = step_from(1.0 * extent / most_tics)
step_from(x) = x <= 0.1 ? 0.1 : x <= 0.5 ? 0.5 : x <= 1 ? 1 : x <= 2 ? 2 : x <= 5 ? 5 : x <= 10 ? 10 : x <= 20 ? 20 : 50
