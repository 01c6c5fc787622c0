/* SPDX-License-Identifier: MIT
 * pictures.h - pictures in files, decoded and made one size: JPEG, PNG, WebP, GIF and BMP, told by contents, not by name.
 *
 * A picture is turned upright by its Exif orientation (JPEG), cropped to the middle part that has the wanted proportions,
 * and made larger or smaller by averaging over areas.  Transparent pixels are laid on white, of a GIF the first frame is
 * taken, 16 bits become 8, CMYK becomes RGB; one channel is the luma of ITU-R BT.601: (299 R + 587 G + 114 B) / 1000.
 *
 * The module `pictures' decodes (modules/pictures.c, by libgd).  It is loaded when the first picture is read. */
#ifndef HO_PICTURES_H
#define HO_PICTURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_pictures {
  const char *folder; /* the names are relative to it; NULL: they are paths */
  const char *const *file;
  size_t n;
  int height, width, channels; /* channels: 1 or 3 */
};

/* What reading a picture came to. */
enum ho_picture_state {
  HO_PICTURE_READ,
  HO_PICTURE_BROKEN, /* it looks like a picture, by contents or by name, and cannot be read */
  HO_PICTURE_OTHER,  /* it does not look like one */
};

/* Whether the name is that of a picture, maybe of a format that is not read, such as TIFF.  Where the contents are not
 * those of one, the picture is broken. */
int ho_picture_is_named(const char *path);

/* Reads all of them, on all threads; the result has the same bytes for any number of threads.  pixel: [n][height][width]
 * [channels], 0 where a picture is not read.  state: [n] of enum ho_picture_state.  What cannot be read is no failure:
 * the caller looks at the states.  Returns -1 if the module is missing. */
int ho_pictures_read(const struct ho_pictures *, uint8_t *pixel, uint8_t *state, struct ho_error *);

/* Reads picture i alone.  Returns its state; unless it is HO_PICTURE_READ, the message says why, beginning with the path. */
enum ho_picture_state ho_picture_read(const struct ho_pictures *, size_t i, uint8_t *pixel, struct ho_error *);

/* Writes a sentence on those that are broken: how many of how many, the first few with the reason.  Returns their number;
 * with 0, nothing is written. */
size_t ho_pictures_tell_broken(const struct ho_pictures *, const uint8_t *state, struct ho_error *);

/* Sets height and width: those of the pictures, if all have the same and no side is longer than `most'; else most x most.
 * Reads files, without decoding them, until this is known. */
void ho_pictures_choose_size(struct ho_pictures *, int most);

/* Whether one of those that are broken lacked only memory or permission: another time, it may be read. */
int ho_pictures_may_recover(const struct ho_pictures *, const uint8_t *state);

/* Has `watch' called while pictures are read, on the calling thread: at most once a picture, and at the end with done ==
 * of.  NULL: no more. */
void ho_pictures_watch(void (*watch)(size_t done, size_t of));

#endif
