/* SPDX-License-Identifier: MIT
 * pictures.c - writes the images of an IDX file of MNIST's kind as PNG files: pictures IDX FOLDER. */
#include <stdio.h>

#include "png.h"

int main(int argc, char **argv)
{
  unsigned char head[16];
  FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (!f || fread(head, 1, 16, f) != 16)
    return 1;
  int n = head[6] << 8 | head[7], height = head[10] << 8 | head[11], width = head[14] << 8 | head[15];
  size_t size = (size_t)height * (size_t)width;
  unsigned char *pixels = malloc(size);
  for (int i = 0; i < n; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.png", argv[2], i);
    FILE *out = fopen(path, "wb");
    if (!out || fread(pixels, 1, size, f) != size)
      return 1;
    struct png png = png_make(width, height, PNG_GREY, 8, pixels, NULL, 0, NULL, 0);
    if (fwrite(png.bytes, 1, png.size, out) != png.size || fclose(out))
      return 1;
    free(png.bytes);
  }
  free(pixels);
  return fclose(f) != 0;
}
