/* SPDX-License-Identifier: MIT
 * memory.c - aligned allocation and a block arena; see memory.h. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"

static int round_up(size_t n, size_t size, size_t *bytes)
{
  if (__builtin_mul_overflow(n, size, bytes) || *bytes > SIZE_MAX / 2)
    return -1;
  *bytes = (*bytes + HO_ALIGNMENT - 1) / HO_ALIGNMENT * HO_ALIGNMENT;
  if (*bytes == 0)
    *bytes = HO_ALIGNMENT;
  return 0;
}

static void *refused(size_t n, size_t size, const char *what, struct ho_error *err)
{
  ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %s needs %zu x %zu bytes", what, n, size);
  return NULL;
}

void *ho_alloc(size_t n, size_t size, const char *what, struct ho_error *err)
{
  size_t bytes;
  void *memory;
  if (round_up(n, size, &bytes) || !(memory = aligned_alloc(HO_ALIGNMENT, bytes)))
    return refused(n, size, what, err);
  return memset(memory, 0, bytes);
}

void ho_free(void *memory)
{
  free(memory);
}

/* ---- what is read from files ---- */

static struct {
  size_t bound; /* 0: not asked yet */
  size_t taken;
} readers;

static size_t bound(void)
{
  const char *by;
  size_t bytes = __atomic_load_n(&readers.bound, __ATOMIC_RELAXED);
  if (bytes)
    return bytes;
  bytes = ho_machine_memory("", &by) / 10 * 9 + __atomic_load_n(&readers.taken, __ATOMIC_RELAXED);
  ho_memory_set_bound(bytes ? bytes : 1);
  return bytes;
}

void ho_memory_set_bound(size_t bytes)
{
  __atomic_store_n(&readers.bound, bytes, __ATOMIC_RELAXED);
}

size_t ho_memory_room(void)
{
  size_t most = bound(), taken = __atomic_load_n(&readers.taken, __ATOMIC_RELAXED);
  return most > taken ? most - taken : 0;
}

int ho_memory_take(size_t bytes, const char *what, struct ho_error *err)
{
  if (bytes > ho_memory_room())
    return ho_error_set_as(err, HO_ERROR_MEMORY,
                           "%s: %zu bytes in addition to %zu, but the memory limit is %zu; use a larger --memory-limit",
                           what, bytes, __atomic_load_n(&readers.taken, __ATOMIC_RELAXED), bound());
  __atomic_add_fetch(&readers.taken, bytes, __ATOMIC_RELAXED);
  return 0;
}

void ho_memory_give(size_t bytes)
{
  __atomic_sub_fetch(&readers.taken, bytes, __ATOMIC_RELAXED);
}

/* ---- arenas ---- */

struct block {
  struct block *next;
  size_t bytes, used;
  unsigned char *data;
};

struct ho_arena {
  struct block *first, *current;
  size_t next; /* size of the next block: what several blocks together held, once they are merged */
};

enum { BLOCK = 1 << 20 };

struct ho_arena *ho_arena_new(struct ho_error *err)
{
  return ho_alloc(1, sizeof(struct ho_arena), "an arena", err);
}

static void drop_blocks(struct ho_arena *arena)
{
  for (struct block *b = arena->first, *next; b; b = next) {
    next = b->next;
    free(b->data);
    free(b);
  }
  arena->first = NULL;
}

void ho_arena_free(struct ho_arena *arena)
{
  if (!arena)
    return;
  drop_blocks(arena);
  free(arena);
}

/* More than one block: the next round gets a single one of what was used, so that an arena holds little more than its
 * largest round. */
void ho_arena_reset(struct ho_arena *arena)
{
  struct block *first = arena->first;
  if (first && first->next) {
    arena->next = 0;
    for (struct block *b = first; b; b = b->next)
      arena->next += b->used;
    drop_blocks(arena);
  } else if (first)
    first->used = 0;
  arena->current = arena->first;
}

size_t ho_arena_bytes(const struct ho_arena *arena)
{
  size_t sum = 0;
  for (const struct block *b = arena->first; b; b = b->next)
    sum += b->bytes;
  return sum;
}

static struct block *append(struct ho_arena *arena, size_t bytes)
{
  struct block *b = malloc(sizeof *b), **end = &arena->first;
  if (!b)
    return NULL;
  if (bytes < arena->next)
    bytes = arena->next;
  arena->next = 0;
  *b = (struct block){ .bytes = bytes > BLOCK ? bytes : BLOCK };
  b->data = aligned_alloc(HO_ALIGNMENT, b->bytes);
  if (!b->data) {
    free(b);
    return NULL;
  }
  while (*end)
    end = &(*end)->next;
  return *end = b;
}

void *ho_arena_get(struct ho_arena *arena, size_t n, size_t size, struct ho_error *err)
{
  size_t bytes;
  struct block *b = arena->current;
  if (round_up(n, size, &bytes))
    return refused(n, size, "a step", err);
  while (b && b->bytes - b->used < bytes)
    b = b->next;
  if (!b && !(b = append(arena, bytes)))
    return refused(n, size, "a step", err);
  arena->current = b;
  b->used += bytes;
  return b->data + b->used - bytes;
}
