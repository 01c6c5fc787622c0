/* SPDX-License-Identifier: MIT
 * noise.c - the table of noise models, their specifications, and what came of them; see noise.h.  A new model is a
 * row here and a function (noise_models.h). */
#include "data/noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/formats.h"
#include "data/noise_models.h"

static int apply_none(const struct ho_noise *noise, const struct ho_noise_input *in, uint16_t *given,
                      struct ho_error *err)
{
  (void)noise;
  (void)in;
  (void)given; /* holds the true labels already */
  (void)err;
  return 0;
}

static int apply_file(const struct ho_noise *noise, const struct ho_noise_input *in, uint16_t *given,
                      struct ho_error *err)
{
  return ho_labels_read(noise->path, in->data, in->id, in->n, given, err);
}

static double never_flips(const struct ho_noise *noise, int classes, int class)
{
  (void)noise;
  (void)classes;
  (void)class;
  return 0;
}

#define MODEL(name) ho_noise_##name, ho_noise_##name##_flips
static const struct ho_noise_model models[] = {
  { "none", "true labels", NULL, 0, apply_none, never_flips },
  { "symmetric", "in each class exactly this share of labels becomes another class, uniformly", "Jenni and Favaro 2018",
    1, MODEL(symmetric) },
  { "symmetric-bernoulli", "each label becomes another class with this probability, uniformly", "Patrini et al. 2017",
    1, MODEL(bernoulli) },
  { "symmetric-inclusive",
    "each label is drawn anew from all K classes with this probability, so that it may stay: "
    "only RATE (K-1)/K become wrong; at 1 all labels are random",
    "Zhang et al. 2017", 1, MODEL(inclusive) },
  { "pair", "each label becomes the next class with this probability, the last class the first", "Han et al. 2018", 1,
    MODEL(pair) },
  { "asymmetric",
    "cifar10 alone: truck -> automobile, bird -> airplane, deer -> horse, cat <-> dog with this "
    "probability each: RATE/2 of all labels become wrong",
    "Patrini et al. 2017", 1, MODEL(asymmetric) },
  { "super-cycle", "cifar100 alone: the next class of the same superclass with this probability",
    "Patrini et al. 2017, as described", 1, MODEL(super_cycle) },
  { "block5-legacy",
    "cifar100 alone: the next class within blocks of five class numbers with this probability, "
    "which leaves the superclass for 94 of 100 classes",
    "Patrini et al. 2017, as programmed", 1, MODEL(block5) },
  { "air",
    "cifar10 alone: structured confusion, 0.6 of each class stay, cat -> dog 0.192, horse -> truck 0.169, "
    "ship -> dog 0.169; these alone are known of the original matrix, the rest of a row is spread evenly; counts are "
    "rounded, not sampled",
    "after Azadi et al. 2016", 0, MODEL(air) },
  { "instance",
    "depends on the image: its probability to become wrong is normal around RATE (deviation 0.1, cut off "
    "at 0 and 1), the class drawn by a random linear map of its pixels",
    "Xia et al. 2020", 1, MODEL(instance) },
  { "file", "labels from the file PATH, as `holdout noise' writes it, or one byte per training image", NULL, 0,
    apply_file, NULL },
  { 0 },
};

const struct ho_noise_model *ho_noise_models(void)
{
  return models;
}

static const struct ho_noise_model *model_named(const char *name, struct ho_error *err)
{
  const char *names[sizeof models / sizeof *models];
  char list[512] = "";
  size_t n = 0;
  for (; models[n].name; n++) {
    names[n] = models[n].name;
    if (!strcmp(name, names[n]))
      return &models[n];
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n ? ", " : "", names[n]);
  }
  const char *nearest = ho_text_nearest(name, names, n);
  if (nearest)
    ho_error_set(err, "no noise model `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "no noise model `%.100s': there are %s", name, list);
  return NULL;
}

/* RATE, or RATE,key=value. */
static int parse_rate(char *text, struct ho_noise *noise, struct ho_error *err)
{
  const char *name = noise->model->name;
  char *options = strchr(text, ',');
  if (options)
    *options++ = 0;
  if (ho_text_real(text, &noise->rate) || !(noise->rate >= 0 && noise->rate <= 1))
    return ho_error_set(err, "noise `%s': the rate `%.100s' is no number from 0 to 1", name, text);
  noise->rate += 0; /* no negative zero */
  if (options)
    return ho_error_set(err, "noise `%s': no option `%.100s'", name, options);
  char rate[32];
  ho_text_from_real(noise->rate, rate);
  snprintf(noise->spec, sizeof noise->spec, "%s:%s", name, rate);
  return 0;
}

