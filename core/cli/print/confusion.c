/* SPDX-License-Identifier: MIT
 * confusion.c - see confusion.h. */
#include "cli/print/confusion.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/print/table.h"

enum {
  WHOLE = 20 /* classes of a matrix that is printed */,
  MOST = 20 /* rows of a list */,
  LISTED = 40 /* classes, if there are no more */
};

int ho_confusion_make(struct ho_confusion *c, const struct ho_dataset *data, struct ho_error *err)
{
  size_t K = (size_t)data->classes;
  c->data = data;
  c->count = ho_alloc(K * K, sizeof *c->count, "a confusion matrix", err);
  return c->count ? 0 : -1;
}

void ho_confusion_free(struct ho_confusion *c)
{
  ho_free(c->count);
  c->count = NULL;
}

void ho_confusion_add(struct ho_confusion *c, int label, int predicted)
{
  c->count[(size_t)label * (size_t)c->data->classes + (size_t)predicted]++;
}

static size_t images(const struct ho_confusion *c, size_t k)
{
  size_t K = (size_t)c->data->classes, sum = 0;
  for (size_t j = 0; j < K; j++)
    sum += c->count[k * K + j];
  return sum;
}

static size_t predictions(const struct ho_confusion *c, size_t k)
{
  size_t K = (size_t)c->data->classes, sum = 0;
  for (size_t j = 0; j < K; j++)
    sum += c->count[j * K + k];
  return sum;
}

static size_t right(const struct ho_confusion *c, size_t k)
{
  return c->count[k * (size_t)c->data->classes + k];
}

/* Of nothing it is not known. */
static double share(size_t part, size_t of)
{
  return of ? (double)part / (double)of : NAN;
}

static const char *name(const struct ho_confusion *c, size_t k)
{
  return c->data->class_name ? c->data->class_name[k] : "-";
}

/* ---- for people ---- */

struct place { /* a class, or two */
  size_t label, predicted, count;
  double key; /* the least comes first */
};

static int by_key(const void *a, const void *b)
{
  const struct place *x = a, *y = b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->label != y->label           ? (x->label < y->label ? -1 : 1)
         : x->predicted != y->predicted ? (x->predicted < y->predicted ? -1 : 1)
                                        : 0;
}

static void share_cell(struct ho_table *t, double value)
{
  if (isnan(value))
    ho_table_cell(t, "-");
  else
    ho_table_cell(t, "%.4f", value);
}

/* The classes; of many, those with the least recall. */
static int print_classes(const struct ho_confusion *c, int width, struct ho_error *err)
{
  size_t K = (size_t)c->data->classes, n = K <= LISTED ? K : MOST;
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = width };
  struct place *order = ho_alloc(K, sizeof *order, "classes", err);
  if (!order)
    return -1;
  for (size_t k = 0; k < K; k++) {
    double recall = share(right(c, k), images(c, k));
    order[k] = (struct place){ k, 0, 0, n == K ? 0 : isnan(recall) ? 2 : recall };
  }
  qsort(order, K, sizeof *order, by_key);
  ho_table_column(&t, "class", 1);
  if (c->data->class_name)
    ho_table_column(&t, "name", 0);
  ho_table_column(&t, "images", 1);
  ho_table_column(&t, "predicted", 1);
  ho_table_column(&t, "precision", 1);
  ho_table_column(&t, "recall", 1);
  for (size_t i = 0; i < n; i++) {
    size_t k = order[i].label;
    ho_table_cell(&t, "%zu", k);
    if (c->data->class_name)
      ho_table_cell(&t, "%s", name(c, k));
    ho_table_cell(&t, "%zu", images(c, k));
    ho_table_cell(&t, "%zu", predictions(c, k));
    share_cell(&t, share(right(c, k), predictions(c, k)));
    share_cell(&t, share(right(c, k), images(c, k)));
  }
  printf("classes by their %s labels%s\n\n", c->against, n == K ? "" : ": those with the least recall");
  int bad = ho_table_print(&t, stdout, err);
  putchar('\n');
  ho_table_free(&t);
  ho_free(order);
  return bad;
}

