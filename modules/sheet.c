/* SPDX-License-Identifier: MIT
 * sheet.c - the module that draws a contact sheet by libgd; see core/cli/print/sheet.h.
 *
 * Images are enlarged by a whole factor, so that their pixels stay squares; larger ones are made smaller by averaging.
 * Frames are vermilion and blue of Okabe and Ito's palette, which the colour-blind tell apart, and a word says it. */
#include "cli/print/sheet.h"

#include <gd.h>
#include <gdfontmb.h>
#include <gdfonts.h>
#include <stdio.h>
#include <string.h>

#include "base/module.h"
#include "config.h"
#include "version.h"

enum {
  SIDE = 96, /* the longer side of an image, about */
  FRAME = 3,
  GAP = 14,
  EDGE = 16,
  LINE = 14,
  LINES = 3, /* below an image */
  HEAD = 2 * LINE + 10,
  HEAD_MOST = 80,
  TEXT_LEAST = 12,
  TEXT_MOST = 29
};
enum { PAPER = 0xffffff, INK = 0x1a1a1a, FAINT = 0x5f5f5f, PLAIN = 0xc8c8c8 };

static const struct {
  int colour;
  const char *word;
} marks[HO_MARKS] = {
  [HO_MARK_NONE] = { PLAIN, "" },
  [HO_MARK_WRONG] = { 0xd55e00, "wrong" },
  [HO_MARK_CORRECT] = { 0x0072b2, "correct" },
};

struct layout {
  int width, height; /* of a drawn image */
  int letters;       /* that fit below it */
  int cell;          /* from one image to the next */
  int columns, rows;
  int sheet_width, sheet_height;
};

/* ---- text ---- */

