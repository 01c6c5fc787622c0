/* SPDX-License-Identifier: MIT
 * arrays.c - shows and copies NumPy's .npy files for readers.bats.
 *
 *   arrays show FILE         the shape on one line, then each element in C order on a line of its own
 *   arrays copy TYPE IN OUT  the numbers of IN, written as f4, f8, u2 or i8, one row after the other */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/npy.h"

static struct ho_npy array;

static void quit(const struct ho_error *err)
{
  fprintf(stderr, "arrays: %s\n", err->text);
  exit(1);
}

/* Where the i-th element in C order lies. */
static size_t place(size_t i)
{
  size_t at = 0;
  for (int d = array.rank; d-- > 0; i /= array.shape[d])
    at += i % array.shape[d] * array.stride[d];
  return at;
}

static void show_element(size_t at)
{
  char text[4096];
  if (array.kind == HO_NPY_BYTES || array.kind == HO_NPY_UNICODE)
    printf("%s\n", ho_npy_text(&array, at, text, sizeof text) ? "(not text)" : text);
  else if (array.kind == HO_NPY_REAL)
    printf("%.17g\n", ho_npy_real(&array, at));
  else
    printf("%lld\n", ho_npy_integer(&array, at));
}

static void show(void)
{
  for (int d = 0; d < array.rank; d++)
    printf("%s%zu", d ? " " : "", array.shape[d]);
  printf("\n");
  for (size_t i = 0; i < array.n; i++)
    show_element(place(i));
}

static void copy(const char *type, const char *path)
{
  struct ho_npy_output out;
  struct ho_error err;
  if (ho_npy_open(&out, path, type, array.rank, array.shape, &err))
    quit(&err);
  for (size_t i = 0; i < array.n; i++) {
    double d = ho_npy_real(&array, place(i));
    float f = (float)d;
    uint16_t u = d < 0 ? 0 : (uint16_t)d;
    int64_t l = (int64_t)d;
    const void *element = !strcmp(type, "f4") ? (void *)&f : !strcmp(type, "f8") ? (void *)&d : (void *)&u;
    ho_npy_write(&out, !strcmp(type, "i8") ? &l : element, 1);
  }
  if (ho_npy_commit(&out, &err))
    quit(&err);
}

int main(int argc, char **argv)
{
  struct ho_error err;
  int is_copy = argc == 5 && !strcmp(argv[1], "copy");
  if (!is_copy && (argc != 3 || strcmp(argv[1], "show") != 0))
    return 2;
  if (ho_npy_read(argv[is_copy ? 3 : 2], &array, &err))
    quit(&err);
  if (is_copy)
    copy(argv[2], argv[4]);
  else
    show();
  ho_npy_free(&array);
  return 0;
}
