# SPDX-License-Identifier: MIT
# epochs.awk - turns curves over epochs into gnuplot commands.  Load gnuplot.awk first.  It prints $epochs, a row per
# cell and epoch, and lists.
#
# In: only, the methods whose cells without an x are to be shown; all cells if it is empty.
#
# $epochs               columns x (which of `conditions', 0 for a cell without), method, epoch and, for test_accuracy
#                       and train_accuracy_noisy, in per cent, the mean and, as _low and _high, one standard deviation
#                       below and above
# methods, conditions   all of them; distinct x
# epoch_last            the last epoch
# least_M_C, most_M_C   the extent of a measure under a condition, a number
# end_M_C               for each of `methods' its last mean, or NA

BEGIN {
  FS = "\t"
  measures = split("test_accuracy train_accuracy_noisy", measure, " ")
}

/^#/ { next }

!columns {
  for (columns = 1; columns <= NF; columns++)
    column[$columns] = columns
  next
}

{
  cell = checked_name($column["cell"])
  at = index(cell, "@")
  method = at ? substr(cell, 1, at - 1) : cell
  x = at ? substr(cell, at + 1) : ""
  if (only != "" && (x != "" || !index(" " only " ", " " method " ")))
    next
  if (x != "" && !(x in condition)) {
    condition[x] = ++conditions
    condition_list = condition_list (conditions > 1 ? " " : "") x
  }
  if (!(method in seen)) {
    seen[method] = 1
    method_at[++methods] = method
    method_list = method_list (methods > 1 ? " " : "") method
  }
  c = x == "" ? 0 : condition[x]
  epoch = checked_number($column["epoch"])
  line[++lines] = c FS method FS epoch
  epoch_last = epoch + 0 > epoch_last ? epoch + 0 : epoch_last
  for (i = 1; i <= measures; i++)
    note(measure[i], checked_number($column[measure[i] "_mean"]), checked_number($column[measure[i] "_sd"]))
}

function note(name, mean, sd) {
  if (mean == "NA") {
    line[lines] = line[lines] FS "NA" FS "NA" FS "NA"
    return
  }
  mean *= 100
  sd = sd == "NA" ? 0 : 100 * sd
  line[lines] = line[lines] sprintf("\t%.4f\t%.4f\t%.4f", mean, mean - sd, mean + sd)
  if (!((name, c) in least) || mean - sd < least[name, c])
    least[name, c] = mean - sd
  if (!((name, c) in most) || mean + sd > most[name, c])
    most[name, c] = mean + sd
  end[name, c, method] = mean
}

function known(values, key) {
  return key in values ? sprintf("%.4f", values[key]) : "NA"
}

END {
  if (failed)
    exit 1
  printf "$epochs << END_OF_EPOCHS\nx\tmethod\tepoch"
  for (i = 1; i <= measures; i++)
    printf "\t%s\t%s_low\t%s_high", measure[i], measure[i], measure[i]
  print ""
  for (i = 1; i <= lines; i++)
    print line[i]
  print "END_OF_EPOCHS"
  printf "methods = '%s'\nconditions = '%s'\nepoch_last = %d\n", method_list, condition_list, epoch_last
  for (c = 0; c <= conditions; c++) {
    for (i = 1; i <= measures; i++) {
      name = measure[i]
      printf "least_%s_%d = '%s'\n", name, c, known(least, name SUBSEP c)
      printf "most_%s_%d = '%s'\n", name, c, known(most, name SUBSEP c)
      printf "end_%s_%d = '", name, c
      for (m = 1; m <= methods; m++)
        printf "%s%s", (m > 1 ? " " : ""), known(end, name SUBSEP c SUBSEP method_at[m])
      print "'"
    }
  }
}
