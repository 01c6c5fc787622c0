/* SPDX-License-Identifier: MIT
 * hold_out.c - test images taken from the training images; see hold_out.h. */
#include "data/hold_out.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/random.h"

int ho_hold_out_share(const char *text, double *share, struct ho_error *err)
{
  if (ho_text_real(text, share))
    return 0;
  if (*share > 0 && *share < 1)
    return 1;
  return ho_error_set(err, "test: `%.100s' is not a share between 0 and 1, such as 0.2", text);
}

/* ---- how many of each class ---- */

/* The class that lacks most of its share among those that can give one more; `classes' if there is none. */
static size_t neediest(const size_t *have, const size_t *quota, size_t classes, double share)
{
  size_t best = classes;
  double most = 0, lacks;
  for (size_t c = 0; c < classes; c++) {
    lacks = share * (double)have[c] - (double)quota[c];
    if (quota[c] + 1 < have[c] && lacks > 0 && (best == classes || lacks > most)) {
      best = c;
      most = lacks;
    }
  }
  return best;
}

/* The whole part of each share first; then one more from the classes with the largest rests.  Returns the total. */
static size_t set_quotas(const size_t *have, size_t *quota, size_t classes, size_t n, double share)
{
  size_t total = 0, wanted = (size_t)llround(share * (double)n);
  for (size_t c = 0; c < classes; c++) {
    quota[c] = (size_t)(share * (double)have[c]);
    if (quota[c] && quota[c] >= have[c])
      quota[c] = have[c] - 1;
    total += quota[c];
  }
  for (size_t c; total < wanted && (c = neediest(have, quota, classes, share)) < classes; total++)
    quota[c]++;
  return total;
}

/* ---- which ones ---- */

static int choose(const struct ho_images *all, size_t classes, const size_t *have, const size_t *quota, uint64_t seed,
                  uint8_t *chosen, struct ho_error *err)
{
  uint32_t *member = ho_alloc(all->n, sizeof *member, "test images", err);
  int *order = ho_alloc(all->n, sizeof *order, "test images", err), result = member && order ? 0 : -1;
  for (size_t c = 0; c < classes && !result; c++) {
    struct ho_stream s = ho_stream_make(seed, "hold-out", c, 0);
    size_t n = 0;
    for (size_t i = 0; i < all->n && quota[c]; i++)
      if (all->label[i] == c)
        member[n++] = (uint32_t)i;
    if (quota[c])
      ho_stream_permute(&s, order, (int)have[c]);
    for (size_t k = 0; k < quota[c]; k++)
      chosen[member[order[k]]] = 1;
  }
  ho_free(member);
  ho_free(order);
  return result;
}

/* ---- moving them ---- */

static void put(struct ho_images *to, size_t at, const struct ho_images *from, size_t i, size_t bytes)
{
  memmove(to->pixel + at * bytes, from->pixel + i * bytes, bytes);
  to->label[at] = from->label[i];
  if (from->coarse)
    to->coarse[at] = from->coarse[i];
  if (from->file)
    to->file[at] = from->file[i];
  to->number[at] = from->number[i];
}

static int move(struct ho_images *all, const uint8_t *chosen, size_t total, struct ho_images *test,
                struct ho_error *err)
{
  size_t bytes = (size_t)all->height * (size_t)all->width * (size_t)all->channels, kept = 0, moved = 0, n = all->n;
  if (ho_images_alloc(test, total, all->height, all->width, all->channels, err) ||
      (all->coarse && ho_images_alloc_coarse(test, err)) ||
      (all->file && !(test->file = ho_alloc(total, sizeof *test->file, "names of files", err))) ||
      !(test->number = ho_alloc(total, sizeof *test->number, "numbers of images", err)) ||
      !(all->number = ho_alloc(n, sizeof *all->number, "numbers of images", err)))
    return -1;
  for (size_t i = 0; i < n; i++)
    all->number[i] = (uint32_t)i;
  for (size_t i = 0; i < n; i++)
    if (chosen[i])
      put(test, moved++, all, i, bytes);
    else
      put(all, kept++, all, i, bytes);
  all->n = kept;
  return 0;
}

int ho_hold_out(struct ho_images *all, int classes, double share, uint64_t seed, struct ho_images *test,
                struct ho_error *err)
{
  size_t K = (size_t)classes;
  if (all->n > INT32_MAX)
    return ho_error_set(err, "%zu images are too many to split: at most %d", all->n, INT32_MAX);
  size_t *have = ho_alloc(K, 2 * sizeof *have, "test images", err);
  uint8_t *chosen = ho_alloc(all->n, 1, "test images", err);
  int result = have && chosen ? 0 : -1;
  for (size_t i = 0; i < all->n && !result; i++)
    have[all->label[i]]++;
  size_t total = result ? 0 : set_quotas(have, have + K, K, all->n, share);
  if (!result && !total)
    result =
        ho_error_set(err, "test=%g: none of %zu images can be taken for testing: use a larger share", share, all->n);
  result = result || choose(all, K, have, have + K, seed, chosen, err) || move(all, chosen, total, test, err);
  ho_free(have);
  ho_free(chosen);
  return result ? -1 : 0;
}
