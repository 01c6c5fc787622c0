/* SPDX-License-Identifier: MIT
 * authors_rig.h - the runs of authors-demo.yaml (BILEVEL) and authors-demo-sgd.yaml (SGD), made small, and twins of their
 * images and losses in double. */
#ifndef HO_AUTHORS_RIG_H
#define HO_AUTHORS_RIG_H

#include <stdio.h>
#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "train/trainer.h"
#include "unit.h"

enum { BILEVEL, SGD, SIZE = 64, TRAIN = 200, TESTED = 150 };
static const char *const file_name[] = { "authors-demo.yaml", "authors-demo-sgd.yaml" };
__attribute__((unused)) static const int groups_of[] = { 8, 1 };

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;

static inline void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static inline void setup(void)
{
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
}

static inline void teardown(void)
{
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

static inline void read_file(int which)
{
  const char *source = getenv("HO_SRCDIR");
  char file[4096];
  snprintf(file, sizeof file, "%s/experiments/deep-bilevel-learning/%s", source ? source : ".", file_name[which]);
  ck_assert_msg(!ho_settings_read_yaml(&s, file, NULL, &err), "%s", err.text);
}

/* The file's run, smaller: 200 images of 16 x 16 with a window of 13 x 13, an Inception of a sixteenth's width. */
static inline struct ho_trainer *reduced(int which)
{
  read_file(which);
  set("dataset", "synthetic");
  set("train-size", "200");
  set("test-size", "150");
  set("net", "inception-small:width=0.06,dropout=0.5");
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->source.samples, TRAIN);
  return t;
}

static inline void step(struct ho_trainer *t)
{
  ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
}

/* rows, columns top .. of the image with a border of 4: cut, mirrored, contrast, standardised. */
static inline void twin_image(const struct ho_dataset *data, const uint8_t *pixel, int top, int left, int mirror,
                              double contrast, float *out)
{
  enum { SIDE = 13, FROM = 16, C = 3, ALL = SIDE * SIDE * C };
  double v[ALL], own[C] = { 0 }, mean = 0, variance = 0;
  ck_assert(data->train.height == FROM && data->train.width == FROM && data->train.channels == C);
  for (int i = 0; i < ALL; i++) {
    int y = top - 4 + i / (SIDE * C), x = i / C % SIDE, c = i % C;
    x = left - 4 + (mirror ? SIDE - 1 - x : x);
    v[i] = y < 0 || x < 0 || y >= FROM || x >= FROM ? 0 : pixel[(y * FROM + x) * C + c];
    own[c] += v[i] / (SIDE * SIDE);
  }
  for (int i = 0; i < ALL; i++) {
    v[i] = (v[i] - own[i % C]) * contrast + own[i % C];
    mean += v[i] / ALL;
  }
  for (int i = 0; i < ALL; i++)
    variance += (v[i] - mean) * (v[i] - mean) / ALL;
  for (int i = 0; i < ALL; i++)
    out[i] = (float)((v[i] - mean) / fmax(sqrt(variance), 1 / sqrt(ALL)));
}

static inline double cross_entropy(const double *z, int y, double *p)
{
  double sum = 0;
  for (int k = 0; k < 10; k++)
    sum += exp(z[k]);
  for (int k = 0; k < 10; k++)
    p[k] = exp(z[k]) / sum;
  return -log(p[y]);
}

static inline double *copy(size_t n, const float *a)
{
  double *b = malloc((n + 1) * sizeof *b);
  for (size_t i = 0; i < n; i++)
    b[i] = a[i];
  return b;
}

#endif
