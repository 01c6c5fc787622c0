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
  if (*noise->path && ho_label_file_warn(noise->path, data, &l->warnings, err))
    return -1;
  if (warn_of_untaught(data, &l->warnings, err))
    return -1;
  return ho_split_warn(&l->split, &data->train, data->classes, flag, &l->warnings, err);
}

int ho_labelled_make(const struct ho_dataset *data, const size_t size[HO_PARTS], const struct ho_noise *noise,
                     uint64_t seed, long long noise_seed, struct ho_labelled *out, struct ho_error *err)
{
  memset(out, 0, sizeof *out);
  out->truth = ho_truth_of(noise->spec, data->name);
  if (size[HO_PART_CLEAN] && out->truth == HO_TRUTH_UNKNOWN)
    return ho_error_set(err,
                        "--clean-size %zu needs images whose true labels are known, and those of %s are not: give the "
                        "data set checked labels, and the noisy ones with --noise file:PATH",
                        size[HO_PART_CLEAN], data->name);
  int result = ho_split_make(&data->train, data->classes, size, seed, &out->split, err);
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
  memset(labelled, 0, sizeof *labelled);
}

int ho_labelled_rows(const struct ho_labelled *labelled, const struct ho_dataset *data, struct ho_label_file *file,
                     struct ho_error *err)
{
  const struct ho_part_ids *ids[] = { &labelled->split.part[HO_PART_TRAIN], &labelled->split.part[HO_PART_VALIDATION],
                                      &labelled->left_out };
  const uint16_t *given[] = { labelled->given[HO_PART_TRAIN], labelled->given[HO_PART_VALIDATION],
                              labelled->left_out_given };
  size_t n = ids[0]->n + ids[1]->n + ids[2]->n, at[3] = { 0 };
  uint32_t *id = ho_alloc(n, sizeof *id, "labels", err);
  uint16_t *label = ho_alloc(n, 2 * sizeof *label, "labels", err); /* true ones, then given ones */
  if (!id || !label) {
    ho_free(id);
    ho_free(label);
    return -1;
  }
  for (size_t k = 0; k < n; k++) { /* all of them ascend: merge */
    int first = -1;
    for (int p = 0; p < 3; p++)
      if (at[p] < ids[p]->n && (first < 0 || ids[p]->id[at[p]] < ids[first]->id[at[first]]))
        first = p;
    label[n + k] = given[first][at[first]];
    id[k] = ids[first]->id[at[first]++];
    label[k] = data->train.label[id[k]];
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
