/* SPDX-License-Identifier: MIT
 * labelled.c - the labelled samples of a run; see labelled.h. */
#include "labels/labelled.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* Warns if rounding makes far fewer labels wrong than the rate says, as happens with small classes. */
static void warn_of_rounding(const struct ho_noise *noise, const struct ho_labelled *l, struct ho_warnings *warnings)
{
  static const double much = 0.05; /* of the rate */
  double n = (double)(l->split.part[HO_PART_TRAIN].n + l->split.part[HO_PART_VALIDATION].n), nominal = noise->rate * n;
  double wrong = l->wrong[HO_PART_TRAIN] + l->wrong[HO_PART_VALIDATION];
  if (noise->model->rounds && fabs(wrong - nominal) > much * nominal)
    ho_warn(warnings,
            "noise %s makes %.0f of %.0f labels wrong, a share of %.4f: counts are rounded in each class of each part, "
            "and the classes are small",
            noise->spec, wrong, n, wrong / n);
}

/* Warns of classes that only test images have: no network can learn them. */
static int warn_of_untaught(const struct ho_dataset *data, struct ho_warnings *warnings, struct ho_error *err)
{
  size_t K = (size_t)data->classes, tested = 0, untaught = 0, first = 0;
  char *seen = ho_alloc(K, 2 * sizeof *seen, "classes", err); /* among training images, then among test images */
  if (!seen)
    return -1;
  for (size_t i = 0; i < data->train.n; i++)
    seen[data->train.label[i]] = 1;
  for (size_t i = 0; i < data->test.n; i++)
    seen[K + data->test.label[i]] = 1;
  for (size_t c = 0; c < K; c++) {
    tested += seen[K + c] > 0;
    if (seen[K + c] && !seen[c] && !untaught++)
      first = c;
  }
  if (untaught)
    ho_warn(warnings, "%zu of %zu classes of the test images have no training image, the first of them class %zu",
            untaught, tested, first);
  ho_free(seen);
  return 0;
}

static int warn(const struct ho_dataset *data, const size_t size[HO_PARTS], const struct ho_noise *noise,
                struct ho_labelled *l, struct ho_error *err)
{
  const char *const flag[HO_PARTS] = { [HO_PART_TRAIN] = size[HO_PART_TRAIN] ? "train-size" : NULL,
                                       [HO_PART_VALIDATION] = size[HO_PART_VALIDATION] ? "validation-size" : NULL,
                                       [HO_PART_CLEAN] = size[HO_PART_CLEAN] ? "clean-size" : NULL };
  l->warnings = data->warnings;
  warn_of_rounding(noise, l, &l->warnings);
  if (l->is_partial && l->file.n < data->train.n / 2 + data->train.n % 2)
    ho_warn(
        &l->warnings,
        "%.500s: it has labels for %zu of %zu training images, fewer than half: the others are left out of training",
        noise->path, l->file.n, data->train.n);
  if (l->file.given && ho_label_file_warn(noise->path, &l->file, data, &l->warnings, err))
    return -1;
  if (warn_of_untaught(data, &l->warnings, err))
    return -1;
  return ho_split_warn(&l->split, &data->train, data->classes, flag, &l->warnings, err);
}

/* ---- the split ---- */

/* Whether the file has a label for each image that needs one. */
static int has_all(const struct ho_file_labels *file, const struct ho_split *split)
{
  for (int p = 0; p < HO_PARTS; p++)
    for (size_t i = 0; i < split->part[p].n && p != HO_PART_CLEAN; i++)
      if (file->given[split->part[p].id[i]] < 0)
        return 0;
  return 1;
}

/* Splits the images that the file has labels for. */
static int split_some(const struct ho_dataset *data, const size_t size[HO_PARTS], uint64_t seed,
                      const struct ho_file_labels *file, struct ho_split *split, struct ho_error *err)
{
  struct ho_images some = { .n = 0 };
  uint32_t *id = ho_alloc(file->n, sizeof *id, "a split", err);
  some.label = ho_alloc(file->n, sizeof *some.label, "a split", err);
  for (size_t i = 0; id && some.label && i < data->train.n; i++)
    if (file->given[i] >= 0) {
      id[some.n] = (uint32_t)i;
      some.label[some.n++] = data->train.label[i];
    }
  int result = some.n ? ho_split_make(&some, data->classes, size, seed, split, err) : -1;
  for (int p = 0; p < HO_PARTS && !result; p++)
    for (size_t i = 0; i < split->part[p].n; i++)
      split->part[p].id[i] = id[split->part[p].id[i]];
  ho_free(some.label);
  ho_free(id);
  return result;
}

static int split(const struct ho_dataset *data, const size_t size[HO_PARTS], const struct ho_noise *noise,
                 uint64_t seed, struct ho_labelled *out, struct ho_error *err)
{
  if (ho_split_make(&data->train, data->classes, size, seed, &out->split, err) ||
      (*noise->path && ho_label_file_read(noise->path, data, noise->sealed, &out->file, err)))
    return -1;
  out->is_partial = out->file.given && !has_all(&out->file, &out->split);
  if (!out->is_partial)
    return 0;
  ho_split_free(&out->split);
  if (split_some(data, size, seed, &out->file, &out->split, err))
    return ho_error_prefix(err, "%s has labels for %zu of %zu training images", noise->path, out->file.n,
                           data->train.n);
  return 0;
}

