/* SPDX-License-Identifier: MIT
 * memory.h - aligned memory, and arenas for what lives and dies together.
 *
 * Sizes are computed with overflow checks; memory is zeroed and aligned to 64 bytes (a cache line, an AVX-512 vector). */
#ifndef HO_MEMORY_H
#define HO_MEMORY_H

#include <stddef.h>

#include "base/error.h"

enum { HO_ALIGNMENT = 64 };

/* Sums and products of sizes, which stay at SIZE_MAX once they do not fit. */
static inline size_t ho_size_mul(size_t a, size_t b)
{
  size_t c;
  return __builtin_mul_overflow(a, b, &c) ? (size_t)-1 : c;
}
static inline size_t ho_size_add(size_t a, size_t b)
{
  size_t c;
  return __builtin_add_overflow(a, b, &c) ? (size_t)-1 : c;
}

/* n zeroed elements of `size' bytes each, for `what' (named in the message).  NULL with *err set when the product
 * overflows or memory is refused.  n = 0 gives a valid pointer.  Freed by ho_free. */
void *ho_alloc(size_t n, size_t size, const char *what, struct ho_error *err);
void ho_free(void *memory); /* NULL is fine */

/* ---- what is read from files ----
 * Data, and the files they come from while they are in memory, are bounded together: by --memory-limit or, without it, by
 * nine tenths of what the process could take when this was first asked.  What a run computes with is bounded by the
 * trainer. */
void ho_memory_set_bound(size_t bytes);                                   /* 0: without --memory-limit */
size_t ho_memory_room(void);                                              /* bytes that may still be taken */
int ho_memory_take(size_t bytes, const char *what, struct ho_error *err); /* counts them, or -1 with the numbers */
void ho_memory_give(size_t bytes);                                        /* they are free again */

/* An arena hands out memory in sequence and takes it back all at once.  Memory is kept between resets, in one
 * block as large as the last round, so that a training step allocates nothing once two like it have run. */
struct ho_arena;
struct ho_arena *ho_arena_new(struct ho_error *err);
void ho_arena_free(struct ho_arena *);
void ho_arena_reset(struct ho_arena *);         /* everything handed out is invalid from here on */
size_t ho_arena_bytes(const struct ho_arena *); /* held from the system */

/* n elements of `size' bytes, aligned, NOT zeroed; NULL when memory is refused (*err is set). */
void *ho_arena_get(struct ho_arena *, size_t n, size_t size, struct ho_error *err);

#endif
