# SPDX-License-Identifier: MIT
# figure.gp - what the figures about experiments share.
#
# A figure's script sets `figure', its name, `folder' and `data', and loads this file; then it sets figure_note, what
# lines and dots are, and figure_body, the height under the heading, and loads heading.gp.
#
# Nothing here asks a shell for something: draw has put what tables say into `data', by the scripts in awk, which leave
# `table' and `curves', their names, what heading.awk says and what means.awk or epochs.awk does.
load folder . "style.gp"
load data
least(a, b) = a < b ? a : b
most(a, b) = a > b ? a : b

# The step between tics so that about `most_tics' fit into an extent.
step_for(extent, most_tics) = step_from(1.0 * extent / most_tics)
step_from(x) = x <= 0.1 ? 0.1 : x <= 0.5 ? 0.5 : x <= 1 ? 1 : x <= 2 ? 2 : x <= 5 ? 5 : x <= 10 ? 10 : x <= 20 ? 20 : 50
