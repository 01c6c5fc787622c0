/* SPDX-License-Identifier: MIT
 * augment_rig.h - one image of any size for augmentations. */
#ifndef HO_AUGMENT_RIG_H
#define HO_AUGMENT_RIG_H

#include "data_fixtures.h"

enum { PAD = 4, MOST = 40, MANY = HO_CHANNELS_MOST };

static UNUSED void make_image(struct ho_dataset *d, int height, int width, int channels, uint8_t *pixel)
{
  memset(d, 0, sizeof *d);
  d->train = d->test = (struct ho_images){ .n = 1, .height = height, .width = width, .channels = channels };
  for (int i = 0; i < height * width * channels; i++)
    pixel[i] = (uint8_t)(i * 73 + 29);
  for (int c = 0; c < channels; c++) {
    d->mean[c] = 0.4f + 0.05f * (float)c;
    d->deviation[c] = 0.2f + 0.03f * (float)c;
  }
  ho_dataset_scale(d);
}

static UNUSED const int shapes[][3] = {
  { 28, 28, 1 }, { 32, 32, 3 }, { 16, 16, 3 }, { 1, 1, 1 }, { 3, 9, 4 }, { 40, 2, 2 }, { 5, 4, MANY },
};

#endif
