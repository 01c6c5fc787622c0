/* SPDX-License-Identifier: MIT
 * review.c - tables for people to review suspects by; see review.h. */
#include "report/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/csv.h"
#include "labels/label_table.h"
#include "labels/names.h"

enum { INDEX, SUGGESTION, GIVEN, VERDICT, COLUMNS };
static const char *const headings[COLUMNS] = { "index", "suggestion", "given", "verdict" };
enum { ROW = 16384 /* bytes of a row at most, on average */ };

/* ---- writing ---- */

/* A spreadsheet takes what begins with one of =+-@ for a formula: these get an apostrophe, by which it knows text. */
static void write_field(FILE *out, const char *text)
{
  char safe[8192]; /* a path and more */
  snprintf(safe, sizeof safe, "%s%s", *text && strchr("=+-@\t\r", *text) ? "'" : "", text);
  ho_csv_write(out, safe);
}

static void write_class(FILE *out, const struct ho_dataset *data, int class)
{
  fputc(',', out);
  if (class >= 0 && data->class_name)
    write_field(out, data->class_name[class]);
  else if (class >= 0)
    fprintf(out, "%d", class);
}

static int is_ascii(const char *text)
{
  while (*text && !(*text & 0x80))
    text++;
  return !*text;
}

/* Spreadsheets take text without a byte-order mark for that of the system's language. */
static int needs_mark(const struct ho_dataset *data, const struct ho_review_row *row, size_t n)
{
  for (int c = 0; c < data->classes && data->class_name; c++)
    if (!is_ascii(data->class_name[c]))
      return 1;
  for (size_t i = 0; i < n && data->train.file; i++)
    if (!is_ascii(data->train.file[row[i].image]))
      return 1;
  return 0;
}

int ho_review_write(const char *path, const struct ho_dataset *data, const struct ho_review_row *row, size_t n,
                    struct ho_error *err)
{
  struct ho_output out;
  if (ho_output_open(&out, path, err))
    return -1;
  fprintf(out.stream, "%sindex%s,given,suggestion,probability,verdict\n",
          needs_mark(data, row, n) ? "\xef\xbb\xbf" : "", data->train.file ? ",file" : "");
  for (size_t i = 0; i < n; i++) {
    fprintf(out.stream, "%u", ho_images_number(&data->train, row[i].image));
    if (data->train.file) {
      fputc(',', out.stream);
      write_field(out.stream, data->train.file[row[i].image]);
    }
    write_class(out.stream, data, row[i].given);
    write_class(out.stream, data, row[i].suggestion);
    fprintf(out.stream, ",%.3f,\n", row[i].probability);
  }
  return ho_output_commit(&out, err);
}

/* ---- reading ---- */

struct reader {
  struct ho_csv csv;
  const struct ho_dataset *data;
  const int32_t *given;
  struct ho_names names;
  int column[COLUMNS]; /* -1: the table has none */
  size_t *line;        /* [training images] of the row about it; 0: none yet */
  struct ho_decisions *to;
  size_t room;
};

/* The field of a column; "" where the row is too short. */
static const char *field(const struct reader *r, int column)
{
  int at = r->column[column];
  return at >= 0 && at < r->csv.n ? r->csv.field[at] : "";
}

static int read_head(struct reader *r, struct ho_error *err)
{
  int found = ho_csv_next(&r->csv, err);
  if (found < 0)
    return -1;
  for (int c = 0; c < COLUMNS; c++) {
    r->column[c] = -1;
    for (int i = 0; i < r->csv.n && found; i++)
      if (!strcasecmp(r->csv.field[i], headings[c])) {
        if (r->column[c] >= 0)
          return ho_error_set(err, "%s: line %zu: two columns are called `%s'", r->csv.path, r->csv.line, headings[c]);
        r->column[c] = i;
      }
  }
  for (int c = INDEX; c <= VERDICT; c += VERDICT - INDEX)
    if (r->column[c] < 0)
      return ho_error_set(err, "%s: not a review: its first row has no column `%s'; see --review", r->csv.path,
                          headings[c]);
  return 0;
}

/* A class by name or number; -1: there is none.  An apostrophe that kept it from being a formula does not count. */
static int class_of(const struct reader *r, const char *text)
{
  int64_t named = ho_names_find(&r->names, text);
  if (named < 0 && *text == '\'')
    named = ho_names_find(&r->names, text + 1);
  if (named >= 0)
    return (int)named;
  long long number = ho_label_number(text);
  return number >= 0 && number < r->data->classes ? (int)number : -1;
}

