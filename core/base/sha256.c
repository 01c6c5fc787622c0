/* SPDX-License-Identifier: MIT
 * sha256.c - libcrypto's SHA-256 in hexadecimal; see sha256.h. */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>

void *ho_sha256_begin(void)
{
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
  return hash;
}

void ho_sha256_add(void *hash, const void *data, size_t size)
{
  EVP_DigestUpdate(hash, data, size);
}

void ho_sha256_end(void *hash, char hex[HO_SHA256_TEXT])
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(hash, digest, &length);
  EVP_MD_CTX_free(hash);
  for (unsigned i = 0; i < length; i++)
    snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
}

void ho_sha256(const void *data, size_t size, char hex[HO_SHA256_TEXT])
{
  void *hash = ho_sha256_begin();
  ho_sha256_add(hash, data, size);
  ho_sha256_end(hash, hex);
}
