/* SPDX-License-Identifier: MIT
 * safetensors.h - named tensors in one file, in the format of the safetensors library: 8 bytes of header length (little
 * endian), a JSON header of dtype, shape and data_offsets per name with __metadata__ of strings, then the data. */
#ifndef HO_SAFETENSORS_H
#define HO_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_tensor_entry {
  char name[128];
  char dtype[8]; /* "F32" "F64" "U8" "I8" "U16" "I16" "U32" "I32" "U64" "I64"; "BF16" "F16" "BOOL": bytes only */
  size_t shape[8];
  int rank;
  size_t bytes;
  const void *data; /* writer: borrowed until written; reader: into the file's memory, aligned to 8 */
};

/* Writing: tensors in the order added, metadata sorted by key.  The same content gives the same bytes. */
struct ho_tensor_file;
struct ho_tensor_file *ho_tensor_file_new(struct ho_error *);
int ho_tensor_file_add(struct ho_tensor_file *, const char *name, const char *dtype, int rank, const size_t *shape,
                       const void *data, struct ho_error *);
int ho_tensor_file_note(struct ho_tensor_file *, const char *key, const char *value, struct ho_error *);
/* A checksum goes with it: metadata `holdout_checksum', the SHA-256 of the whole file with these 64 digits as zeros. */
int ho_tensor_file_seal(struct ho_tensor_file *, struct ho_error *);
int ho_tensor_file_write(const struct ho_tensor_file *, const char *path, struct ho_error *); /* atomic */

/* Reading: the whole file, every length and offset checked (names twice, overlap, gaps, shape against bytes), and the
 * checksum if it has one.  The other function refuses a file without one. */
struct ho_tensor_file *ho_tensor_file_read(const char *path, struct ho_error *);
struct ho_tensor_file *ho_tensor_file_read_sealed(const char *path, struct ho_error *);
size_t ho_tensor_file_count(const struct ho_tensor_file *);
const struct ho_tensor_entry *ho_tensor_file_at(const struct ho_tensor_file *, size_t i);
const struct ho_tensor_entry *ho_tensor_file_find(const struct ho_tensor_file *, const char *name); /* or NULL */
const char *ho_tensor_file_get_note(const struct ho_tensor_file *, const char *key);                /* or NULL */
void ho_tensor_file_free(struct ho_tensor_file *);

#endif
