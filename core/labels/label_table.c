/* SPDX-License-Identifier: MIT
 * label_table.c - label files that are tables: which column is what, and what its fields mean; see label_table.h.
 *
 * A header is known by a name of a column (below).  Without one, a table has either labels alone, or images and labels.
 * Labels are names where the data set's classes have names and the label is not a number; where the names are numbers
 * themselves, and not those of their classes, labels are always names. */
#include "labels/label_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "format/csv.h"
#include "labels/names.h"

enum role { INDEX, FILE_NAME, GIVEN, TRUE_LABEL, ROLES };

/* What columns are called; of several in one table, the name that comes first here counts. */
static const struct {
  const char *name;
  enum role role;
} called[] = {
  { "index", INDEX },
  { "idx", INDEX },
  { "image_index", INDEX },
  { "id", INDEX },
  { "image_id", INDEX },
  { "number", INDEX },
  { "row", INDEX },
  { "", INDEX }, /* of pandas and R */
  { "file", FILE_NAME },
  { "filename", FILE_NAME },
  { "file_name", FILE_NAME },
  { "image", FILE_NAME },
  { "image_name", FILE_NAME },
  { "path", FILE_NAME },
  { "file_path", FILE_NAME },
  { "filepath", FILE_NAME },
  { "image_path", FILE_NAME },
  { "given", GIVEN },
  { "given_label", GIVEN },
  { "noisy_label", GIVEN },
  { "label", GIVEN },
  { "labels", GIVEN },
  { "class", GIVEN },
  { "class_name", GIVEN },
  { "target", GIVEN },
  { "category", GIVEN },
  { "true", TRUE_LABEL },
};
enum { CALLED = sizeof called / sizeof *called, NONE = -1 };

struct table {
  struct ho_csv csv;
  struct ho_label_reader *to;
  struct ho_names class, train, test;
  int names_only;    /* classes have names that are numbers, but not their own */
  int column[ROLES]; /* NONE: there is none */
  int by_file;       /* images are given by name */
  int width, header; /* fields of each row; there is a header line */
};

/* ---- fields ---- */

long long ho_label_number(const char *text)
{
  size_t n = strspn(text, "0123456789");
  long long value = 0;
  if (!n || n > 9 || (text[n] == '.' ? !text[n + 1] || text[n + 1 + strspn(text + n + 1, "0")] : text[n]))
    return -1;
  for (size_t i = 0; i < n; i++)
    value = 10 * value + (text[i] - '0');
  return value;
}

static int wrong_label(const struct table *t, const char *text, struct ho_error *err)
{
  const struct ho_dataset *d = t->to->data;
  const char *path = t->to->path;
  if (!*text)
    return ho_error_set(err,
                        "%s: line %zu: the label is missing: write one, or delete the row to leave the image out of "
                        "training",
                        path, t->csv.line);
  if (!d->class_name)
    return ho_error_set(err, "%s: line %zu: label `%.60s': the classes of %.100s are numbers from 0 to %d", path,
                        t->csv.line, text, d->name, d->classes - 1);
  const char *nearest = ho_text_nearest(text, d->class_name, (size_t)d->classes);
  if (nearest)
    return ho_error_set(err, "%s: line %zu: unknown class `%.60s': did you mean `%.60s'?", path, t->csv.line, text,
                        nearest);
  return ho_error_set(err, "%s: line %zu: unknown class `%.60s': the classes of %.100s are %.60s, ..., %.60s%s", path,
                      t->csv.line, text, d->name, d->class_name[0], d->class_name[d->classes - 1],
                      t->names_only ? "; numbers are taken for names" : ", or numbers from 0");
}

/* The label of a field; -1 when it is none. */
static long long label_of(const struct table *t, const char *text, int *numbered)
{
  long long value = ho_names_find(&t->class, text), number = t->names_only ? -1 : ho_label_number(text);
  *numbered = number >= 0;
  return value >= 0 ? value : number;
}

static int unknown_number(const struct table *t, const char *text, long long number, struct ho_error *err)
{
  const struct ho_dataset *d = t->to->data;
  size_t images = ho_label_reader_images(t->to);
  if (number < 0)
    return ho_error_set(err, "%s: line %zu: `%.60s' is not the number of an image, a whole number from 0", t->to->path,
                        t->csv.line, text);
  return ho_error_set(err, "%s: line %zu: index %lld, but %.100s has %zu %simages, numbered from 0 to %zu%s",
                      t->to->path, t->csv.line, number, d->name, images, d->train.number ? "" : "training ", images - 1,
                      (size_t)number == images ? ": if the file counts from 1, subtract 1" : "");
}

static int unknown_file(const struct table *t, const char *text, int64_t found, struct ho_error *err)
{
  const struct ho_dataset *d = t->to->data;
  if (found == HO_NAME_AMBIGUOUS)
    return ho_error_set(err, "%s: line %zu: `%.200s' may be several files of %.100s: write its folder, too",
                        t->to->path, t->csv.line, text, d->name);
  return ho_error_set(err, "%s: line %zu: `%.200s' is not a file of %.100s, which has, for example, %.200s",
                      t->to->path, t->csv.line, text, d->name, d->train.file[0]);
}

