/* SPDX-License-Identifier: MIT
 * cifarnet.c - CifarNet from TensorFlow's slim: two 5x5 convolutions, local response normalisation, dense layers.
 *
 *     conv 5x5 64, max pool 2x2, norm, conv 5x5 64, norm, max pool 2x2, fc 384, dropout, fc 192, fc K
 *
 * with ReLU after all but the last.  The file of Deep Bilevel Learning's CifarNet is not published; its authors'
 * preprocessing is slim's, so this is slim's network, details included: convolutions pad as SAME, pools do not pad,
 * initial weights are truncated normal with a fixed deviation, biases of hidden dense layers are 0.1, and dropout after
 * fc 384 has rate 0.5.  MentorNet's small student (Jiang et al. 2018, there called inception) is the same network with
 * dropout=0.2.  On images of 32x32x3 with 10 classes: 1,756,426 parameters. */
#include "nn/models/models.h"

enum { WIDTH, DROPOUT };

static const struct ho_net_option options[] = {
  [WIDTH] = { "width", 1, 0.01, 16, 0, "factor of all numbers of channels and hidden units" },
  [DROPOUT] = { "dropout", 0.5, 0, 0.99, 0, "share of the units of fc3 dropped in training; MentorNet: 0.2" },
  { NULL, 0, 0, 0, 0, NULL }
};

static int conv(struct ho_graph *g, int x, const char *name, int out)
{
  int y = ho_graph_conv(g, x, name, out, ho_window_same(g, x, 5, 1), 1);
  return ho_graph_relu(g, ho_graph_init(g, y, HO_INIT_TRUNCATED, 0.05, 0));
}

static int hidden(struct ho_graph *g, int x, const char *name, int out)
{
  return ho_graph_relu(g, ho_graph_init(g, ho_graph_dense(g, x, name, out), HO_INIT_TRUNCATED, 0.04, 0.1));
}

static int norm(struct ho_graph *g, int x)
{
  return ho_graph_response_norm(g, x, 4, 1, 0.001 / 9, 0.75);
}

static int build(struct ho_graph *g, const double *value)
{
  double width = value[WIDTH];
  struct ho_window pool = ho_window_square(2, 2, 0);
  int x = norm(g, ho_graph_max_pool(g, conv(g, ho_graph_input(g), "conv1", ho_graph_times(width, 64)), pool));
  x = ho_graph_max_pool(g, norm(g, conv(g, x, "conv2", ho_graph_times(width, 64))), pool);
  x = ho_graph_dropout(g, hidden(g, x, "fc3", ho_graph_times(width, 384)), value[DROPOUT]);
  x = hidden(g, x, "fc4", ho_graph_times(width, 192));
  int y = ho_graph_dense(g, x, "logits", g->classes);
  return ho_graph_output(g, ho_graph_init(g, y, HO_INIT_TRUNCATED, 1.0 / 192, 0), x);
}

const struct ho_model ho_model_cifarnet = {
  "cifarnet", "CifarNet: much like alexnet-small, with 2x2 pools and dropout",
  "TensorFlow models: slim; Jiang, Zhou, Leung, Li, Fei-Fei: MentorNet (ICML 2018)", options, build
};
