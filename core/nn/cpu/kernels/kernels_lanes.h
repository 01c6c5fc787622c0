/* SPDX-License-Identifier: MIT
 * kernels_lanes.h - the table of kernels for one instruction set. */
#include "nn/cpu/kernels/kernels.h"
#include "nn/cpu/kernels/pixels_lanes.h"
#include "nn/cpu/kernels/winograd_lanes.h"

const struct ho_kernels HO_TABLE = {
  .affine = affine,
  .moments = moments,
  .products = products,
  .slope = slope,
  .maximum = maximum,
  .winograd_input = winograd_input,
  .winograd_output = winograd_output,
  .winograd_gradient = winograd_gradient,
  .winograd_filter = winograd_filter,
  .winograd_filter_gradient = winograd_filter_gradient,
};
