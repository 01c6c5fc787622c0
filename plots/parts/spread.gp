# SPDX-License-Identifier: MIT
# spread.gp - moves labels apart.  In: label_n, label_at[1..label_n], label_gap, label_least and label_most.
# Out: label_at, at least label_gap from each other (where there is room) and close to where they were.
do for [label_round = 1:200] {
  do for [label_i = 1:label_n] {
    do for [label_k = 1:label_n] {
      label_apart = label_at[label_i] - label_at[label_k]
      if (label_i != label_k && abs(label_apart) < label_gap) {
        label_up = label_apart > 0 || (label_apart == 0 && label_i > label_k) ? 1 : -1
        label_push = label_up * (label_gap - abs(label_apart)) / 2
        label_at[label_i] = label_at[label_i] + label_push
        label_at[label_k] = label_at[label_k] - label_push
      }
    }
    if (label_at[label_i] < label_least) { label_at[label_i] = label_least }
    if (label_at[label_i] > label_most) { label_at[label_i] = label_most }
  }
}
