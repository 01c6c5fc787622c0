/* SPDX-License-Identifier: MIT
 * npy.c - reading NumPy's .npy files; see npy.h.
 *
 * Six bytes "\x93NUMPY", two of the version, the header's length (two bytes in version 1, four later, low byte first), and
 * the header: a Python dictionary with the keys descr, fortran_order and shape, padded with spaces.  Then the array.
 * Version 3 differs from 2 in the header's encoding alone, which matters only for names of fields. */
#include "format/npy.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST = 8, HEADER_MOST = 1 << 16 };
static const unsigned char magic[6] = { 0x93, 'N', 'U', 'M', 'P', 'Y' };

/* ---- the dictionary ---- */

struct cursor {
  const char *at, *end;
};

static void skip_space(struct cursor *c)
{
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
    c->at++;
}

/* Skips the character, and spaces before it; returns whether it was there. */
static int take(struct cursor *c, char wanted)
{
  skip_space(c);
  if (c->at == c->end || *c->at != wanted)
    return 0;
  c->at++;
  return 1;
}

static int take_word(struct cursor *c, const char *word)
{
  size_t length = strlen(word);
  skip_space(c);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
    return 0;
  c->at += length;
  return 1;
}

/* A string in quotes of either kind.  None of those that occur has an escape in it. */
static int take_string(struct cursor *c, char *out, size_t size)
{
  char quote = take(c, '\'') ? '\'' : take(c, '"') ? '"' : 0;
  size_t n = 0;
  if (!quote)
    return -1;
  while (c->at < c->end && *c->at != quote) {
    if (n + 1 == size || *c->at == '\\' || (unsigned char)*c->at < ' ')
      return -1;
    out[n++] = *c->at++;
  }
  out[n] = 0;
  return take(c, quote) ? 0 : -1;
}

static int take_number(struct cursor *c, size_t *out)
{
  size_t v = 0;
  skip_space(c);
  const char *start = c->at;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
    v = ho_size_add(ho_size_mul(v, 10), (size_t)(*c->at - '0'));
  *out = v;
  if (c->at == start)
    return -1;
  if (c->at < c->end && *c->at == 'L') /* of Python 2 */
    c->at++;
  return 0;
}

static int take_shape(struct cursor *c, struct ho_npy *a)
{
  a->rank = 0;
  if (!take(c, '('))
    return -1;
  while (!take(c, ')')) {
    if (a->rank == HO_NPY_RANK_MOST || take_number(c, &a->shape[a->rank++]))
      return -1;
    if (!take(c, ','))
      return take(c, ')') ? 0 : -1;
  }
  return 0;
}

/* ---- the type ---- */

static const struct {
  char letter;
  enum ho_npy_kind kind;
  const char *widths; /* "": any */
} types[] = {
  { 'b', HO_NPY_BOOL, "1" },   { 'i', HO_NPY_SIGNED, "1248" }, { 'u', HO_NPY_UNSIGNED, "1248" },
  { 'f', HO_NPY_REAL, "248" }, { 'S', HO_NPY_BYTES, "" },      { 'U', HO_NPY_UNICODE, "" },
};

static int unknown_type(const char *path, const struct ho_npy *a, struct ho_error *err)
{
  return ho_error_set(err,
                      "%s: its numbers have the type `%s', which is not read: save the array as integers, float32, "
                      "float64 or strings, as in numpy.save(FILE, ARRAY.astype('float32'))",
                      path, a->type);
}

static int read_type(const char *path, struct ho_npy *a, struct ho_error *err)
{
  static const int native_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  const char *t = a->type;
  struct cursor c = { t + 2, t + strlen(t) };
  if (!strcmp(t, "|O"))
    return ho_error_set(err,
                        "%s: an array of Python objects is not read: save one of numbers or strings, as in "
                        "numpy.save(FILE, numpy.array(VALUES, dtype='int64'))",
                        path);
  if (strlen(t) < 3 || !strchr("<>|=", t[0]) || take_number(&c, &a->width) || c.at != c.end || !a->width)
    return unknown_type(path, a, err);
  a->big_endian = t[0] == '>' || (t[0] == '=' && native_is_big);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (t[1] == types[i].letter) {
      char width[2] = { (char)('0' + (a->width < 9 ? a->width : 9)), 0 };
      if (*types[i].widths && !strstr(types[i].widths, width))
        break;
      a->kind = types[i].kind;
      if (a->kind == HO_NPY_UNICODE)
        a->width = ho_size_mul(a->width, 4);
      return 0;
    }
  return unknown_type(path, a, err);
}

/* ---- the header ---- */

static int bad_header(const char *path, struct ho_error *err)
{
  return ho_error_set(err,
                      "%s: damaged: its header is not a dictionary of descr, fortran_order and shape, as numpy.save "
                      "writes it",
                      path);
}

