/* SPDX-License-Identifier: MIT
 * tensors.c - makes, shows and compares files of tensors for trace.bats and parity.bats.
 *
 *   tensors make FILE NAME:DTYPE:SHAPE[=VALUE]...   F32 or I64, SHAPE as in 2x3; without VALUE, values that differ
 *   tensors show FILE                               a line of name, dtype and shape each
 *   tensors within FILE EXPECTED [PREFIX]           every tensor of EXPECTED (that begins with PREFIX, which its name in
 *                                                   FILE lacks) is in FILE, and no further off than notes `tolerance
 *                                                   NAME' or `tolerance KIND' of EXPECTED say; whole numbers are equal;
 *                                                   see tests/peers/comparison.py
 *   tensors equal FILE PREFIX OTHER PREFIX          tensors that begin with PREFIX are the same bit for bit in OTHER */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/safetensors.h"

/* What is given back at the end, however it comes. */
static struct ho_tensor_file *file[2];
static void *data[32];
static int files, datas;

static void release(void)
{
  for (int i = 0; i < files; i++)
    ho_tensor_file_free(file[i]);
  for (int i = 0; i < datas; i++)
    free(data[i]);
}

static _Noreturn void quit(const char *why, const char *name)
{
  fprintf(stderr, "tensors: %s: %s\n", name, why);
  exit(1);
}

static struct ho_tensor_file *open_file(const char *path)
{
  struct ho_error err;
  struct ho_tensor_file *f = ho_tensor_file_read(path, &err);
  if (!f)
    quit(err.text, path);
  return file[files++] = f;
}

/* ---- make ---- */

static size_t parse_shape(const char *text, size_t shape[8], int *rank)
{
  size_t n = 1;
  for (*rank = 0; *rank < 8; (*rank)++) {
    char *end;
    shape[*rank] = strtoul(text, &end, 10);
    n *= shape[*rank];
    if (*end != 'x') {
      ++*rank;
      return n;
    }
    text = end + 1;
  }
  return n;
}

static void add(struct ho_tensor_file *f, char *spec)
{
  char *save, *name = strtok_r(spec, ":", &save), *dtype = strtok_r(NULL, ":", &save);
  char *shape_text = strtok_r(NULL, "=", &save), *value = strtok_r(NULL, "", &save);
  struct ho_error err;
  size_t shape[8];
  int rank, whole = !strcmp(dtype, "I64");
  size_t n = parse_shape(shape_text, shape, &rank);
  void *all = calloc(n + 1, 8);
  for (size_t i = 0; all && i < n; i++)
    if (whole)
      ((int64_t *)all)[i] = value ? atoll(value) : (int64_t)(i % 3);
    else
      ((float *)all)[i] = value ? strtof(value, NULL) : (float)sin(1.7 * (double)(i * i % 101));
  data[datas++] = all;
  if (!all || ho_tensor_file_add(f, name, dtype, rank, shape, all, &err))
    quit("cannot make this tensor", name);
}

static void make(int argc, char **argv)
{
  struct ho_error err;
  struct ho_tensor_file *f = file[files++] = ho_tensor_file_new(&err);
  for (int i = 1; f && i < argc; i++)
    add(f, argv[i]);
  if (!f || ho_tensor_file_write(f, argv[0], &err))
    quit(err.text, argv[0]);
}

/* ---- show ---- */

static void show(const char *path)
{
  struct ho_tensor_file *f = open_file(path);
  for (size_t i = 0; i < ho_tensor_file_count(f); i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(f, i);
    printf("%s %s ", e->name, e->dtype);
    for (int k = 0; k < e->rank; k++)
      printf("%s%zu", k ? "x" : "", e->shape[k]);
    putchar('\n');
  }
}

/* ---- within ---- */

/* What stands before the first slash, or behind that of `net1/'; of running averages, which have no slot, `buffer'. */
static double tolerance(const struct ho_tensor_file *f, const char *name)
{
  char key[160];
  snprintf(key, sizeof key, "tolerance %.140s", name);
  if (ho_tensor_file_get_note(f, key))
    return atof(ho_tensor_file_get_note(f, key));
  name += strncmp(name, "net1/", 5) ? 0 : 5;
  size_t length = strcspn(name, "/");
  const char *suffix = strrchr(name, '.');
  int buffer = suffix && (!strcmp(suffix, ".running_mean") || !strcmp(suffix, ".running_var"));
  snprintf(key, sizeof key, "tolerance %.*s", buffer ? 6 : (int)length, buffer ? "buffer" : name);
  const char *text = ho_tensor_file_get_note(f, key);
  if (!text)
    quit("no tolerance for it", name);
  return atof(text);
}

