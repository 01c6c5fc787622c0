/* SPDX-License-Identifier: MIT
 * rate.c - refused: it asks for a negative learning rate. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .name = "rate", .summary = "unlearns", .lr = -1);
