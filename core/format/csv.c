/* SPDX-License-Identifier: MIT
 * csv.c - tables as text; see csv.h. */
#include "format/csv.h"

#include <string.h>

static const char separators[] = "\t;,";
enum { SEPARATORS = sizeof separators - 1, LOOK = 2 /* rows that the separator is found by */ };

static int is_break(char c)
{
  return c == '\n' || c == '\r';
}

/* ---- which separator ---- */

/* Counts each separator outside quotes in one row; returns where the next row begins. */
static const char *count(const char *at, const char *end, size_t n[SEPARATORS])
{
  int within = 0, begins = 1; /* only at the beginning of a field does a quote mean anything */
  for (; at < end && (within || !is_break(*at)); at++) {
    const char *is = *at ? strchr(separators, *at) : NULL;
    if (within && *at == '"' && at + 1 < end && at[1] == '"')
      at++; /* a quote within a field */
    else if (*at == '"' && (within || begins))
      within = !within;
    else if (is && !within)
      n[is - separators]++;
    begins = is || (begins && *at == ' ');
  }
  while (at < end && is_break(*at))
    at++;
  return at;
}

/* The separator that the first two rows have equally often; else the one that the first has most often. */
static char separator_of(const char *at, const char *end)
{
  size_t n[LOOK][SEPARATORS] = { { 0 } };
  int most = 0;
  count(count(at, end, n[0]), end, n[1]);
  for (int i = 0; i < SEPARATORS; i++) {
    if (n[0][i] && n[0][i] == n[1][i])
      return separators[i];
    most = n[0][i] > n[0][most] ? i : most;
  }
  return n[0][most] ? separators[most] : 0;
}

const char *ho_csv_separator(const struct ho_csv *csv)
{
  return csv->separator == ',' ? "commas" : csv->separator == ';' ? "semicolons" : csv->separator ? "tabs" : NULL;
}

/* ---- rows ---- */

/* Steps over one line break. */
static void step_over(struct ho_csv *csv)
{
  csv->at += csv->at + 1 < csv->end && csv->at[0] == '\r' && csv->at[1] == '\n' ? 2 : 1;
  csv->next++;
}

static void skip_empty(struct ho_csv *csv)
{
  for (csv->empty = 0; csv->at < csv->end && is_break(*csv->at); csv->empty++)
    step_over(csv);
}

int ho_csv_open(struct ho_csv *csv, const char *path, char *text, size_t size, struct ho_error *err)
{
  *csv = (struct ho_csv){ .path = path, .at = text, .end = text + size, .next = 1 };
  if (size >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
    return ho_error_set(err, "%s: it is text in UTF-16: save it as UTF-8", path);
  if (memchr(text, 0, size))
    return ho_error_set(err, "%s: it has a zero byte: it is not a table of text", path);
  if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
    csv->at += 3;
  skip_empty(csv);
  while (csv->at < csv->end && *csv->at == '#') {
    csv->at += strcspn(csv->at, "\r\n");
    skip_empty(csv);
  }
  csv->separator = separator_of(csv->at, csv->end);
  return 0;
}

static int is_blank(const struct ho_csv *csv, char c)
{
  return c == ' ' || (c == '\t' && csv->separator != '\t');
}

/* Takes a field in quotes, from after the first one; `to' is where its text goes. */
static int quoted(struct ho_csv *csv, struct ho_error *err)
{
  char *to = csv->at;
  size_t begins = csv->next;
  for (;;) {
    if (csv->at == csv->end)
      return ho_error_set(err, "%s: line %zu: the quote that begins here does not end", csv->path, begins);
    if (*csv->at == '"' && csv->at[1] != '"')
      break;
    csv->at += *csv->at == '"';
    if (is_break(*csv->at)) {
      char *from = csv->at;
      step_over(csv);
      memmove(to, from, (size_t)(csv->at - from));
      to += csv->at - from;
    } else
      *to++ = *csv->at++;
  }
  csv->at++;
  *to = 0; /* the quote, or before it */
  while (is_blank(csv, *csv->at))
    csv->at++;
  if (csv->at == csv->end || is_break(*csv->at) || *csv->at == csv->separator)
    return 0;
  return ho_error_set(err, "%s: line %zu: text after a quote that ends: a quote within a field is written twice",
                      csv->path, csv->next);
}

/* Takes a field without quotes; returns where its text ends. */
static char *plain(struct ho_csv *csv)
{
  char *stop = csv->at;
  for (; csv->at < csv->end && !is_break(*csv->at) && *csv->at != csv->separator; csv->at++)
    if (!is_blank(csv, *csv->at))
      stop = csv->at + 1;
  return stop;
}

/* Takes one field; returns whether another follows in the row, -1 on failure. */
static int take(struct ho_csv *csv, struct ho_error *err)
{
  char *stop = NULL;
  while (is_blank(csv, *csv->at))
    csv->at++;
  if (csv->n == HO_CSV_FIELDS)
    return ho_error_set(err, "%s: line %zu: more than %d fields", csv->path, csv->next, HO_CSV_FIELDS);
  int in_quotes = *csv->at == '"';
  csv->at += in_quotes;
  csv->field[csv->n++] = csv->at;
  if (!in_quotes)
    stop = plain(csv);
  else if (quoted(csv, err))
    return -1;
  int more = csv->at < csv->end && *csv->at == csv->separator;
  if (more)
    csv->at++;
  else if (csv->at < csv->end)
    step_over(csv);
  if (stop)
    *stop = 0; /* only now: it may be what ended the field */
  return more;
}

int ho_csv_next(struct ho_csv *csv, struct ho_error *err)
{
  int more = 1;
  skip_empty(csv);
  csv->n = 0;
  csv->line = csv->next;
  if (csv->at == csv->end)
    return 0;
  while (more > 0)
    more = take(csv, err);
  return more < 0 ? -1 : 1;
}

/* ---- writing ---- */

void ho_csv_write(FILE *out, const char *text)
{
  size_t n = strlen(text);
  if (!text[strcspn(text, "\t;,\"\r\n")] && *text != ' ' && (!n || text[n - 1] != ' ')) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++)
    fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
  fputc('"', out);
}
