/* SPDX-License-Identifier: MIT
 * misnamed.c - refused: its name differs from its file's. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .name = "another", .summary = "has another file's name");
