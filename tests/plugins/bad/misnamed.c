/* SPDX-License-Identifier: MIT
 * misnamed.c - refused: its name is not that of its file. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .name = "another", .summary = "has another file's name");
