/* SPDX-License-Identifier: MIT
 * safetensors_read.c - reads files of named tensors, and trusts no length or offset in them; see safetensors.h. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/safetensors_file.h"

static int whole(const json_t *value, size_t *out)
{
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return -1;
  *out = (size_t)json_integer_value(value);
  return 0;
}

/* One tensor of the header.  Its data pointer stays NULL; *begin is its offset. */
static int entry_read(struct ho_tensor_file *f, const char *name, const json_t *value, size_t *begin,
                      struct ho_error *err)
{
  const json_t *shape = json_object_get(value, "shape"), *offsets = json_object_get(value, "data_offsets");
  const char *dtype = json_string_value(json_object_get(value, "dtype"));
  size_t size[HO_TENSOR_RANK], end;
  int rank = (int)json_array_size(shape), bad = json_object_size(value) != 3 || !dtype || !json_is_array(shape);
  if (bad || json_array_size(offsets) != 2)
    return ho_error_set(err, "tensor `%.140s' needs dtype, shape and data_offsets, and nothing else", name);
  if (json_array_size(shape) > HO_TENSOR_RANK)
    return ho_error_set(err, "tensor `%.140s' has more than %d dimensions", name, (int)HO_TENSOR_RANK);
  for (int k = 0; k < rank; k++)
    if (whole(json_array_get(shape, (size_t)k), size + k))
      return ho_error_set(err, "tensor `%.140s': dimension %d of its shape is not a whole number", name, k + 1);
  if (whole(json_array_get(offsets, 0), begin) || whole(json_array_get(offsets, 1), &end) || end < *begin)
    return ho_error_set(err, "tensor `%.140s': its data_offsets are not two ascending whole numbers", name);
  struct ho_tensor_entry *e = ho_tensor_file_append(f, name, dtype, rank, size, err);
  if (!e)
    return -1;
  if (e->bytes != end - *begin)
    return ho_error_set(err, "tensor `%.140s': it has %zu bytes of data, but its shape needs %zu", name, end - *begin,
                        e->bytes);
  return 0;
}

struct place {
  size_t begin, bytes, index;
};

static int by_place(const void *a, const void *b)
{
  const struct place *p = a, *q = b;
  if (p->begin != q->begin)
    return p->begin < q->begin ? -1 : 1;
  if (p->bytes != q->bytes)
    return p->bytes < q->bytes ? -1 : 1;
  return p->index < q->index ? -1 : p->index > q->index;
}

/* In the order of their data, tensors must follow each other from 0 to the end, without gaps. */
static int data_place(struct ho_tensor_file *f, struct place *place, const unsigned char *data, size_t size,
                      struct ho_error *err)
{
  size_t at = 0;
  qsort(place, f->n, sizeof *place, by_place);
  f->copy = ho_alloc(f->n, sizeof *f->copy, "a table of tensors", err);
  if (!f->copy)
    return -1;
  for (size_t i = 0; i < f->n; i++) {
    struct ho_tensor_entry *e = f->entry + place[i].index;
    if (place[i].begin != at)
      return ho_error_set(err, "tensor `%s' %s the one before it", e->name,
                          place[i].begin < at ? "overlaps" : "leaves a gap after");
    if (e->bytes > size - at)
      return ho_error_set(err, "tensor `%s' extends beyond the end of the file: the file is truncated", e->name);
    e->data = data + at;
    if ((uintptr_t)e->data % 8) {
      f->copy[place[i].index] = ho_alloc(1, e->bytes, e->name, err);
      if (!f->copy[place[i].index])
        return -1;
      memcpy(f->copy[place[i].index], e->data, e->bytes);
      e->data = f->copy[place[i].index];
    }
    at += e->bytes;
  }
  return at == size ? 0 : ho_error_set(err, "%zu bytes follow the last tensor", size - at);
}

static int notes_read(struct ho_tensor_file *f, json_t *notes, struct ho_error *err)
{
  const char *key;
  json_t *value;
  if (!json_is_object(notes))
    return ho_error_set(err, "__metadata__ is not an object of strings");
  json_object_foreach (notes, key, value)
    if (!json_is_string(value) || json_object_set(f->notes, key, value))
      return ho_error_set(err, "metadata `%.100s' is not a string", key);
  return 0;
}

static int header_read(struct ho_tensor_file *f, json_t *header, const unsigned char *data, size_t size,
                       struct ho_error *err)
{
  const char *name;
  json_t *value;
  struct place *place = calloc(json_object_size(header) + 1, sizeof *place);
  int failed = place ? 0 : ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory");
  if (!failed)
    json_object_foreach (header, name, value) {
      size_t begin = 0, i = f->n;
      if (!strcmp(name, "__metadata__"))
        failed = notes_read(f, value, err);
      else if (!(failed = entry_read(f, name, value, &begin, err)))
        place[i] = (struct place){ begin, f->entry[i].bytes, i };
      if (failed)
        break;
    }
  if (!failed)
    failed = data_place(f, place, data, size, err);
  free(place);
  return failed;
}

