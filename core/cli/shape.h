/* SPDX-License-Identifier: MIT
 * shape.h - what a network is made for, where no data set says it: --input HxWxC and --classes K. */
#ifndef HO_CLI_SHAPE_H
#define HO_CLI_SHAPE_H

#include "nn/net.h"

/* The texts of both flags, NULL where one is not given: what it is about then stays as it is. */
int ho_shape_parse(const char *input, const char *classes, struct ho_shape *, int *k, struct ho_error *);

#endif
