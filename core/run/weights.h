/* SPDX-License-Identifier: MIT
 * weights.h - a network that starts from the weights of a file. */
#ifndef HO_WEIGHTS_H
#define HO_WEIGHTS_H

#include "nn/net.h"

#define HO_UPDATED "updated/" /* before the names of weights in a trace: see trace.h */

/* Fills theta[k] and stats[k] of n networks by name from a safetensors file: a checkpoint, a PyTorch state_dict with the
 * same names, or a trace, whose weights after the step are taken.  Network k > 0 reads `netk/NAME' (in a trace
 * `netk/updated/NAME') if the file has that network, else what network 0 reads.  If anything does not fit, nothing is
 * changed, and the message lists what is missing, unknown, of another shape or not finite.  Other names with a slash (the
 * rest of a checkpoint) and num_batches_tracked are ignored. */
int ho_weights_read(const struct ho_net *, const char *path, int n, float *const *theta, float *const *stats,
                    struct ho_error *);

#endif
