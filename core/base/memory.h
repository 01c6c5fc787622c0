/* SPDX-License-Identifier: MIT
 * memory.h - aligned memory, the memory limit for data, and arenas.
 *
 * Sizes are computed with overflow checks.  Memory is aligned to 64 bytes: a cache line, an AVX-512 vector. */
#ifndef HO_MEMORY_H
#define HO_MEMORY_H

#include <stddef.h>

#include "base/error.h"

enum { HO_ALIGNMENT = 64 };

/* Saturating products and sums: SIZE_MAX on overflow. */
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

/* Allocates n zeroed elements of `size' bytes; the caller frees them with ho_free.  `what' names them in the
 * message.  If n is 0, the pointer is valid.  NULL with HO_ERROR_MEMORY if the product overflows or memory is refused. */
void *ho_alloc(size_t n, size_t size, const char *what, struct ho_error *err);
void ho_free(void *memory); /* accepts NULL */

/* ---- the memory limit for data ----
 * Files in memory and the data sets made of them share one limit: --memory-limit or, without it, nine tenths of what
 * the process could allocate at the first call.  The memory of a training is limited elsewhere (train/budget.h). */
void ho_memory_set_bound(size_t bytes);                                   /* 0: no --memory-limit */
size_t ho_memory_room(void);                                              /* bytes that may still be taken */
int ho_memory_take(size_t bytes, const char *what, struct ho_error *err); /* counts bytes as taken; -1 if too many */
void ho_memory_give(size_t bytes);                                        /* undoes ho_memory_take */

/* An arena hands out memory piece by piece and takes it all back at once.  It keeps its memory between resets, in one
 * block as large as all pieces of the last round, so that a step allocates nothing after two similar ones. */
struct ho_arena;
struct ho_arena *ho_arena_new(struct ho_error *err);
void ho_arena_free(struct ho_arena *);
void ho_arena_reset(struct ho_arena *);         /* invalidates everything handed out */
size_t ho_arena_bytes(const struct ho_arena *); /* allocated from the system */

/* n elements of `size' bytes, aligned, NOT zeroed, owned by the arena.  NULL with HO_ERROR_MEMORY if memory is refused. */
void *ho_arena_get(struct ho_arena *, size_t n, size_t size, struct ho_error *err);

#endif
