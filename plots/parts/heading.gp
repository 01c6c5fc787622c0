# SPDX-License-Identifier: MIT
# heading.gp - begins a figure: its size, its title, and under that its scale, its seeds and figure_note.
# Then across(x) and down(y) are places in pixels from the left and from under the heading.
about = sprintf("%s scale, %s; %s", scale, seeds == 1 ? "one seed" : sprintf("%s seeds", seeds_told), figure_note)

# Lines of about equal length, at most 102 letters.  In the C locale, lengths are in bytes.
letters(word) = strstrt("● ○ ◆ ◇", word) ? 1 : strlen(word)
abouts = 0
about_try = 102
array about_at[words(about)]
array about_new[words(about)]
while (about_try > 0) {
  about_n = 0
  do for [about_word in about] {
    about_fits = about_n > 0 ? about_length + 1 + letters(about_word) <= about_try : 0
    about_length = (about_fits ? about_length + 1 : 0) + letters(about_word)
    about_n = about_fits ? about_n : about_n + 1
    about_new[about_n] = about_fits ? about_new[about_n] . " " . about_word : about_word
  }
  if (abouts == 0) { abouts = about_n }
  if (about_n > abouts) { break }
  do for [i = 1:about_n] { about_at[i] = about_new[i] }
  about_try = about_try - 1
}
heading_height = 21 * titles + 19 * abouts + 8

figure_height = heading_height + figure_body
across(x) = x / (1.0 * style_width)
down(y) = 1 - (heading_height + y) / (1.0 * figure_height)
set terminal svg size style_width, figure_height name figure_id noenhanced font "sans-serif,14" background "#ffffff"
set multiplot

# An empty plot, so that labels belong to the panels only.
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
