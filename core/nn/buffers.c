/* SPDX-License-Identifier: MIT
 * buffers.c - the largest buffer first, each at the lowest offset where it overlaps no other that lives at the same
 * time. */
#include "nn/buffers.h"

#include <stdlib.h>

#include "base/memory.h"

static int larger_first(const void *a, const void *b)
{
  const struct ho_buffer *x = *(struct ho_buffer *const *)a, *y = *(struct ho_buffer *const *)b;
  if (x->bytes != y->bytes)
    return x->bytes > y->bytes ? -1 : 1;
  return x->index - y->index;
}

/* order[0 .. i) is kept sorted by offset. */
size_t ho_buffers_place(struct ho_buffer *buffer, int n, struct ho_buffer **order, size_t base)
{
  size_t end = base;
  for (int i = 0; i < n; i++)
    order[i] = &buffer[i];
  qsort(order, (size_t)n, sizeof(struct ho_buffer *), larger_first);
  for (int i = 0; i < n; i++) {
    struct ho_buffer *b = order[i];
    int at = i;
    b->offset = base;
    for (int j = 0; j < i; j++) {
      const struct ho_buffer *o = order[j];
      if (o->last < b->first || b->last < o->first)
        continue;
      if (o->offset >= ho_size_add(b->offset, b->bytes))
        break;
      if (ho_size_add(o->offset, o->bytes) > b->offset)
        b->offset = ho_size_add(o->offset, o->bytes);
    }
    while (at > 0 && order[at - 1]->offset > b->offset) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = b;
    if (ho_size_add(b->offset, b->bytes) > end)
      end = ho_size_add(b->offset, b->bytes);
  }
  return end;
}
