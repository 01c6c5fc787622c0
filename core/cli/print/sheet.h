/* SPDX-License-Identifier: MIT
 * sheet.h - draws a contact sheet: images in rows, each with three lines of text below it, as a PNG file. */
#ifndef HO_SHEET_H
#define HO_SHEET_H

#include <stdio.h>

#include "data/dataset.h"

enum ho_mark { HO_MARK_NONE, HO_MARK_WRONG, HO_MARK_CORRECT, HO_MARKS }; /* frame and word around an image */

struct ho_sheet_image {
  uint32_t image; /* index in `from' */
  size_t rank;
  const char *place;             /* the third line: the image's index, and its file if it has one */
  const char *given, *predicted; /* the second line: given > predicted */
  enum ho_mark mark;
};

struct ho_sheet {
  const struct ho_images *from; /* one or three channels; of others the first is shown as grey */
  const char *title, *subtitle;
  const struct ho_sheet_image *image;
  int images, columns;
};

/* What the module `sheet' (modules/sheet.c) offers. */
struct ho_sheet_functions {
  /* Writes the sheet as PNG.  Text is cut where it does not fit, and what is not ASCII is shown as `?'.  Returns -1 if there
   * is not enough memory; whether the stream took it all, the caller asks the stream. */
  int (*png)(const struct ho_sheet *, FILE *);
};

/* Returns -1 with a message if sheets cannot be drawn here, as libgd is missing: to be asked before long work. */
int ho_sheet_check(struct ho_error *err);

/* Writes the file, complete or not at all. */
int ho_sheet_write(const struct ho_sheet *, const char *path, struct ho_error *err);

#endif
