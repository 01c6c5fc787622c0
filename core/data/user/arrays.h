/* SPDX-License-Identifier: MIT
 * arrays.h - images and labels from NumPy's arrays.
 *
 * Functions return 0, or -1 with a message that names the file. */
#ifndef HO_ARRAYS_H
#define HO_ARRAYS_H

#include "data/images.h"

/* How an array's numbers become bytes.  Zeroed by the caller; set by the first array, and kept for the next, so that test
 * images are read as training images are. */
struct ho_pixel_rule {
  int is_set;
  double factor;    /* 1: numbers from 0 to 255; 255: from 0 to 1 */
  int is_rounded;   /* some number was no whole byte, and was rounded */
  double low, high; /* of the first array */
};

/* Whether the text is nhw, nhwc or nchw: count, height, width, channels. */
int ho_layout_known(const char *text);

/* Reads images: an array [n][height][width], or with channels last or first.  layout: one of the texts above; NULL: by
 * the shape, where only the last of four dimensions, or only the second, can be channels (is at most 4).  Whole numbers
 * must be from 0 to 255, truth values become 0 and 255.  Real numbers that are all from 0 to 1 are multiplied by 255, others
 * must be from 0 to 255; both are rounded.  Anything else is refused. */
int ho_array_images(const char *path, const char *layout, struct ho_pixel_rule *, struct ho_images *,
                    struct ho_error *);

/* Reads the labels of the images: an array [n] or [n][1] of whole numbers from 0 to 4095. */
int ho_array_labels(const char *path, struct ho_images *, struct ho_error *);

/* Says what was made of numbers that are not bytes; nothing if they are. */
void ho_pixel_rule_tell(const struct ho_pixel_rule *, const char *name, struct ho_warnings *);

#endif
