# SPDX-License-Identifier: MIT
# dots-names.gp - the names of the methods, on the left of the first panel of dots.
#
# In: names_groups, how often each method has a row, and row() as for dots.gp.  Out: names_right, in pixels, where the
# panel begins.
names_longest = 0
do for [method in methods] { names_longest = most(names_longest, strlen(style_called(method))) }
names_right = 24 + 8.6 * names_longest
do for [g = 1:names_groups] {
  do for [i = 1:words(methods)] {
    set label style_called(word(methods, i)) at screen across(names_right - 10), first row(i, g) right \
      textcolor rgb style_ink
  }
}
