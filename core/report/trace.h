/* SPDX-License-Identifier: MIT
 * trace.h - one step with everything that it computes, as one file of tensors.
 *
 * images, labels                   [mini-batch][image]..., as they entered the network; in order of drawing, as below
 * samples, partners, shares        [mini-batch][image]: who was drawn, mixed with whom, its own share in that
 * targets, sample-weights          [mini-batch][image][class], [mini-batch][image]
 * logits, losses                   [mini-batch][image][class], [mini-batch][image]
 * gradient/MINIBATCH/PARAMETER     of the mini-batch's weighted loss
 * weights                          [training mini-batch]
 * direction/PARAMETER              before weight decay
 * updated/PARAMETER, updated/BUFFER, slot/SLOT/PARAMETER    after the step
 * state/PLUGIN/NAME, run/step, pool/...                     what else the next step starts from
 *
 * Of network K > 0, logits, losses, gradients, direction, updated and slots have `netK/' before their names.  Names,
 * shapes and layout of parameters and buffers, and of the last line, are those of checkpoints. */
#ifndef HO_TRACE_H
#define HO_TRACE_H

#include "train/trainer.h"

struct ho_trace {
  const char *out;
  const char *weights; /* initial parameters, buffers and, if the file has them, slots; from a trace or a checkpoint the
                          whole state after its last step, and the step traced is the next one */
  const char *init;    /* if weights is NULL: parameters and buffers alone, as for train; NULL: drawn by the seed */
  const char *batch;   /* see batch.h; NULL: drawn from the data set as a training's first step does */
  int classes;         /* of the batch; 0: as ho_batch_read says */
};

/* Fills settings->batch_size when there is a batch. */
int ho_trace_write(const struct ho_trace *, struct ho_settings *, const struct ho_plugin_path *, struct ho_device *,
                   struct ho_error *);

#endif
