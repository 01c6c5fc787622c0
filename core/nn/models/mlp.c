/* SPDX-License-Identifier: MIT
 * mlp.c - the multilayer perceptron: dense and ReLU layers over the flattened image. */
#include <stdio.h>

#include "nn/models/models.h"

enum { HIDDEN, LAYERS, DROPOUT };

static const struct ho_net_option options[] = { [HIDDEN] = { "hidden", 512, 1, 65536, 1, "units of each hidden layer" },
                                                [LAYERS] = { "layers", 2, 0, 64, 1, "hidden layers" },
                                                [DROPOUT] = { "dropout", 0, 0, 0.99, 0,
                                                              "share of hidden units dropped in training" },
                                                { NULL, 0, 0, 0, 0, NULL } };

static int build(struct ho_graph *g, const double *value)
{
  char name[16];
  int x = ho_graph_input(g), layers = (int)value[LAYERS];
  for (int i = 1; i <= layers; i++) {
    snprintf(name, sizeof name, "fc%d", i);
    x = ho_graph_relu(g, ho_graph_dense(g, x, name, (int)value[HIDDEN]));
    x = ho_graph_dropout(g, x, value[DROPOUT]);
  }
  snprintf(name, sizeof name, "fc%d", layers + 1);
  return ho_graph_output(g, ho_graph_dense(g, x, name, g->classes), x);
}

const struct ho_model ho_model_mlp = { "mlp", "dense and ReLU layers", NULL, options, build };
