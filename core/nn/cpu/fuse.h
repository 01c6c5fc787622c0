/* SPDX-License-Identifier: MIT
 * fuse.h - which nodes write nothing down, or write into another's tensor: each activation is then written and read as
 * few times as possible.
 *
 *     batch norm, ReLU      a ReLU that alone reads a batch norm is computed with it; and where all who read the
 *                           result can apply scale, shift and floor themselves, it is not written down at all (lazy):
 *                           they read what batch norm read, with coefficients
 *     concat                its inputs write their channels into its tensor
 *     add                   the convolution that is its later input adds the other one to its own result */
#ifndef HO_FUSE_H
#define HO_FUSE_H

#include "nn/cpu/layer.h"

struct ho_fusion {
  int home, channel; /* node in whose tensor this node's result lies, and from which channel on */
  int source;        /* node whose result this node's readers read: itself, or what a lazy batch norm has read */
  int norm;          /* the lazy batch norm by whose coefficients they do, or -1 */
  int lazy, relu;    /* batch norm: not written down; with the ReLU that reads it */
  int merged;        /* ReLU: is done by its batch norm */
  int residual;      /* convolution: node whose result it adds, or -1 */
  int summed_by;     /* batch norm: convolution that leaves it the moments of x, or -1 */
};

/* f[g->nodes]; readers[i] and last_reader[i] (-1: none) of each node. */
void ho_fuse(const struct ho_graph *, const int *readers, const int *last_reader, struct ho_fusion *f);

#endif
