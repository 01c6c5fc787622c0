/* SPDX-License-Identifier: MIT
 * sha256.h - SHA-256 as 64 lowercase hexadecimal digits, by libcrypto. */
#ifndef HO_SHA256_H
#define HO_SHA256_H

#include <stddef.h>

#include "base/error.h"

enum { HO_SHA256_TEXT = 65 }; /* with the zero byte */

/* Of one piece.  Returns 0, or -1 if memory is short; hex is then "". */
int ho_sha256(const void *data, size_t size, char hex[HO_SHA256_TEXT], struct ho_error *)
    __attribute__((warn_unused_result));

/* Of many pieces: begin, add, end.  What fails on the way is reported by ho_sha256_end alone, which also frees. */
struct ho_sha256 {
  void *context; /* NULL: something failed */
};
struct ho_sha256 ho_sha256_begin(void);
void ho_sha256_add(struct ho_sha256 *, const void *data, size_t size);
int ho_sha256_end(struct ho_sha256 *, char hex[HO_SHA256_TEXT], struct ho_error *) __attribute__((warn_unused_result));

#endif
