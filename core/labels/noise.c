/* SPDX-License-Identifier: MIT
 * noise.c - the table of noise models, their specifications, and how they are applied; see noise.h.  A new model is a row
 * here and two functions (noise_models.h). */
#include "labels/noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/locate.h"
#include "labels/noise_models.h"

static int apply_none(const struct ho_noise *noise, const struct ho_noise_input *in,
                      const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)noise;
  (void)in;
  (void)classes;
  (void)given; /* holds the true labels already */
  (void)err;
  return 0;
}

static int apply_file(const struct ho_noise *noise, const struct ho_noise_input *in,
                      const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)classes;
  if (!noise->labels)
    return ho_error_set(err, "%s: its labels have not been read", noise->path);
  for (size_t i = 0; i < in->n; i++)
    given[i] = (uint16_t)noise->labels[in->id[i]];
  return 0;
}

static double never_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)noise;
  (void)choices;
  (void)class;
  (void)n;
  return 0;
}

#define FUNCTIONS(name) .apply = ho_noise_##name, .wrong = ho_noise_##name##_wrong
static const struct ho_noise_model models[] = {
  { .name = "none", .summary = "true labels", .apply = apply_none, .wrong = never_wrong },
  { .name = "symmetric",
    .summary = "in each class of each part exactly this share of labels, rounded down to whole labels, becomes another "
               "class, uniformly",
    .citation = "Jenni and Favaro 2018",
    .takes_rate = 1,
    .rounds = 1,
    .needs_two = 1,
    FUNCTIONS(symmetric) },
  { .name = "symmetric-bernoulli",
    .summary = "each label becomes another class with this probability, uniformly",
    .citation = "Patrini et al. 2017",
    .takes_rate = 1,
    .needs_two = 1,
    FUNCTIONS(bernoulli) },
  { .name = "symmetric-inclusive",
    .summary = "each label is drawn anew from all K classes that have images with this probability, so that it may "
               "stay: only RATE (K-1)/K become wrong; at 1 all labels are random",
    .citation = "Zhang et al. 2017",
    .takes_rate = 1,
    .needs_two = 1,
    FUNCTIONS(inclusive) },
  { .name = "pair",
    .summary = "each label becomes the next class with this probability, the last class the first",
    .citation = "Han et al. 2018",
    .takes_rate = 1,
    .needs_two = 1,
    FUNCTIONS(pair) },
  { .name = "asymmetric",
    .summary = "cifar10 alone: truck -> automobile, bird -> airplane, deer -> horse, cat <-> dog with this probability "
               "each: RATE/2 of all labels become wrong",
    .citation = "Patrini et al. 2017",
    .takes_rate = 1,
    .dataset = "cifar10",
    FUNCTIONS(asymmetric) },
  { .name = "super-cycle",
    .summary = "cifar100 alone: the next class of the same superclass with this probability",
    .citation = "Patrini et al. 2017, as described",
    .takes_rate = 1,
    .dataset = "cifar100",
    FUNCTIONS(super_cycle) },
  { .name = "block5-legacy",
    .summary = "cifar100 alone: the next class within blocks of five class numbers with this probability, which leaves "
               "the superclass for 94 of 100 classes",
    .citation = "Patrini et al. 2017, as programmed",
    .takes_rate = 1,
    .dataset = "cifar100",
    FUNCTIONS(block5) },
  { .name = "air",
    .summary = "cifar10 alone: the authors' confusion matrix, by similarity of classes: at 0.4 cat -> dog 0.192, "
               "horse -> truck 0.172, frog -> truck 0.159, 0.594 to 0.610 of a class stay; at another RATE the cells "
               "off the diagonal grow with it, the diagonal is 1 - RATE, and each row is divided by its sum; counts "
               "are rounded, not sampled",
    .citation = "Azadi et al. 2016",
    .takes_rate = 1,
    .rounds = 1,
    .dataset = "cifar10",
    FUNCTIONS(air) },
  { .name = "instance",
    .summary = "depends on the image: its probability to become wrong is normal around RATE (deviation 0.1, cut off at "
               "0 and 1), the class drawn by a random linear map of its pixels",
    .citation = "Xia et al. 2020",
    .takes_rate = 1,
    .needs_two = 1,
    FUNCTIONS(instance) },
  { .name = "file",
    .summary = "labels from the file PATH: CSV or TSV by image number or file name, .npy, or one byte per training "
               "image; images without a label are left out",
    .apply = apply_file },
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
    ho_error_set(err, "unknown noise model `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "unknown noise model `%.100s': choose one of %s", name, list);
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
    return ho_error_set(err, "noise `%s': the rate `%.100s' is not a number from 0 to 1", name, text);
  noise->rate += 0; /* no negative zero */
  if (options)
    return ho_error_set(err, "noise `%s' has no option `%.100s'", name, options);
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
    if (strpbrk(rest, "\r\n")) /* label files write it on one line */
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
    return ho_error_set(err, "noise `%s' takes no rate, but is given `%.100s'", text, rest);
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

/* Fails when the model is not defined for these data. */
static int check(const struct ho_noise_model *model, const struct ho_dataset *data,
                 const struct ho_noise_classes *classes, struct ho_error *err)
{
  if (model->dataset && strcmp(data->name, model->dataset))
    return ho_error_set(
        err, "noise `%s' is defined only for the data set %s, not for %s; symmetric and pair are for any data set",
        model->name, model->dataset, data->name);
  if (model->needs_two && classes->n < 2)
    return ho_error_set(err, "%s noise needs at least two classes with training images, but %s has %d", model->name,
                        data->name, classes->n);
  return 0;
}

static void free_classes(struct ho_noise_classes *classes)
{
  ho_free(classes->class);
  ho_free(classes->rank);
}

static int find_classes(const struct ho_dataset *data, struct ho_noise_classes *classes, struct ho_error *err)
{
  size_t K = (size_t)data->classes;
  classes->n = 0;
  classes->class = ho_alloc(K, sizeof *classes->class, "label noise", err);
  classes->rank = ho_alloc(K, sizeof *classes->rank, "label noise", err);
  if (!classes->class || !classes->rank) {
    free_classes(classes);
    return -1;
  }
  for (size_t i = 0; i < data->train.n; i++)
    classes->rank[data->train.label[i]] = 1;
  for (size_t c = 0; c < K; c++)
    if (classes->rank[c]) {
      classes->rank[c] = (uint16_t)classes->n;
      classes->class[classes->n++] = (uint16_t)c;
    }
  return 0;
}

int ho_noise_apply(const struct ho_noise *noise, const struct ho_noise_input *in, uint16_t *given, struct ho_error *err)
{
  if (in->n > INT32_MAX)
    return ho_error_set(err, "%zu labels are too many: at most %d", in->n, INT32_MAX);
  for (size_t i = 0; i < in->n; i++) {
    if (in->id[i] >= in->data->train.n)
      return ho_error_set(err, "training image %u is out of range: %s has %zu", in->id[i], in->data->name,
                          in->data->train.n);
    given[i] = in->data->train.label[in->id[i]];
  }
  struct ho_noise_classes classes;
  if (find_classes(in->data, &classes, err))
    return -1;
  int result = check(noise->model, in->data, &classes, err) || noise->model->apply(noise, in, &classes, given, err);
  free_classes(&classes);
  return result ? -1 : 0;
}

int ho_noise_expected(const struct ho_noise *noise, const struct ho_noise_input *in, double *wrong,
                      struct ho_error *err)
{
  struct ho_noise_classes classes;
  *wrong = noise->model->wrong ? 0 : NAN;
  if (!noise->model->wrong)
    return 0;
  size_t K = (size_t)in->data->classes, *count = ho_alloc(K, sizeof *count, "label noise", err);
  if (!count || find_classes(in->data, &classes, err)) {
    ho_free(count);
    return -1;
  }
  for (size_t i = 0; i < in->n; i++)
    count[in->data->train.label[in->id[i]]]++;
  for (size_t c = 0; c < K; c++)
    *wrong += noise->model->wrong(noise, classes.n, (int)c, count[c]);
  ho_free(count);
  free_classes(&classes);
  return 0;
}

void ho_noise_spec_form(const struct ho_noise_model *model, char out[64])
{
  snprintf(out, 64, "%s%s", model->name, model->apply == apply_file ? ":PATH" : model->takes_rate ? ":RATE" : "");
}
