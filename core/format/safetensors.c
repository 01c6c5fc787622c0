/* SPDX-License-Identifier: MIT
 * safetensors.c - files of named tensors, and how they are written; see safetensors.h, and safetensors_read.c.
 *
 * The file: uint64 n, n bytes of JSON {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...}, data.  Offsets
 * count from the end of the JSON; together the tensors fill the data without a gap. */
#define _GNU_SOURCE /* memmem */
#include "format/safetensors_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are stored little endian, as they lie in memory");

static size_t size_of(const char *dtype)
{
  static const struct {
    const char *name;
    size_t size;
  } types[] = { { "F32", 4 }, { "F64", 8 }, { "U8", 1 },  { "I8", 1 },   { "U16", 2 }, { "I16", 2 }, { "U32", 4 },
                { "I32", 4 }, { "U64", 8 }, { "I64", 8 }, { "BF16", 2 }, { "F16", 2 }, { "BOOL", 1 } };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp(types[i].name, dtype))
      return types[i].size;
  return 0;
}

struct ho_tensor_file *ho_tensor_file_new(struct ho_error *err)
{
  struct ho_tensor_file *f = ho_alloc(1, sizeof *f, "a file of tensors", err);
  if (f && !(f->notes = json_object())) {
    ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory");
    ho_free(f);
    return NULL;
  }
  return f;
}

void ho_tensor_file_free(struct ho_tensor_file *f)
{
  if (!f)
    return;
  for (size_t i = 0; f->copy && i < f->n; i++)
    ho_free(f->copy[i]);
  ho_free(f->copy);
  free(f->entry);
  json_decref(f->notes);
  ho_memory_give(f->counted);
  ho_free(f->file);
  ho_free(f);
}

size_t ho_tensor_file_count(const struct ho_tensor_file *f)
{
  return f->n;
}

const struct ho_tensor_entry *ho_tensor_file_at(const struct ho_tensor_file *f, size_t i)
{
  return f->entry + i;
}

const struct ho_tensor_entry *ho_tensor_file_find(const struct ho_tensor_file *f, const char *name)
{
  for (size_t i = 0; i < f->n; i++)
    if (!strcmp(f->entry[i].name, name))
      return f->entry + i;
  return NULL;
}

const char *ho_tensor_file_get_note(const struct ho_tensor_file *f, const char *key)
{
  return json_string_value(json_object_get(f->notes, key));
}

struct ho_tensor_entry *ho_tensor_file_append(struct ho_tensor_file *f, const char *name, const char *dtype, int rank,
                                              const size_t *shape, struct ho_error *err)
{
  struct ho_tensor_entry e = { .rank = rank, .bytes = size_of(dtype) };
  enum ho_error_code code = HO_ERROR_FAILED;
  const char *wrong = NULL;
  if (!*name || strlen(name) >= sizeof e.name || !strcmp(name, "__metadata__"))
    wrong = "not a name of 1 to 127 bytes";
  else if (!e.bytes)
    wrong = "its dtype is unknown";
  else if (rank < 0 || rank > HO_TENSOR_RANK)
    wrong = "more than 8 dimensions";
  for (int i = 0; i < rank && !wrong; i++) {
    e.shape[i] = shape[i];
    if (__builtin_mul_overflow(e.bytes, shape[i], &e.bytes) || e.bytes > HO_TENSOR_LARGEST_FILE)
      wrong = "its shape is too large";
  }
  if (!wrong && f->n == f->room) {
    f->room = f->room ? 2 * f->room : 32;
    void *larger = realloc(f->entry, f->room * sizeof e);
    if (larger)
      f->entry = larger;
    else {
      wrong = "out of memory";
      code = HO_ERROR_MEMORY;
    }
  }
  if (wrong) {
    ho_error_set_as(err, code, "tensor `%.140s' (%.20s): %s", name, dtype, wrong);
    return NULL;
  }
  snprintf(e.name, sizeof e.name, "%s", name);
  snprintf(e.dtype, sizeof e.dtype, "%s", dtype);
  f->entry[f->n] = e;
  return f->entry + f->n++;
}

/* ---- writing ---- */

int ho_tensor_file_add(struct ho_tensor_file *f, const char *name, const char *dtype, int rank, const size_t *shape,
                       const void *data, struct ho_error *err)
{
  json_t *utf8 = json_string(name);
  if (!utf8)
    return ho_error_set(err, "a tensor's name is not UTF-8");
  json_decref(utf8);
  if (ho_tensor_file_find(f, name))
    return ho_error_set(err, "tensor `%.140s' appears twice", name);
  struct ho_tensor_entry *e = ho_tensor_file_append(f, name, dtype, rank, shape, err);
  if (!e)
    return -1;
  e->data = data;
  return 0;
}

int ho_tensor_file_note(struct ho_tensor_file *f, const char *key, const char *value, struct ho_error *err)
{
  if (json_object_get(f->notes, key))
    return ho_error_set(err, "metadata `%.100s' appears twice", key);
  if (json_object_set_new(f->notes, key, json_string(value)))
    return ho_error_set(err, "metadata `%.100s' is not UTF-8", key);
  return 0;
}

