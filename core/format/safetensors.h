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
  const void *data; /* writing: borrowed until the file is written; reading: owned by the file, aligned to 8 */
};

/* Owned by the caller, freed by ho_tensor_file_free. */
struct ho_tensor_file;

/* ---- writing ----
 * Tensors stand in the order in which they were added, metadata sorted by key: the same contents make the same bytes.
 * Names of tensors are unique and UTF-8, 1 to 127 bytes long. */
struct ho_tensor_file *ho_tensor_file_new(struct ho_error *);
int ho_tensor_file_add(struct ho_tensor_file *, const char *name, const char *dtype, int rank, const size_t *shape,
                       const void *data, struct ho_error *);
/* Adds a pair of metadata; both texts are copied. */
int ho_tensor_file_note(struct ho_tensor_file *, const char *key, const char *value, struct ho_error *);
/* Has a checksum written: metadata `holdout_checksum', the SHA-256 of the whole file with zeros for these 64 digits. */
int ho_tensor_file_seal(struct ho_tensor_file *, struct ho_error *);
int ho_tensor_file_write(const struct ho_tensor_file *, const char *path,
                         struct ho_error *); /* complete or not at all */

/* ---- reading ----
 * Reads the whole file.  Refused: duplicate names, data that overlap, leave gaps or do not match their shape, and a
 * wrong checksum.  ho_tensor_file_read_sealed also refuses a file without a checksum.  NULL on failure; the code is
 * HO_ERROR_FILE or HO_ERROR_MEMORY if the contents were not the reason. */
struct ho_tensor_file *ho_tensor_file_read(const char *path, struct ho_error *);
struct ho_tensor_file *ho_tensor_file_read_sealed(const char *path, struct ho_error *);
size_t ho_tensor_file_count(const struct ho_tensor_file *);
const struct ho_tensor_entry *ho_tensor_file_at(const struct ho_tensor_file *, size_t i);
const struct ho_tensor_entry *ho_tensor_file_find(const struct ho_tensor_file *, const char *name); /* or NULL */
const char *ho_tensor_file_get_note(const struct ho_tensor_file *, const char *key);                /* or NULL */
void ho_tensor_file_free(struct ho_tensor_file *);                                                  /* accepts NULL */

#endif
