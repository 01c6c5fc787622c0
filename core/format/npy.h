/* SPDX-License-Identifier: MIT
 * npy.h - NumPy's .npy files: one array each, with its type and shape (NumPy Enhancement Proposal 1, versions 1 to 3).
 *
 * Functions that take an ho_error return 0, or -1 with a message that names the file. */
#ifndef HO_NPY_H
#define HO_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

enum { HO_NPY_RANK_MOST = 8 };
static const size_t ho_npy_most = (size_t)1 << 36; /* bytes of a file; more means a damaged header */

enum ho_npy_kind {
  HO_NPY_BOOL,
  HO_NPY_SIGNED,
  HO_NPY_UNSIGNED,
  HO_NPY_REAL,   /* of 2, 4 or 8 bytes */
  HO_NPY_BYTES,  /* dtype S: texts, padded with zeros to `width' bytes */
  HO_NPY_UNICODE /* dtype U: texts of width/4 code points */
};

/* An array in memory, as it stands in its file.  Element [i][j]... begins at data + width * (i*stride[0] + j*stride[1] + ...),
 * in C order and in Fortran order alike. */
struct ho_npy {
  enum ho_npy_kind kind;
  int big_endian;
  size_t width; /* bytes of an element */
  int rank;     /* 0: a single number */
  size_t shape[HO_NPY_RANK_MOST], stride[HO_NPY_RANK_MOST];
  size_t n; /* elements, the product of the shape */
  const unsigned char *data;
  char type[16]; /* as in the file, such as <f4; for messages */

  unsigned char *file; /* owned */
  size_t counted;      /* by ho_memory_take */
};

/* ---- reading ----
 * Reads a file, which may be compressed with gzip.  The caller frees *array with ho_npy_free; after a failure there is
 * nothing to free.  Refused: arrays of objects, of fields, of complex numbers and of dates; a file that is shorter or
 * longer than its header says; more than the memory limit allows. */
int ho_npy_read(const char *path, struct ho_npy *, struct ho_error *);
void ho_npy_free(struct ho_npy *);

/* ---- one element ----
 * at: its place, i*stride[0] + j*stride[1] + ..., below n. */
/* Of arrays of integers and booleans.  Numbers above LLONG_MAX become LLONG_MAX. */
long long ho_npy_integer(const struct ho_npy *, size_t at);
/* Of arrays of numbers. */
double ho_npy_real(const struct ho_npy *, size_t at);
/* Of arrays of texts: UTF-8 of dtype U, the bytes themselves of dtype S, ended by a zero byte.  Returns -1 if it does not
 * fit into `size' bytes, or is no text: not code points, or a zero within. */
int ho_npy_text(const struct ho_npy *, size_t at, char *out, size_t size);

/* ---- writing ----
 * The file appears at ho_npy_commit, complete, or not at all.  Elements are written in C order, any number at a time. */
struct ho_npy_output {
  struct ho_output file;
  size_t width, left; /* bytes of an element; elements that are still to come */
};
/* type: f4 (float), f8 (double), u2 (uint16_t) or i8 (int64_t). */
int ho_npy_open(struct ho_npy_output *, const char *path, const char *type, int rank, const size_t *shape,
                struct ho_error *);
void ho_npy_write(struct ho_npy_output *, const void *element, size_t n); /* no more than the shape has */
int ho_npy_commit(struct ho_npy_output *, struct ho_error *);             /* fails if elements are missing */
void ho_npy_abandon(struct ho_npy_output *);

#endif
