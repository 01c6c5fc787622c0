/* SPDX-License-Identifier: MIT
 * far.h - a device for tests: it computes what the CPU computes, but in a memory of its own.
 *
 * That memory is other host memory, full of NaN at first, and the device refuses pointers to anything else.  When it has
 * newer numbers than the host, the host's become NaN (`stale' of struct ho_vectors).  Results of dots arrive when somebody
 * waits for them, not before.  So a program that reads an array without asking for it finds NaN, and what it writes
 * without saying so has no effect; one that does neither gets the bits of the CPU. */
#ifndef HO_FAR_H
#define HO_FAR_H

#include "nn/engine.h"

struct ho_device *ho_far_open(struct ho_error *); /* ends by ho_device_close, which frees what is left */

/* The device is lost at the call after so many more: from then on every function fails.  -1: it is not. */
void ho_far_lose(struct ho_device *, int calls);
int ho_far_arrays(const struct ho_device *); /* arrays that it has now */

#endif
