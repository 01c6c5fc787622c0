/* SPDX-License-Identifier: MIT
 * sampler.c - plain and matched draws from a pool, and the list of labels of matched mini-batches; see sampler.h.
 *
 * Orders are made when first needed, from the streams (seed, "plain", pool, pass) and (seed, "queue", pool and class,
 * pass). */
#include "data/sampler.h"

#include <string.h>

#include "base/memory.h"
#include "compute/random.h"

struct walk {
  uint64_t pass, at;      /* the cursor */
  uint64_t made;          /* 1 + the pass that `order' is for; 0: none */
  int *order;             /* [n] */
  const uint32_t *member; /* [n] positions walked over; NULL: 0 .. n-1 */
  size_t n;
};

struct ho_sampler {
  uint64_t seed;
  int number, classes;
  size_t n;
  int *order;       /* [2n] the plain walk's, then the classes' */
  uint32_t *member; /* [n] positions sorted by class, ascending within it */
  struct walk plain;
  struct walk *queue; /* [classes] */
};

static int sort_by_class(struct ho_sampler *pool, const uint16_t *label, struct ho_error *err)
{
  size_t start = 0;
  for (size_t i = 0; i < pool->n; i++) {
    if (label[i] >= pool->classes)
      return ho_error_set(err, "pool %d: sample %zu has label %d, but it must be below %d", pool->number, i, label[i],
                          pool->classes);
    pool->queue[label[i]].n++;
  }
  for (int c = 0; c < pool->classes; c++) {
    struct walk *q = &pool->queue[c];
    q->member = pool->member + start;
    q->order = pool->order + pool->n + start;
    start += q->n;
    q->n = 0;
  }
  for (size_t i = 0; i < pool->n; i++) {
    struct walk *q = &pool->queue[label[i]];
    pool->member[(size_t)(q->member - pool->member) + q->n++] = (uint32_t)i;
  }
  return 0;
}

struct ho_sampler *ho_sampler_new(uint64_t seed, int number, int classes, const uint16_t *label, size_t n,
                                  struct ho_error *err)
{
  if (n > INT32_MAX || classes < 1 || classes > UINT16_MAX + 1 || number < 0) {
    ho_error_set(err, "pool %d: cannot have %zu samples of %d classes", number, n, classes);
    return NULL;
  }
  struct ho_sampler *pool = ho_alloc(1, sizeof *pool, "a sampler", err);
  if (!pool)
    return NULL;
  *pool = (struct ho_sampler){ .seed = seed, .number = number, .classes = classes, .n = n };
  pool->order = ho_alloc(n, 2 * sizeof *pool->order, "a sampler", err);
  pool->member = ho_alloc(n, sizeof *pool->member, "a sampler", err);
  pool->queue = ho_alloc((size_t)classes, sizeof *pool->queue, "a sampler", err);
  pool->plain = (struct walk){ .n = n, .order = pool->order };
  if (!pool->order || !pool->member || !pool->queue || sort_by_class(pool, label, err)) {
    ho_sampler_free(pool);
    return NULL;
  }
  return pool;
}

void ho_sampler_free(struct ho_sampler *pool)
{
  if (!pool)
    return;
  ho_free(pool->order);
  ho_free(pool->member);
  ho_free(pool->queue);
  ho_free(pool);
}

/* The next `need' positions of a walk; a new pass begins when fewer are left. */
static void walk_on(struct ho_sampler *pool, struct walk *w, const char *purpose, uint64_t key, size_t need,
                    uint32_t *out)
{
  if (w->n - w->at < need) {
    w->pass++;
    w->at = 0;
  }
  if (w->made != w->pass + 1) {
    struct ho_stream s = ho_stream_make(pool->seed, purpose, key, w->pass);
    ho_stream_permute(&s, w->order, (int)w->n);
    w->made = w->pass + 1;
  }
  for (size_t i = 0; i < need; i++) {
    int k = w->order[w->at++];
    out[i] = w->member ? w->member[k] : (uint32_t)k;
  }
}

int ho_sampler_plain(struct ho_sampler *pool, int size, uint32_t *out, struct ho_error *err)
{
  if (size < 1 || (size_t)size > pool->n)
    return ho_error_set(err, "a mini-batch of %d cannot be drawn from %zu samples", size, pool->n);
  walk_on(pool, &pool->plain, "plain", (uint64_t)pool->number, (size_t)size, out);
  return 0;
}

