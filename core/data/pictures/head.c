/* SPDX-License-Identifier: MIT
 * head.c - the heads of JPEG (ITU-T T.81, Exif 2.3), PNG, WebP (RFC 9649), GIF and BMP files; see head.h. */
#include "data/pictures/head.h"

#include <string.h>

const char *const ho_picture_format_names[HO_PICTURE_FORMATS] = { "JPEG", "PNG", "WebP", "GIF", "BMP" };

static const char truncated[] = "truncated: the file ends within its head";

static uint32_t big(const unsigned char *p, int bytes)
{
  uint32_t v = 0;
  for (int i = 0; i < bytes; i++)
    v = v << 8 | p[i];
  return v;
}

static uint32_t little(const unsigned char *p, int bytes)
{
  uint32_t v = 0;
  for (int i = bytes - 1; i >= 0; i--)
    v = v << 8 | p[i];
  return v;
}

/* ---- JPEG ---- */

/* The orientation of a segment "Exif": a TIFF file whose first directory has the tag 0x112.  0: the segment is none, as
 * that of XMP, which has the same marker, or it says nothing. */
static int exif_orientation(const unsigned char *p, size_t size)
{
  enum { HEAD = 6, ENTRY = 12, ORIENTATION = 0x112, SHORT = 3 };
  if (size < HEAD + 8 || memcmp(p, "Exif\0", HEAD))
    return 0;
  p += HEAD;
  size -= HEAD;
  uint32_t (*number)(const unsigned char *, int) = !memcmp(p, "II*\0", 4)   ? little
                                                   : !memcmp(p, "MM\0*", 4) ? big
                                                                            : NULL;
  size_t at = number ? number(p + 4, 4) : size;
  if (at > size - 2)
    return 0;
  size_t entries = number(p + at, 2);
  for (at += 2; entries > 0 && size - at >= ENTRY; entries--, at += ENTRY)
    if (number(p + at, 2) == ORIENTATION && number(p + at + 2, 2) == SHORT) {
      uint32_t v = number(p + at + 8, 2);
      return v >= 1 && v <= 8 ? (int)v : 0;
    }
  return 0;
}

