/* SPDX-License-Identifier: MIT
 * plot.h - curves of runs: accuracy on test images, accuracy on training images, loss, each in a panel of its own. */
#ifndef HO_PLOT_H
#define HO_PLOT_H

#include <stdio.h>

#include "run/curves.h"

struct ho_plot_run {
  struct ho_curves curves;
  int group; /* runs of a group have the same colour */
};

struct ho_plot {
  const struct ho_plot_run *run; /* [runs] */
  int runs;
  const char *const *name; /* [groups] for the legend, of printable characters */
  int groups;
};

/* A panel has one curve of each run, and a second one, dashed, or dotted in a terminal. */
enum { HO_PLOT_PANELS = 3 };
struct ho_plot_panel {
  const char *title, *second_title, *second_alone; /* the last: the title where nothing is known of the first curve */
  int is_accuracy;
  enum ho_curve first, second;
};
/* Panel i for these runs: where no run has a value for its first curve, such as without test images, the second takes
 * its place.  second is HO_CURVES where there is none. */
struct ho_plot_panel ho_plot_panel_of(const struct ho_plot *, int i);

/* Colours of Okabe and Ito's palette, which people with any common colour vision tell apart, repeated for more groups. */
enum { HO_PLOT_COLOURS = 7 };
extern const unsigned ho_plot_colours[HO_PLOT_COLOURS]; /* 0xrrggbb */

/* What a panel covers: *least and *most of its values, and the last epoch.  Returns 0 if it has none. */
int ho_plot_extent(const struct ho_plot *, const struct ho_plot_panel *, double *least, double *most, int *last);

/* Rounds what a panel's axis covers to ticks, and returns the distance between these.  A single value gets room, too. */
double ho_plot_scale(const struct ho_plot_panel *, double least, double most, double *low, double *high);

/* Draws the panels that have values with dots of Braille characters, `width' characters wide.  Colours: by ANSI escape
 * sequences. */
int ho_plot_text(const struct ho_plot *, int width, int colours, FILE *, struct ho_error *);

/* Writes what gnuplot draws them from.  `terminal' is gnuplot's word for the format. */
int ho_plot_gnuplot(const struct ho_plot *, const char *terminal, FILE *, struct ho_error *);

#endif
