/* SPDX-License-Identifier: MIT
 * label_array.c - label files that are NumPy arrays; see label_table.h. */
#include <stdio.h>

#include "format/npy.h"
#include "labels/label_table.h"
#include "labels/names.h"

/* The label of element i, -1: it is none; `text' is how it reads. */
static long long label_at(const struct ho_npy *a, const struct ho_names *classes, size_t i, char text[256])
{
  if (a->kind == HO_NPY_BYTES || a->kind == HO_NPY_UNICODE) {
    if (ho_npy_text(a, i * a->stride[0], text, 256))
      snprintf(text, 256, "?");
    int64_t found = ho_names_find(classes, text);
    return found >= 0 ? found : ho_label_number(text);
  }
  double value =
      a->kind == HO_NPY_REAL ? ho_npy_real(a, i * a->stride[0]) : (double)ho_npy_integer(a, i * a->stride[0]);
  snprintf(text, 256, "%g", value);
  return value >= 0 && value < 1e9 && value == (double)(long long)value ? (long long)value : -1;
}

static int read_array(struct ho_label_reader *r, const struct ho_npy *a, struct ho_error *err)
{
  const struct ho_dataset *d = r->data;
  struct ho_names classes;
  int bad = 0;
  char text[256];
  size_t images = ho_label_reader_images(r);
  if (a->rank != 1 || a->shape[0] != images)
    return ho_error_set(err, "%s: it has %zu numbers in %d dimension%s, not one label for each of %zu %simages",
                        r->path, a->n, a->rank, a->rank == 1 ? "" : "s", images, d->train.number ? "" : "training ");
  if (ho_names_make(&classes, d->class_name, (size_t)d->classes, err))
    return -1;
  for (size_t i = 0, id; i < images && !bad; i++) {
    if (ho_label_reader_find(r, i, &id) || id == d->train.n)
      continue;
    long long label = label_at(a, &classes, i, text);
    bad = label < 0 ? ho_error_set(err, "%s: element %zu: `%.60s' is not a class of %.100s%s", r->path, i, text,
                                   d->name, d->class_name ? ", a name or a number from 0" : ", a whole number from 0")
                    : ho_label_reader_set(r, id, label, i, err);
  }
  ho_names_free(&classes);
  r->rows = a->n;
  r->to->numbered = a->kind != HO_NPY_BYTES && a->kind != HO_NPY_UNICODE;
  snprintf(r->to->form, sizeof r->to->form, "a NumPy array; images in their order, labels by %s",
           r->to->numbered ? "number" : "class name");
  return bad ? -1 : 0;
}

int ho_label_array_read(struct ho_label_reader *r, struct ho_error *err)
{
  struct ho_npy a;
  if (ho_npy_read(r->path, &a, err))
    return -1;
  int bad = read_array(r, &a, err);
  ho_npy_free(&a);
  return bad;
}
