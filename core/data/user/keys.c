/* SPDX-License-Identifier: MIT
 * keys.c - the arguments of users' data sets; see keys.h. */
#include "data/user/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { KEYS_MOST = 16 };

/* The names of the keys, and a list of them for messages.  Returns their number. */
static size_t list_keys(const struct ho_user_key *keys, const char *names[KEYS_MOST], char *list, size_t size)
{
  size_t n = 0, length = 0;
  for (const struct ho_user_key *k = keys; k->name && n < KEYS_MOST; k++)
    if (*k->name) {
      length += (size_t)snprintf(list + length, size - length, "%s%s", n ? ", " : "", k->name);
      names[n++] = k->name;
    }
  return n;
}

static int unknown(const struct ho_user_key *keys, const char *item, struct ho_error *err)
{
  const char *names[KEYS_MOST];
  char list[KEYS_MOST * 16];
  size_t n = list_keys(keys, names, list, sizeof list);
  const char *nearest = ho_text_nearest(item, names, n);
  return ho_error_set(err, "unknown key `%.100s': %s%s%s", item, nearest ? "did you mean `" : "choose one of ",
                      nearest ? nearest : list, nearest ? "'?" : "");
}

static int give(const struct ho_user_key *keys, char *item, unsigned *seen, void *spec, struct ho_error *err)
{
  const char *names[KEYS_MOST];
  char list[KEYS_MOST * 16], *value = strchr(item, '=');
  if (!value) {
    list_keys(keys, names, list, sizeof list);
    return ho_error_set(err, "`%.100s' is not KEY=VALUE: the keys are %s; file names have no commas", item, list);
  }
  *value++ = 0;
  const struct ho_user_key *k = keys;
  while (k->name && (!*k->name || strcmp(item, k->name) != 0))
    k++;
  if (!k->name)
    return unknown(keys, item, err);
  unsigned bit = 1u << (k - keys);
  if (*seen & bit)
    return ho_error_set(err, "`%s' is given twice%s%s", item, k->twice ? ": " : "", k->twice ? k->twice : "");
  *seen |= bit;
  return k->set(spec, value, err);
}

int ho_user_keys_parse(const char *argument, char *text, const struct ho_user_key *keys, void *spec,
                       struct ho_error *err)
{
  unsigned seen = 0;
  if (snprintf(text, HO_USER_ARGUMENT_MOST, "%s", argument) >= HO_USER_ARGUMENT_MOST)
    return ho_error_set(err, "too long: at most %d characters", HO_USER_ARGUMENT_MOST - 1);
  for (char *item = text, *next; item; item = next) {
    next = strchr(item, ',');
    if (next)
      *next++ = 0;
    if (item == text && !*keys->name ? keys->set(spec, item, err) : give(keys, item, &seen, spec, err))
      return -1;
  }
  return 0;
}

size_t ho_user_path_length(const char *argument)
{
  for (const char *c = strchr(argument, ','); c; c = strchr(c + 1, ',')) {
    size_t letters = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz");
    if (letters && c[1 + letters] == '=')
      return (size_t)(c - argument);
  }
  return strlen(argument);
}

int ho_user_seed(const char *value, uint64_t *seed, struct ho_error *err)
{
  long long v;
  if (ho_text_int(value, &v) || v < 0)
    return ho_error_set(err, "seed: `%.100s' is not a whole number from 0 on", value);
  *seed = (uint64_t)v;
  return 0;
}

/* ---- the number of classes ---- */

static int largest(const uint16_t *label, size_t n, int sofar)
{
  for (size_t i = 0; i < n; i++)
    sofar = label[i] > sofar ? label[i] : sofar;
  return sofar;
}

static int smallest(const uint16_t *label, size_t n, int sofar)
{
  for (size_t i = 0; i < n; i++)
    sofar = label[i] < sofar ? label[i] : sofar;
  return sofar;
}

int ho_user_count_classes(struct ho_dataset *data, const char *where, struct ho_error *err)
{
  const struct ho_images *a = &data->train, *b = &data->test;
  data->classes = 1 + largest(b->label, b->n, largest(a->label, a->n, 0));
  if (a->coarse)
    data->superclasses = 1 + largest(b->coarse, b->n, largest(a->coarse, a->n, 0));
  if (data->classes < 2)
    return ho_error_set(err, "%s: every label is 0: at least two classes are needed", where);
  if (smallest(b->label, b->n, smallest(a->label, a->n, data->classes)) == 1)
    ho_warn(
        &data->warnings,
        "%s: no image has the label 0: labels seem to begin at 1, and begin at 0 here, so there is a class 0 without "
        "images; if that is not meant, subtract 1 from every label",
        where);
  return 0;
}
