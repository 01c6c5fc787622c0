/* SPDX-License-Identifier: MIT
 * batch.c - mini-batches from a file; see batch.h. */
#include "train/batch.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "format/safetensors.h"

enum { MINIBATCH, IMAGE, CHANNEL, ROW, COLUMN, RANK };

static const struct ho_tensor_entry *find(const struct ho_tensor_file *file, const char *path, const char *name,
                                          const char *dtype, int rank, struct ho_error *err)
{
  static const char form[] = "images (F32: mini-batch, image, channel, row, column) and labels (I64: mini-batch, "
                             "image)";
  const struct ho_tensor_entry *e = ho_tensor_file_find(file, name);
  if (!e)
    ho_error_set(err, "%s: `%s' is missing; a batch has %s", path, name, form);
  else if (strcmp(e->dtype, dtype) || e->rank != rank)
    ho_error_set(err, "%s: `%s' has type %s and %d dimensions, not %s and %d; a batch has %s", path, name, e->dtype,
                 e->rank, dtype, rank, form);
  else
    return e;
  return NULL;
}

static int check_shapes(struct ho_batch *b, const struct ho_tensor_entry *images, const struct ho_tensor_entry *labels,
                        struct ho_error *err)
{
  const size_t *shape = images->shape;
  if (shape[MINIBATCH] > 0 && shape[IMAGE] > INT_MAX / 2 / shape[MINIBATCH])
    return ho_error_set(err, "%s: `images' has %zu mini-batches of %zu images; a step takes at most %d images", b->path,
                        shape[MINIBATCH], shape[IMAGE], INT_MAX / 2);
  for (int i = 0; i < RANK; i++)
    if (shape[i] < 1 || shape[i] > INT_MAX / 2)
      return ho_error_set(err, "%s: `images' has %zu along dimension %d; at least 1 is needed, and at most %d", b->path,
                          shape[i], i, INT_MAX / 2);
  if (labels->shape[MINIBATCH] != shape[MINIBATCH] || labels->shape[IMAGE] != shape[IMAGE])
    return ho_error_set(err, "%s: `labels' has %zu mini-batches of %zu, `images' has %zu of %zu", b->path,
                        labels->shape[MINIBATCH], labels->shape[IMAGE], shape[MINIBATCH], shape[IMAGE]);
  b->count = (int)shape[MINIBATCH];
  b->size = (int)shape[IMAGE];
  b->shape = (struct ho_shape){ (int)shape[ROW], (int)shape[COLUMN], (int)shape[CHANNEL] };
  return 0;
}

static int take_labels(struct ho_batch *b, const int64_t *label, struct ho_error *err)
{
  int n = b->count * b->size, given = b->classes;
  int64_t largest = 1;
  for (int i = 0; i < n; i++) {
    if (label[i] < 0 || label[i] >= (given ? given : HO_CLASSES_MOST))
      return ho_error_set(err, "%s: the label of mini-batch %d, image %d is %lld; labels are from 0 to %d%s", b->path,
                          i / b->size, i % b->size, (long long)label[i], (given ? given : HO_CLASSES_MOST) - 1,
                          given ? " (--classes)" : "");
    largest = label[i] > largest ? label[i] : largest;
  }
  b->classes = given ? given : (int)largest + 1;
  if (!(b->label = ho_alloc((size_t)n, sizeof *b->label, "labels", err)))
    return -1;
  for (int i = 0; i < n; i++)
    b->label[i] = (uint16_t)label[i];
  return 0;
}

/* [channel][row][column] of each image to [row][column][channel]. */
static int take_images(struct ho_batch *b, const float *x, struct ho_error *err)
{
  size_t n = (size_t)b->count * (size_t)b->size, channels = (size_t)b->shape.channels;
  size_t pixels = (size_t)b->shape.height * (size_t)b->shape.width;
  if (!(b->x = ho_alloc(n * channels, pixels * sizeof *b->x, "images", err)))
    return -1;
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < channels; c++)
      for (size_t p = 0; p < pixels; p++, x++) {
        if (!isfinite(*x))
          return ho_error_set(err, "%s: `images' has the value %g in mini-batch %zu, image %zu; all must be finite",
                              b->path, (double)*x, i / (size_t)b->size, i % (size_t)b->size);
        b->x[(i * pixels + p) * channels + c] = *x;
      }
  return 0;
}

int ho_batch_read(const char *path, int classes, struct ho_batch *b, struct ho_error *err)
{
  const struct ho_tensor_entry *images, *labels;
  struct ho_tensor_file *file = ho_tensor_file_read(path, err);
  *b = (struct ho_batch){ .path = path, .classes = classes };
  if (!file)
    return -1;
  int bad = !(images = find(file, path, "images", "F32", RANK, err)) ||
            !(labels = find(file, path, "labels", "I64", CHANNEL, err)) || check_shapes(b, images, labels, err) ||
            take_labels(b, labels->data, err) || take_images(b, images->data, err);
  ho_tensor_file_free(file);
  if (bad)
    ho_batch_free(b);
  return bad ? -1 : 0;
}

void ho_batch_free(struct ho_batch *b)
{
  ho_free(b->x);
  ho_free(b->label);
  b->x = NULL;
  b->label = NULL;
}