static int by_text(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* jansson keeps the order of insertion. */
static json_t *sorted_notes(const struct ho_tensor_file *f)
{
  size_t n = json_object_size(f->notes), i = 0;
  const char **keys = malloc((n + 1) * sizeof *keys), *key;
  json_t *sorted = json_object(), *value;
  if (keys && sorted) {
    json_object_foreach (f->notes, key, value)
      keys[i++] = key;
    qsort(keys, n, sizeof *keys, by_text);
    for (i = 0; i < n; i++)
      json_object_set(sorted, keys[i], json_object_get(f->notes, keys[i]));
  }
  free(keys);
  if (json_object_size(sorted) == n)
    return sorted;
  json_decref(sorted);
  return NULL;
}

static char *header_text(const struct ho_tensor_file *f)
{
  json_t *header = json_object();
  json_int_t offset = 0;
  if (json_object_size(f->notes))
    json_object_set_new(header, "__metadata__", sorted_notes(f));
  for (size_t i = 0; header && i < f->n; i++) {
    const struct ho_tensor_entry *e = f->entry + i;
    json_t *shape = json_array();
    for (int k = 0; k < e->rank; k++)
      json_array_append_new(shape, json_integer((json_int_t)e->shape[k]));
    if (json_array_size(shape) != (size_t)e->rank)
      break; /* and the header is too short */
    json_object_set_new(header, e->name,
                        json_pack("{s:s, s:o, s:[I, I]}", "dtype", e->dtype, "shape", shape, "data_offsets", offset,
                                  offset + (json_int_t)e->bytes));
    offset += (json_int_t)e->bytes;
  }
  char *text = json_object_size(header) == f->n + !!json_object_size(f->notes)
                   ? json_dumps(header, JSON_COMPACT)
                   : NULL; /* fewer: memory was refused on the way */
  json_decref(header);
  return text;
}

/* The header as it stands in the file: its length, the JSON, spaces; freed by free(). */
static char *header_bytes(const struct ho_tensor_file *f, size_t *size)
{
  char *text = header_text(f), *bytes = NULL;
  uint64_t length = text ? strlen(text) : 0, padded = (length + 7) / 8 * 8; /* the data begin aligned to 8 */
  if (text && (bytes = malloc(sizeof padded + padded))) {
    *size = sizeof padded + padded;
    memcpy(bytes, &padded, sizeof padded);
    memcpy(memset(bytes + sizeof padded, ' ', padded), text, length);
  }
  free(text);
  return bytes;
}

/* ---- the checksum ---- */

const char ho_tensor_file_unsealed[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* Inside a JSON string every quotation mark is escaped, so this can only be the key. */
char *ho_tensor_file_digits(char *header, size_t size)
{
  static const char key[] = "\"" HO_TENSOR_CHECKSUM "\":\"";
  char *found = memmem(header, size, key, sizeof key - 1);
  size_t left = found ? size - (size_t)(found - header) : 0;
  return left < sizeof key - 1 + HO_SHA256_TEXT ? NULL : found + sizeof key - 1;
}

int ho_tensor_file_seal(struct ho_tensor_file *f, struct ho_error *err)
{
  return ho_tensor_file_note(f, HO_TENSOR_CHECKSUM, ho_tensor_file_unsealed, err);
}

static int fill_in_digits(const struct ho_tensor_file *f, char *header, size_t size, struct ho_error *err)
{
  char hex[HO_SHA256_TEXT], *digits = ho_tensor_file_digits(header, size);
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, header, size);
  for (size_t i = 0; i < f->n; i++)
    ho_sha256_add(&hash, f->entry[i].data, f->entry[i].bytes);
  if (ho_sha256_end(&hash, hex, err))
    return -1;
  memcpy(digits, hex, HO_SHA256_TEXT - 1);
  return 0;
}

int ho_tensor_file_write(const struct ho_tensor_file *f, const char *path, struct ho_error *err)
{
  struct ho_output out;
  size_t size = 0;
  char *header = header_bytes(f, &size);
  if (!header)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory for the header", path);
  int bad = size > HO_TENSOR_LARGEST_HEADER ? ho_error_set(err, "%s: the header is too large", path) : 0;
  if (!bad && ho_tensor_file_get_note(f, HO_TENSOR_CHECKSUM) && (bad = fill_in_digits(f, header, size, err)))
    ho_error_prefix(err, "%s", path);
  if (bad || ho_output_open_binary(&out, path, err)) {
    free(header);
    return -1;
  }
  fwrite(header, size, 1, out.stream);
  free(header);
  for (size_t i = 0; i < f->n; i++)
    if (f->entry[i].bytes)
      fwrite(f->entry[i].data, f->entry[i].bytes, 1, out.stream);
  return ho_output_commit(&out, err);
}
