/* SPDX-License-Identifier: MIT
 * conv.cu - the convolution and the dense layer: what they need of memory, and which kernels run. */
#include "nn/cuda/layers/conv.h"

/* A dense layer is a 1x1 convolution of images of one pixel, whose channels are the whole input. */
static struct ho_conv_shape shape_of(const struct ho_node *node, int groups, int images)
{
  if (node->layer->kind == HO_LAYER_DENSE)
    return { images, (int)ho_shape_size(node->in), node->out.channels, 1, 1, 1, 1, groups, { 1, 1, 1, 1, 0, 0, 0, 0 } };
  return { images,         node->in.channels, node->out.channels, node->in.height,
           node->in.width, node->out.height,  node->out.width,    groups,
           node->u.window };
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_gpu_needs *needs)
{
  struct ho_conv_shape c = shape_of(node, groups, images);
  needs->work = ho_conv_work(&c, backward);
}

static const float *bias_of(const struct ho_node *node, const struct ho_gpu_call *call)
{
  return node->bias == HO_ABSENT ? NULL : call->theta + node->bias;
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_conv_shape c = shape_of(node, call->groups, call->groups * call->size);
  ho_conv_forward(&c, ho_conv_choose_forward(&c, call->precision), call->precision, call->stream, call->x[0],
                  call->theta + node->weight, bias_of(node, call), call->residual, call->y, call->work);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_conv_shape c = shape_of(node, call->groups, call->groups * call->size);
  ho_conv_weights(&c, ho_conv_choose_weights(&c, call->precision), call->precision, call->stream, call->x[0], call->dy,
                  call->rows + node->weight, call->ld, call->work);
  if (node->bias != HO_ABSENT)
    ho_conv_bias(&c, call->stream, call->dy, call->rows + node->bias, call->ld, call->work);
  ho_gpu_between(call);
  if (call->dx[0])
    ho_conv_data(&c, ho_conv_choose_data(&c, call->precision), call->precision, call->stream, call->dy,
                 call->theta + node->weight, call->add[0], call->dx[0], call->work);
}

const struct ho_cuda_layer ho_cuda_conv = { HO_GPU_KEEPS_INPUT | HO_GPU_TAKES_RESIDUAL, needs, forward, backward };
const struct ho_cuda_layer ho_cuda_dense = { HO_GPU_KEEPS_INPUT, needs, forward, backward };
