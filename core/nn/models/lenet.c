/* SPDX-License-Identifier: MIT
 * lenet.c - LeNet-5 with ReLU and max pooling.
 *
 * LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998: 5x5
 * convolutions to 6 and 16 channels, each followed by a 2x2 pool, dense layers of 120, 84 and K.  The first one pads
 * by 2, because LeCun's 28x28 images were centred in 32x32; the second does not pad.  Unlike the original, the
 * second convolution reads all channels, units are ReLU, pools take the maximum, and the last layer returns logits.  On
 * images of 28x28x1 with 10 classes: 61,706 parameters. */
#include "nn/models/models.h"

enum { WIDTH };

static const struct ho_net_option options[] = { [WIDTH] = { "width", 1, 0.01, 64, 0,
                                                            "factor of all numbers of channels and hidden units" },
                                                { NULL, 0, 0, 0, 0, NULL } };

static int module(struct ho_graph *g, int x, const char *name, int out, int padding)
{
  x = ho_graph_relu(g, ho_graph_conv(g, x, name, out, ho_window_square(5, 1, padding), 1));
  return ho_graph_max_pool(g, x, ho_window_square(2, 2, 0));
}

static int build(struct ho_graph *g, const double *value)
{
  double width = value[WIDTH];
  int x = module(g, ho_graph_input(g), "conv1", ho_graph_times(width, 6), 2);
  x = module(g, x, "conv2", ho_graph_times(width, 16), 0);
  x = ho_graph_relu(g, ho_graph_dense(g, x, "fc1", ho_graph_times(width, 120)));
  x = ho_graph_relu(g, ho_graph_dense(g, x, "fc2", ho_graph_times(width, 84)));
  return ho_graph_output(g, ho_graph_dense(g, x, "fc3", g->classes), x);
}

const struct ho_model ho_model_lenet = {
  "lenet", "LeNet-5 with ReLU and max pooling; made for images of 28x28",
  "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (Proc. IEEE 1998)", options,
  build
};
