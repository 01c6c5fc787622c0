/* SPDX-License-Identifier: MIT
 * npy_write.c - writing NumPy's .npy files, version 1.0, in the byte order of this machine; see npy.h. */
#include <string.h>

#include "base/memory.h"
#include "format/npy.h"

enum { ALIGNED = 64, FIRST = 10 /* bytes before the header */ };
static const char order = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? '>' : '<';

/* The dictionary, padded so that the array begins at a multiple of 64 bytes, as NumPy has it. */
static size_t make_header(const char *type, int rank, const size_t *shape, char *out, size_t size)
{
  size_t n = (size_t)snprintf(out, size, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order, type);
  for (int d = 0; d < rank; d++)
    n += (size_t)snprintf(out + n, size - n, "%s%zu", d ? ", " : "", shape[d]);
  n += (size_t)snprintf(out + n, size - n, "%s), }", rank == 1 ? "," : "");
  while ((FIRST + n + 1) % ALIGNED)
    out[n++] = ' ';
  out[n++] = '\n';
  return n;
}

int ho_npy_open(struct ho_npy_output *o, const char *path, const char *type, int rank, const size_t *shape,
                struct ho_error *err)
{
  char header[512]; /* eight sizes of 20 digits, and some */
  o->width = (size_t)(type[1] - '0');
  o->left = 1;
  for (int d = 0; d < rank; d++)
    o->left = ho_size_mul(o->left, shape[d]);
  if (rank > HO_NPY_RANK_MOST || ho_size_mul(o->left, o->width) > ho_npy_most)
    return ho_error_set(err, "%s: the array is too large: a file has at most %zu bytes and %d dimensions", path,
                        ho_npy_most, HO_NPY_RANK_MOST);
  if (ho_output_open_binary(&o->file, path, err))
    return -1;
  size_t n = make_header(type, rank, shape, header, sizeof header);
  const unsigned char first[FIRST] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)n, (unsigned char)(n >> 8) };
  fwrite(first, 1, sizeof first, o->file.stream);
  fwrite(header, 1, n, o->file.stream);
  return 0;
}

void ho_npy_write(struct ho_npy_output *o, const void *element, size_t n)
{
  fwrite(element, o->width, n, o->file.stream);
  o->left -= n; /* elements too many make it a huge number, which ho_npy_commit reports */
}

int ho_npy_commit(struct ho_npy_output *o, struct ho_error *err)
{
  if (!o->left)
    return ho_output_commit(&o->file, err);
  ho_error_set(err, "%s: not written: %zu elements are missing", o->file.path, o->left);
  ho_npy_abandon(o);
  return -1;
}

void ho_npy_abandon(struct ho_npy_output *o)
{
  ho_output_abandon(&o->file);
}
