/* SPDX-License-Identifier: MIT
 * safetensors_file.h - struct ho_tensor_file, private to safetensors.c and safetensors_read.c. */
#ifndef HO_SAFETENSORS_FILE_H
#define HO_SAFETENSORS_FILE_H

#include <jansson.h>

#include "base/sha256.h"
#include "format/safetensors.h"

enum {
  HO_TENSOR_RANK = sizeof((struct ho_tensor_entry *)0)->shape / sizeof(size_t),
  HO_TENSOR_LARGEST_HEADER = 100000000 /* the limit of the safetensors library */
};
#define HO_TENSOR_LARGEST_FILE ((size_t)1 << 40)
#define HO_TENSOR_CHECKSUM "holdout_checksum"

struct ho_tensor_file {
  struct ho_tensor_entry *entry;
  size_t n, room;
  json_t *notes;       /* object of strings */
  unsigned char *file; /* reader: the whole file */
  size_t counted;      /* reader: bytes counted by ho_memory_take */
  void **copy;         /* reader: [n] aligned copies of tensors that the file does not align; else NULL */
};

/* The digits of the checksum in a header of `size' bytes, or NULL.  The checksum is computed with
 * ho_tensor_file_unsealed in their place. */
char *ho_tensor_file_digits(char *header, size_t size);
extern const char ho_tensor_file_unsealed[HO_SHA256_TEXT];

/* Adds an entry without its data, after the checks that writing and reading share.  NULL on failure. */
struct ho_tensor_entry *ho_tensor_file_append(struct ho_tensor_file *, const char *name, const char *dtype, int rank,
                                              const size_t *shape, struct ho_error *);

#endif
