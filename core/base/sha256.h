/* SPDX-License-Identifier: MIT
 * sha256.h - SHA-256 as 64 hexadecimal digits, by libcrypto. */
#ifndef HO_SHA256_H
#define HO_SHA256_H

#include <stddef.h>

enum { HO_SHA256_TEXT = 65 };

/* One piece, or many: begin, add, end.  `ho_sha256_end' frees. */
void ho_sha256(const void *data, size_t size, char hex[HO_SHA256_TEXT]);
void *ho_sha256_begin(void);
void ho_sha256_add(void *hash, const void *data, size_t size);
void ho_sha256_end(void *hash, char hex[HO_SHA256_TEXT]);

#endif