/* Largest difference over the largest element of what is expected. */
static double error_of(const struct ho_tensor_entry *e, const struct ho_tensor_entry *have)
{
  int twice = !strcmp(have->dtype, "F64");
  const float *b = e->data;
  double apart = 0, scale = 0;
  for (size_t i = 0; i < e->bytes / sizeof *b; i++) {
    double a = twice ? ((const double *)have->data)[i] : (double)((const float *)have->data)[i];
    apart = fmax(apart, isfinite(a) ? fabs(a - b[i]) : INFINITY);
    scale = fmax(scale, fabs(b[i]));
  }
  return apart == 0 ? 0 : apart / scale;
}

/* The same number of the same type; a double may be expected as a float. */
static int fits(const struct ho_tensor_entry *have, const struct ho_tensor_entry *e)
{
  return have && have->rank == e->rank && !memcmp(have->shape, e->shape, (size_t)e->rank * sizeof *e->shape) &&
         (!strcmp(have->dtype, e->dtype) || (!strcmp(have->dtype, "F64") && !strcmp(e->dtype, "F32")));
}

static int within(const char *path, const char *expected, const char *prefix)
{
  int compared = 0;
  struct ho_tensor_file *f = open_file(path), *want = open_file(expected);
  double worst = 0;
  int bad = 0;
  for (size_t i = 0; i < ho_tensor_file_count(want); i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(want, i);
    if (strncmp(e->name, prefix, strlen(prefix)))
      continue;
    const char *name = e->name + strlen(prefix);
    const struct ho_tensor_entry *have = ho_tensor_file_find(f, name);
    compared++;
    if (!fits(have, e))
      quit("missing, or of another type or shape", e->name);
    if (!strcmp(name, "images") || strcmp(e->dtype, "F32") != 0) {
      int other = memcmp(have->data, e->data, e->bytes) != 0;
      if (other)
        fprintf(stderr, "tensors: %s: %s is not what it should be\n", path, e->name);
      bad += other;
      continue;
    }
    double error = error_of(e, have), most = tolerance(want, name);
    worst = fmax(worst, error / most);
    if (!(error <= most)) {
      fprintf(stderr, "tensors: %s: %s is off by %.2g, at most %.2g is allowed\n", path, e->name, error, most);
      bad++;
    }
  }
  printf("%d tensors, %.3f of what is allowed\n", compared, worst);
  return bad || !compared;
}

/* ---- equal ---- */

static int equal(const char *path, const char *prefix, const char *other, const char *other_prefix)
{
  struct ho_tensor_file *f = open_file(path), *g = open_file(other);
  int bad = 0, n = 0;
  for (size_t i = 0; i < ho_tensor_file_count(f); i++) {
    const struct ho_tensor_entry *a = ho_tensor_file_at(f, i);
    char name[300];
    if (strncmp(a->name, prefix, strlen(prefix)))
      continue;
    snprintf(name, sizeof name, "%s%s", other_prefix, a->name + strlen(prefix));
    const struct ho_tensor_entry *b = ho_tensor_file_find(g, name);
    n++;
    if (!b || a->bytes != b->bytes || memcmp(a->data, b->data, a->bytes)) {
      fprintf(stderr, "tensors: %s is not %s\n", a->name, name);
      bad = 1;
    }
  }
  return bad || !n;
}

int main(int argc, char **argv)
{
  atexit(release);
  if (argc > 3 && argc < 35 && !strcmp(argv[1], "make"))
    make(argc - 2, argv + 2);
  else if (argc == 3 && !strcmp(argv[1], "show"))
    show(argv[2]);
  else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "within"))
    return within(argv[2], argv[3], argc == 5 ? argv[4] : "");
  else if (argc == 6 && !strcmp(argv[1], "equal"))
    return equal(argv[2], argv[3], argv[4], argv[5]);
  else
    return 2;
  return 0;
}
