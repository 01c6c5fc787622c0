/* SPDX-License-Identifier: MIT
 * shapes.c - makes a small data set for user_files.bats: images that can be learned, of any size, as IDX or CIFAR records.
 *
 *   shapes idx FOLDER HEIGHT WIDTH CHANNELS CLASSES TRAIN TEST     four files under MNIST's names
 *   shapes cifar FILE HEIGHT WIDTH CHANNELS CLASSES N SEED         N records
 *
 * An image of class k has horizontal stripes of k + 1 rows, brightest in channel k mod CHANNELS, under grain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int height, width, channels, classes;
static unsigned state;

static int pixel(int class, int y, int channel)
{
  int stripe = y / (class + 1) % 2 ? 100 : 0;
  state = state * 1664525u + 1013904223u;
  return 30 + (int)(state >> 16) % 60 + (channel == class % channels ? stripe : stripe / 2);
}

static void word(FILE *f, unsigned v)
{
  for (int shift = 24; shift >= 0; shift -= 8)
    fputc((int)(v >> shift & 255), f);
}

static FILE *create(const char *folder, const char *part, const char *rest)
{
  char path[4096];
  snprintf(path, sizeof path, "%s%s%s", folder, part, rest);
  FILE *f = fopen(path, "wb");
  if (!f) {
    perror(path);
    exit(1);
  }
  return f;
}

static void idx(const char *folder, const char *part, int n)
{
  FILE *images = create(folder, part, channels == 1 ? "-images-idx3-ubyte" : "-images-idx4-ubyte");
  FILE *labels = create(folder, part, "-labels-idx1-ubyte");
  word(images, channels == 1 ? 0x803 : 0x804);
  word(images, (unsigned)n);
  word(images, (unsigned)height);
  word(images, (unsigned)width);
  if (channels > 1)
    word(images, (unsigned)channels);
  word(labels, 0x801);
  word(labels, (unsigned)n);
  for (int i = 0; i < n; i++) {
    fputc(i % classes, labels);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (int c = 0; c < channels; c++)
          fputc(pixel(i % classes, y, c), images);
  }
  if (fclose(images) || fclose(labels))
    exit(1);
}

static void cifar(const char *file, int n)
{
  FILE *f = create(file, "", "");
  for (int i = 0; i < n; i++) {
    fputc(i % classes, f);
    for (int c = 0; c < channels; c++)
      for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
          fputc(pixel(i % classes, y, c), f);
  }
  if (fclose(f))
    exit(1);
}

int main(int argc, char **argv)
{
  if (argc != 9)
    return 2;
  height = atoi(argv[3]);
  width = atoi(argv[4]);
  channels = atoi(argv[5]);
  classes = atoi(argv[6]);
  if (!strcmp(argv[1], "idx")) {
    state = 1;
    idx(argv[2], "/train", atoi(argv[7]));
    idx(argv[2], "/t10k", atoi(argv[8]));
  } else {
    state = (unsigned)atoi(argv[8]);
    cifar(argv[2], atoi(argv[7]));
  }
  return 0;
}
