/* SPDX-License-Identifier: MIT
 * fuse.h - finds which nodes need not write their result, or can write it into another node's tensor, so that each
 * activation is written and read as few times as possible.
 *
 *     batch norm, ReLU      A ReLU that is the only reader of a batch norm is computed with it.  If all readers of the
 *                           result can apply scale, shift and floor themselves (HO_READS_VIEWS), the batch norm is
 *                           lazy: it writes no result, and they read its input, with coefficients.
 *     concat                Its inputs write their channels into its tensor.
 *     add                   The convolution that is its later input adds the other input to its own result. */
#ifndef HO_FUSE_H
#define HO_FUSE_H

#include "nn/cpu/layer.h"

/* The fusion of one node.  Members that refer to nodes are node numbers. */
struct ho_fusion {
  int home, channel; /* its result lies in home's tensor (its own, a concat's, an addition's), from this channel on */
  int source;        /* its readers read this node's result: its own, or the input of a lazy batch norm */
  int norm;          /* they read it with the coefficients of this lazy batch norm; -1: as it is */
  int lazy, relu;    /* batch norm: is lazy; computes the ReLU that reads it, too */
  int merged;        /* ReLU: is computed by its batch norm */
  int residual;      /* convolution: adds this node's result to its own, or -1 */
  int summed_by;     /* batch norm: this convolution leaves it the moments of its input, or -1 */
};

/* Fills f [g->nodes].  readers[i] is how often node i is read, last_reader[i] the last node that reads it, or -1. */
void ho_fuse(const struct ho_graph *, const int *readers, const int *last_reader, struct ho_fusion *f);

#endif
