/* SPDX-License-Identifier: MIT
 * split.c - stratified, disjoint parts of the training images; see split.h.
 *
 * First each part gets a quota of each class.  Then each class is permuted by the stream (seed, "split", class, 0): training
 * takes its quota from the front, validation from the end, and clean images come just before those of validation.  So
 * the training part does not depend on the sizes of the others while they leave room for it, nor the validation part on
 * theirs, as long as no class runs short. */
#include "data/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"

struct quotas {
  int classes;
  size_t *have, *left;     /* [classes] all images, images that no part has yet */
  size_t *quota[HO_PARTS]; /* [classes] images of the part */
  int *order, *served;     /* [classes] */
};

/* Number of images that class c can give if it keeps `kept'. */
static size_t room(const struct quotas *p, size_t c, size_t kept)
{
  return p->left[c] > kept ? p->left[c] - kept : 0;
}

/* Number of images that all classes give if each gives `most' or as many as it can; stops counting beyond `enough'. */
static size_t given_at(const struct quotas *p, size_t most, size_t kept, size_t enough)
{
  size_t sum = 0;
  for (size_t c = 0; c < (size_t)p->classes && sum <= enough; c++)
    sum += room(p, c, kept) < most ? room(p, c, kept) : most;
  return sum;
}

static void take(struct quotas *p, int part, size_t c, size_t n)
{
  p->quota[part][c] += n;
  p->left[c] -= n;
}

/* Class a gives before class b if it has fewer images in the part, or equally many and more left. */
static int goes_before(const struct quotas *p, int part, size_t a, size_t b)
{
  const size_t *quota = p->quota[part];
  return quota[a] != quota[b] ? quota[a] < quota[b] : p->left[a] > p->left[b];
}

/* Returns the class that gives the next image, among those not yet served; `classes' if there is none. */
static size_t next_to_serve(const struct quotas *p, int part, size_t kept)
{
  size_t classes = (size_t)p->classes, best = classes;
  for (size_t k = 0; k < classes; k++) {
    size_t c = (size_t)p->order[k];
    if (room(p, c, kept) && !p->served[c] && (best == classes || goes_before(p, part, c, best)))
      best = c;
  }
  return best;
}

/* Gives the part up to `size' images, keeping `kept' of each class: first the same number from each class, or as many
 * as it can give; then one each from the classes with the most images left, in random order if equal.  Returns how
 * many. */
static size_t share_above(struct quotas *p, int part, size_t size, size_t kept)
{
  size_t classes = (size_t)p->classes, each = 0, beyond = size + 1;
  while (beyond - each > 1) {
    size_t middle = each + (beyond - each) / 2;
    if (given_at(p, middle, kept, size) <= size)
      each = middle;
    else
      beyond = middle;
  }
  size_t given = given_at(p, each, kept, size);
  for (size_t c = 0; c < classes; c++)
    take(p, part, c, room(p, c, kept) < each ? room(p, c, kept) : each);
  memset(p->served, 0, classes * sizeof *p->served);
  for (size_t c; given < size && (c = next_to_serve(p, part, kept)) < classes; given++) {
    take(p, part, c, 1);
    p->served[c] = 1;
  }
  return given;
}

/* Gives the part `size' images.  As far as possible, keeps an image of each class for each of the `later' parts: above
 * all, the training part should lose no class. */
static void share(struct quotas *p, int part, size_t size, size_t later, uint64_t seed)
{
  struct ho_stream s = ho_stream_make(seed, "split-rest", (uint64_t)part, 0);
  ho_stream_permute(&s, p->order, p->classes);
  size -= share_above(p, part, size, later);
  while (size && later)
    size -= share_above(p, part, size, --later);
}

static int make_plan(struct quotas *p, size_t n, const size_t size[HO_PARTS], uint64_t seed, struct ho_error *err)
{
  size_t held = 0;
  if (__builtin_add_overflow(size[HO_PART_VALIDATION], size[HO_PART_CLEAN], &held) || held > n ||
      size[HO_PART_TRAIN] > n - held)
    return ho_error_set(
        err, "%zu training, %zu validation and %zu clean images are requested, but there are only %zu in all",
        size[HO_PART_TRAIN], size[HO_PART_VALIDATION], size[HO_PART_CLEAN], n);
  if (held == n)
    return ho_error_set(err, "%zu validation and %zu clean images leave none of %zu images for training",
                        size[HO_PART_VALIDATION], size[HO_PART_CLEAN], n);
  share(p, HO_PART_VALIDATION, size[HO_PART_VALIDATION], size[HO_PART_CLEAN] ? 2 : 1, seed);
  share(p, HO_PART_CLEAN, size[HO_PART_CLEAN], 1, seed);
  if (size[HO_PART_TRAIN] && size[HO_PART_TRAIN] != n - held)
    share(p, HO_PART_TRAIN, size[HO_PART_TRAIN], 0, seed);
  else
    memcpy(p->quota[HO_PART_TRAIN], p->left, (size_t)p->classes * sizeof *p->left);
  return 0;
}

