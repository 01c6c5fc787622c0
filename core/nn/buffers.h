/* SPDX-License-Identifier: MIT
 * buffers.h - places the buffers of an engine in one block of memory, so that those in use at the same time do not
 * overlap.
 *
 * Time is counted in whatever steps the caller has: for an engine of n nodes 0 to n-1 forward, then n to 2n-1 backward. */
#ifndef HO_BUFFERS_H
#define HO_BUFFERS_H

#include <stddef.h>

struct ho_buffer {
  size_t bytes, offset; /* offset: set by ho_buffers_place */
  int first, last;      /* the time for which it is used, inclusive */
  int index;            /* breaks ties when sorting */
};

/* Sets the offsets of n buffers, from `base' on, and returns where the last ends; SIZE_MAX if that overflows.  Offsets are
 * sums of base and of sizes, and so as aligned as these.  order is scratch memory for n pointers. */
size_t ho_buffers_place(struct ho_buffer *, int n, struct ho_buffer **order, size_t base);

#endif
