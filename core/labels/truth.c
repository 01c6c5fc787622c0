/* SPDX-License-Identifier: MIT
 * truth.c - whether the true labels of a data set are known; see truth.h.
 *
 * Which labels of a user's images are wrong is unknown.  A noise model makes labels wrong, so the data set's own labels are
 * the better ones, and serve as the reference.  A label file may be worse than the data set's own labels or, as when
 * suspects were relabelled, better: only the user knows. */
#include "labels/truth.h"

#include <string.h>

#include "data/dataset.h"

static int is_users(const char *dataset)
{
  size_t length = strcspn(dataset, ":");
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    if (k->argument && strlen(k->name) == length && !strncmp(dataset, k->name, length))
      return dataset[length] == ':';
  return 0;
}

enum ho_truth ho_truth_of(const char *noise, const char *dataset, const char *true_labels)
{
  if (!is_users(dataset))
    return HO_TRUTH_KNOWN;
  if (!strcmp(noise, "none") || (!strncmp(noise, "file:", 5) && strcmp(true_labels, "own") != 0))
    return HO_TRUTH_UNKNOWN;
  return HO_TRUTH_REFERENCE;
}

const char *ho_truth_text(enum ho_truth truth)
{
  static const char *const text[] = {
    [HO_TRUTH_KNOWN] = "known", [HO_TRUTH_REFERENCE] = "the data set's own labels", [HO_TRUTH_UNKNOWN] = "unknown"
  };
  return text[truth];
}