/* Deals the images of one class, member[0 .. count), to the parts. */
static void deal(const struct quotas *p, int class, const uint32_t *member, int *order, uint64_t seed,
                 struct ho_split *split)
{
  size_t count = p->have[class], train = p->quota[HO_PART_TRAIN][class];
  size_t validation = p->quota[HO_PART_VALIDATION][class], clean = p->quota[HO_PART_CLEAN][class];
  const size_t from[HO_PARTS] = { 0, count - validation, count - validation - clean };
  const size_t taken[HO_PARTS] = { train, validation, clean };
  struct ho_stream s = ho_stream_make(seed, "split", (uint64_t) class, 0);
  ho_stream_permute(&s, order, (int)count);
  for (int part = 0; part < HO_PARTS; part++)
    for (size_t k = 0; k < taken[part]; k++) {
      struct ho_part_ids *ids = &split->part[part];
      ids->id[ids->n++] = member[order[from[part] + k]];
    }
}

static int ascending(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static int deal_all(const struct quotas *p, const struct ho_images *im, uint64_t seed, struct ho_split *split,
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
  int *order = ho_alloc((size_t)classes, 2 * sizeof *order, "a split", err);
  if (!count || !order) {
    ho_free(count);
    ho_free(order);
    return -1;
  }
  struct quotas p = {
    .classes = classes, .have = count, .left = count + classes, .order = order, .served = order + classes
  };
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
  ho_free(order);
  return result;
}

/* ---- warnings ---- */

static void warn_of_part(const char *flag, const struct ho_part_ids *ids, const struct ho_images *im, int classes,
                         const size_t *have, size_t *count, struct ho_warnings *warnings)
{
  size_t least = SIZE_MAX, most = 0, K = (size_t)classes;
  memset(count, 0, K * sizeof *count);
  for (size_t i = 0; i < ids->n; i++)
    count[im->label[ids->id[i]]]++;
  for (size_t c = 0; c < K; c++)
    if (have[c]) {
      least = least == SIZE_MAX || count[c] < count[least] ? c : least;
      most = count[c] > most ? count[c] : most;
    }
  if (least != SIZE_MAX && most - count[least] > 1)
    ho_warn(warnings,
            "--%s %zu: the classes are not balanced: it has %zu of %zu image%s of class %zu, and up to %zu of other "
            "classes",
            flag, ids->n, count[least], have[least], have[least] == 1 ? "" : "s", least, most);
}

/* Warns of classes without training images, which a network cannot learn. */
static void warn_of_lost_classes(const struct ho_part_ids *train, const struct ho_images *im, size_t classes,
                                 const size_t *have, size_t *count, struct ho_warnings *warnings)
{
  size_t some = 0, lost = 0, first = 0;
  memset(count, 0, classes * sizeof *count);
  for (size_t i = 0; i < train->n; i++)
    count[im->label[train->id[i]]]++;
  for (size_t c = 0; c < classes; c++) {
    some += have[c] > 0;
    if (have[c] && !count[c] && !lost++)
      first = c;
  }
  if (lost)
    ho_warn(warnings, "%zu of %zu classes have no image among the %zu training images, the first of them class %zu",
            lost, some, train->n, first);
}

int ho_split_warn(const struct ho_split *split, const struct ho_images *im, int classes,
                  const char *const flag[HO_PARTS], struct ho_warnings *warnings, struct ho_error *err)
{
  size_t *have = ho_alloc((size_t)classes, 2 * sizeof *have, "a split", err);
  if (!have)
    return -1;
  for (size_t i = 0; i < im->n; i++)
    have[im->label[i]]++;
  for (int part = 0; part < HO_PARTS; part++)
    if (flag[part])
      warn_of_part(flag[part], &split->part[part], im, classes, have, have + classes, warnings);
  warn_of_lost_classes(&split->part[HO_PART_TRAIN], im, (size_t)classes, have, have + classes, warnings);
  ho_free(have);
  return 0;
}

void ho_split_free(struct ho_split *split)
{
  for (int part = 0; part < HO_PARTS; part++)
    ho_free(split->part[part].id);
  memset(split, 0, sizeof *split);
}
