/* SPDX-License-Identifier: MIT
 * shorter.c - refused: its struct ends before the last hook of ABI 0. */
#include <holdout/optimizer.h>

__attribute__((visibility("default"))) const struct ho_optimizer ho_plugin = { HO_ABI, 64, 1, .name = "shorter" };
