/* SPDX-License-Identifier: MIT
 * label_file.c - label files: written, and read as whatever they are; see label_file.h. */
#include "labels/label_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/agreement.h"
#include "labels/label_table.h"
#include "labels/realised.h"

enum { NOTES = 1 << 20, ROW = 4096 }; /* bytes at most: of all notes, of a row */
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

/* ---- the note with the checksum ---- */

struct seal {
  int is_noted; /* the notes have the number and the SHA-256 of the rows */
  size_t rows;
  char noted[HO_SHA256_TEXT], found[HO_SHA256_TEXT];
};

static const char *next_line(const char *at, const char *end)
{
  const char *stop = memchr(at, '\n', (size_t)(end - at));
  return stop ? stop + 1 : end;
}

/* Reads the note, and hashes what follows the header line. */
static int read_seal(const char *text, size_t size, struct seal *seal, struct ho_error *err)
{
  const char *at = text, *end = text + size, *next;
  *seal = (struct seal){ .rows = 0 };
  for (; at < end && *at == '#'; at = next) {
    char note[160] = "";
    int hash = 0;
    next = next_line(at, end);
    size_t length = (size_t)(next - at);
    memcpy(note, at, length < sizeof note ? length : sizeof note - 1);
    note[strcspn(note, "\r\n")] = 0;
    if (strncmp(note, rows_note, strlen(rows_note)) || sscanf(note, "# rows %zu sha256 %n", &seal->rows, &hash) != 1 ||
        !hash)
      continue;
    seal->is_noted = 1;
    snprintf(seal->noted, sizeof seal->noted, "%.*s", HO_SHA256_TEXT - 1, note + hash);
  }
  at = next_line(at, end);
  return seal->is_noted ? ho_sha256(at, (size_t)(end - at), seal->found, err) : 0;
}

static int check_seal(const char *path, const struct seal *seal, size_t rows, int sealed, struct ho_error *err)
{
  if (seal->is_noted && (strcmp(seal->found, seal->noted) || rows != seal->rows))
    return ho_error_set(err,
                        "%s: damaged: its %zu rows are not the %zu rows with sha256 %.8s... that its note `# rows' "
                        "states; if you edited the file, delete that note",
                        path, rows, seal->rows, seal->noted);
  return !sealed || seal->is_noted
             ? 0
             : ho_error_set(err, "%s: damaged: the note `# rows' with its checksum is missing", path);
}

/* ---- reading ---- */

int ho_label_reader_set(struct ho_label_reader *r, size_t id, long long label, size_t line, struct ho_error *err)
{
  int32_t *given = &r->to->given[id];
  if (label > r->most) {
    r->most = label;
    r->most_line = line;
  }
  r->least = label < r->least ? label : r->least;
  if (*given >= 0 && *given != label)
    return ho_error_set(err, "%s: line %zu: image %u%s%.200s%s has label %lld here, but %d in line %u: keep one",
                        r->path, line, ho_images_number(&r->data->train, id), r->data->train.file ? " (" : "",
                        r->data->train.file ? r->data->train.file[id] : "", r->data->train.file ? ")" : "", label,
                        *given, r->line[id]);
  r->to->n += *given < 0;
  *given = (int32_t)label;
  r->line[id] = (uint32_t)line;
  return 0;
}

size_t ho_label_reader_images(const struct ho_label_reader *r)
{
  return r->data->train.n + (r->data->train.number ? r->data->test.n : 0);
}

int ho_label_reader_find(struct ho_label_reader *r, uint64_t number, size_t *id)
{
  const struct ho_dataset *d = r->data;
  int64_t found = ho_images_find(&d->train, number);
  *id = found < 0 ? d->train.n : (size_t)found;
  if (found >= 0)
    return 0;
  if (!d->train.number || ho_images_find(&d->test, number) < 0)
    return -1;
  r->to->test_rows++;
  return 0;
}

/* One byte per training image. */
static int read_bytes(struct ho_label_reader *r, const unsigned char *byte, size_t size, struct ho_error *err)
{
  size_t images = ho_label_reader_images(r);
  if (size != images)
    return ho_error_set(err, "%s: not a label file: neither text, nor one byte for each of %zu %simages (it has %zu)",
                        r->path, images, r->data->train.number ? "" : "training ", size);
  for (size_t i = 0, id; i < size; i++)
    if (!ho_label_reader_find(r, i, &id) && id < r->data->train.n && ho_label_reader_set(r, id, byte[i], i, err))
      return -1;
  r->to->numbered = 1;
  r->rows = size;
  snprintf(r->to->form, sizeof r->to->form, "one byte per training image, in their order");
  return 0;
}

