/* SPDX-License-Identifier: MIT
 * source_batch.c - mini-batches from a file, in its order: its images are the samples, as they enter the network. */
#include <stdio.h>
#include <string.h>

#include "train/source.h"

static int load(struct ho_source *s, const struct ho_settings *settings, const struct ho_labels_origin *labels,
                struct ho_budget *budget, struct ho_error *err)
{
  const struct ho_batch *b = s->batch;
  size_t n = (size_t)b->count * (size_t)b->size;
  uint32_t *id = s->labelled.split.part[HO_PART_TRAIN].id = ho_alloc(n, sizeof *id, "a batch", err);
  uint16_t *given = s->labelled.given[HO_PART_TRAIN] = ho_alloc(n, sizeof *given, "a batch", err);
  uint16_t *truth = ho_alloc(n, sizeof *truth, "a batch", err);
  (void)settings;
  (void)labels;
  (void)budget;
  snprintf(s->data.name, sizeof s->data.name, "%s", b->path);
  s->data.classes = b->classes;
  s->data.train = (struct ho_images){
    .n = n, .height = b->shape.height, .width = b->shape.width, .channels = b->shape.channels, .label = truth
  };
  s->labelled.split.part[HO_PART_TRAIN].n = n;
  if (!id || !given || !truth || !(s->augment = ho_augment_find("none", err)) || ho_noise_parse("none", &s->noise, err))
    return -1;
  for (size_t i = 0; i < n; i++) {
    id[i] = (uint32_t)i;
    given[i] = truth[i] = b->label[i];
  }
  return 0;
}

static int choose(struct ho_source *s, const struct ho_draw *want, uint32_t *id, struct ho_error *err)
{
  const struct ho_batch *b = s->batch;
  if (s->handed == b->count)
    return ho_error_set(err, "it draws more mini-batches than the %d of %s", b->count, b->path);
  if (want->size != b->size || want->count > b->count)
    return ho_error_set(err,
                        "it draws %d mini-batch%s of %d images, but %s has %d of %d; `holdout optimizers NAME' lists "
                        "the option for their number, if there is one",
                        want->count, want->count == 1 ? "" : "es", want->size, b->path, b->count, b->size);
  for (int i = 0; i < b->size; i++)
    id[i] = (uint32_t)(s->handed * b->size + i);
  s->handed++;
  return 0;
}

static void image(const struct ho_source *s, uint32_t sample, uint64_t step, int view, float *x)
{
  size_t floats = (size_t)s->batch->shape.height * (size_t)s->batch->shape.width * (size_t)s->batch->shape.channels;
  (void)step;
  (void)view;
  memcpy(x, s->batch->x + sample * floats, floats * sizeof *x);
}

static int finish(const struct ho_source *s, struct ho_error *err)
{
  if (s->handed == s->batch->count)
    return 0;
  return ho_error_set(err,
                      "%s has %d mini-batches, but the step took %d; `holdout optimizers NAME' lists the option for "
                      "their number, if there is one",
                      s->batch->path, s->batch->count, s->handed);
}

const struct ho_source_kind ho_source_batch = { .load = load, .choose = choose, .image = image, .finish = finish };
