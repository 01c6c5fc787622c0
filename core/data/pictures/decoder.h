/* SPDX-License-Identifier: MIT
 * decoder.h - what the module `pictures' does. */
#ifndef HO_PICTURE_DECODER_H
#define HO_PICTURE_DECODER_H

#include "data/pictures/head.h"

/* Memory that decoding takes for a pixel, at most: of libgd 4 bytes, of the decoders up to 8. */
enum { HO_PICTURE_BYTES = 12 };

struct ho_picture_job {
  const unsigned char *bytes; /* the file */
  size_t size;
  struct ho_picture_head head;
  int height, width, channels;
  uint8_t *pixel; /* [height][width][channels], written */
};

struct ho_picture_functions {
  /* Called once, before `decode', which any number of threads may call. */
  void (*start)(void);
  /* Returns NULL, or why the picture cannot be decoded: a text that is valid until the thread decodes the next one. */
  const char *(*decode)(const struct ho_picture_job *);
};

#endif
