/* SPDX-License-Identifier: MIT
 * budget.c - the memory limit of a training; see budget.h. */
#include "train/budget.h"

#include <stdint.h>
#include <stdio.h>

#include "base/machine.h"

void ho_budget_make(struct ho_budget *b, const struct ho_settings *s)
{
  const char *bound = NULL;
  size_t limit = s->memory_limit ? (size_t)s->memory_limit : ho_machine_memory("", &bound) / 10 * 9;
  *b = (struct ho_budget){ .limit = limit };
  int length = snprintf(b->text, sizeof b->text, "%zu", limit);
  if (bound)
    snprintf(b->text + length, sizeof b->text - (size_t)length, ", nine tenths of what %s allows", bound);
}

int ho_budget_has(const struct ho_budget *b, size_t bytes)
{
  return bytes <= b->limit && b->fixed + b->step <= b->limit - bytes;
}

int ho_budget_reserve(struct ho_budget *b, size_t bytes, const char *what, struct ho_error *err)
{
  if (!ho_budget_has(b, bytes))
    return ho_error_set_as(err, HO_ERROR_MEMORY,
                           "%s needs %zu bytes in addition to %zu, but the memory limit is %s; use a smaller batch, a "
                           "narrower network or a larger --memory-limit",
                           what, bytes, b->fixed + b->step, b->text);
  b->fixed += bytes;
  return 0;
}

void ho_budget_return(struct ho_budget *b, size_t bytes)
{
  b->fixed -= bytes;
}

void *ho_budget_alloc(struct ho_budget *b, size_t n, size_t size, const char *what, struct ho_error *err)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes))
    bytes = SIZE_MAX;
  return ho_budget_reserve(b, bytes, what, err) ? NULL : ho_alloc(n, size, what, err);
}
