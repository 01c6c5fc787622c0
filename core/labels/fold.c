/* SPDX-License-Identifier: MIT
 * fold.c - folds of cross-validation; see fold.h. */
#include "labels/fold.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/random.h"

int ho_fold_parse(const char *text, struct ho_fold *fold, struct ho_error *err)
{
  char first[24];
  long long number, of;
  *fold = (struct ho_fold){ 0, 0 };
  if (!text)
    return 0;
  const char *slash = strchr(text, '/');
  snprintf(first, sizeof first, "%.*s", slash ? (int)(slash - text) % INT_MAX : 0, text);
  if (!slash || ho_text_int(first, &number) || ho_text_int(slash + 1, &of))
    return ho_error_set(err, "--fold `%.60s' is not a fold and the number of folds, such as 2/5", text);
  if (of < 2 || of > INT_MAX || number < 1 || number > of)
    return ho_error_set(err, "--fold %.60s: there must be at least two folds, and they are numbered from 1", text);
  *fold = (struct ho_fold){ (int)number, (int)of };
  return 0;
}

int ho_fold_assign(const uint16_t *label, size_t n, int classes, int of, uint64_t seed, int *fold, struct ho_error *err)
{
  uint32_t *member = ho_alloc(n, sizeof *member, "folds", err);
  int *order = ho_alloc(n, sizeof *order, "folds", err), next = 0;
  for (int c = 0; c < classes && member && order; c++) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
      if (label[i] == c)
        member[count++] = (uint32_t)i;
    struct ho_stream s = ho_stream_make(seed, "fold", (uint64_t)c, 0);
    ho_stream_permute(&s, order, (int)count);
    for (size_t k = 0; k < count; k++, next = (next + 1) % of) /* a class goes on where the one before it stopped */
      fold[member[order[k]]] = next + 1;
  }
  int bad = !member || !order;
  ho_free(member);
  ho_free(order);
  return bad ? -1 : 0;
}

int ho_fold_leave_out(const struct ho_fold *which, int classes, uint64_t seed, struct ho_labelled *l,
                      struct ho_error *err)
{
  struct ho_part_ids *train = &l->split.part[HO_PART_TRAIN], *out = &l->left_out;
  uint16_t *given = l->given[HO_PART_TRAIN];
  size_t n = train->n, kept = 0;
  if (!which->of)
    return 0;
  if ((size_t)which->of > n)
    return ho_error_set(err, "--fold %d/%d: there are only %zu training images", which->number, which->of, n);
  int *fold = ho_alloc(n, sizeof *fold, "folds", err);
  out->id = fold ? ho_alloc(n, sizeof *out->id, "folds", err) : NULL;
  l->left_out_given = out->id ? ho_alloc(n, sizeof *given, "folds", err) : NULL;
  if (!l->left_out_given || ho_fold_assign(given, n, classes, which->of, seed, fold, err)) {
    ho_free(fold);
    return -1;
  }
  for (size_t i = 0; i < n; i++)
    if (fold[i] == which->number) {
      out->id[out->n] = train->id[i];
      l->left_out_given[out->n++] = given[i];
    } else {
      train->id[kept] = train->id[i];
      given[kept++] = given[i];
    }
  train->n = kept;
  ho_free(fold);
  return 0;
}
