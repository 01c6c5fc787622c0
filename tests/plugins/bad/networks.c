/* SPDX-License-Identifier: MIT
 * networks.c - refused: it asks for a negative number of networks. */
#include <holdout/optimizer.h>

HO_PLUGIN(char, .name = "networks", .summary = "trains less than nothing", .nets = -1);
