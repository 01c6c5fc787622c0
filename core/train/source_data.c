/* SPDX-License-Identifier: MIT
 * source_data.c - mini-batches from a data set: labels by the noise, samples by the samplers, images augmented. */
#include <stdio.h>

#include "compute/random.h"
#include "labels/fold.h"
#include "train/source.h"

/* The label file, if there is one: as the caller has found it, or where the noise leads. */
static int locate_labels(struct ho_source *s, const struct ho_settings *settings, const struct ho_labels_origin *labels,
                         struct ho_error *err)
{
  if (!labels->path || !*s->noise.path)
    return ho_noise_locate(&s->noise, settings->data_dir, err);
  snprintf(s->noise.path, sizeof s->noise.path, "%s", labels->path);
  s->noise.sealed = labels->sealed;
  return 0;
}

static int choose_test(struct ho_source *s, const struct ho_settings *settings, struct ho_error *err)
{
  if (!s->data.test.n) {
    ho_warn(&s->labelled.warnings, "%s has no test images: how well the network does on other images is not known%s",
            s->data.name,
            settings->validation_size ? ", beyond the accuracy on the validation part"
                                      : "; --validation-size N scores it on N training images that are held out");
    return settings->test_size
               ? ho_error_set(err, "--test-size %lld: %s has no test images", settings->test_size, s->data.name)
               : 0;
  }
  const size_t test[HO_PARTS] = { (size_t)settings->test_size, 0, 0 };
  if (test[HO_PART_TRAIN] > s->data.test.n)
    return ho_error_set(err, "--test-size %zu: there are only %zu test images", test[HO_PART_TRAIN], s->data.test.n);
  if (ho_split_make(&s->data.test, s->data.classes, test, 0, &s->test, err)) /* one test subset for every seed */
    return ho_error_prefix(err, "test images (--test-size)");
  const char *const flag[HO_PARTS] = { [HO_PART_TRAIN] = settings->test_size ? "test-size" : NULL };
  return ho_split_warn(&s->test, &s->data.test, s->data.classes, flag, &s->labelled.warnings, err);
}

static int load(struct ho_source *s, const struct ho_settings *settings, const struct ho_labels_origin *labels,
                struct ho_budget *budget, struct ho_error *err)
{
  const size_t size[HO_PARTS] = { (size_t)settings->train_size, (size_t)settings->validation_size,
                                  (size_t)settings->clean_size };
  struct ho_fold fold;
  if (!(s->augment = ho_augment_find(settings->augment, err)) || ho_noise_parse(settings->noise, &s->noise, err) ||
      ho_fold_parse(settings->fold, &fold, err))
    return -1;
  s->noise.true_labels = settings->true_labels;
  if (!s->data.classes &&
      (ho_dataset_load(settings->dataset, settings->data_dir, &s->data, err) ||
       ho_budget_reserve(budget, s->data.train.counted + s->data.test.counted, "the data set", err)))
    return -1;
  if (locate_labels(s, settings, labels, err) ||
      ho_labelled_make(&s->data, size, &s->noise, s->seed, settings->noise_seed, &s->labelled, err) ||
      ho_fold_leave_out(&fold, s->data.classes, s->seed, &s->labelled, err) || choose_test(s, settings, err))
    return -1;
  return s->augment->arrange ? s->augment->arrange(&s->data, s->seed, err) : 0;
}

/* The step's list of labels, drawn when first asked for. */
static int shared_list(struct ho_source *s, int size, struct ho_error *err)
{
  if (s->list_size == size)
    return 0;
  if (s->list_size)
    return ho_error_set(err, "matched mini-batches of one step have %d and %d images: they must be equal", s->list_size,
                        size);
  if ((size_t)size > s->samples)
    return ho_error_set(err, "a mini-batch of %d images is larger than the training set of %zu", size, s->samples);
  if (size > s->list_room) {
    ho_free(s->list);
    s->list_room = 0;
    if (!(s->list = ho_alloc((size_t)size, sizeof *s->list, "labels of a step", err)))
      return -1;
    s->list_room = size;
  }
  ho_class_list_next(s->classes, size, s->list);
  s->list_size = size;
  return 0;
}

static int choose(struct ho_source *s, const struct ho_draw *want, uint32_t *id, struct ho_error *err)
{
  const struct ho_source_pool *p = &s->pool[want->pool];
  static const char *const empty[] = { [HO_CLEAN] =
                                           "the clean pool is empty: set --clean-size to have images with true labels",
                                       [HO_VALIDATION] = "the validation pool is empty: set --validation-size" };
  if (!p->n)
    return ho_error_set(err, "%s", empty[want->pool == HO_CLEAN ? HO_CLEAN : HO_VALIDATION]);
  if (want->matched && shared_list(s, want->size, err))
    return -1;
  if (want->matched ? ho_sampler_matched(p->sampler, want->size, s->list, id, err)
                    : ho_sampler_plain(p->sampler, want->size, id, err))
    return want->pool == HO_CLEAN ? ho_error_append(err, " with true labels; use a larger --clean-size") : -1;
  for (int i = 0; i < want->size; i++)
    id[i] = p->id[id[i]];
  return 0;
}

static void image(const struct ho_source *s, uint32_t sample, uint64_t step, int view, float *x)
{
  const struct ho_images *from = &s->data.train;
  size_t bytes = (size_t)from->height * (size_t)from->width * (size_t)from->channels;
  struct ho_stream stream = ho_stream_make(s->seed, "augment", step, (uint64_t)view << 32 | sample);
  s->augment->apply(&s->data, from->pixel + ho_source_image(s, sample) * bytes, &stream, x);
}

const struct ho_source_kind ho_source_data_set = { .is_data_set = 1, .load = load, .choose = choose, .image = image };