int ho_labelled_make(const struct ho_dataset *data, const size_t size[HO_PARTS], const struct ho_noise *specified,
                     uint64_t seed, long long noise_seed, struct ho_labelled *out, struct ho_error *err)
{
  struct ho_noise with = *specified, *noise = &with;
  memset(out, 0, sizeof *out);
  out->truth = ho_truth_of(noise->spec, data->name, noise->true_labels ? noise->true_labels : "unknown");
  if (size[HO_PART_CLEAN] && out->truth == HO_TRUTH_UNKNOWN)
    return ho_error_set(err,
                        "--clean-size %zu needs images whose true labels are known, and those of %s are not: give the "
                        "data set checked labels, the noisy ones with --noise file:PATH, and --true-labels own",
                        size[HO_PART_CLEAN], data->name);
  int result = split(data, size, noise, seed, out, err);
  with.labels = out->file.given;
  for (int p = 0; p < HO_PARTS && !result; p++) {
    const struct ho_part_ids *ids = &out->split.part[p];
    struct ho_noise_input in = { data, ids->id, ids->n, noise_seed < 0 ? seed : (uint64_t)noise_seed, p };
    out->given[p] = ho_alloc(ids->n, sizeof *out->given[p], "labels", err);
    if (!out->given[p])
      result = -1;
    else if (p == HO_PART_CLEAN)
      for (size_t i = 0; i < ids->n; i++)
        out->given[p][i] = data->train.label[ids->id[i]];
    else
      result = ho_noise_apply(noise, &in, out->given[p], err) || ho_noise_expected(noise, &in, &out->wrong[p], err);
  }
  if (result || warn(data, size, noise, out, err)) {
    ho_labelled_free(out);
    return -1;
  }
  return 0;
}

void ho_labelled_free(struct ho_labelled *labelled)
{
  for (int p = 0; p < HO_PARTS; p++)
    ho_free(labelled->given[p]);
  ho_free(labelled->left_out.id);
  ho_free(labelled->left_out_given);
  ho_split_free(&labelled->split);
  ho_file_labels_free(&labelled->file);
  memset(labelled, 0, sizeof *labelled);
}

/* Merges training part, what was left out of it, and validation part, each of which ascends. */
static void merge(const struct ho_labelled *l, size_t n, uint32_t *id, uint16_t *given)
{
  const struct ho_part_ids *ids[] = { &l->split.part[HO_PART_TRAIN], &l->split.part[HO_PART_VALIDATION], &l->left_out };
  const uint16_t *labels[] = { l->given[HO_PART_TRAIN], l->given[HO_PART_VALIDATION], l->left_out_given };
  size_t at[3] = { 0 };
  for (size_t k = 0; k < n; k++) {
    int first = 0;
    for (int p = 1; p < 3; p++)
      if (at[p] < ids[p]->n && (at[first] == ids[first]->n || ids[p]->id[at[p]] < ids[first]->id[at[first]]))
        first = p;
    given[k] = labels[first][at[first]];
    id[k] = ids[first]->id[at[first]++];
  }
}

static void copy_file(const struct ho_file_labels *file, size_t images, uint32_t *id, uint16_t *given)
{
  for (size_t image = 0, k = 0; image < images; image++)
    if (file->given[image] >= 0) {
      id[k] = (uint32_t)image;
      given[k++] = (uint16_t)file->given[image];
    }
}

int ho_labelled_rows(const struct ho_labelled *labelled, const struct ho_dataset *data, struct ho_label_file *file,
                     struct ho_error *err)
{
  const struct ho_part_ids *part = labelled->split.part;
  size_t n = labelled->is_partial ? labelled->file.n
                                  : part[HO_PART_TRAIN].n + part[HO_PART_VALIDATION].n + labelled->left_out.n;
  uint32_t *id = ho_alloc(n, sizeof *id, "labels", err);
  uint16_t *label = ho_alloc(n, 2 * sizeof *label, "labels", err); /* true ones, then given ones */
  if (!id || !label) {
    ho_free(id);
    ho_free(label);
    return -1;
  }
  if (labelled->is_partial)
    copy_file(&labelled->file, data->train.n, id, label + n);
  else
    merge(labelled, n, id, label + n);
  for (size_t k = 0; k < n; k++) {
    label[k] = data->train.label[id[k]];
    id[k] = ho_images_number(&data->train, id[k]);
  }
  double wrong = labelled->wrong[HO_PART_TRAIN] + labelled->wrong[HO_PART_VALIDATION];
  *file = (struct ho_label_file){ n, id, label, label + n, wrong / (double)n, labelled->truth };
  return 0;
}

void ho_labelled_rows_free(struct ho_label_file *file)
{
  ho_free((void *)file->id);
  ho_free((void *)file->true_label);
  memset(file, 0, sizeof *file);
}