static int parse_header(const char *path, const unsigned char *text, size_t size, struct ho_npy *a, int *fortran,
                        struct ho_error *err)
{
  struct cursor c = { (const char *)text, (const char *)text + size };
  int have_type = 0, have_order = 0, have_shape = 0;
  char key[16];
  if (!take(&c, '{'))
    return bad_header(path, err);
  while (!take(&c, '}')) {
    if (take_string(&c, key, sizeof key) || !take(&c, ':'))
      return bad_header(path, err);
    if (!strcmp(key, "descr") && take(&c, '['))
      return ho_error_set(err,
                          "%s: an array of several fields is not read: save one of them, as in numpy.save(FILE, "
                          "ARRAY['FIELD'])",
                          path);
    int bad = 1;
    if (!strcmp(key, "descr"))
      bad = have_type++ || take_string(&c, a->type, sizeof a->type);
    else if (!strcmp(key, "fortran_order"))
      bad = have_order++ || !((*fortran = take_word(&c, "True")) || take_word(&c, "False"));
    else if (!strcmp(key, "shape"))
      bad = have_shape++ || take_shape(&c, a);
    if (bad)
      return bad_header(path, err);
    if (!take(&c, ',')) {
      if (!take(&c, '}'))
        return bad_header(path, err);
      break;
    }
  }
  skip_space(&c);
  return have_type && have_order && have_shape && c.at == c.end ? read_type(path, a, err) : bad_header(path, err);
}

/* Elements, and how far apart they lie. */
static void lay_out(struct ho_npy *a, int fortran)
{
  a->n = 1;
  for (int k = 0; k < a->rank; k++) {
    int d = fortran ? k : a->rank - 1 - k;
    a->stride[d] = a->n;
    a->n = ho_size_mul(a->n, a->shape[d]);
  }
}

/* Why the file is no .npy, for those that people try. */
static int not_npy(const char *path, const unsigned char *bytes, struct ho_error *err)
{
  const char *what = !memcmp(bytes, "PK", 2) ? ": it looks like a .npz archive; save one array with numpy.save" : "";
  return ho_error_set(err, "%s: not a .npy file of NumPy%s", path, what);
}

/* Reads the header.  *start: where the array begins; *need: bytes of the file.  Returns 1 when more bytes are needed. */
static int read_header(const char *path, const unsigned char *bytes, size_t have, struct ho_npy *a, size_t *start,
                       size_t *need, struct ho_error *err)
{
  int fortran = 0;
  if (have >= sizeof magic && memcmp(bytes, magic, sizeof magic) != 0)
    return not_npy(path, bytes, err);
  if (have < FIRST + 4)
    return 1;
  unsigned version = bytes[6];
  if (version < 1 || version > 3 || bytes[7])
    return ho_error_set(err, "%s: version %u.%u of the .npy format is not read: 1.0 to 3.0 are", path, version,
                        bytes[7]);
  size_t wide = version > 1 ? 4 : 2, length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  if (wide == 4)
    length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (length > HEADER_MOST)
    return ho_error_set(err, "%s: damaged: a header of %zu bytes; %d are the most", path, length, HEADER_MOST);
  *start = FIRST + wide + length;
  if (have < *start)
    return 1;
  if (parse_header(path, bytes + FIRST + wide, length, a, &fortran, err))
    return -1;
  lay_out(a, fortran);
  *need = ho_size_add(*start, ho_size_mul(a->n, a->width));
  if (*need > ho_npy_most)
    return ho_error_set(err, "%s: damaged: its header announces more than the %zu bytes that a file may have", path,
                        ho_npy_most);
  return 0;
}

/* ---- the file ---- */

struct npy_look {
  struct ho_file_look look; /* first */
  const char *path;
};

/* Called while the file is read: limits it to what the header promises, and a few bytes more, by which one that is too
 * long is told. */
static int look(struct ho_file_look *l, const unsigned char *bytes, size_t have, size_t *limit, struct ho_error *err)
{
  struct ho_npy a = { .rank = 0 };
  size_t start, need, more = 1 << 16;
  int result = read_header(((struct npy_look *)l)->path, bytes, have, &a, &start, &need, err);
  if (!result)
    *limit = need + more;
  return result;
}

static int check(const char *path, size_t have, struct ho_npy *a, struct ho_error *err)
{
  size_t start = 0, need = 0;
  int short_of = read_header(path, a->file, have, a, &start, &need, err);
  if (short_of < 0)
    return -1;
  if (short_of)
    return ho_error_set(err, "%s: truncated: it has %zu bytes, which is not even the header of a .npy file", path,
                        have);
  if (have != need)
    return ho_error_set(err, "%s: %s: the header announces %zu bytes, but the file has %zu", path,
                        have < need ? "truncated" : "oversized", need, have);
  a->data = a->file + start;
  return ho_memory_take(have, path, err);
}

int ho_npy_read(const char *path, struct ho_npy *a, struct ho_error *err)
{
  struct npy_look l = { { look }, path };
  size_t have;
  memset(a, 0, sizeof *a);
  if (ho_file_read_looking(path, ho_npy_most, &l.look, &a->file, &have, err))
    return -1;
  if (check(path, have, a, err)) {
    ho_free(a->file);
    memset(a, 0, sizeof *a);
    return -1;
  }
  a->counted = have;
  return 0;
}

void ho_npy_free(struct ho_npy *a)
{
  ho_memory_give(a->counted);
  ho_free(a->file);
  memset(a, 0, sizeof *a);
}
