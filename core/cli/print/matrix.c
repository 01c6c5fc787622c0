/* SPDX-License-Identifier: MIT
 * matrix.c - a transition matrix of labels, printed; see matrix.h. */
#include "cli/print/matrix.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { WIDEST = 20, CELLS = 12 /* shown of a matrix that is wider */ };

static const char *class_name(const struct ho_dataset *data, size_t class)
{
  return data->class_name ? data->class_name[class] : "";
}

static size_t row_sum(const size_t *row, size_t k)
{
  size_t sum = 0;
  for (size_t c = 0; c < k; c++)
    sum += row[c];
  return sum;
}

static void print_row(const struct ho_dataset *data, size_t class, const size_t *count)
{
  size_t k = (size_t)data->classes, sum = row_sum(count, k);
  printf("%4zu %-12.12s", class, class_name(data, class));
  for (size_t c = 0; c < k; c++)
    if (count[c])
      printf(" %5.3f", (double)count[c] / (double)sum);
    else
      printf(" %5s", ".");
  printf("\n");
}

static void print_whole(const struct ho_dataset *data, const size_t *count)
{
  size_t k = (size_t)data->classes;
  printf("\ntransition matrix: row true class, column given class, share of the row\n%17s", "");
  for (size_t c = 0; c < k; c++)
    printf(" %5zu", c);
  printf("\n");
  for (size_t c = 0; c < k; c++)
    print_row(data, c, count + c * k);
}

/* ---- summed up ---- */

struct cell {
  size_t truth, given, count;
  double share; /* of the row */
};

/* Keeps the largest cells, in order; of equals the first stays first. */
static void keep(struct cell *best, size_t *n, const struct cell *cell)
{
  size_t at = *n;
  while (at > 0 && cell->share > best[at - 1].share)
    at--;
  if (at == CELLS)
    return;
  if (*n < CELLS)
    ++*n;
  memmove(best + at + 1, best + at, (*n - 1 - at) * sizeof *best);
  best[at] = *cell;
}

struct summary {
  struct cell best[CELLS];
  size_t n, others;        /* cells kept; cells off the diagonal that are not 0 */
  size_t rows;             /* classes with images */
  double sum, least, most; /* of the diagonal, over these */
  size_t least_class, most_class;
};

static void sum_up(size_t k, const size_t *count, struct summary *s)
{
  memset(s, 0, sizeof *s);
  for (size_t r = 0; r < k; r++, count += k) {
    size_t sum = row_sum(count, k);
    if (!sum)
      continue;
    double kept = (double)count[r] / (double)sum;
    if (!s->rows || kept < s->least) {
      s->least = kept;
      s->least_class = r;
    }
    if (!s->rows || kept > s->most) {
      s->most = kept;
      s->most_class = r;
    }
    s->sum += kept;
    s->rows++;
    for (size_t c = 0; c < k; c++)
      if (c != r && count[c]) {
        keep(s->best, &s->n, &(struct cell){ r, c, count[c], (double)count[c] / (double)sum });
        s->others++;
      }
  }
}

static int print_summary(const struct ho_dataset *data, const size_t *count, struct ho_error *err)
{
  struct summary *s = ho_alloc(1, sizeof *s, "the summary of the matrix", err);
  if (!s)
    return -1;
  sum_up((size_t)data->classes, count, s);
  printf("\ntransition matrix: %d x %d, too wide to show; --out FILE writes all labels\n", data->classes,
         data->classes);
  if (s->rows)
    printf("labels kept, over classes: mean %.3f, least %.3f (class %zu), most %.3f (class %zu)\n",
           s->sum / (double)s->rows, s->least, s->least_class, s->most, s->most_class);
  printf("off the diagonal: %zu cells are not 0", s->others);
  if (s->n)
    printf("; the largest %zu, share of the row:\n%5s %-20s %5s %-20s %8s %6s\n", s->n, "true", "", "given", "",
           "labels", "share");
  else
    printf("\n");
  for (const struct cell *c = s->best; c < s->best + s->n; c++)
    printf("%5zu %-20.20s %5zu %-20.20s %8zu %6.3f\n", c->truth, class_name(data, c->truth), c->given,
           class_name(data, c->given), c->count, c->share);
  ho_free(s);
  return 0;
}

int ho_matrix_print(const struct ho_dataset *data, const size_t *count, struct ho_error *err)
{
  if (data->classes > WIDEST)
    return print_summary(data, count, err);
  print_whole(data, count);
  return 0;
}