static int print_matrix(const struct ho_confusion *c, int width, struct ho_error *err)
{
  size_t K = (size_t)c->data->classes;
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = width };
  char heading[WHOLE][24];
  ho_table_column(&t, c->against, 0);
  for (size_t j = 0; j < K; j++) {
    snprintf(heading[j], sizeof heading[j], "%zu", j);
    ho_table_column(&t, heading[j], 1);
  }
  for (size_t k = 0; k < K; k++) {
    ho_table_cell(&t, c->data->class_name ? "%zu %s" : "%zu", k, name(c, k));
    for (size_t j = 0; j < K; j++)
      ho_table_cell(&t, c->count[k * K + j] ? "%zu" : ".", c->count[k * K + j]);
  }
  printf("images: row %s class, column predicted class\n\n", c->against);
  int bad = ho_table_print(&t, stdout, err);
  putchar('\n');
  ho_table_free(&t);
  return bad;
}

/* Inserts into a list of the most frequent ones. */
static void keep(struct place *best, size_t *n, struct place new)
{
  size_t at = *n;
  while (at > 0 && by_key(&new, &best[at - 1]) < 0)
    at--;
  if (at == MOST)
    return;
  *n += *n < MOST;
  for (size_t i = *n - 1; i > at; i--)
    best[i] = best[i - 1];
  best[at] = new;
}

static int print_pairs(const struct ho_confusion *c, int width, struct ho_error *err)
{
  size_t K = (size_t)c->data->classes, n = 0;
  struct place best[MOST];
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = width };
  for (size_t k = 0; k < K; k++)
    for (size_t j = 0; j < K; j++) {
      size_t count = c->count[k * K + j];
      if (j != k && count)
        keep(best, &n, (struct place){ k, j, count, -(double)count });
    }
  ho_table_column(&t, c->against, 0);
  ho_table_column(&t, "predicted", 0);
  ho_table_column(&t, "images", 1);
  ho_table_column(&t, "share", 1);
  for (size_t i = 0; i < n; i++) {
    const char *form = c->data->class_name ? "%zu %s" : "%zu";
    ho_table_cell(&t, form, best[i].label, name(c, best[i].label));
    ho_table_cell(&t, form, best[i].predicted, name(c, best[i].predicted));
    ho_table_cell(&t, "%zu", best[i].count);
    share_cell(&t, share(best[i].count, images(c, best[i].label)));
  }
  printf("the most frequent confusions, %s labels; all of them: --confusion-matrix FILE\n\n", c->against);
  int bad = ho_table_print(&t, stdout, err);
  putchar('\n');
  ho_table_free(&t);
  return bad;
}

int ho_confusion_print(const struct ho_confusion *c, int width, struct ho_error *err)
{
  if (print_classes(c, width, err))
    return -1;
  return (c->data->classes <= WHOLE ? print_matrix : print_pairs)(c, width, err);
}

/* ---- for programs ---- */

static void share_field(FILE *out, double value)
{
  if (isnan(value))
    fputs("-\t", out);
  else
    fprintf(out, "%.9g\t", value);
}

int ho_confusion_write(const struct ho_confusion *c, int n, const char *path, struct ho_error *err)
{
  struct ho_output out;
  if (ho_output_open(&out, path, err))
    return -1;
  size_t K = (size_t)c->data->classes;
  fprintf(out.stream, "against\tclass\tname\timages\tpredicted\tprecision\trecall");
  for (size_t j = 0; j < K; j++)
    fprintf(out.stream, "\tas_%zu", j);
  fputc('\n', out.stream);
  for (; n--; c++)
    for (size_t k = 0; k < K; k++) {
      ho_say(out.stream, "%s\t%zu\t%s\t%zu\t%zu\t", c->against, k, name(c, k), images(c, k), predictions(c, k));
      share_field(out.stream, share(right(c, k), predictions(c, k)));
      share_field(out.stream, share(right(c, k), images(c, k)));
      for (size_t j = 0; j < K; j++)
        fprintf(out.stream, "%zu%c", c->count[k * K + j], j + 1 == K ? '\n' : '\t');
    }
  return ho_output_commit(&out, err);
}
