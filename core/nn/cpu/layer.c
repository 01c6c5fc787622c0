/* SPDX-License-Identifier: MIT
 * layer.c - the CPU engine's functions for each kind of layer. */
#include "nn/cpu/layer.h"

#include <assert.h>

static const struct ho_cpu_layer input; /* computes nothing */

static const struct ho_cpu_layer *const table[HO_LAYERS] = {
  [HO_LAYER_INPUT] = &input,
  [HO_LAYER_ADD] = &ho_cpu_add,
  [HO_LAYER_AVERAGE_POOL] = &ho_cpu_average_pool,
  [HO_LAYER_BATCH_NORM] = &ho_cpu_batch_norm,
  [HO_LAYER_CONCAT] = &ho_cpu_concat,
  [HO_LAYER_CONV] = &ho_cpu_conv,
  [HO_LAYER_DENSE] = &ho_cpu_dense,
  [HO_LAYER_DROPOUT] = &ho_cpu_dropout,
  [HO_LAYER_MAX_POOL] = &ho_cpu_max_pool,
  [HO_LAYER_PAD_CHANNELS] = &ho_cpu_pad_channels,
  [HO_LAYER_RELU] = &ho_cpu_relu,
  [HO_LAYER_RESPONSE_NORM] = &ho_cpu_response_norm,
};

const struct ho_cpu_layer *ho_cpu_layer_of_kind(enum ho_layer_kind kind)
{
  return table[kind];
}

const struct ho_cpu_layer *ho_cpu_layer(const struct ho_node *node)
{
  assert(table[node->layer->kind]);
  return table[node->layer->kind];
}
