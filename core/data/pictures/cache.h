/* SPDX-License-Identifier: MIT
 * cache.h - decoded pictures, kept in a file so that they need not be decoded again.
 *
 * The file is $XDG_CACHE_HOME/holdout/pictures-KEY, by default in ~/.cache, and only its owner can read it.  It is for one
 * folder and size, and good as long as every file of the folder has the name, the size and the time of change that it had.
 * Whatever is wrong with it, the pictures are decoded again.  It may be deleted at any time. */
#ifndef HO_PICTURE_CACHE_H
#define HO_PICTURE_CACHE_H

#include "base/sha256.h"
#include "data/images.h"
#include "data/pictures/listing.h"

struct ho_picture_cache {
  char path[4096];            /* "": there is no folder for it */
  char state[HO_SHA256_TEXT]; /* of all that decoded pictures depend on */
};

/* size: as it was asked for, "" if it was not. */
int ho_picture_cache_find(struct ho_picture_cache *, const char *folder, const char *size, const struct ho_listing *,
                          struct ho_error *);

/* Reads the state of each of the n listed files and, into images that it allocates, the pixels of those that were read.
 * Returns 0; 1 if there is no such cache or something is wrong with it; -1 if memory is short. */
int ho_picture_cache_read(const struct ho_picture_cache *, size_t n, uint8_t *state, struct ho_images *,
                          struct ho_error *);

/* Writes them: complete or not at all. */
int ho_picture_cache_write(const struct ho_picture_cache *, size_t n, const uint8_t *state, const struct ho_images *,
                           struct ho_error *);

#endif
