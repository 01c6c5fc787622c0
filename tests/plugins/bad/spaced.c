/* SPDX-License-Identifier: MIT
 * spaced.c - refused: its name could not be written in a chain. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .name = "spa+ced", .summary = "has a sign in its name");