/* Sets *id to the row's image; to the number of training images when it is a test image. */
static int image_of(const struct table *t, size_t *id, struct ho_error *err)
{
  const int column = t->column[t->by_file ? FILE_NAME : INDEX];
  char *text = column < 0 ? NULL : t->csv.field[column];
  if (column < 0)
    return !ho_label_reader_find(t->to, t->to->rows, id)
               ? 0
               : ho_error_set(err, "%s: line %zu: more labels than the %zu images of %.100s", t->to->path, t->csv.line,
                              ho_label_reader_images(t->to), t->to->data->name);
  if (!t->by_file) {
    long long number = ho_label_number(text);
    return number >= 0 && !ho_label_reader_find(t->to, (uint64_t)number, id) ? 0 : unknown_number(t, text, number, err);
  }
  int64_t found = ho_names_find_file(&t->train, text);
  *id = found >= 0 ? (size_t)found : t->to->data->train.n;
  if (found >= 0)
    return 0;
  if (found == HO_NAME_AMBIGUOUS || ho_names_find_file(&t->test, text) < 0)
    return unknown_file(t, text, found, err);
  t->to->to->test_rows++;
  return 0;
}

/* ---- the first row ---- */

/* A column's name in lower case, words joined by _. */
static void simplify(const char *text, char out[32])
{
  size_t i = 0;
  for (; i < 31 && text[i]; i++)
    out[i] = text[i] == ' ' || text[i] == '-' ? '_' : (char)tolower((unsigned char)text[i]);
  out[i] = 0;
}

static int called_as(const char *text)
{
  char name[32];
  int k = 0;
  simplify(text, name);
  while (k < CALLED && strcmp(called[k].name, name))
    k++;
  return k < CALLED ? k : NONE;
}

static int is_taken(const struct table *t, int column)
{
  for (int r = 0; r < ROLES; r++)
    if (t->column[r] == column)
      return 1;
  return 0;
}

/* Of two columns, the one that nothing is known of is what the other is not. */
static void take_the_other(struct table *t)
{
  int images = t->column[INDEX] >= 0 || t->column[FILE_NAME] >= 0, labels = t->column[GIVEN] >= 0;
  if (t->width != 2 || images == labels)
    return;
  for (int c = 0; c < 2; c++)
    if (!is_taken(t, c))
      t->column[images ? GIVEN : INDEX] = c;
}

/* Which column is what, by their names.  Returns 0 when none is the name of a column. */
static int read_header(struct table *t)
{
  int rank[ROLES] = { CALLED, CALLED, CALLED, CALLED }, known = 0, numbered;
  for (int c = 0; c < t->csv.n; c++) {
    int k = called_as(t->csv.field[c]);
    if (k < 0)
      continue;
    known += *t->csv.field[c] && label_of(t, t->csv.field[c], &numbered) < 0; /* a class may be called `image' */
    if (k < rank[called[k].role]) {
      rank[called[k].role] = k;
      t->column[called[k].role] = c;
    }
  }
  if (known)
    take_the_other(t);
  return known;
}

static int columns_of(struct table *t, struct ho_error *err)
{
  t->width = t->csv.n;
  for (int r = 0; r < ROLES; r++)
    t->column[r] = NONE;
  t->header = read_header(t);
  if (!t->header) {
    for (int r = 0; r < ROLES; r++)
      t->column[r] = NONE;
    if (t->width > 2)
      return ho_error_set(err,
                          "%s: line %zu: %d columns, and no header line that names them: name those that matter index "
                          "or file, and label",
                          t->to->path, t->csv.line, t->width);
    t->column[GIVEN] = t->width - 1;
    t->column[INDEX] = t->width - 2; /* NONE where there is one column */
  }
  if (t->column[GIVEN] < 0)
    return ho_error_set(err, "%s: line %zu: which column has the labels? Name it label", t->to->path, t->csv.line);
  if (t->column[INDEX] < 0 && t->column[FILE_NAME] < 0 && t->width > 1)
    return ho_error_set(err, "%s: line %zu: which column has the images? Name it index or file", t->to->path,
                        t->csv.line);
  return 0;
}

/* Whether images are given by number or by name: by the column's name, unless the first row of data shows that it
 * cannot be meant. */
static int choose_key(struct table *t, struct ho_error *err)
{
  int has_names = t->to->data->train.file != NULL, *index = &t->column[INDEX], *file = &t->column[FILE_NAME];
  if (*file < 0 && *index >= 0 && ho_label_number(t->csv.field[*index]) < 0)
    *file = *index;
  t->by_file = *file >= 0 && (has_names || *index < 0 || *index == *file);
  if (!t->by_file)
    return 0;
  char *text = t->csv.field[*file];
  if (ho_label_number(text) < 0 && !has_names)
    return ho_error_set(err,
                        "%s: line %zu: `%.60s' is not the number of an image, and the images of %.100s have no names: "
                        "give each by its number, from 0, in a column index",
                        t->to->path, t->csv.line, text, t->to->data->name);
  if (ho_label_number(text) >= 0 && ho_names_find_file(&t->train, text) == HO_NAME_UNKNOWN &&
      ho_names_find_file(&t->test, text) == HO_NAME_UNKNOWN) {
    *index = *file;
    t->by_file = 0;
  }
  return 0;
}

