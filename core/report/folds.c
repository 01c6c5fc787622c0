/* SPDX-License-Identifier: MIT
 * folds.c - the recordings of all folds as one; see folds.h. */
#include "report/folds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int ho_fold_folder(const char *dir, int i, int of, char path[4096], struct ho_error *err)
{
  char name[64];
  snprintf(name, sizeof name, "fold-%d-of-%d", i, of);
  return ho_path_join(path, 4096, dir, name, err);
}

/* Where a sample of the joined recording comes from. */
struct origin {
  uint32_t image;
  int fold;
  size_t at;
};

static int by_image(const void *a, const void *b)
{
  const struct origin *x = a, *y = b;
  return (x->image > y->image) - (x->image < y->image);
}

static int fit_together(const char *dir, const struct ho_samples *fold, int of, struct ho_error *err)
{
  for (int i = 1; i < of; i++) {
    size_t bytes = (size_t)fold->rows * sizeof *fold->epoch;
    if (fold[i].rows != fold->rows || (bytes && memcmp(fold[i].epoch, fold->epoch, bytes) != 0))
      return ho_error_set(err, "%s: folds 1 and %d were evaluated at different epochs", dir, i + 1);
    if (!fold[i].truth != !fold->truth)
      return ho_error_set(err, "%s: one of the folds 1 and %d has true labels, the other has none", dir, i + 1);
  }
  return 0;
}

static int make_room(struct ho_samples *s, struct ho_error *err)
{
  static const char what[] = "recorded samples";
  size_t values = ho_size_mul((size_t)s->rows, s->n);
  s->room = s->rows;
  if (!(s->image = ho_alloc(s->n, sizeof *s->image, what, err)) ||
      !(s->given = ho_alloc(s->n, sizeof *s->given, what, err)) ||
      !(s->truth = ho_alloc(s->n, sizeof *s->truth, what, err)))
    return -1;
  s->epoch = malloc((size_t)s->rows * sizeof *s->epoch); /* as in samples.c, which lets these grow */
  s->loss = malloc(values * sizeof *s->loss);
  s->margin = malloc(values * sizeof *s->margin);
  s->weight = malloc(values * sizeof *s->weight);
  s->prediction = malloc(values * sizeof *s->prediction);
  if (!s->epoch || !s->loss || !s->margin || !s->weight || !s->prediction)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d evaluations of %zu samples", s->rows, s->n);
  return 0;
}

static void copy(struct ho_samples *to, size_t i, const struct ho_samples *from, size_t at)
{
  to->image[i] = from->image[at];
  to->given[i] = from->given[at];
  if (from->truth)
    to->truth[i] = from->truth[at];
  for (size_t r = 0; r < (size_t)to->rows; r++) {
    size_t a = r * to->n + i, b = r * from->n + at;
    to->loss[a] = from->loss[b];
    to->margin[a] = from->margin[b];
    to->weight[a] = from->weight[b];
    to->prediction[a] = from->prediction[b];
  }
}

static int join(const char *dir, const struct ho_samples *fold, int of, struct ho_samples *out, struct ho_error *err)
{
  size_t n = 0;
  if (fit_together(dir, fold, of, err))
    return -1;
  if (fold->rows == 0)
    return ho_error_set(err, "%s: no evaluation of the folds is recorded", dir);
  out->rows = fold->rows;
  for (int f = 0; f < of; f++)
    out->n += fold[f].n;
  struct origin *from = ho_alloc(out->n, sizeof *from, "recorded samples", err);
  int bad = !from || make_room(out, err);
  for (int f = 0; f < of && !bad; f++)
    for (size_t i = 0; i < fold[f].n; i++)
      from[n++] = (struct origin){ fold[f].image[i], f, i };
  if (!bad) {
    memcpy(out->epoch, fold->epoch, (size_t)fold->rows * sizeof *fold->epoch);
    qsort(from, n, sizeof *from, by_image);
  }
  for (size_t i = 0; i < n && !bad; i++) {
    copy(out, i, &fold[from[i].fold], from[i].at);
    if (i && from[i].image == from[i - 1].image)
      bad = ho_error_set(err, "%s: image %u is in folds %d and %d", dir, from[i].image, from[i - 1].fold + 1,
                         from[i].fold + 1);
  }
  if (!bad && !fold->truth) {
    ho_free(out->truth);
    out->truth = NULL;
  }
  ho_free(from);
  return bad ? -1 : 0;
}

int ho_folds_read(const char *dir, int of, struct ho_samples *out, struct ho_error *err)
{
  struct ho_samples *fold = ho_alloc((size_t)of, sizeof *fold, "folds", err);
  char folder[4096], path[4096];
  int bad = !fold;
  *out = (struct ho_samples){ 0 };
  for (int f = 0; f < of && !bad; f++)
    bad = ho_fold_folder(dir, f + 1, of, folder, err) ||
          ho_path_join(path, sizeof path, folder, "left-out.safetensors", err) || ho_samples_load(&fold[f], path, err);
  bad = bad || join(dir, fold, of, out, err);
  for (int f = 0; f < of && fold; f++)
    ho_samples_free(&fold[f]);
  ho_free(fold);
  if (bad)
    ho_samples_free(out);
  return bad ? -1 : 0;
}
