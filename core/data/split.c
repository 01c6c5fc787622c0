/* SPDX-License-Identifier: MIT
 * split.c - stratified, disjoint parts of the training images; see split.h.
 *
 * Each class is permuted by the stream (seed, "split", class, 0).  Training takes from the front of the permutation,
 * validation from its end, clean images come before those of validation: so the training part is the same for any
 * validation or clean size that leaves room for it, and the validation part for any size of the others. */
#include "data/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

static const char *const part_name[HO_PARTS] = { "training", "validation", "clean" };

struct plan {
  int classes;
  size_t *have, *left;     /* [classes] images, images not yet promised */
  size_t *quota[HO_PARTS]; /* [classes] images of the part */
};

/* Shares `size' over the classes: equal numbers, the rest one each to the classes with most images left, in an order
 * drawn by seed where they have the same. */
static int share(struct plan *p, int part, size_t size, uint64_t seed, struct ho_error *err)
{
  size_t classes = (size_t)p->classes, each = size / classes, rest = size % classes;
  struct ho_stream s = ho_stream_make(seed, "split-rest", (uint64_t)part, 0);
  int *order = ho_alloc(classes, sizeof *order, "a split", err);
  if (!order)
    return -1;
  for (size_t c = 0; c < classes; c++) {
    if (p->left[c] < each) {
      ho_free(order);
      return ho_error_set(err,
                          "%s size %zu wants %zu images of each class, but of class %zu only %zu of %zu are "
                          "left",
                          part_name[part], size, each, c, p->left[c], p->have[c]);
    }
    p->quota[part][c] = each;
    p->left[c] -= each;
  }
  ho_stream_permute(&s, order, p->classes);
  for (; rest; rest--) {
    size_t best = classes;
    for (size_t k = 0; k < classes; k++) {
      size_t c = (size_t)order[k];
      if (p->quota[part][c] == each && p->left[c] && (best == classes || p->left[c] > p->left[best]))
        best = c;
    }
    if (best == classes)
      break;
    p->quota[part][best]++;
    p->left[best]--;
  }
  ho_free(order);
  if (rest)
    return ho_error_set(err,
                        "%s size %zu wants %zu images of some classes, but too few classes have so many left: "
                        "lower it%s",
                        part_name[part], size, each + 1, part == HO_PART_TRAIN ? ", or leave it out to take all" : "");
  return 0;
}

static int make_plan(struct plan *p, size_t n, const size_t size[HO_PARTS], uint64_t seed, struct ho_error *err)
{
  size_t held = 0;
  if (__builtin_add_overflow(size[HO_PART_VALIDATION], size[HO_PART_CLEAN], &held) || held > n ||
      size[HO_PART_TRAIN] > n - held)
    return ho_error_set(err, "%zu training, %zu validation and %zu clean images wanted, but there are %zu in all",
                        size[HO_PART_TRAIN], size[HO_PART_VALIDATION], size[HO_PART_CLEAN], n);
  if (held == n)
    return ho_error_set(err, "%zu validation and %zu clean images leave none of %zu for training",
                        size[HO_PART_VALIDATION], size[HO_PART_CLEAN], n);
  if (share(p, HO_PART_VALIDATION, size[HO_PART_VALIDATION], seed, err) ||
      share(p, HO_PART_CLEAN, size[HO_PART_CLEAN], seed, err))
    return -1;
  if (size[HO_PART_TRAIN] && size[HO_PART_TRAIN] != n - held)
    return share(p, HO_PART_TRAIN, size[HO_PART_TRAIN], seed, err);
  memcpy(p->quota[HO_PART_TRAIN], p->left, (size_t)p->classes * sizeof *p->left);
  return 0;
}

/* Deals the images of one class, whose indices are member[0 .. count). */
static void deal(const struct plan *p, int class, const uint32_t *member, int *order, uint64_t seed,
                 struct ho_split *split)
{
  size_t count = p->have[class], train = p->quota[HO_PART_TRAIN][class];
  size_t validation = p->quota[HO_PART_VALIDATION][class], clean = p->quota[HO_PART_CLEAN][class];
  const size_t from[HO_PARTS] = { 0, count - validation, count - validation - clean };
  const size_t take[HO_PARTS] = { train, validation, clean };
  struct ho_stream s = ho_stream_make(seed, "split", (uint64_t) class, 0);
  ho_stream_permute(&s, order, (int)count);
  for (int part = 0; part < HO_PARTS; part++)
    for (size_t k = 0; k < take[part]; k++) {
      struct ho_part_ids *ids = &split->part[part];
      ids->id[ids->n++] = member[order[from[part] + k]];
    }
}

static int ascending(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static int deal_all(const struct plan *p, const struct ho_images *im, uint64_t seed, struct ho_split *split,
                    struct ho_error *err)
{
  uint32_t *member = ho_alloc(im->n, sizeof *member, "a split", err);
  int *order = ho_alloc(im->n, sizeof *order, "a split", err), result = member && order ? 0 : -1;
  for (int part = 0; part < HO_PARTS && !result; part++) {
    size_t n = 0;
    for (int c = 0; c < p->classes; c++)
      n += p->quota[part][c];
    split->part[part].id = ho_alloc(n, sizeof(uint32_t), "a split", err);
    result = split->part[part].id ? 0 : -1;
  }
  for (int c = 0; c < p->classes && !result; c++) {
    size_t count = 0;
    for (size_t i = 0; i < im->n; i++)
      if (im->label[i] == c)
        member[count++] = (uint32_t)i;
    deal(p, c, member, order, seed, split);
  }
  for (int part = 0; part < HO_PARTS && !result; part++)
    qsort(split->part[part].id, split->part[part].n, sizeof(uint32_t), ascending);
  ho_free(member);
  ho_free(order);
  return result;
}

int ho_split_make(const struct ho_images *im, int classes, const size_t size[HO_PARTS], uint64_t seed,
                  struct ho_split *split, struct ho_error *err)
{
  memset(split, 0, sizeof *split);
  if (im->n > INT32_MAX)
    return ho_error_set(err, "%zu images are too many to split: at most %d", im->n, INT32_MAX);
  size_t *count = ho_alloc((size_t)classes, (2 + HO_PARTS) * sizeof *count, "a split", err);
  if (!count)
    return -1;
  struct plan p = { .classes = classes, .have = count, .left = count + classes };
  for (int part = 0; part < HO_PARTS; part++)
    p.quota[part] = count + (size_t)(2 + part) * (size_t)classes;
  for (size_t i = 0; i < im->n; i++)
    p.have[im->label[i]]++;
  memcpy(p.left, p.have, (size_t)classes * sizeof *p.left);
  int result = make_plan(&p, im->n, size, seed, err);
  if (!result && deal_all(&p, im, seed, split, err)) {
    ho_split_free(split);
    result = -1;
  }
  ho_free(count);
  return result;
}

void ho_split_free(struct ho_split *split)
{
  for (int part = 0; part < HO_PARTS; part++)
    ho_free(split->part[part].id);
  memset(split, 0, sizeof *split);
}
