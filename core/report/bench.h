/* SPDX-License-Identifier: MIT
 * bench.h - how fast a network trains or predicts on this machine, what memory it takes, where the time goes.
 *
 * Training steps are those of a run, through the trainer: mini-batches drawn from images in memory, every hook of the
 * chain, the update.  Their time depends on shapes, not on pixels, so the images are noise. */
#ifndef HO_BENCH_H
#define HO_BENCH_H

#include "train/trainer.h"

struct ho_bench_layer {
  char name[64]; /* that of its parameters; "" where it has none */
  const char *kind;
  struct ho_shape out;
  double multiply_adds;      /* of one image, forward */
  double seconds[HO_CLOCKS]; /* of a step, on average; 0: it has no such pass */
};

struct ho_bench {
  /* wanted */
  struct ho_shape input;
  int classes, steps, eval, by_layer; /* eval: forward passes alone, as evaluation runs them, through no chain */

  /* found */
  char net[256];
  char engine[512]; /* as ho_device_describe says */
  size_t parameters;
  double median, least, most, mean; /* seconds of a step */
  size_t peak, baseline;            /* bytes resident: at most; before data and network were made */
  struct ho_bench_layer *layer;     /* [layers], with by_layer */
  int layers;
};

/* Runs two steps that are not timed, because they allocate, then b->steps that are.  Uses only the settings that define
 * a step: net, optimizer and options, batch size, clean size, seed, memory limit. */
int ho_bench_run(struct ho_bench *b, const struct ho_settings *, const struct ho_plugin_path *, struct ho_device *,
                 struct ho_error *);
void ho_bench_free(struct ho_bench *);

/* Sorts seconds[n] in ascending order and returns the median, for an even n the mean of the two in the middle. */
double ho_bench_median(double *seconds, int n);

#endif
