/* SPDX-License-Identifier: MIT
 * folder.c - makes a folder of PNG files that can be learned, for the tests: a sub-folder for each class.
 *
 *   folder FOLDER SIDE CLASSES N [WRONG]    N pictures, of SIDE x SIDE; the last WRONG of them in the next class's folder
 *
 * A picture of class c is brightest at row c of CLASSES, with noise.  The name of a file that is in a wrong folder begins
 * with `wrong'. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "png.h"

static unsigned seed = 1;

static int noise(void)
{
  seed = seed * 1664525u + 1013904223u;
  return (int)(seed >> 24) % 64;
}

static void draw(unsigned char *pixel, int side, int classes, int class)
{
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side * 3; x++)
      pixel[y * side * 3 + x] = (unsigned char)(noise() + (y * classes / side == class ? 160 : 30));
}

int main(int argc, char **argv)
{
  if (argc < 5)
    return 2;
  int side = atoi(argv[2]), classes = atoi(argv[3]), n = atoi(argv[4]), wrong = argc > 5 ? atoi(argv[5]) : 0;
  unsigned char *pixel = malloc((size_t)side * (size_t)side * 3);
  char path[4096];
  mkdir(argv[1], 0777);
  for (int c = 0; c < classes; c++) {
    snprintf(path, sizeof path, "%s/class-%d", argv[1], c);
    mkdir(path, 0777);
  }
  for (int i = 0; i < n; i++) {
    int class = i % classes, is_wrong = i >= n - wrong;
    draw(pixel, side, classes, class);
    struct png f = png_make(side, side, PNG_RGB, 8, pixel, NULL, 0, NULL, 0);
    snprintf(path, sizeof path, "%s/class-%d/%s%d.png", argv[1], is_wrong ? (class + 1) % classes : class,
             is_wrong ? "wrong" : "p", i);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(f.bytes, 1, f.size, out) != f.size || fclose(out))
      return 1;
    free(f.bytes);
  }
  free(pixel);
  return 0;
}
