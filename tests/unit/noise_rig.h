/* SPDX-License-Identifier: MIT
 * noise_rig.h - 20,000 labels of 10 or 100 classes of equal size, and noise models applied to them. */
#ifndef HO_NOISE_RIG_H
#define HO_NOISE_RIG_H

#include "compute/random.h"
#include "data/split.h"
#include "data_fixtures.h"
#include "labels/noise.h"
#include "labels/realised.h"

enum { N = 20000 };
static struct ho_dataset data;
static uint32_t *id;
static UNUSED uint16_t given[N], other[N];

static UNUSED uint16_t ten(size_t i)
{
  return (uint16_t)(i * 7 % 10);
}
static UNUSED uint16_t hundred(size_t i)
{
  return (uint16_t)(i * 7 % 100);
}

static UNUSED void make(const char *name, int classes)
{
  if (id) {
    ho_dataset_free(&data);
    ho_free(id);
  }
  make_labels(&data, classes, N, classes == 10 ? ten : hundred);
  snprintf(data.name, sizeof data.name, "%s", name);
  data.deviation[0] = 0.3f;
  data.mean[0] = 0.5f;
  ho_dataset_scale(&data);
  for (size_t i = 0; i < N; i++)
    data.train.pixel[i] = (uint8_t)(i * 37 % 251);
  id = all_ids(N);
}

static UNUSED void fill(void)
{
  make("cifar10", 10);
}

static UNUSED void empty(void)
{
  ho_dataset_free(&data);
  ho_free(id);
  id = NULL;
}

static UNUSED struct ho_noise parsed(const char *spec)
{
  struct ho_noise noise;
  struct ho_error err;
  ck_assert_msg(!ho_noise_parse(spec, &noise, &err), "%s", err.text);
  return noise;
}

static UNUSED void apply_to(const char *spec, uint64_t seed, int part, const uint32_t *ids, size_t n, uint16_t *out)
{
  struct ho_noise noise = parsed(spec);
  struct ho_error err;
  struct ho_noise_input in = { &data, ids, n, seed, part };
  ck_assert_msg(!ho_noise_apply(&noise, &in, out, &err), "%s", err.text);
}

static UNUSED void apply(const char *spec, uint64_t seed, uint16_t *out)
{
  apply_to(spec, seed, HO_PART_TRAIN, id, N, out);
}

static UNUSED double expected_share(const struct ho_noise *noise)
{
  double wrong = -1;
  struct ho_noise_input in = { &data, id, N, 1, HO_PART_TRAIN };
  ck_assert_int_eq(ho_noise_expected(noise, &in, &wrong, NULL), 0);
  return wrong / N;
}

static UNUSED double realised(const uint16_t *labels, size_t *matrix)
{
  return ho_realised_rate(data.classes, N, data.train.label, labels, matrix);
}

/* A data set of real images: 4 x 3 pixels, 2 channels. */
static UNUSED void make_images(void)
{
  enum { BYTES = 4 * 3 * 2 };
  ho_free(data.train.pixel);
  data.train.height = 4;
  data.train.width = 3;
  data.train.channels = 2;
  data.train.pixel = ho_alloc(N, BYTES, "pixels", NULL);
  struct ho_stream s = ho_stream_make(1, "test", 0, 0);
  for (size_t i = 0; i < (size_t)N * BYTES; i++)
    data.train.pixel[i] = (uint8_t)ho_stream_below(&s, 256);
  for (int c = 0; c < 2; c++) {
    data.mean[c] = 0.4f + 0.1f * (float)c;
    data.deviation[c] = 0.25f;
  }
  ho_dataset_scale(&data);
}

#endif
