/* SPDX-License-Identifier: MIT
 * sha256.c - libcrypto's SHA-256 in hexadecimal; see sha256.h. */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>

static void drop(struct ho_sha256 *hash)
{
  EVP_MD_CTX_free(hash->context);
  hash->context = NULL;
}

struct ho_sha256 ho_sha256_begin(void)
{
  struct ho_sha256 hash = { EVP_MD_CTX_new() };
  if (hash.context && !EVP_DigestInit_ex(hash.context, EVP_sha256(), NULL))
    drop(&hash);
  return hash;
}

void ho_sha256_add(struct ho_sha256 *hash, const void *data, size_t size)
{
  if (hash->context && !EVP_DigestUpdate(hash->context, data, size))
    drop(hash);
}

int ho_sha256_end(struct ho_sha256 *hash, char hex[HO_SHA256_TEXT], struct ho_error *err)
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  *hex = 0;
  if (hash->context && !EVP_DigestFinal_ex(hash->context, digest, &length))
    drop(hash);
  if (!hash->context)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: a SHA-256 checksum");
  drop(hash);
  for (unsigned i = 0; i < length; i++)
    snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
  return 0;
}

int ho_sha256(const void *data, size_t size, char hex[HO_SHA256_TEXT], struct ho_error *err)
{
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, data, size);
  return ho_sha256_end(&hash, hex, err);
}