static int wrong_verdict(const struct reader *r, const char *verdict, struct ho_error *err)
{
  static const char *const words[] = { "keep", "drop", "suggestion" };
  const char *nearest = ho_text_nearest(verdict, words, 3);
  if (!nearest && r->data->class_name)
    nearest = ho_text_nearest(verdict, r->data->class_name, (size_t)r->data->classes);
  return ho_error_set(err,
                      "%s: line %zu: verdict `%.60s' is neither keep, drop, suggestion nor a class of %.300s%s%.60s%s",
                      r->csv.path, r->csv.line, verdict, r->data->name, nearest ? " (did you mean `" : "",
                      nearest ? nearest : "", nearest ? "'?)" : "");
}

/* The new label, or -1 to leave the image out; sets *bad. */
static int32_t judge(const struct reader *r, const char *verdict, int given, int *bad, struct ho_error *err)
{
  int class = -1;
  *bad = 0;
  if (!strcasecmp(verdict, "keep"))
    return given;
  if (!strcasecmp(verdict, "drop"))
    return -1;
  if (strcasecmp(verdict, "suggestion") != 0) {
    if ((class = class_of(r, verdict)) < 0)
      *bad = wrong_verdict(r, verdict, err);
    return class;
  }
  if ((class = class_of(r, field(r, SUGGESTION))) < 0)
    *bad =
        ho_error_set(err, "%s: line %zu: the verdict is suggestion, but `%.60s' in that column is no class of %.300s",
                     r->csv.path, r->csv.line, field(r, SUGGESTION), r->data->name);
  return class;
}

static int add(struct reader *r, struct ho_decision d, struct ho_error *err)
{
  struct ho_decisions *to = r->to;
  if (to->n == r->room) {
    size_t room = r->room ? 2 * r->room : 64;
    struct ho_decision *longer = realloc(to->of, room * sizeof *longer);
    if (!longer)
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu verdicts", room);
    to->of = longer;
    r->room = room;
  }
  to->of[to->n++] = d;
  return 0;
}

static int read_row(struct reader *r, struct ho_error *err)
{
  const char *path = r->csv.path, *verdict = field(r, VERDICT), *label = field(r, GIVEN);
  long long index = ho_label_number(field(r, INDEX));
  int64_t image = index < 0 ? -1 : ho_images_find(&r->data->train, (uint64_t)index);
  if (image < 0 || r->given[image] < 0)
    return ho_error_set(err, "%s: line %zu: index `%.60s' is not that of an image that the run was trained with", path,
                        r->csv.line, field(r, INDEX));
  if (r->line[image])
    return ho_error_set(err, "%s: line %zu: image %lld stands in line %zu, too", path, r->csv.line, index,
                        r->line[image]);
  r->line[image] = r->csv.line;
  int given = r->given[image], bad;
  if (*label && class_of(r, label) != given) {
    char number[16];
    snprintf(number, sizeof number, "%d", given);
    return ho_error_set(
        err, "%s: line %zu: image %lld has the given label `%.60s' here, but %.60s in the run: is this its review?",
        path, r->csv.line, index, label, r->data->class_name ? r->data->class_name[given] : number);
  }
  if (!*verdict) {
    r->to->undecided++;
    return 0;
  }
  struct ho_decision d = { (uint32_t)image, judge(r, verdict, given, &bad, err), 0 };
  d.is_wrong = d.label != given;
  return bad ? -1 : add(r, d, err);
}

static int read_rows(struct reader *r, struct ho_error *err)
{
  int found;
  if (read_head(r, err))
    return -1;
  while ((found = ho_csv_next(&r->csv, err)) > 0)
    if (read_row(r, err))
      return -1;
  return found;
}

int ho_review_read(const char *path, const struct ho_dataset *data, const int32_t *given, struct ho_decisions *to,
                   struct ho_error *err)
{
  struct reader r = { .data = data, .given = given, .to = to };
  unsigned char *text;
  size_t size;
  *to = (struct ho_decisions){ 0 };
  if (ho_file_read(path, ho_size_mul(ROW, ho_size_add(data->train.n, 1)), &text, &size, err))
    return -1;
  r.line = ho_alloc(data->train.n, sizeof *r.line, "a review", err);
  int bad = !r.line || ho_names_make(&r.names, data->class_name, (size_t)data->classes, err) ||
            ho_csv_open(&r.csv, path, (char *)text, size, err) || read_rows(&r, err);
  ho_names_free(&r.names);
  ho_free(r.line);
  ho_free(text);
  if (bad)
    ho_decisions_free(to);
  return bad ? -1 : 0;
}

void ho_decisions_free(struct ho_decisions *d)
{
  free(d->of);
  *d = (struct ho_decisions){ 0 };
}
