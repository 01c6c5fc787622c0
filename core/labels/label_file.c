/* SPDX-License-Identifier: MIT
 * label_file.c - label files, written and read strictly; see label_file.h. */
#include "labels/label_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/agreement.h"
#include "labels/realised.h"

enum { NOTES = 1 << 20, ROW = 64 }; /* bytes at most: of all notes, of a row */
static const char header[] = "index\ttrue\tgiven\n", short_header[] = "index\tgiven\n", rows_note[] = "# rows ";

/* ---- writing ---- */

static int write_rows(const struct ho_label_file *file, char **text, size_t *size)
{
  FILE *stream = open_memstream(text, size);
  if (!stream)
    return -1;
  for (size_t i = 0; i < file->n; i++)
    if (file->truth == HO_TRUTH_UNKNOWN)
      fprintf(stream, "%u\t%d\n", file->id[i], file->given[i]);
    else
      fprintf(stream, "%u\t%d\t%d\n", file->id[i], file->true_label[i], file->given[i]);
  int bad = ferror(stream);
  return fclose(stream) || bad ? -1 : 0;
}

/* Origin and rates of the labels; rates need true labels. */
static void write_notes(FILE *out, const struct ho_label_file *file, const char *noise, double rate)
{
  char nominal[32] = "unknown", expected[48] = "";
  if (file->truth == HO_TRUTH_UNKNOWN) {
    fprintf(out, "# holdout labels: index of the training image, given label; the true labels are not known\n");
    fprintf(out, "# noise %s\n# rate nominal unknown realised unknown\n", noise);
    return;
  }
  if (!isnan(rate))
    ho_text_from_real(rate, nominal);
  if (!isnan(file->expected))
    snprintf(expected, sizeof expected, " expected %.6f", file->expected);
  fprintf(out, "# holdout labels: index of the training image, true label, given label\n");
  if (file->truth == HO_TRUTH_REFERENCE)
    fprintf(out, "# true labels: the data set's own, right or not, which the others are compared with\n");
  fprintf(out, "# noise %s\n# rate nominal %s%s realised %.6f\n", noise, nominal, expected,
          ho_realised_rate(0, file->n, file->true_label, file->given, NULL));
}

int ho_label_file_write(const char *path, const struct ho_label_file *file, const char *noise, double nominal,
                        struct ho_error *err)
{
  struct ho_output out;
  char *rows = NULL, hash[HO_SHA256_TEXT];
  size_t size = 0;
  if (write_rows(file, &rows, &size)) {
    free(rows);
    return ho_error_set(err, "%s: out of memory for %zu rows", path, file->n);
  }
  int result = ho_sha256(rows, size, hash, err) || ho_output_open(&out, path, err) ? -1 : 0;
  if (!result) {
    write_notes(out.stream, file, noise, nominal);
    fprintf(out.stream, "%s%zu sha256 %s\n%s", rows_note, file->n, hash,
            file->truth == HO_TRUTH_UNKNOWN ? short_header : header);
    fwrite(rows, 1, size, out.stream);
    result = ho_output_commit(&out, err);
  }
  free(rows);
  return result;
}

/* ---- reading ---- */

struct label_reader {
  const char *path;
  const struct ho_dataset *data;
  const char *at, *end; /* the rest of the text */
  size_t line, rows;
  int has_true;
  int is_noted; /* the notes have the number and the SHA-256 of the rows */
  size_t noted_rows;
  char noted[HO_SHA256_TEXT];
  int32_t *given; /* [training images] -1: not yet seen */
};

static int starts(const struct label_reader *r, const char *prefix)
{
  size_t n = strlen(prefix);
  return (size_t)(r->end - r->at) >= n && !memcmp(r->at, prefix, n);
}

static void next_line(struct label_reader *r)
{
  const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
  r->at = stop ? stop + 1 : r->end;
  r->line++;
}

