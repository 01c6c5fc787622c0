/* SPDX-License-Identifier: MIT
 * nameless.c - refused: it has no name. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .summary = "nobody");
