/* SPDX-License-Identifier: MIT
 * layer.cu - the CUDA engine's functions for each kind of layer. */
#include "nn/cuda/layer.h"

static const struct ho_cuda_layer input = {}; /* computes nothing */

static const struct {
  enum ho_layer_kind kind;
  const struct ho_cuda_layer *layer;
} table[] = {
  { HO_LAYER_INPUT, &input },
  { HO_LAYER_ADD, &ho_cuda_add },
  { HO_LAYER_AVERAGE_POOL, &ho_cuda_average_pool },
  { HO_LAYER_BATCH_NORM, &ho_cuda_batch_norm },
  { HO_LAYER_CONCAT, &ho_cuda_concat },
  { HO_LAYER_CONV, &ho_cuda_conv },
  { HO_LAYER_DENSE, &ho_cuda_dense },
  { HO_LAYER_DROPOUT, &ho_cuda_dropout },
  { HO_LAYER_MAX_POOL, &ho_cuda_max_pool },
  { HO_LAYER_PAD_CHANNELS, &ho_cuda_pad_channels },
  { HO_LAYER_RELU, &ho_cuda_relu },
  { HO_LAYER_RESPONSE_NORM, &ho_cuda_response_norm },
};

const struct ho_cuda_layer *ho_cuda_layer(const struct ho_node *node)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].kind == node->layer->kind)
      return table[i].layer;
  return NULL;
}
