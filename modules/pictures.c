/* SPDX-License-Identifier: MIT
 * pictures.c - the module that decodes pictures by libgd, and makes them one size; see core/data/pictures/decoder.h. */
#include <gd.h>
#include <stdio.h>
#include <string.h>

#include "base/module.h"
#include "config.h"
#include "data/pictures/decoder.h"
#include "version.h"

/* ---- what libgd says ---- */

static _Thread_local struct said {
  char text[256];
  int matters; /* it says that the picture is not whole */
} said;

/* What libjpeg warns of although the picture is whole. */
static int is_harmless(const char *warning)
{
  return strstr(warning, "extraneous bytes") || strstr(warning, "JFIF revision") || strstr(warning, "color transform");
}

/* Keeps the first message that matters: that of the decoder, "...error: REASON", and not what libgd makes of it. */
static void listen(int priority, const char *format, va_list arguments)
{
  char text[sizeof said.text];
  (void)priority;
  vsnprintf(text, sizeof text, format, arguments);
  const char *reason = strstr(text, "error: ");
  if (said.matters || !reason || is_harmless(reason))
    return;
  said.matters = 1;
  snprintf(said.text, sizeof said.text, "%s", reason + strlen("error: "));
  said.text[strcspn(said.text, "\n")] = 0;
}

static void start(void)
{
  gdSetErrorMethod(listen);
}

/* ---- decoding ---- */

/* libgd makes a picture of what is left of a damaged file, and says so only if it is not told to ignore warnings. */
static gdImagePtr read_jpeg(int size, void *bytes)
{
  gdImagePtr im = gdImageCreateFromJpegPtrEx(size, bytes, 0);
  if (!im || !said.matters)
    return im;
  gdImageDestroy(im);
  return NULL;
}

static gdImagePtr (*const readers[HO_PICTURE_FORMATS])(int, void *) = {
  [HO_JPEG] = read_jpeg,
  [HO_PNG] = gdImageCreateFromPngPtr,
  [HO_WEBP] = gdImageCreateFromWebpPtr,
  [HO_GIF] = gdImageCreateFromGifPtr,
  [HO_BMP] = gdImageCreateFromBmpPtr,
};

static int over_white(int level, int alpha)
{
  return (level * (gdAlphaMax - alpha) + 255 * alpha + gdAlphaMax / 2) / gdAlphaMax;
}

/* Lays what is transparent on white, so that averages are those of what one sees. */
static void flatten(gdImagePtr im)
{
  for (int y = 0; y < gdImageSY(im); y++)
    for (int x = 0; x < gdImageSX(im); x++) {
      int *c = &gdImageTrueColorPixel(im, x, y), alpha = gdTrueColorGetAlpha(*c);
      if (*c == gdImageGetTransparent(im))
        *c = gdTrueColor(255, 255, 255);
      else if (alpha)
        *c = gdTrueColor(over_white(gdTrueColorGetRed(*c), alpha), over_white(gdTrueColorGetGreen(*c), alpha),
                         over_white(gdTrueColorGetBlue(*c), alpha));
    }
}

static gdImagePtr decode_file(const struct ho_picture_job *job)
{
  gdImagePtr im = readers[job->head.format]((int)job->size, (void *)job->bytes);
  if (!im)
    return NULL;
  if (!gdImageTrueColor(im) && !gdImagePaletteToTrueColor(im)) {
    gdImageDestroy(im);
    return NULL;
  }
  if (job->head.format != HO_JPEG)
    flatten(im);
  return im;
}

/* ---- one size ---- */

/* The largest part, in the middle, of a side of `side' pixels that has the proportion wanted : other_wanted. */
static int middle(int side, int other, int wanted, int other_wanted)
{
  long long part = ((long long)other * wanted + other_wanted / 2) / other_wanted;
  return part < 1 ? 1 : part > side ? side : (int)part;
}

/* Crops and resizes, still as stored: to width x height. */
static gdImagePtr resize(gdImagePtr from, int width, int height)
{
  int w = middle(gdImageSX(from), gdImageSY(from), width, height);
  int h = middle(gdImageSY(from), gdImageSX(from), height, width);
  gdImagePtr to = gdImageCreateTrueColor(width, height);
  if (to) {
    gdImageAlphaBlending(to, 0);
    gdImageCopyResampled(to, from, 0, 0, (gdImageSX(from) - w) / 2, (gdImageSY(from) - h) / 2, width, height, w, h);
  }
  return to;
}

/* The pixel of the picture as stored that is at (x, y) when it is upright. */
static int upright(gdImagePtr im, int orientation, int x, int y)
{
  int right = gdImageSX(im) - 1, bottom = gdImageSY(im) - 1;
  switch (orientation) {
  case 2: return gdImageTrueColorPixel(im, right - x, y);
  case 3: return gdImageTrueColorPixel(im, right - x, bottom - y);
  case 4: return gdImageTrueColorPixel(im, x, bottom - y);
  case 5: return gdImageTrueColorPixel(im, y, x);
  case 6: return gdImageTrueColorPixel(im, y, bottom - x);
  case 7: return gdImageTrueColorPixel(im, right - y, bottom - x);
  case 8: return gdImageTrueColorPixel(im, right - y, x);
  default: return gdImageTrueColorPixel(im, x, y);
  }
}

static void write_pixels(gdImagePtr im, const struct ho_picture_job *job)
{
  uint8_t *out = job->pixel;
  for (int y = 0; y < job->height; y++)
    for (int x = 0; x < job->width; x++) {
      int c = upright(im, job->head.orientation, x, y);
      int red = gdTrueColorGetRed(c), green = gdTrueColorGetGreen(c), blue = gdTrueColorGetBlue(c);
      if (job->channels == 1)
        *out++ = (uint8_t)((299 * red + 587 * green + 114 * blue + 500) / 1000);
      else {
        *out++ = (uint8_t)red;
        *out++ = (uint8_t)green;
        *out++ = (uint8_t)blue;
      }
    }
}

static const char *decode(const struct ho_picture_job *job)
{
  said.matters = 0;
  gdImagePtr whole = decode_file(job);
  if (!whole)
    return said.matters ? said.text : "damaged, or of a kind that libgd does not read";
  int lies = job->head.orientation >= 5;
  gdImagePtr im = resize(whole, lies ? job->height : job->width, lies ? job->width : job->height);
  gdImageDestroy(whole);
  if (!im)
    return "out of memory";
  write_pixels(im, job);
  gdImageDestroy(im);
  return NULL;
}

static const struct ho_picture_functions functions = { start, decode };

HO_MODULE(functions);