/* Reads notes and header line.  Returns -1 when there is no header line: then this is not such a file. */
static int read_head(struct label_reader *r)
{
  for (; starts(r, "#"); next_line(r))
    if (starts(r, rows_note)) {
      char note[160] = "";
      const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
      size_t length = (size_t)((stop ? stop : r->end) - r->at);
      int hash = 0;
      memcpy(note, r->at, length < sizeof note ? length : sizeof note - 1);
      if (sscanf(note, "# rows %zu sha256 %n", &r->noted_rows, &hash) == 1 && hash) {
        r->is_noted = 1;
        snprintf(r->noted, sizeof r->noted, "%.*s", HO_SHA256_TEXT - 1, note + hash);
      }
    }
  r->has_true = starts(r, header);
  if (!r->has_true && !starts(r, short_header))
    return -1;
  next_line(r);
  return 0;
}

/* Reads a decimal number and the character `stop' after it. */
static int read_number(struct label_reader *r, const char *column, char stop, uint32_t *value, struct ho_error *err)
{
  const char *start = r->at;
  uint64_t v = 0;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 10)
    v = v * 10 + (uint64_t)(*r->at++ - '0');
  if (r->at > start && r->at < r->end && *r->at == stop && v <= UINT32_MAX) {
    r->at++;
    *value = (uint32_t)v;
    return 0;
  }
  char shown[24];
  size_t n = 0;
  for (; n + 1 < sizeof shown && start + n < r->end && start[n] != '\n' && start[n] != '\t'; n++)
    shown[n] = start[n] >= ' ' && start[n] <= '~' ? start[n] : '?';
  shown[n] = 0;
  return ho_error_set(err, "%s: line %zu: `%s' for column `%s': expected a whole number, then a %s", r->path, r->line,
                      shown, column, stop == '\t' ? "tab" : "line break");
}

static int read_row(struct label_reader *r, struct ho_error *err)
{
  const struct ho_dataset *d = r->data;
  uint32_t id, truth = 0, given;
  if (read_number(r, "index", '\t', &id, err) || (r->has_true && read_number(r, "true", '\t', &truth, err)) ||
      read_number(r, "given", '\n', &given, err))
    return -1;
  if (id >= d->train.n)
    return ho_error_set(err, "%s: line %zu: index %u, but %s has %zu training images", r->path, r->line, id, d->name,
                        d->train.n);
  if (given >= (uint32_t)d->classes)
    return ho_error_set(err, "%s: line %zu: label %u, but it must be below %d", r->path, r->line, given, d->classes);
  if (r->has_true && truth != d->train.label[id])
    return ho_error_set(
        err, "%s: line %zu: image %u has true label %u here, but %d in %s: are these labels of another data set?",
        r->path, r->line, id, truth, d->train.label[id], d->name);
  if (r->given[id] >= 0)
    return ho_error_set(err, "%s: line %zu: index %u is repeated", r->path, r->line, id);
  r->given[id] = (int32_t)given;
  r->line++;
  r->rows++;
  return 0;
}

static int read_table(struct label_reader *r, struct ho_error *err)
{
  const char *rows = r->at;
  char hash[HO_SHA256_TEXT];
  if (r->at < r->end && r->end[-1] != '\n')
    return ho_error_set(err, "%s: truncated: the last line does not end with a line break", r->path);
  while (r->at < r->end)
    if (read_row(r, err))
      return -1;
  if (ho_sha256(rows, (size_t)(r->end - rows), hash, err))
    return -1;
  if (r->is_noted && (strcmp(hash, r->noted) || r->rows != r->noted_rows))
    return ho_error_set(err,
                        "%s: damaged: its %zu rows are not the %zu rows with sha256 %.8s... that its note `# rows' "
                        "states; if you edited the file, delete that note",
                        r->path, r->rows, r->noted_rows, r->noted);
  return 0;
}

