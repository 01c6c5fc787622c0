/* SPDX-License-Identifier: MIT
 * source.c - samples, their numbers and pools; see source.h. */
#include "train/source.h"

#include <math.h>
#include <stdlib.h>

#include "labels/realised.h"

/* The part that a sample belongs to, and its position there. */
static enum ho_part part_of(const struct ho_source *s, uint32_t sample, size_t *position)
{
  static const enum ho_part order[] = { HO_PART_TRAIN, HO_PART_CLEAN };
  size_t first = 0;
  for (int i = 0; i < 2; i++) {
    size_t n = s->labelled.split.part[order[i]].n;
    *position = sample - first;
    if (sample < first + n)
      return order[i];
    first += n;
  }
  *position = sample - first;
  return HO_PART_VALIDATION;
}

uint32_t ho_source_image(const struct ho_source *s, uint32_t sample)
{
  size_t i;
  enum ho_part part = part_of(s, sample, &i);
  return s->labelled.split.part[part].id[i];
}

uint16_t ho_source_label(const struct ho_source *s, uint32_t sample)
{
  size_t i;
  enum ho_part part = part_of(s, sample, &i);
  return s->labelled.given[part][i];
}

int ho_source_set_pool(struct ho_source *s, int number, const uint32_t *ids, size_t n, struct ho_error *err)
{
  uint16_t *label = ho_alloc(n, sizeof *label, "a pool", err);
  uint32_t *id = ho_alloc(n, sizeof *id, "a pool", err);
  struct ho_sampler *sampler = NULL;
  if (!label || !id)
    goto failed;
  if (number == s->pools) {
    struct ho_source_pool *longer = realloc(s->pool, (size_t)(s->pools + 1) * sizeof *longer);
    if (!longer) {
      ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d pools", s->pools + 1);
      goto failed;
    }
    s->pool = longer;
    s->pool[s->pools++] = (struct ho_source_pool){ NULL, NULL, 0 };
  }
  for (size_t i = 0; i < n; i++) {
    if (ids[i] >= s->known) {
      ho_error_set(err, "a pool cannot have sample %u: there are only %zu samples", ids[i], s->known);
      goto failed;
    }
    id[i] = ids[i];
    label[i] = ho_source_label(s, ids[i]);
  }
  if (!(sampler = ho_sampler_new(s->seed, number, s->data.classes, label, n, err)))
    goto failed;
  ho_free(label);
  ho_sampler_free(s->pool[number].sampler);
  ho_free(s->pool[number].id);
  s->pool[number] = (struct ho_source_pool){ sampler, id, n };
  return 0;
failed:
  ho_free(label);
  ho_free(id);
  return -1;
}

/* The three pools of the ABI, and the list of labels. */
static int number_samples(struct ho_source *s, struct ho_error *err)
{
  const struct ho_part_ids *part = s->labelled.split.part;
  size_t train = part[HO_PART_TRAIN].n, clean = part[HO_PART_CLEAN].n, validation = part[HO_PART_VALIDATION].n;
  size_t n = train + clean + validation;
  uint32_t *ids = ho_alloc(n, sizeof *ids, "samples", err);
  s->samples = train;
  s->clean = clean;
  s->known = n;
  for (size_t i = 0; i < n && ids; i++)
    ids[i] = (uint32_t)i;
  int bad = !ids || ho_source_set_pool(s, HO_TRAIN, ids, train, err) ||
            ho_source_set_pool(s, HO_CLEAN, ids + train, clean, err) ||
            ho_source_set_pool(s, HO_VALIDATION, ids + train + clean, validation, err);
  ho_free(ids);
  if (bad)
    return -1;
  s->classes = ho_class_list_new(s->seed, s->labelled.given[HO_PART_TRAIN], train, err);
  return s->classes ? 0 : -1;
}

/* Noise rate and checksum of the training labels, for the summary. */
static int describe_labels(struct ho_source *s, struct ho_error *err)
{
  const struct ho_part_ids *train = &s->labelled.split.part[HO_PART_TRAIN];
  const uint16_t *given = s->labelled.given[HO_PART_TRAIN];
  uint16_t *truth = ho_alloc(train->n, sizeof *truth, "labels", err);
  if (!truth)
    return -1;
  for (size_t i = 0; i < train->n; i++)
    truth[i] = s->data.train.label[train->id[i]];
  s->wrong =
      s->labelled.truth == HO_TRUTH_UNKNOWN ? NAN : ho_realised_rate(s->data.classes, train->n, truth, given, NULL);
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, train->id, train->n * sizeof *train->id);
  ho_sha256_add(&hash, given, train->n * sizeof *given);
  ho_free(truth);
  return ho_sha256_end(&hash, s->labels_sha256, err);
}

int ho_source_make(struct ho_source *s, const struct ho_source_kind *kind, const struct ho_settings *settings,
                   const struct ho_labels_origin *labels, struct ho_budget *budget, struct ho_error *err)
{
  s->kind = kind;
  s->seed = (uint64_t)settings->seed;
  if (kind->load(s, settings, labels, budget, err) || number_samples(s, err) || describe_labels(s, err))
    return -1;
  return 0;
}

void ho_source_free(struct ho_source *s)
{
  for (int i = 0; i < s->pools; i++) {
    ho_sampler_free(s->pool[i].sampler);
    ho_free(s->pool[i].id);
  }
  free(s->pool);
  ho_class_list_free(s->classes);
  ho_free(s->list);
  ho_labelled_free(&s->labelled);
  ho_split_free(&s->test);
  ho_dataset_free(&s->data);
}

void ho_source_begin(struct ho_source *s)
{
  s->list_size = 0;
  s->handed = 0;
}

int ho_source_choose(struct ho_source *s, const struct ho_draw *want, int k, uint32_t *id, struct ho_error *err)
{
  size_t size = (size_t)want->size;
  if (!want->ids)
    return s->kind->choose(s, want, id, err);
  for (size_t i = 0; i < size; i++) {
    id[i] = want->ids[(size_t)k * size + i];
    if (id[i] >= s->known)
      return ho_error_set(err, "sample %u was requested: there are only %zu samples", id[i], s->known);
  }
  return 0;
}

const char *ho_source_data_sha256(const struct ho_source *s)
{
  return s->kind->is_data_set ? s->data.sha256 : NULL;
}

const char *ho_source_labels_sha256(const struct ho_source *s)
{
  return s->kind->is_data_set ? s->labels_sha256 : NULL;
}
