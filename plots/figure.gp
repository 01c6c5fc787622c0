# SPDX-License-Identifier: MIT
# figure.gp - what the figures about experiments share.
#
# A figure's script sets `figure', its name, `folder', `table' and `curves' and loads this file; then it sets
# figure_note, what lines and dots are, and figure_body, the height under the heading, and loads heading.gp.
load folder . "style.gp"
do for [i = 1:2] {
  if (system(sprintf("test -r '%s' && echo yes", i == 1 ? table : curves)) ne "yes") {
    print sprintf("%s.gp: cannot read %s; usage: gnuplot -d -c %s.gp TABLE.tsv CURVES.tsv >FIGURE.svg", \
      figure, i == 1 ? table : curves, figure)
    exit status 1
  }
}

# To be loaded: what these print is written in gnuplot's language.
means = sprintf("< awk -f '%smeans.awk' '%s'", folder, table)
epochs_of(some) = sprintf("< awk -v only='%s' -f '%sepochs.awk' '%s'", some, folder, curves) # "" for all

header(key) = system(sprintf("sed -n 's/^# %s: //p' '%s'", key, table))
seeds_told = header("seeds") # 3, or 1 to 3
seeds = word(seeds_told, words(seeds_told)) + 0
share = header("share_of_true_labels")
true_share = share eq "" || strstrt(share, ";") ? 0 : 100 * share # 0 where there is none, or several
least(a, b) = a < b ? a : b
most(a, b) = a > b ? a : b

# The step between tics so that about `most_tics' fit into an extent.
step_for(extent, most_tics) = step_from(1.0 * extent / most_tics)
step_from(x) = x <= 0.1 ? 0.1 : x <= 0.5 ? 0.5 : x <= 1 ? 1 : x <= 2 ? 2 : x <= 5 ? 5 : x <= 10 ? 10 : x <= 20 ? 20 : 50