static int is_frame(int marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static const char *read_jpeg(const unsigned char *p, size_t size, struct ho_picture_head *h)
{
  for (size_t at = 2; at + 4 <= size;) {
    if (p[at] != 0xff) /* libjpeg skips what lies between segments */
      at++;
    else if (p[at + 1] == 0xff || p[at + 1] == 0 || p[at + 1] == 1 || (p[at + 1] >= 0xd0 && p[at + 1] <= 0xd8))
      at += p[at + 1] == 0xff ? 1 : 2; /* padding, and markers without a segment */
    else if (p[at + 1] == 0xd9 || p[at + 1] == 0xda)
      return "damaged: it has no size before its image data";
    else {
      size_t length = big(p + at + 2, 2), left = size - at - 2;
      const unsigned char *segment = p + at + 2;
      if (length < 2)
        return "damaged: a segment is too short";
      if (length > left)
        return truncated;
      int orientation = p[at + 1] == 0xe1 ? exif_orientation(segment + 2, length - 2) : 0;
      if (orientation)
        h->orientation = orientation;
      if (is_frame(p[at + 1])) {
        if (length < 8)
          return "damaged: a segment is too short";
        h->height = big(segment + 3, 2);
        h->width = big(segment + 5, 2);
        return NULL;
      }
      at += 2 + length;
    }
  }
  return truncated;
}

/* ---- the others, which have their size at a fixed place ---- */

static const char *read_png(const unsigned char *p, size_t size, struct ho_picture_head *h)
{
  if (size < 24)
    return truncated;
  if (memcmp(p + 12, "IHDR", 4))
    return "damaged: it does not begin with its size";
  h->width = big(p + 16, 4);
  h->height = big(p + 20, 4);
  return NULL;
}

static const char *read_webp(const unsigned char *p, size_t size, struct ho_picture_head *h)
{
  if (size < 30)
    return truncated;
  if (!memcmp(p + 12, "VP8 ", 4)) {
    h->width = little(p + 26, 2) & 0x3fff;
    h->height = little(p + 28, 2) & 0x3fff;
  } else if (!memcmp(p + 12, "VP8L", 4)) {
    h->width = (little(p + 21, 4) & 0x3fff) + 1;
    h->height = (little(p + 21, 4) >> 14 & 0x3fff) + 1;
  } else if (!memcmp(p + 12, "VP8X", 4)) {
    if (p[20] & 2)
      return "animated WebP is not read: save one of its pictures";
    h->width = little(p + 24, 3) + 1;
    h->height = little(p + 27, 3) + 1;
  } else
    return "damaged: a WebP file without a picture";
  return NULL;
}

static const char *read_gif(const unsigned char *p, size_t size, struct ho_picture_head *h)
{
  if (size < 10)
    return truncated;
  h->width = little(p + 6, 2);
  h->height = little(p + 8, 2);
  return NULL;
}

static const char *read_bmp(const unsigned char *p, size_t size, struct ho_picture_head *h)
{
  if (size < 26)
    return truncated;
  if (little(p + 14, 4) == 12) {
    h->width = little(p + 18, 2);
    h->height = little(p + 20, 2);
    return NULL;
  }
  h->width = little(p + 18, 4);
  h->height = little(p + 22, 4);
  if (h->height > INT32_MAX) /* negative: the rows come from top to bottom */
    h->height = 0 - h->height;
  return NULL;
}

static const struct {
  size_t at;
  const char *signature;
  size_t length;
  const char *(*read)(const unsigned char *, size_t, struct ho_picture_head *); /* NULL: not read */
  const char *why;
} formats[] = {
  [HO_JPEG] = { 0, "\xff\xd8\xff", 3, read_jpeg, NULL },
  [HO_PNG] = { 0, "\x89PNG\r\n\x1a\n", 8, read_png, NULL },
  [HO_WEBP] = { 8, "WEBPVP8", 7, read_webp, NULL },
  [HO_GIF] = { 0, "GIF8", 4, read_gif, NULL },
  [HO_BMP] = { 0, "BM", 2, read_bmp, NULL },
  { 0, "II*\0", 4, NULL, "TIFF is not read: convert it to PNG" },
  { 0, "MM\0*", 4, NULL, "TIFF is not read: convert it to PNG" },
  { 4, "ftypavif", 8, NULL, "AVIF is not read: convert it to PNG" },
  { 4, "ftyphei", 7, NULL, "HEIF is not read: convert it to JPEG or PNG" },
  { 4, "ftypmif1", 8, NULL, "HEIF is not read: convert it to JPEG or PNG" },
};

/* Two letters are little: texts begin with them, too, but no text has a small number of 32 bits where BMP has one. */
static int is_bmp(const unsigned char *p, size_t size)
{
  return size >= 18 && little(p + 14, 4) <= 124;
}

const char *ho_picture_head_read(const unsigned char *bytes, size_t size, struct ho_picture_head *h, int *known)
{
  *h = (struct ho_picture_head){ .orientation = 1 };
  *known = 0;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (size < formats[i].at + formats[i].length ||
        memcmp(bytes + formats[i].at, formats[i].signature, formats[i].length) || (i == HO_BMP && !is_bmp(bytes, size)))
      continue;
    *known = 1;
    if (!formats[i].read)
      return formats[i].why;
    h->format = (enum ho_picture_format)i;
    const char *why = formats[i].read(bytes, size, h);
    return why ? why : h->width && h->height ? NULL : "damaged: it has no pixels";
  }
  return !size ? "the file is empty" : "not a picture: it begins like none of JPEG, PNG, WebP, GIF and BMP";
}
