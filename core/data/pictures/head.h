/* SPDX-License-Identifier: MIT
 * head.h - what the beginning of a picture's file tells: format, size, orientation. */
#ifndef HO_PICTURE_HEAD_H
#define HO_PICTURE_HEAD_H

#include <stddef.h>
#include <stdint.h>

enum ho_picture_format { HO_JPEG, HO_PNG, HO_WEBP, HO_GIF, HO_BMP, HO_PICTURE_FORMATS };

struct ho_picture_head {
  enum ho_picture_format format;
  uint32_t width, height; /* as stored */
  int orientation; /* of Exif, 1 to 8: 2 mirrored, 3 turned by 180 degrees, 6 by 90 to the right, ...; 1: as stored */
};

extern const char *const ho_picture_format_names[HO_PICTURE_FORMATS];

/* Reads the head of a file in memory.  Returns NULL, or why it is not the head of a picture that can be read.  `known' is
 * then whether it has the signature of a picture, maybe of a format that is not read. */
const char *ho_picture_head_read(const unsigned char *bytes, size_t size, struct ho_picture_head *, int *known);

#endif
