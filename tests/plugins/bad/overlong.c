/* SPDX-License-Identifier: MIT
 * overlong.c - refused: it claims more bytes than its struct has. */
#include <holdout/optimizer.h>

__attribute__((visibility("default")))
const struct ho_optimizer ho_plugin = { HO_ABI, 2 * sizeof(struct ho_optimizer), 1, .name = "overlong" };