static int read_bytes(struct label_reader *r, const unsigned char *byte, size_t size, struct ho_error *err)
{
  if (size != r->data->train.n)
    return ho_error_set(err,
                        "%s: not a label file: neither a header line `index true given' (with tabs), nor one byte "
                        "for each of %zu training images (it has %zu)",
                        r->path, r->data->train.n, size);
  for (size_t i = 0; i < size; i++) {
    if (byte[i] >= r->data->classes)
      return ho_error_set(err, "%s: byte %zu: label %d, but it must be below %d", r->path, i, byte[i],
                          r->data->classes);
    r->given[i] = byte[i];
  }
  return 0;
}

/* Reads the whole file into r->given. */
static int read_all(struct label_reader *r, const char *path, const struct ho_dataset *data, struct ho_error *err)
{
  unsigned char *text;
  size_t size;
  *r = (struct label_reader){ .path = path, .data = data, .line = 1 };
  if (ho_file_read(path, NOTES + ROW * data->train.n, &text, &size, err))
    return -1;
  r->at = (char *)text;
  r->end = r->at + size;
  r->given = ho_alloc(data->train.n, sizeof *r->given, "labels", err);
  int result = r->given ? 0 : -1;
  for (size_t i = 0; i < data->train.n && !result; i++)
    r->given[i] = -1;
  if (!result)
    result = read_head(r) ? read_bytes(r, text, size, err) : read_table(r, err);
  ho_free(text);
  return result;
}

static int read_labels(const char *path, const struct ho_dataset *data, const uint32_t *id, size_t n, int sealed,
                       uint16_t *given, struct ho_error *err)
{
  struct label_reader r;
  int result = read_all(&r, path, data, err);
  if (!result && sealed && !r.is_noted)
    result = ho_error_set(err, "%s: damaged: the note `# rows' with its checksum is missing", path);
  for (size_t i = 0; i < n && !result; i++)
    if (id[i] >= data->train.n || r.given[id[i]] < 0)
      result = ho_error_set(err, "%s: no label for training image %u, which this run needs", path, id[i]);
  for (size_t i = 0; i < n && !result; i++)
    given[i] = (uint16_t)r.given[id[i]];
  ho_free(r.given);
  return result;
}

int ho_label_file_warn(const char *path, const struct ho_dataset *data, struct ho_warnings *warnings,
                       struct ho_error *err)
{
  struct label_reader r;
  struct ho_agreement a = { 0 };
  size_t n = 0;
  int result = read_all(&r, path, data, err);
  uint16_t *label = result ? NULL : ho_alloc(data->train.n, 2 * sizeof *label, "labels", err); /* own, then given */
  result = label ? 0 : -1;
  for (size_t i = 0; i < data->train.n && !result; i++)
    if (r.given[i] >= 0) {
      label[n] = data->train.label[i];
      label[data->train.n + n++] = (uint16_t)r.given[i];
    }
  if (!result && !r.has_true) /* else every row has been compared with the data set */
    result = ho_agreement_judge(n, data->classes, label, label + data->train.n, &a, err);
  if (a.is_chance)
    ho_warn(warnings,
            "%.500s: %zu of %zu labels equal those of the data set, and a random order would give %.1f (standard "
            "deviation %.1f): the labels may be in another order than the images, belong to other images, or be "
            "numbered differently",
            path, a.agree, n, a.expected, a.deviation);
  ho_free(label);
  ho_free(r.given);
  return result;
}

int ho_label_file_read(const char *path, const struct ho_dataset *data, const uint32_t *id, size_t n, uint16_t *given,
                       struct ho_error *err)
{
  return read_labels(path, data, id, n, 0, given, err);
}

int ho_label_file_read_sealed(const char *path, const struct ho_dataset *data, const uint32_t *id, size_t n,
                              uint16_t *given, struct ho_error *err)
{
  return read_labels(path, data, id, n, 1, given, err);
}
