/* SPDX-License-Identifier: MIT
 * alexnet_small.c - the small AlexNet of the study of memorised random labels.
 *
 * Zhang, Bengio, Hardt, Recht and Vinyals, "Understanding deep learning requires rethinking generalization", ICLR 2017:
 * two modules of 5x5 convolution to 64 channels, 3x3 maximum of stride 2 and local response normalisation, and dense
 * layers of 384, 192 and K, ReLU after all but the last; all pad as TensorFlow's SAME.  The initial weights are not
 * published: here they are those of inception-small, with biases 0.  On images of 28x28x3, 10 classes: 1,387,786
 * parameters. */
#include "nn/models/models.h"

enum { WIDTH };

static const struct ho_net_option options[] = { [WIDTH] = { "width", 1, 0.01, 16, 0,
                                                            "factor of all numbers of channels and hidden units" },
                                                { NULL, 0, 0, 0, 0, NULL } };

static const double scaling = 1.3 * 2; /* variance 2/fan_in, times 1.3 for the variance that truncation removes */

static int module(struct ho_graph *g, int x, const char *name, int out)
{
  x = ho_graph_conv(g, x, name, out, ho_window_same(g, x, 5, 1), 1);
  x = ho_graph_relu(g, ho_graph_init(g, x, HO_INIT_SCALED, scaling, 0));
  x = ho_graph_max_pool(g, x, ho_window_same(g, x, 3, 2));
  return ho_graph_response_norm(g, x, 4, 1, 0.001 / 9, 0.75);
}

static int dense(struct ho_graph *g, int x, const char *name, int out)
{
  return ho_graph_init(g, ho_graph_dense(g, x, name, out), HO_INIT_SCALED, scaling, 0);
}

static int build(struct ho_graph *g, const double *value)
{
  double width = value[WIDTH];
  int x = module(g, ho_graph_input(g), "conv1", ho_graph_times(width, 64));
  x = module(g, x, "conv2", ho_graph_times(width, 64));
  x = ho_graph_relu(g, dense(g, x, "fc1", ho_graph_times(width, 384)));
  x = ho_graph_relu(g, dense(g, x, "fc2", ho_graph_times(width, 192)));
  return ho_graph_output(g, dense(g, x, "fc3", g->classes), x);
}

const struct ho_model ho_model_alexnet_small = {
  "alexnet-small", "small AlexNet: two 5x5 convolutions with local response normalisation, three dense layers",
  "Zhang, Bengio, Hardt, Recht, Vinyals: Understanding deep learning requires rethinking generalization (ICLR 2017)",
  options, build
};
