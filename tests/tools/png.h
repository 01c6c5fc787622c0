/* SPDX-License-Identifier: MIT
 * png.h - makes PNG files for tests, without a library: bytes of any colour type and depth, not compressed. */
#ifndef HO_TEST_PNG_H
#define HO_TEST_PNG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGBA = 6 };

struct png {
  unsigned char *bytes; /* the file, freed by the caller */
  size_t size;
};

static inline unsigned char *png_word(unsigned char *p, uint32_t v)
{
  for (int i = 0; i < 4; i++)
    p[i] = (unsigned char)(v >> (24 - 8 * i));
  return p + 4;
}

static inline void png_chunk(struct png *f, const char *name, const unsigned char *data, size_t size)
{
  uint32_t crc = UINT32_MAX;
  f->bytes = realloc(f->bytes, f->size + size + 12);
  unsigned char *p = png_word(f->bytes + f->size, (uint32_t)size), *start = p;
  memcpy(p, name, 4);
  if (size)
    memcpy(p + 4, data, size);
  for (size_t i = 0; i < size + 4; i++) {
    crc ^= start[i];
    for (int k = 0; k < 8; k++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  png_word(p + 4 + size, ~crc);
  f->size += size + 12;
}

/* The rows behind one another, each of `row' bytes, as a zlib stream of stored blocks. */
static inline void png_data(struct png *f, const unsigned char *pixels, int height, size_t row)
{
  size_t raw = (size_t)height * (row + 1), used = 2;
  unsigned char *data = malloc(raw + 1), *out = malloc(raw + raw / 65535 * 5 + 16);
  uint32_t a = 1, b = 0;
  for (int y = 0; y < height; y++) {
    data[(size_t)y * (row + 1)] = 0; /* no filter */
    memcpy(data + (size_t)y * (row + 1) + 1, pixels + (size_t)y * row, row);
  }
  for (size_t i = 0; i < raw; i++) {
    a = (a + data[i]) % 65521;
    b = (b + a) % 65521;
  }
  out[0] = 0x78;
  out[1] = 1;
  for (size_t at = 0; at < raw;) {
    size_t n = raw - at < 65535 ? raw - at : 65535;
    const unsigned char head[5] = { at + n == raw, (unsigned char)n, (unsigned char)(n >> 8), (unsigned char)~n,
                                    (unsigned char)(~n >> 8) };
    memcpy(out + used, head, 5);
    memcpy(out + used + 5, data + at, n);
    used += 5 + n;
    at += n;
  }
  png_word(out + used, b << 16 | a);
  png_chunk(f, "IDAT", out, used + 4);
  free(data);
  free(out);
}

/* palette: of 3 bytes a colour; transparent: the contents of tRNS; both may be of size 0. */
static inline struct png png_make(int width, int height, int type, int depth, const unsigned char *pixels,
                                  const unsigned char *palette, size_t palette_size, const unsigned char *transparent,
                                  size_t transparent_size)
{
  static const int channels[] = { 1, 0, 3, 1, 2, 0, 4 };
  struct png f = { malloc(8), 8 };
  unsigned char head[13] = { 0 };
  memcpy(f.bytes, "\x89PNG\r\n\x1a\n", 8);
  png_word(png_word(head, (uint32_t)width), (uint32_t)height);
  head[8] = (unsigned char)depth;
  head[9] = (unsigned char)type;
  png_chunk(&f, "IHDR", head, sizeof head);
  if (palette_size)
    png_chunk(&f, "PLTE", palette, palette_size);
  if (transparent_size)
    png_chunk(&f, "tRNS", transparent, transparent_size);
  png_data(&f, pixels, height, ((size_t)width * (size_t)channels[type] * (size_t)depth + 7) / 8);
  png_chunk(&f, "IEND", NULL, 0);
  return f;
}

#endif