int ho_sampler_matched(struct ho_sampler *pool, int size, const uint16_t *label, uint32_t *out, struct ho_error *err)
{
  if (size < 1)
    return ho_error_set(err, "a mini-batch of %d cannot be drawn", size);
  for (int i = 0; i < size; i++) /* before any queue advances, so that a failure changes nothing */
    if (label[i] >= pool->classes || pool->queue[label[i]].n == 0)
      return ho_error_set(err, "a matched mini-batch needs a sample with label %d, and pool %d has none", label[i],
                          pool->number);
  for (int i = 0; i < size; i++)
    walk_on(pool, &pool->queue[label[i]], "queue", (uint64_t)pool->number << 16 | label[i], 1, out + i);
  return 0;
}

size_t ho_sampler_cursors(const struct ho_sampler *pool)
{
  return 2 + 2 * (size_t)pool->classes;
}

void ho_sampler_save(const struct ho_sampler *pool, uint64_t *cursor)
{
  *cursor++ = pool->plain.pass;
  *cursor++ = pool->plain.at;
  for (int c = 0; c < pool->classes; c++) {
    *cursor++ = pool->queue[c].pass;
    *cursor++ = pool->queue[c].at;
  }
}

int ho_sampler_restore(struct ho_sampler *pool, const uint64_t *cursor, struct ho_error *err)
{
  for (int c = -1; c < pool->classes; c++) {
    size_t n = c < 0 ? pool->n : pool->queue[c].n;
    const uint64_t *saved = cursor + 2 * ((ptrdiff_t)c + 1);
    if (saved[0] == UINT64_MAX || saved[1] > n)
      return ho_error_set(err, "pool %d: the saved position, sample %llu of %zu%s, is not possible in this pool",
                          pool->number, (unsigned long long)saved[1], n, c < 0 ? "" : " in a class");
  }
  pool->plain.pass = *cursor++;
  pool->plain.at = *cursor++;
  for (int c = 0; c < pool->classes; c++) {
    pool->queue[c].pass = *cursor++;
    pool->queue[c].at = *cursor++;
  }
  return 0;
}

/* ---- the list of labels ---- */

struct ho_class_list {
  size_t n, at;
  uint16_t *label; /* [n] shuffled */
};

struct ho_class_list *ho_class_list_new(uint64_t seed, const uint16_t *label, size_t n, struct ho_error *err)
{
  if (n == 0 || n > INT32_MAX) {
    ho_error_set(err, "cannot draw from a list of %zu labels", n);
    return NULL;
  }
  struct ho_class_list *list = ho_alloc(1, sizeof *list, "a list of labels", err);
  int *order = ho_alloc(n, sizeof *order, "a list of labels", err);
  if (list)
    *list = (struct ho_class_list){ .n = n, .label = ho_alloc(n, sizeof *label, "a list of labels", err) };
  if (!list || !order || !list->label) {
    ho_class_list_free(list);
    list = NULL;
  } else {
    struct ho_stream s = ho_stream_make(seed, "class-list", 0, 0);
    ho_stream_permute(&s, order, (int)n);
    for (size_t i = 0; i < n; i++)
      list->label[i] = label[order[i]];
  }
  ho_free(order);
  return list;
}

void ho_class_list_free(struct ho_class_list *list)
{
  if (list)
    ho_free(list->label);
  ho_free(list);
}

void ho_class_list_next(struct ho_class_list *list, int size, uint16_t *label)
{
  if (list->n - list->at < (size_t)size)
    list->at = 0;
  for (int i = 0; i < size; i++) { /* a list shorter than the chunk is repeated within it */
    label[i] = list->label[list->at % list->n];
    list->at = list->at % list->n + 1;
  }
}

uint64_t ho_class_list_cursor(const struct ho_class_list *list)
{
  return list->at;
}

int ho_class_list_seek(struct ho_class_list *list, uint64_t cursor, struct ho_error *err)
{
  if (cursor > list->n)
    return ho_error_set(err, "the saved position, label %llu of %zu, is not possible in this list",
                        (unsigned long long)cursor, list->n);
  list->at = cursor;
  return 0;
}