/* At most `most' letters, the last of them `..' when something is cut; a letter of UTF-8 becomes one `?'. */
static void fit(const char *text, int most, char *out)
{
  int n = 0;
  for (; *text && n <= most; text++)
    if (((unsigned char)*text & 0xc0) != 0x80)
      out[n++] = (unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '?' : *text;
  if (n > most) {
    n = most;
    memset(out + (n > 2 ? n - 2 : 0), '.', n > 2 ? 2 : (size_t)n);
  }
  out[n] = 0;
}

static int letters_of(const struct ho_sheet_image *im)
{
  size_t classes = strlen(im->given) + strlen(im->predicted) + 3, place = strlen(im->place);
  return (int)(classes > place ? classes : place);
}

/* given > predicted; the longer name is cut first. */
static void label(const struct ho_sheet_image *im, int most, char out[2 * TEXT_MOST + 8])
{
  char given[TEXT_MOST + 2], predicted[TEXT_MOST + 2];
  int a = (int)strnlen(im->given, TEXT_MOST), b = (int)strnlen(im->predicted, TEXT_MOST), room = most - 3;
  while (a + b > room)
    *(a > b ? &a : &b) -= 1;
  fit(im->given, a, given);
  fit(im->predicted, b, predicted);
  snprintf(out, 2 * TEXT_MOST + 8, "%s > %s", given, predicted);
}

static void write_text(gdImagePtr sheet, gdFontPtr font, int x, int y, const char *text, int colour)
{
  gdImageString(sheet, font, x, y, (unsigned char *)text, colour);
}

/* ---- one image ---- */

/* The mean of the pixels that fall on one of the sheet: of an enlarged image exactly one. */
static int colour_at(const struct ho_images *from, const uint8_t *pixel, const struct layout *l, int y, int x)
{
  int y0 = y * from->height / l->height, y1 = (y + 1) * from->height / l->height;
  int x0 = x * from->width / l->width, x1 = (x + 1) * from->width / l->width, c = from->channels, sum[3] = { 0 };
  y1 = y1 > y0 ? y1 : y0 + 1;
  x1 = x1 > x0 ? x1 : x0 + 1;
  for (int v = y0; v < y1; v++)
    for (int u = x0; u < x1; u++)
      for (int k = 0; k < 3; k++)
        sum[k] += pixel[((size_t)v * (size_t)from->width + (size_t)u) * (size_t)c + (size_t)(c == 3 ? k : 0)];
  int n = (y1 - y0) * (x1 - x0);
  return gdTrueColor((sum[0] + n / 2) / n, (sum[1] + n / 2) / n, (sum[2] + n / 2) / n);
}

static void draw_image(gdImagePtr sheet, const struct ho_sheet *s, const struct layout *l, int i)
{
  const struct ho_sheet_image *im = &s->image[i];
  size_t bytes = (size_t)s->from->height * (size_t)s->from->width * (size_t)s->from->channels;
  const uint8_t *pixel = s->from->pixel + im->image * bytes;
  int left = EDGE + i % l->columns * (l->cell + GAP);
  int top = EDGE + HEAD + i / l->columns * (l->height + 2 * FRAME + LINES * LINE + GAP);
  int x0 = left + FRAME, y0 = top + FRAME, below = y0 + l->height + FRAME + 2;
  char rank[32], text[2 * TEXT_MOST + 8];
  gdImageFilledRectangle(sheet, left, top, x0 + l->width + FRAME - 1, y0 + l->height + FRAME - 1,
                         marks[im->mark].colour);
  for (int y = 0; y < l->height; y++)
    for (int x = 0; x < l->width; x++)
      gdImageSetPixel(sheet, x0 + x, y0 + y, colour_at(s->from, pixel, l, y, x));
  int length = snprintf(rank, sizeof rank, "%zu", im->rank);
  write_text(sheet, gdFontGetMediumBold(), left, below, rank, INK);
  write_text(sheet, gdFontGetMediumBold(), left + (length + 1) * gdFontGetMediumBold()->w, below, marks[im->mark].word,
             marks[im->mark].colour);
  label(im, l->letters, text);
  write_text(sheet, gdFontGetSmall(), left, below + LINE, text, INK);
  fit(im->place, l->letters, text);
  write_text(sheet, gdFontGetSmall(), left, below + 2 * LINE, text, FAINT);
}

/* ---- the sheet ---- */

/* As many pixels as the lines above the images take, within reason. */
static int head_width(const struct ho_sheet *s)
{
  int bold = (int)strnlen(s->title, HEAD_MOST) * gdFontGetMediumBold()->w;
  int small = (int)strnlen(s->subtitle, HEAD_MOST) * gdFontGetSmall()->w;
  return bold > small ? bold : small;
}

static struct layout plan(const struct ho_sheet *s)
{
  int h = s->from->height, w = s->from->width, side = h > w ? h : w, factor = SIDE / side, letters = TEXT_LEAST;
  struct layout l = { .height = factor ? h * factor : h * SIDE / side, .width = factor ? w * factor : w * SIDE / side };
  for (int i = 0; i < s->images; i++)
    letters = letters_of(&s->image[i]) > letters ? letters_of(&s->image[i]) : letters;
  l.height = l.height ? l.height : 1;
  l.width = l.width ? l.width : 1;
  l.letters = letters < TEXT_MOST ? letters : TEXT_MOST;
  l.cell = l.letters * gdFontGetSmall()->w;
  l.cell = l.cell > l.width + 2 * FRAME ? l.cell : l.width + 2 * FRAME;
  l.columns = s->columns < s->images ? s->columns : s->images;
  l.rows = (s->images + l.columns - 1) / l.columns;
  int images = l.columns * (l.cell + GAP) - GAP, text = head_width(s);
  l.sheet_width = 2 * EDGE + (images > text ? images : text);
  l.sheet_height = 2 * EDGE + HEAD + l.rows * (l.height + 2 * FRAME + LINES * LINE + GAP) - GAP;
  return l;
}

static void head(gdImagePtr sheet, const struct ho_sheet *s)
{
  char text[256];
  int room = gdImageSX(sheet) - 2 * EDGE, bold = room / gdFontGetMediumBold()->w, small = room / gdFontGetSmall()->w;
  fit(s->title, bold < 250 ? bold : 250, text); /* what `text' holds */
  write_text(sheet, gdFontGetMediumBold(), EDGE, EDGE - 4, text, INK);
  fit(s->subtitle, small < 250 ? small : 250, text);
  write_text(sheet, gdFontGetSmall(), EDGE, EDGE - 4 + LINE + 2, text, FAINT);
}

static gdImagePtr draw(const struct ho_sheet *s)
{
  struct layout l = plan(s);
  gdImagePtr sheet = gdImageCreateTrueColor(l.sheet_width, l.sheet_height);
  if (!sheet)
    return NULL;
  gdImageFilledRectangle(sheet, 0, 0, gdImageSX(sheet) - 1, gdImageSY(sheet) - 1, PAPER);
  head(sheet, s);
  for (int i = 0; i < s->images; i++)
    draw_image(sheet, s, &l, i);
  return sheet;
}

/* What libgd would print; the caller reports failure. */
static void silent(int priority, const char *format, va_list arguments)
{
  (void)priority, (void)format, (void)arguments;
}

static int png(const struct ho_sheet *s, FILE *out)
{
  gdSetErrorMethod(silent);
  gdImagePtr sheet = draw(s);
  if (!sheet)
    return -1;
  gdImagePng(sheet, out);
  gdImageDestroy(sheet);
  return 0;
}

static const struct ho_sheet_functions functions = { png };

HO_MODULE(functions);
