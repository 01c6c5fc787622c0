/* SPDX-License-Identifier: MIT
 * truth.c - whether the true labels of a data set are known; see noise.h.
 *
 * People who bring images of their own bring the labels that they have.  Nobody knows which of those are wrong, unless wrong
 * ones were put in by a noise model, or stand in a file of their own beside the better ones of the data set. */
#include <string.h>

#include "labels/noise.h"

static int is_own(const char *dataset)
{
  size_t length = strcspn(dataset, ":");
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    if (k->argument && strlen(k->name) == length && !strncmp(dataset, k->name, length))
      return dataset[length] == ':';
  return 0;
}

enum ho_truth ho_noise_truth(const char *noise, const char *dataset)
{
  if (!is_own(dataset))
    return HO_TRUTH_KNOWN;
  return strcmp(noise, "none") ? HO_TRUTH_REFERENCE : HO_TRUTH_UNKNOWN;
}

const char *ho_truth_text(enum ho_truth truth)
{
  static const char *const text[] = {
    [HO_TRUTH_KNOWN] = "known", [HO_TRUTH_REFERENCE] = "the data set's own labels", [HO_TRUTH_UNKNOWN] = "unknown"
  };
  return text[truth];
}
