/* SPDX-License-Identifier: MIT
 * fuse.c - finds what can be fused; see fuse.h. */
#include "nn/cpu/fuse.h"

struct fuse {
  const struct ho_graph *g;
  const int *readers, *last_reader;
  struct ho_fusion *f;
};

static enum ho_layer_kind kind_of(const struct fuse *u, int i)
{
  return u->g->node[i].layer->kind;
}

static unsigned has(const struct fuse *u, int i, unsigned flag)
{
  return ho_cpu_layer(&u->g->node[i])->flags & flag;
}

/* Does outputs() copy its result? */
static int is_shown(const struct fuse *u, int i)
{
  return i == u->g->logits || i == u->g->features;
}

static int read_once(const struct fuse *u, int i)
{
  return u->readers[i] == 1 && !is_shown(u, i);
}

static int reads(const struct ho_node *node, int i)
{
  for (int k = 0; k < node->inputs; k++)
    if (node->input[k] == i)
      return 1;
  return 0;
}

/* Can all readers of node i apply coefficients? */
static int readers_take_views(const struct fuse *u, int i)
{
  if (is_shown(u, i))
    return 0;
  for (int j = i + 1; j < u->g->nodes; j++)
    if (reads(&u->g->node[j], i) && !has(u, j, HO_READS_VIEWS))
      return 0;
  return 1;
}

/* Batch norm b's ReLU if it has one, else b itself. */
static int end_of(const struct fuse *u, int b)
{
  return u->f[b].relu ? u->last_reader[b] : b;
}

static void merge_relu(struct fuse *u, int b)
{
  int r = u->last_reader[b];
  if (read_once(u, b) && kind_of(u, r) == HO_LAYER_RELU) {
    u->f[b].relu = 1;
    u->f[r].merged = 1;
    u->f[r].source = b;
    u->f[r].home = b;
  }
}

static void make_lazy(struct fuse *u, int b)
{
  int x = u->g->node[b].input[0], r = end_of(u, b);
  u->f[b].lazy = 1;
  u->f[b].source = u->f[r].source = x;
  u->f[b].norm = u->f[r].norm = b;
}

/* Makes input k write into the tensor of concat q, if its layer can do so and no other node reads it. */
static void place_input(struct fuse *u, int q, int k, int channel, int lazily)
{
  int x = u->g->node[q].input[k], w = u->f[x].merged ? u->f[x].source : x;
  if (!read_once(u, x) || !has(u, w, HO_WRITES_SLICES))
    return;
  if (kind_of(u, w) == HO_LAYER_BATCH_NORM) {
    int conv = u->g->node[w].input[0];
    if (lazily && read_once(u, conv) && has(u, conv, HO_WRITES_SLICES) && has(u, conv, HO_ADDS_RESIDUAL)) {
      make_lazy(u, w);
      u->f[conv].home = q;
      u->f[conv].channel = channel;
    }
  }
  u->f[w].home = u->f[x].home = q;
  u->f[w].channel = u->f[x].channel = channel;
}

static void place_inputs(struct fuse *u, int q)
{
  const struct ho_node *node = &u->g->node[q];
  int channel = 0, lazily = readers_take_views(u, q);
  for (int k = 0; k < node->inputs; k++) {
    place_input(u, q, k, channel, lazily);
    channel += u->g->node[node->input[k]].out.channels;
  }
}

/* The later input of an addition adds the earlier one while it writes its result. */
static void join_addition(struct fuse *u, int a)
{
  const int *input = u->g->node[a].input;
  int conv = input[0] > input[1] ? input[0] : input[1], other = input[0] + input[1] - conv;
  if (conv == other || !read_once(u, conv) || !has(u, conv, HO_ADDS_RESIDUAL) || u->f[other].home != other)
    return;
  u->f[conv].home = a;
  u->f[conv].residual = other;
  if (read_once(u, other) && has(u, other, HO_ADDS_RESIDUAL))
    u->f[other].home = a;
}

/* The convolution that completes the result of node x, or -1. */
static int last_writer(const struct fuse *u, int x)
{
  if (kind_of(u, x) == HO_LAYER_ADD)
    for (int k = 0; k < 2; k++)
      if (u->f[u->g->node[x].input[k]].residual >= 0)
        return u->g->node[x].input[k];
  return has(u, x, HO_ADDS_RESIDUAL) ? x : -1;
}

void ho_fuse(const struct ho_graph *g, const int *readers, const int *last_reader, struct ho_fusion *f)
{
  struct fuse u = { g, readers, last_reader, f };
  for (int i = 0; i < g->nodes; i++)
    f[i] = (struct ho_fusion){ .home = i, .source = i, .norm = -1, .residual = -1, .summed_by = -1 };
  for (int i = 1; i < g->nodes; i++)
    if (kind_of(&u, i) == HO_LAYER_BATCH_NORM)
      merge_relu(&u, i);
  for (int i = 1; i < g->nodes; i++)
    if (kind_of(&u, i) == HO_LAYER_CONCAT)
      place_inputs(&u, i);
    else if (kind_of(&u, i) == HO_LAYER_ADD)
      join_addition(&u, i);
  for (int i = 1; i < g->nodes; i++)
    if (kind_of(&u, i) == HO_LAYER_BATCH_NORM) {
      if (!f[i].lazy && f[i].home == i && readers_take_views(&u, end_of(&u, i)))
        make_lazy(&u, i);
      f[i].summed_by = last_writer(&u, g->node[i].input[0]);
    }
}
