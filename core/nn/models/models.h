/* SPDX-License-Identifier: MIT
 * models.h - the network architectures: one file of this folder each, all in the table of ho_models() in net.c. */
#ifndef HO_MODELS_H
#define HO_MODELS_H

#include "nn/graph.h"

extern const struct ho_model ho_model_alexnet_small, ho_model_cifarnet, ho_model_inception_small, ho_model_lenet,
    ho_model_mlp, ho_model_preact_resnet18, ho_model_resnet32;

#endif