int ho_noise_parse(const char *spec, struct ho_noise *noise, struct ho_error *err)
{
  char text[sizeof noise->spec];
  memset(noise, 0, sizeof *noise);
  if (snprintf(text, sizeof text, "%s", spec) >= (int)sizeof text)
    return ho_error_set(err, "noise `%.60s...': too long", spec);
  char *rest = strchr(text, ':');
  if (rest)
    *rest++ = 0;
  noise->model = model_named(text, err);
  if (!noise->model)
    return -1;
  if (noise->model->apply == apply_file) {
    noise->rate = NAN;
    if (!rest || !*rest || strlen(rest) >= sizeof noise->path)
      return ho_error_set(err, "noise `file' needs the path of a label file: file:PATH");
    if (strpbrk(rest, "\r\n")) /* it will stand in a note of one line */
      return ho_error_set(err, "noise `file': the path has a line break: rename the file");
    memcpy(noise->path, rest, strlen(rest) + 1);
    snprintf(noise->spec, sizeof noise->spec, "file:%s", rest);
    return 0;
  }
  if (noise->model->takes_rate) {
    if (!rest)
      return ho_error_set(err, "noise `%s' needs a rate: for example %s:0.4", text, text);
    return parse_rate(rest, noise, err);
  }
  if (rest)
    return ho_error_set(err, "noise `%s' takes no rate, but has `%.100s'", text, rest);
  noise->rate = noise->model->flips(noise, 0, 0); /* the same for all classes */
  snprintf(noise->spec, sizeof noise->spec, "%s", text);
  return 0;
}

int ho_noise_locate(struct ho_noise *noise, const char *directory, struct ho_error *err)
{
  char found[sizeof noise->path];
  if (noise->model->apply != apply_file)
    return 0;
  if (ho_data_locate_beside(noise->path, directory, found, sizeof found, err))
    return ho_error_prefix(err, "label file");
  memcpy(noise->path, found, sizeof found);
  return 0;
}

int ho_noise_needs_two(const struct ho_noise *noise, const struct ho_noise_input *in, struct ho_error *err)
{
  if (in->data->classes >= 2)
    return 0;
  return ho_error_set(err, "%s noise needs two classes or more, %s has %d", noise->model->name, in->data->name,
                      in->data->classes);
}

int ho_noise_needs_dataset(const struct ho_noise *noise, const struct ho_noise_input *in, const char *dataset,
                           struct ho_error *err)
{
  if (!strcmp(in->data->name, dataset))
    return 0;
  return ho_error_set(err,
                      "noise `%s' is defined for the data set %s alone, not for %s; symmetric and pair are for "
                      "any",
                      noise->model->name, dataset, in->data->name);
}

int ho_noise_apply(const struct ho_noise *noise, const struct ho_noise_input *in, uint16_t *given, struct ho_error *err)
{
  if (in->n > INT32_MAX)
    return ho_error_set(err, "%zu labels are too many: at most %d", in->n, INT32_MAX);
  for (size_t i = 0; i < in->n; i++) {
    if (in->id[i] >= in->data->train.n)
      return ho_error_set(err, "no training image %u: %s has %zu", in->id[i], in->data->name, in->data->train.n);
    given[i] = in->data->train.label[in->id[i]];
  }
  return noise->model->apply(noise, in, given, err);
}

double ho_noise_realised(int classes, size_t n, const uint16_t *true_label, const uint16_t *given, size_t *matrix)
{
  size_t wrong = 0, k = (size_t)classes;
  if (matrix)
    memset(matrix, 0, k * k * sizeof *matrix);
  for (size_t i = 0; i < n; i++) {
    wrong += true_label[i] != given[i];
    if (matrix)
      matrix[true_label[i] * k + given[i]]++;
  }
  return n ? (double)wrong / (double)n : 0;
}

double ho_noise_expected(const struct ho_noise *noise, int classes, size_t n, const uint16_t *true_label)
{
  double sum = 0;
  if (!noise->model->flips)
    return NAN;
  for (size_t i = 0; i < n; i++)
    sum += noise->model->flips(noise, classes, true_label[i]);
  return n ? sum / (double)n : 0;
}

void ho_noise_spec_form(const struct ho_noise_model *model, char out[64])
{
  snprintf(out, 64, "%s%s", model->name, model->apply == apply_file ? ":PATH" : model->takes_rate ? ":RATE" : "");
}
