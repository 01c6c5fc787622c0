/* SPDX-License-Identifier: MIT
 * looking.c - looks into arrays of P floats itself, as plugins may that do not declare the opposite. */
#define NAME "looking"
#define OPAQUE 0
#include "unfit/peeking.c"
