/* SPDX-License-Identifier: MIT
 * shorter.c - refused: its struct ends before the last hook of the first version. */
#include <holdout/optimizer.h>

__attribute__((visibility("default"))) const struct ho_optimizer ho_plugin = { HO_ABI, 64, 1, .name = "shorter" };
