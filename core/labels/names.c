/* SPDX-License-Identifier: MIT
 * names.c - names in order; see names.h. */
#include "labels/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *base_of(const char *full)
{
  const char *slash = strrchr(full, '/');
  return slash ? slash + 1 : full;
}

static int in_order(const void *a, const void *b)
{
  const struct ho_name *x = a, *y = b;
  int order = strcmp(x->base, y->base);
  return order ? order : strcmp(x->full, y->full);
}

int ho_names_make(struct ho_names *names, const char *const *name, size_t n, struct ho_error *err)
{
  *names = (struct ho_names){ .sorted = NULL };
  if (!name || !n)
    return 0;
  if (!(names->sorted = ho_alloc(n, sizeof *names->sorted, "names", err)))
    return -1;
  names->n = n;
  for (size_t i = 0; i < n; i++)
    names->sorted[i] = (struct ho_name){ name[i], base_of(name[i]), (uint32_t)i };
  qsort(names->sorted, n, sizeof *names->sorted, in_order);
  return 0;
}

void ho_names_free(struct ho_names *names)
{
  ho_free(names->sorted);
  *names = (struct ho_names){ .sorted = NULL };
}

int64_t ho_names_find(const struct ho_names *names, const char *full)
{
  const struct ho_name wanted = { full, base_of(full), 0 };
  const struct ho_name *is = names->n ? bsearch(&wanted, names->sorted, names->n, sizeof wanted, in_order) : NULL;
  return is ? (int64_t)is->number : HO_NAME_UNKNOWN;
}

/* Whether a path ends with the other one, from a slash on. */
static int ends_with(const char *path, const char *end)
{
  size_t n = strlen(path), m = strlen(end);
  return n > m && path[n - m - 1] == '/' && !strcmp(path + n - m, end);
}

/* The first name in order with this base or a later one. */
static size_t first_of(const struct ho_names *names, const char *base)
{
  size_t low = 0, high = names->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(names->sorted[middle].base, base) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int64_t ho_names_find_file(const struct ho_names *names, char *path)
{
  for (char *c = path; *c; c++)
    if (*c == '\\')
      *c = '/';
  while (path[0] == '.' && path[1] == '/')
    path += 2;
  const char *base = base_of(path);
  int64_t found = ho_names_find(names, path);
  if (found >= 0)
    return found;
  for (size_t i = first_of(names, base); i < names->n && !strcmp(names->sorted[i].base, base); i++) {
    const char *full = names->sorted[i].full;
    if (!ends_with(full, path) && !ends_with(path, full))
      continue;
    if (found >= 0)
      return HO_NAME_AMBIGUOUS;
    found = names->sorted[i].number;
  }
  return found;
}
