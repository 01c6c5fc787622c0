/* SPDX-License-Identifier: MIT
 * transition.c - files of transition matrices; see transition.h. */
#define _GNU_SOURCE /* strsep */
#include "labels/transition.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { NOTES = 1 << 20, NUMBER = 64 }; /* bytes at most: of all notes, of a number */
static const char blanks[] = " \t\r";

/* Reads the numbers of one line into row [classes]. */
static int read_row(char *line, const char *path, size_t number, int classes, double *row, struct ho_error *err)
{
  double sum = 0;
  int n = 0;
  char *rest;
  for (char *word = strtok_r(line, blanks, &rest); word; word = strtok_r(NULL, blanks, &rest)) {
    if (n == classes)
      return ho_error_set(err, "%s:%zu: more than %d numbers: a row must have one for each class", path, number,
                          classes);
    if (ho_text_real(word, &row[n]) || !(row[n] >= 0 && row[n] <= 1))
      return ho_error_set(err, "%s:%zu: `%.40s' is not a probability from 0 to 1", path, number, word);
    sum += row[n++];
  }
  if (n < classes)
    return ho_error_set(err, "%s:%zu: %d numbers: a row must have one for each of %d classes", path, number, n,
                        classes);
  if (!(fabs(sum - 1) <= 1e-3))
    return ho_error_set(err, "%s:%zu: the row sums to %g: the probabilities of all given labels must sum to 1", path,
                        number, sum);
  for (int j = 0; j < classes; j++)
    row[j] /= sum;
  return 0;
}

static int read_rows(char *text, const char *path, int classes, double *T, struct ho_error *err)
{
  size_t number = 0;
  int rows = 0;
  for (char *line; (line = strsep(&text, "\n"));) {
    number++;
    line[strcspn(line, "#")] = 0;
    if (!line[strspn(line, blanks)])
      continue;
    if (rows == classes)
      return ho_error_set(err, "%s:%zu: more than %d rows: there must be one for each class", path, number, classes);
    if (read_row(line, path, number, classes, T + (size_t)rows++ * (size_t)classes, err))
      return -1;
  }
  return rows == classes
             ? 0
             : ho_error_set(err, "%s: %d rows: there must be one for each of %d classes", path, rows, classes);
}

int ho_transition_read(const char *path, int classes, double *T, struct ho_error *err)
{
  unsigned char *text;
  size_t size;
  if (ho_file_read(path, NOTES + NUMBER * (size_t)classes * (size_t)classes, &text, &size, err))
    return -1;
  int bad = strlen((char *)text) != size
                ? ho_error_set(err, "%s: it contains a zero byte, but a transition matrix is plain text", path)
                : read_rows((char *)text, path, classes, T, err);
  ho_free(text);
  return bad;
}

int ho_transition_write(const char *path, int classes, const double *T, const char *note, struct ho_error *err)
{
  struct ho_output out;
  char number[32];
  if (ho_output_open(&out, path, err))
    return -1;
  fprintf(out.stream, "# holdout transition matrix: row k, column j: P(given label j | true label k)\n");
  for (const char *at = note; *at; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n'))
    fprintf(out.stream, "# %.*s\n", (int)strcspn(at, "\n"), at);
  for (int k = 0; k < classes; k++)
    for (int j = 0; j < classes; j++) {
      ho_text_from_real(T[k * classes + j], number);
      fprintf(out.stream, "%s%c", number, j + 1 < classes ? '\t' : '\n');
    }
  return ho_output_commit(&out, err);
}