/* ---- rows ---- */

static int check_true(const struct table *t, size_t id, struct ho_error *err)
{
  const struct ho_dataset *d = t->to->data;
  const char *text = t->csv.field[t->column[TRUE_LABEL]];
  int numbered;
  if (label_of(t, text, &numbered) == d->train.label[id])
    return 0;
  return ho_error_set(
      err, "%s: line %zu: image %u has true label %.60s here, but %d in %.100s: are these labels of another data set?",
      t->to->path, t->csv.line, ho_images_number(&d->train, id), text, d->train.label[id], d->name);
}

static int read_row(struct table *t, struct ho_error *err)
{
  size_t id = 0;
  int numbered;
  const char *text = t->csv.field[t->column[GIVEN]];
  if (t->column[INDEX] < 0 && t->column[FILE_NAME] < 0 && t->csv.empty && t->to->rows)
    return ho_error_set(err, "%s: line %zu is empty: which image has no label? Labels are in the order of the images",
                        t->to->path, t->csv.line - 1);
  if (image_of(t, &id, err))
    return -1;
  t->to->rows++;
  if (id == t->to->data->train.n)
    return 0;
  long long label = label_of(t, text, &numbered);
  if (label < 0)
    return wrong_label(t, text, err);
  t->to->to->numbered |= numbered;
  if (t->column[TRUE_LABEL] >= 0 && check_true(t, id, err))
    return -1;
  return ho_label_reader_set(t->to, id, label, t->csv.line, err);
}

static int read_rows(struct table *t, struct ho_error *err)
{
  int more = ho_csv_next(&t->csv, err);
  if (more < 0 || (more && columns_of(t, err)))
    return -1;
  if (more && t->header)
    more = ho_csv_next(&t->csv, err);
  if (more > 0 && t->csv.n == t->width && choose_key(t, err))
    return -1;
  for (; more > 0; more = ho_csv_next(&t->csv, err)) {
    if (t->csv.n != t->width)
      return ho_error_set(err, "%s: line %zu: it has %d field%s, but the first row has %d", t->to->path, t->csv.line,
                          t->csv.n, t->csv.n == 1 ? "" : "s", t->width);
    if (read_row(t, err))
      return t->header || t->to->rows > 1
                 ? -1
                 : ho_error_append(err, "; if this line is a header, name the columns index or file, and label");
  }
  return more;
}

/* ---- all of it ---- */

static int find_names(struct table *t, struct ho_error *err)
{
  const struct ho_dataset *d = t->to->data;
  for (int c = 0; d->class_name && c < d->classes; c++) {
    long long number = ho_label_number(d->class_name[c]);
    t->names_only |= number >= 0 && number != c;
  }
  return ho_names_make(&t->class, d->class_name, (size_t)d->classes, err) ||
         ho_names_make(&t->train, (const char *const *)d->train.file, d->train.n, err) ||
         ho_names_make(&t->test, (const char *const *)d->test.file, d->test.n, err);
}

static void describe(const struct table *t, char form[256])
{
  const char *separator = ho_csv_separator(&t->csv);
  int in_order = t->column[INDEX] < 0 && t->column[FILE_NAME] < 0;
  snprintf(form, 256, "%s%s, %s; images %s, labels by %s", separator ? "separated by " : "one column",
           separator ? separator : "", t->header ? "with a header" : "without a header",
           in_order     ? "in their order"
           : t->by_file ? "by file name"
                        : "by number",
           t->to->to->numbered ? "number" : "class name");
}

int ho_label_table_read(struct ho_label_reader *to, char *text, size_t size, struct ho_error *err)
{
  struct table t = { .to = to };
  int bad = find_names(&t, err) || ho_csv_open(&t.csv, to->path, text, size, err) || read_rows(&t, err);
  if (!bad && to->rows && t.column[INDEX] < 0 && t.column[FILE_NAME] < 0 && to->rows != ho_label_reader_images(to))
    bad = ho_error_set(err,
                       "%s: %zu labels for the %zu %simages of %.100s: labels alone are in the order of the "
                       "images, one for each; to label some, add a column index or file",
                       to->path, to->rows, ho_label_reader_images(to), to->data->train.number ? "" : "training ",
                       to->data->name);
  if (!bad) {
    to->to->has_true = to->rows && t.column[TRUE_LABEL] >= 0;
    describe(&t, to->to->form);
  }
  ho_names_free(&t.class);
  ho_names_free(&t.train);
  ho_names_free(&t.test);
  return bad ? -1 : 0;
}
