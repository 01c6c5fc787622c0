# SPDX-License-Identifier: MIT
# heading.gp - begins a figure: its size, its title, and under that its scale, its seeds and figure_note.
# Then across(x) and down(y) are places in pixels from the left and from under the heading.
heading_about = sprintf("%s scale, %s; %s", header("scale"), seeds == 1 ? "one seed" : sprintf("%s seeds", seeds_told), \
  figure_note)
load sprintf("< awk -v width=88 -v about_width=102 -v about='%s' -f '%sheading.awk' '%s'", heading_about, folder, table)

figure_height = heading_height + figure_body
across(x) = x / (1.0 * style_width)
down(y) = 1 - (heading_height + y) / (1.0 * figure_height)
figure_id = system(sprintf("echo '%s' | tr - _", figure)) # so that figures can stand together in one page
set terminal svg size style_width, figure_height name figure_id noenhanced font "sans-serif,14" background "#ffffff"
set multiplot

# A plot of nothing, so that the panels' labels are theirs alone.
do for [i = 1:titles] {
  set label i title_at[i] at screen across(10), screen 1 - (i * 21.0 - 6) / figure_height left \
    textcolor rgb style_ink font ",15"
}
do for [i = 1:abouts] {
  set label titles + i about_at[i] at screen across(10), screen 1 - (titles * 21 + i * 19.0 - 5) / figure_height left \
    textcolor rgb style_ink font ",13"
}
set border 0
unset tics
plot [0:1] [0:1] 2
unset label
load folder . "style.gp"
