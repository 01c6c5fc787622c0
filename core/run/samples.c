/* SPDX-License-Identifier: MIT
 * samples.c - what each training sample did at each evaluation: the raw material for finding wrong labels. */
#include "run/samples.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "format/safetensors.h"

static int ascending(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* --eval-size of the training samples, the same at every evaluation. */
static int choose(struct ho_samples *s, const struct ho_trainer *t, struct ho_error *err)
{
  int *order = ho_alloc(t->source.samples, sizeof *order, "an evaluation", err);
  if (!order)
    return -1;
  struct ho_stream stream = ho_stream_make(t->source.seed, "evaluation", 0, 0);
  ho_stream_permute(&stream, order, (int)t->source.samples);
  for (size_t i = 0; i < s->n; i++)
    s->sample[i] = (uint32_t)order[i];
  qsort(s->sample, s->n, sizeof *s->sample, ascending);
  ho_free(order);
  return 0;
}

static int make_labels(struct ho_samples *s, const struct ho_trainer *t, struct ho_error *err)
{
  s->image = ho_alloc(s->n, sizeof *s->image, "an evaluation", err);
  s->given = ho_alloc(s->n, sizeof *s->given, "an evaluation", err);
  if (t->source.labelled.truth != HO_TRUTH_UNKNOWN &&
      !(s->truth = ho_alloc(s->n, sizeof *s->truth, "an evaluation", err)))
    return -1;
  return s->image && s->given ? 0 : -1;
}

static void fill_truth(struct ho_samples *s, const struct ho_trainer *t)
{
  for (size_t i = 0; i < s->n && s->truth; i++)
    s->truth[i] = t->source.data.train.label[s->image[i]];
}

int ho_samples_make(struct ho_samples *s, const struct ho_trainer *t, struct ho_error *err)
{
  size_t wanted = (size_t)t->settings->eval_size;
  *s = (struct ho_samples){ .n = wanted && wanted < t->source.samples ? wanted : t->source.samples };
  s->sample = ho_alloc(s->n, sizeof *s->sample, "an evaluation", err);
  if (make_labels(s, t, err) || !s->sample || choose(s, t, err))
    return -1;
  for (size_t i = 0; i < s->n; i++) {
    s->image[i] = ho_source_image(&t->source, s->sample[i]);
    s->given[i] = ho_source_label(&t->source, s->sample[i]);
  }
  fill_truth(s, t);
  return 0;
}

int ho_samples_make_left_out(struct ho_samples *s, const struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_labelled *l = &t->source.labelled;
  *s = (struct ho_samples){ .n = l->left_out.n };
  if (!s->n)
    return 0;
  if (make_labels(s, t, err))
    return -1;
  memcpy(s->image, l->left_out.id, s->n * sizeof *s->image);
  memcpy(s->given, l->left_out_given, s->n * sizeof *s->given);
  fill_truth(s, t);
  return 0;
}

void ho_samples_free(struct ho_samples *s)
{
  void *all[] = { s->sample, s->image, s->given, s->truth };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    ho_free(all[i]);
  free(s->epoch);
  free(s->loss);
  free(s->margin);
  free(s->weight);
  free(s->prediction);
  *s = (struct ho_samples){ 0 };
}

/* Room for one more row. */
static int grow(struct ho_samples *s, struct ho_error *err)
{
  if (s->rows < s->room)
    return 0;
  size_t room = s->room ? 2 * (size_t)s->room : 4, n = room * s->n;
  struct {
    void **memory;
    size_t bytes;
  } all[] = {
    { (void **)&s->epoch, room * sizeof *s->epoch },        { (void **)&s->loss, n * sizeof *s->loss },
    { (void **)&s->margin, n * sizeof *s->margin },         { (void **)&s->weight, n * sizeof *s->weight },
    { (void **)&s->prediction, n * sizeof *s->prediction },
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    void *larger = realloc(*all[i].memory, all[i].bytes);
    if (!larger)
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu evaluations of %zu samples", room, s->n);
    *all[i].memory = larger;
  }
  s->room = (int)room;
  return 0;
}

/* Adds a row to a recording: *got are its means, *clean the share of predictions that are the true labels. */
static int score_samples(struct ho_samples *s, struct ho_trainer *t, uint32_t epoch, struct ho_score_result *got,
                         double *clean, struct ho_error *err)
{
  if (grow(s, err))
    return -1;
  size_t row = (size_t)s->rows * s->n, right = 0;
  struct ho_score_request ask = { &t->source.data.train, s->image, s->given, s->n };
  *got = (struct ho_score_result){ .each_loss = s->loss + row,
                                   .margin = s->margin + row,
                                   .prediction = s->prediction + row };
  if (ho_trainer_score(t, &ask, got, err))
    return -1;
  for (size_t i = 0; i < s->n; i++) {
    right += s->truth && got->prediction[i] == s->truth[i];
    s->weight[row + i] = s->sample && t->weights.count[s->sample[i]]
                             ? (float)(t->weights.sum[s->sample[i]] / t->weights.count[s->sample[i]])
                             : NAN;
  }
  s->epoch[s->rows++] = epoch;
  *clean = s->truth ? (double)right / (double)s->n : NAN;
  return 0;
}

static int score_training(struct ho_trainer *t, struct ho_samples *s, struct ho_scores *out, struct ho_error *err)
{
  struct ho_score_result got;
  if (score_samples(s, t, (uint32_t)out->epoch, &got, &out->train_accuracy_clean, err))
    return -1;
  out->train_loss = got.loss;
  out->train_accuracy_noisy = got.accuracy;
  return 0;
}

int ho_samples_score_left_out(struct ho_samples *s, struct ho_trainer *t, uint32_t epoch, struct ho_error *err)
{
  struct ho_score_result got;
  double clean;
  return s->n ? score_samples(s, t, epoch, &got, &clean, err) : 0;
}

int ho_samples_score(struct ho_samples *s, struct ho_trainer *t, struct ho_scores *out, struct ho_error *err)
{
  const struct ho_part_ids *test = &t->source.test.part[HO_PART_TRAIN];
  const struct ho_part_ids *validation = &t->source.labelled.split.part[HO_PART_VALIDATION];
  uint16_t *label = ho_alloc(test->n, sizeof *label, "an evaluation", err);
  struct ho_score_result got = { 0 };
  if (!label)
    return -1;
  for (size_t i = 0; i < test->n; i++)
    label[i] = t->source.data.test.label[test->id[i]];
  int bad =
      ho_trainer_score(t, &(struct ho_score_request){ &t->source.data.test, test->id, label, test->n }, &got, err);
  ho_free(label);
  out->test_loss = got.loss;
  out->test_accuracy = got.accuracy;
  if (bad || score_training(t, s, out, err))
    return -1;
  struct ho_score_request ask = { &t->source.data.train, validation->id, t->source.labelled.given[HO_PART_VALIDATION],
                                  validation->n };
  got = (struct ho_score_result){ 0 };
  if (ho_trainer_score(t, &ask, &got, err))
    return -1;
  out->validation_loss = got.loss;
  out->validation_accuracy = got.accuracy;
  return 0;
}

int ho_samples_write(const struct ho_samples *s, const char *path, struct ho_error *err)
{
  size_t rows = (size_t)s->rows, shape[2] = { rows, s->n };
  struct ho_tensor_file *f = ho_tensor_file_new(err);
  int bad = !f || ho_tensor_file_add(f, "index", "U32", 1, &s->n, s->image, err) ||
            (s->truth && ho_tensor_file_add(f, "true", "U16", 1, &s->n, s->truth, err)) ||
            ho_tensor_file_add(f, "given", "U16", 1, &s->n, s->given, err) ||
            ho_tensor_file_add(f, "epoch", "U32", 1, &rows, s->epoch, err) ||
            ho_tensor_file_add(f, "loss", "F32", 2, shape, s->loss, err) ||
            ho_tensor_file_add(f, "margin", "F32", 2, shape, s->margin, err) ||
            ho_tensor_file_add(f, "weight", "F32", 2, shape, s->weight, err) ||
            ho_tensor_file_add(f, "prediction", "U16", 2, shape, s->prediction, err) || ho_tensor_file_seal(f, err) ||
            ho_tensor_file_write(f, path, err);
  ho_tensor_file_free(f);
  return bad ? -1 : 0;
}

/* ---- read again ---- */

/* What is recorded of each sample at each evaluation. */
static const struct {
  const char *name, *dtype;
  size_t size, offset; /* in struct ho_samples */
} recorded[] = {
  { "loss", "F32", sizeof(float), offsetof(struct ho_samples, loss) },
  { "margin", "F32", sizeof(float), offsetof(struct ho_samples, margin) },
  { "weight", "F32", sizeof(float), offsetof(struct ho_samples, weight) },
  { "prediction", "U16", sizeof(uint16_t), offsetof(struct ho_samples, prediction) },
};
enum { RECORDED = sizeof recorded / sizeof *recorded };

/* Reads the epochs: they must ascend, and every tensor must have a row for each.  So no size exceeds that of the
 * file. */
static const struct ho_tensor_entry *epochs_of(const struct ho_tensor_file *f, const char *path, size_t n,
                                               struct ho_error *err)
{
  const struct ho_tensor_entry *e = ho_tensor_file_find(f, "epoch");
  if (!e || strcmp(e->dtype, "U32") || e->rank != 1 || e->shape[0] > 1 << 24) {
    ho_error_set(err, "%s: damaged: `epoch' is missing or invalid", path);
    return NULL;
  }
  const uint32_t *epochs = e->data;
  for (size_t i = 1; i < e->shape[0]; i++)
    if (epochs[i] <= epochs[i - 1]) {
      ho_error_set(err, "%s: damaged: `epoch' is not ascending", path);
      return NULL;
    }
  for (int k = 0; k < RECORDED; k++) {
    const struct ho_tensor_entry *r = ho_tensor_file_find(f, recorded[k].name);
    if (!r || strcmp(r->dtype, recorded[k].dtype) || r->rank != 2 || r->shape[1] != n) {
      ho_error_set(err, "%s: `%s' is missing or does not fit this run", path, recorded[k].name);
      return NULL;
    }
    if (r->shape[0] != e->shape[0]) {
      ho_error_set(err, "%s: damaged: `%s' does not have one row for each epoch", path, r->name);
      return NULL;
    }
  }
  return e;
}

/* The rows up to an epoch. */
static int take(struct ho_samples *s, const struct ho_tensor_file *f, const struct ho_tensor_entry *e, uint64_t epoch,
                struct ho_error *err)
{
  const uint32_t *epochs = e->data;
  for (size_t i = 0; i < e->shape[0] && epochs[i] <= epoch; i++) {
    if (grow(s, err))
      return -1;
    s->epoch[s->rows++] = epochs[i];
  }
  for (int k = 0; k < RECORDED && s->rows > 0; k++) /* an empty table has no address to copy to */
    memcpy(*(void **)((char *)s + recorded[k].offset), ho_tensor_file_find(f, recorded[k].name)->data,
           (size_t)s->rows * s->n * recorded[k].size);
  return 0;
}

int ho_samples_read(struct ho_samples *s, const char *path, uint64_t epoch, struct ho_error *err)
{
  struct ho_tensor_file *f = ho_tensor_file_read_sealed(path, err);
  if (!f)
    return -1;
  const struct ho_tensor_entry *index = ho_tensor_file_find(f, "index"), *e = NULL;
  int bad = 0;
  if (!index || index->bytes != s->n * sizeof *s->image || memcmp(index->data, s->image, index->bytes) != 0)
    bad = ho_error_set(err, "%s: the samples recorded are not those of this run", path);
  bad = bad || !(e = epochs_of(f, path, s->n, err)) || take(s, f, e, epoch, err);
  ho_tensor_file_free(f);
  return bad ? -1 : 0;
}

/* ---- a recording on its own, without its run ---- */

/* A vector of that type, copied; NULL when it is missing or has another length (*n 0: any, which *n becomes). */
static void *vector_of(const struct ho_tensor_file *f, const char *path, const char *name, const char *dtype, size_t *n,
                       struct ho_error *err)
{
  const struct ho_tensor_entry *e = ho_tensor_file_find(f, name);
  if (!e || strcmp(e->dtype, dtype) || e->rank != 1 || (*n && e->shape[0] != *n) || e->shape[0] == 0) {
    ho_error_set(err, "%s: damaged: `%s' is missing or has the wrong shape", path, name);
    return NULL;
  }
  *n = e->shape[0];
  void *copy = ho_alloc(1, e->bytes, "recorded samples", err);
  if (copy)
    memcpy(copy, e->data, e->bytes);
  return copy;
}

static int check_numbers(const struct ho_samples *s, const char *path, struct ho_error *err)
{
  size_t values = (size_t)s->rows * s->n;
  for (size_t i = 0; i < values; i++)
    if (!isfinite(s->loss[i]) || !isfinite(s->margin[i]) || isinf(s->weight[i]))
      return ho_error_set(err, "%s: damaged: loss, margin or weight of image %u at epoch %u is not a number", path,
                          s->image[i % s->n], s->epoch[i / s->n]);
  return 0;
}

static int load(struct ho_samples *s, const struct ho_tensor_file *f, const char *path, struct ho_error *err)
{
  if (!(s->image = vector_of(f, path, "index", "U32", &s->n, err)) ||
      (ho_tensor_file_find(f, "true") && !(s->truth = vector_of(f, path, "true", "U16", &s->n, err))) ||
      !(s->given = vector_of(f, path, "given", "U16", &s->n, err)))
    return -1;
  const struct ho_tensor_entry *e = epochs_of(f, path, s->n, err);
  return !e || take(s, f, e, UINT32_MAX, err) || check_numbers(s, path, err) ? -1 : 0;
}

int ho_samples_load(struct ho_samples *s, const char *path, struct ho_error *err)
{
  *s = (struct ho_samples){ 0 };
  struct ho_tensor_file *f = ho_tensor_file_read_sealed(path, err);
  int bad = !f || load(s, f, path, err);
  ho_tensor_file_free(f);
  if (bad)
    ho_samples_free(s);
  return bad ? -1 : 0;
}
