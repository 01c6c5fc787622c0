/* SPDX-License-Identifier: MIT
 * weights.h - a network that starts from the weights of a file. */
#ifndef HO_WEIGHTS_H
#define HO_WEIGHTS_H

#include "nn/net.h"

#define HO_UPDATED "updated/" /* before the names of weights in a trace: see trace.h */

/* Fills theta[k] and stats[k] of `n' networks from a safetensors file by name: a checkpoint, or a PyTorch state_dict
 * with the same names, or a trace, of which it takes the weights after the step.  Network k > 0 reads `netk/NAME' when
 * the file has such a network, of a trace `netk/updated/NAME', else what network 0 reads.  Either everything fits, or nothing is changed and the
 * message lists what is missing, unknown, of another shape or not finite.  Other names with a slash (a checkpoint's
 * further contents) and num_batches_tracked are not looked at. */
int ho_weights_read(const struct ho_net *, const char *path, int n, float *const *theta, float *const *stats,
                    struct ho_error *);

#endif