/* Labels are small numbers, which text does not contain as bytes. */
static int is_binary(const unsigned char *byte, size_t size)
{
  if (size >= 2 && byte[0] + byte[1] == 0xff + 0xfe) /* UTF-16: a table, which will be refused */
    return 0;
  for (size_t i = 0; i < size; i++)
    if (byte[i] < '\t' || (byte[i] > '\r' && byte[i] < ' '))
      return 1;
  return 0;
}

static int check_range(const struct ho_label_reader *r, int is_table, struct ho_error *err)
{
  int K = r->data->classes;
  if (!r->to->n)
    return ho_error_set(err, "%s: it has no label of a training image", r->path);
  if (r->most < K)
    return 0;
  return ho_error_set(err, "%s: %s %zu: label %lld, but it must be below %d%s", r->path, is_table ? "line" : "image",
                      r->most_line, r->most, K,
                      r->least == 1 && r->most == K
                          ? ": its labels are numbered from 1, those of the data set from 0: subtract 1 from each"
                          : "");
}

static int read_any(struct ho_label_reader *r, unsigned char *text, size_t size, int sealed, struct ho_error *err)
{
  static const char npy[] = "\x93NUMPY";
  struct seal seal = { .rows = 0 };
  int is_table = !is_binary(text, size), is_array = size >= sizeof npy && !memcmp(text, npy, sizeof npy - 1);
  int bad = is_array   ? ho_label_array_read(r, err)
            : is_table ? read_seal((char *)text, size, &seal, err) || ho_label_table_read(r, (char *)text, size, err)
                       : read_bytes(r, text, size, err);
  return bad || check_seal(r->path, &seal, r->rows, sealed, err) || check_range(r, is_table, err) ? -1 : 0;
}

int ho_label_file_read(const char *path, const struct ho_dataset *data, int sealed, struct ho_file_labels *out,
                       struct ho_error *err)
{
  struct ho_label_reader r = { .path = path, .data = data, .to = out, .least = INT32_MAX, .most = -1 };
  unsigned char *text;
  size_t size, n = data->train.n;
  *out = (struct ho_file_labels){ .n = 0 };
  if (ho_file_read(path, NOTES + ROW * (n + data->test.n), &text, &size, err))
    return -1;
  out->given = ho_alloc(n, sizeof *out->given, "labels", err);
  r.line = ho_alloc(n, sizeof *r.line, "labels", err);
  int result = out->given && r.line ? 0 : -1;
  for (size_t i = 0; i < n && !result; i++)
    out->given[i] = -1;
  if (!result)
    result = read_any(&r, text, size, sealed, err);
  ho_free(text);
  ho_free(r.line);
  if (result)
    ho_file_labels_free(out);
  return result;
}

void ho_file_labels_free(struct ho_file_labels *labels)
{
  ho_free(labels->given);
  *labels = (struct ho_file_labels){ .n = 0 };
}

/* ---- whether they belong to these images ---- */

/* Whether they are the data set's labels plus 1 more often than they are its labels. */
static int begin_at_1(const struct ho_file_labels *labels, const struct ho_dataset *data)
{
  size_t equal = 0, next = 0;
  for (size_t i = 0; i < data->train.n; i++) {
    int32_t given = labels->given[i], own = data->train.label[i];
    if (!given)
      return 0;
    equal += given == own;
    next += given == own + 1;
  }
  return next > equal;
}

int ho_label_file_warn(const char *path, const struct ho_file_labels *labels, const struct ho_dataset *data,
                       struct ho_warnings *warnings, struct ho_error *err)
{
  struct ho_agreement a = { 0 };
  size_t n = 0, N = data->train.n;
  if (labels->has_true) /* every row has been compared with the data set */
    return 0;
  uint16_t *label = ho_alloc(N, 2 * sizeof *label, "labels", err); /* own, then given */
  if (!label)
    return -1;
  for (size_t i = 0; i < N; i++)
    if (labels->given[i] >= 0) {
      label[n] = data->train.label[i];
      label[N + n++] = (uint16_t)labels->given[i];
    }
  int result = ho_agreement_judge(n, data->classes, label, label + N, &a, err);
  if (!result && labels->numbered && begin_at_1(labels, data))
    ho_warn(warnings,
            "%.500s: no label is 0, and more of them are the data set's plus 1 than equal: if they are numbered from "
            "1, subtract 1 from each, as classes are numbered from 0",
            path);
  else if (a.is_chance)
    ho_warn(warnings,
            "%.500s: %zu of %zu labels equal those of the data set, and a random order would give %.1f (standard "
            "deviation %.1f): the labels may be in another order than the images, belong to other images, or be "
            "numbered differently",
            path, a.agree, n, a.expected, a.deviation);
  ho_free(label);
  return result;
}