/* The checksum of the whole file, if it has one. */
static int seal_check(const struct ho_tensor_file *f, size_t header, size_t size, struct ho_error *err)
{
  const char *have = ho_tensor_file_get_note(f, HO_TENSOR_CHECKSUM);
  const char *bytes = (const char *)f->file, *digits = have ? ho_tensor_file_digits((char *)f->file, header) : NULL;
  char hex[HO_SHA256_TEXT];
  if (!have)
    return 0;
  if (!digits || strlen(have) != sizeof hex - 1)
    return ho_error_set(err, "damaged: its checksum does not have %d digits", HO_SHA256_TEXT - 1);
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, bytes, (size_t)(digits - bytes));
  ho_sha256_add(&hash, ho_tensor_file_unsealed, sizeof hex - 1);
  ho_sha256_add(&hash, digits + sizeof hex - 1, size - (size_t)(digits - bytes) - (sizeof hex - 1));
  if (ho_sha256_end(&hash, hex, err))
    return -1;
  return memcmp(digits, hex, sizeof hex - 1) ? ho_error_set(err, "damaged: its checksum does not match its contents")
                                             : 0;
}

/* ---- the file ---- */

struct look {
  struct ho_file_look look; /* first */
  const char *path;
  json_t *header;
  uint64_t length; /* of its text */
};

enum { PREFIX = sizeof(uint64_t), PER_BYTE = 100 /* at most, of memory for a byte of JSON: `[{},{},...' takes 90 */ };

/* The bytes of data that the header announces, if it is one. */
static size_t promised(const json_t *header)
{
  const char *name;
  json_t *value;
  json_int_t end = 0;
  json_object_foreach ((json_t *)header, name, value) {
    json_int_t e = json_integer_value(json_array_get(json_object_get(value, "data_offsets"), 1));
    end = e > end ? e : end;
  }
  return (size_t)end;
}

/* The header is checked first: other files are not read further, and nothing is read beyond what the header
 * announces. */
static int look(struct ho_file_look *l, const unsigned char *bytes, size_t have, size_t *limit, struct ho_error *err)
{
  struct look *of = (struct look *)l;
  json_error_t why;
  size_t more = 1 << 16, data;
  if (have < PREFIX)
    return 1;
  memcpy(&of->length, bytes, PREFIX);
  if (of->length > HO_TENSOR_LARGEST_HEADER)
    return ho_error_set(err, "%s: not a safetensors file, or truncated: its header would have %llu bytes", of->path,
                        (unsigned long long)of->length);
  if (of->length == 0 || (have > PREFIX && bytes[PREFIX] != '{'))
    return ho_error_set(err, "%s: not a safetensors file: no header", of->path);
  if (of->length > ho_memory_room() / PER_BYTE)
    return ho_error_set_as(
        err, HO_ERROR_MEMORY,
        "%s: its header of %llu bytes may need more memory than the limit allows; use a larger --memory-limit",
        of->path, (unsigned long long)of->length);
  if (have - PREFIX < of->length)
    return 1;
  of->header = json_loadb((const char *)bytes + PREFIX, (size_t)of->length, JSON_REJECT_DUPLICATES, &why);
  if (!of->header)
    return ho_error_set(err, "%s: its header is not JSON: %s", of->path, why.text);
  if ((data = promised(of->header)) < HO_TENSOR_LARGEST_FILE)
    *limit = PREFIX + (size_t)of->length + data + more;
  return 0;
}

static int parse(struct ho_tensor_file *f, const struct look *l, size_t size, struct ho_error *err)
{
  size_t header = PREFIX + (size_t)l->length;
  if (size < PREFIX)
    return ho_error_set(err, "%zu bytes are not a safetensors file", size);
  if (!l->header)
    return ho_error_set(err, "not a safetensors file, or truncated: its header would have %llu bytes",
                        (unsigned long long)l->length);
  return header_read(f, l->header, f->file + header, size - header, err) || seal_check(f, header, size, err) ? -1 : 0;
}

struct ho_tensor_file *ho_tensor_file_read(const char *path, struct ho_error *err)
{
  struct look l = { .look = { look }, .path = path };
  size_t size;
  struct ho_tensor_file *f = ho_tensor_file_new(err);
  if (!f)
    return NULL;
  int bad = ho_file_read_looking(path, HO_TENSOR_LARGEST_FILE, &l.look, &f->file, &size, err);
  if (bad)
    f->file = NULL;
  else if (!(bad = ho_memory_take(size, path, err))) {
    f->counted = size;
    if ((bad = parse(f, &l, size, err)))
      ho_error_prefix(err, "%s", path);
  }
  json_decref(l.header);
  if (!bad)
    return f;
  ho_tensor_file_free(f);
  return NULL;
}

struct ho_tensor_file *ho_tensor_file_read_sealed(const char *path, struct ho_error *err)
{
  struct ho_tensor_file *f = ho_tensor_file_read(path, err);
  if (!f || ho_tensor_file_get_note(f, HO_TENSOR_CHECKSUM))
    return f;
  ho_error_set(err, "%s: damaged, or not written by holdout: it has no checksum", path);
  ho_tensor_file_free(f);
  return NULL;
}
