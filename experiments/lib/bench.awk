# SPDX-License-Identifier: MIT
# bench.awk - prints the table of comparisons in readable form.

function number(x, unit) {
  if (x == "NA")
    return "-"
  if (unit == "bytes")
    return sprintf("%.0f MiB", x / 1048576)
  if (unit == "s" && x < 0.1)
    return sprintf("%.2f ms", 1000 * x)
  if (unit == "s")
    return sprintf("%.3f s", x)
  return sprintf(x < 100 ? "%.1f /s" : "%.0f /s", x)
}

function spread(low, high) {
  return low == "NA" ? "" : sprintf("(%.2f to %.2f)", low, high)
}

function say(key) {
  if (key in header)
    return header[key]
  return "unknown"
}

/^# / {
  key = $0
  sub(/^# /, "", key)
  sub(/: .*/, "", key)
  header[key] = substr($0, length(key) + 5)
  next
}
!named {
  for (i = 1; i <= NF; i++)
    at[$i] = i
  named = 1
  label["torch"] = "PyTorch"
  label["sgd"] = "own SGD"
  label["one-thread"] = "1 thread"
  format = "%-33s %11s %11s  %-8s %5s %-16s %-8s %s\n"
  print ""
  print say("cpu") ", " say("threads") " threads, " say("kernels") " kernels, BLAS for " say("blas_core")
  print "holdout " say("version") " (" say("commit") "), " say("compiler") ", " say("flags")
  if ("engine" in header)
    print "engine: " say("engine")
  print "peer: " say("peer")
  print say("rounds") (say("rounds") == 1 ? " round" : " rounds") "; a process has the median of " say("steps") " steps"
  print "used by other processes: " say("others_percent_median") " % of the processors in the median, " \
    say("others_percent_most") " % at most"
  print ""
  printf format, "", "holdout", "other", "", "ratio", "", "target", ""
  next
}
{
  unit = $at["unit"]
  against = $at["against"] in label ? label[$at["against"]] : $at["against"]
  printf format, $at["row"], number($at["value"], unit), number($at["other"], unit), against,
    ($at["ratio"] == "NA" ? "-" : sprintf("%.2f", $at["ratio"])), spread($at["ratio_low"], $at["ratio_high"]),
    ($at["target"] == "NA" ? "" : $at["target"]), $at["verdict"]
  verdicts[$at["verdict"]]++
}

END {
  if (!named)
    exit
  printf "\nOf the targets, %d met, %d missed, %d without a peer.\n", verdicts["met"], verdicts["missed"],
    verdicts["no peer"]
  if (header["others_percent_most"] + 0 >= 10)
    print "The machine was not idle: repeat this on one that is before you believe a verdict."
  if ("engine" in header) {
    print "PyTorch: eager; graph: a step is one CUDA graph; grouped: bilevel by one pass over all mini-batches, as a graph."
    print "memory: used on the device at the peak, less what was used before; a context of CUDA is in both."
  } else
    print "memory: resident at the peak, less what was resident before the network was made; process: all of it."
}
