/* SPDX-License-Identifier: MIT
 * abi.c - refused: built for another ABI. */
#include <holdout/optimizer.h>

__attribute__((visibility("default")))
const struct ho_optimizer ho_plugin = { HO_ABI + 7, sizeof(struct ho_optimizer), 1, .name = "abi" };
