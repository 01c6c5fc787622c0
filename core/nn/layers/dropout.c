/* SPDX-License-Identifier: MIT
 * dropout.c - inverted dropout: y = x m/(1 - rate), m Bernoulli(1 - rate), in training only.
 *
 * The factors m/(1 - rate) are drawn here, so that every engine has the same ones.  They are a function of the
 * mini-batch's stream, the node and the image's position in the mini-batch: they can be drawn again in backward instead
 * of being kept, and mini-batches with equal streams share them. */
#include "compute/random.h"
#include "nn/graph.h"

struct ho_stream ho_dropout_stream(const struct ho_stream *mask, int node, int image)
{
  struct ho_stream mixer = ho_stream_make(mask->word[0], "dropout", mask->word[1], mask->word[2]);
  mixer.word[3] = mask->word[3];
  return ho_stream_make(ho_stream_bits(&mixer), "dropout", (uint64_t)node, (uint64_t)image);
}

void ho_dropout_factors(struct ho_stream *stream, double rate, int n, float *restrict factor)
{
  uint64_t bits[HO_DROPOUT_BLOCK / 2];
  uint32_t limit = (uint32_t)(rate * 0x1p32); /* 32-bit numbers below it drop */
  float keep = (float)(1 / (1 - rate));
  ho_stream_fill(stream, bits, ((size_t)n + 1) / 2);
  for (int i = 0; i < n; i++)
    factor[i] = (uint32_t)(bits[i / 2] >> 32 * (i & 1)) < limit ? 0 : keep;
}

static const struct ho_layer layer = { HO_LAYER_DROPOUT, "dropout", NULL };

int ho_graph_dropout(struct ho_graph *g, int x, double rate)
{
  if (rate == 0 || g->failed)
    return g->failed ? -1 : x;
  if (!(rate > 0 && rate < 1))
    return ho_graph_fail(g, "dropout %g must be at least 0 and below 1", rate);
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  if (!node)
    return -1;
  node->u.rate = rate;
  return node->index;
}
