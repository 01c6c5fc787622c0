/* SPDX-License-Identifier: MIT
 * shape.h - a network's input and classes if there is no data set: --input HxWxC and --classes K. */
#ifndef HO_CLI_SHAPE_H
#define HO_CLI_SHAPE_H

#include "nn/net.h"

/* Parses the values of both flags.  A value that is NULL leaves its result unchanged.  Returns -1 on a wrong value. */
int ho_shape_parse(const char *input, const char *classes, struct ho_shape *, int *k, struct ho_error *);

#endif
