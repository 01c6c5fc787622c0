/* SPDX-License-Identifier: MIT
 * plot_text.c - curves in a terminal: eight dots of a Braille character in each place; see plot.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/print/plot.h"

enum {
  ROWS = 12,
  AXIS = 8 /* characters left of it */,
  ENDS = 8 /* right of it: letters, or `epochs' */,
  NARROWEST = 30
};

struct canvas {
  int columns, rows;
  unsigned char *dots; /* [rows][columns] */
  int *group;          /* of the dots drawn last */
  double least, most;  /* values at the bottom and the top */
  int last;            /* epoch at the right; 1 is at the left */
};

static void dot(struct canvas *c, int x, int y, int group)
{
  static const unsigned char bits[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
  if (x < 0 || y < 0 || x >= 2 * c->columns || y >= 4 * c->rows)
    return;
  int at = y / 4 * c->columns + x / 2;
  c->dots[at] |= bits[y % 4][x % 2];
  c->group[at] = group;
}

static int across(const struct canvas *c, int epoch)
{
  return c->last == 1 ? c->columns : (int)lround((2.0 * c->columns - 1) * (epoch - 1) / (c->last - 1));
}

static int down(const struct canvas *c, double value)
{
  return (int)lround((4.0 * c->rows - 1) * (c->most - value) / (c->most - c->least));
}

static void line(struct canvas *c, int x0, int y0, int x1, int y1, int dotted, int group)
{
  int n = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);
  for (int i = 0; i <= n; i++) {
    double part = n ? (double)i / n : 0;
    int x = x0 + (int)lround(part * (x1 - x0)), y = y0 + (int)lround(part * (y1 - y0));
    if (!dotted || (x + y) % 3 == 0)
      dot(c, x, y, group);
  }
}

/* Epochs without a value are passed over. */
static void draw(struct canvas *c, const struct ho_curves *curves, enum ho_curve which, int dotted, int group)
{
  int x0 = -1, y0 = 0;
  for (int i = 0; i < curves->n; i++) {
    double value = curves->value[which][i];
    if (!isfinite(value))
      continue;
    int x = across(c, curves->epoch[i]), y = down(c, value);
    line(c, x0 < 0 ? x : x0, x0 < 0 ? y : y0, x, y, dotted, group);
    x0 = x;
    y0 = y;
  }
}

static void colour(int group, int colours, FILE *out)
{
  unsigned rgb = ho_plot_colours[group % HO_PLOT_COLOURS];
  if (!colours)
    return;
  if (rgb == 0x333333) /* whatever the terminal writes in */
    fputs("\033[39m", out);
  else
    fprintf(out, "\033[38;2;%u;%u;%um", rgb >> 16, rgb >> 8 & 255, rgb & 255);
}

static void usual(int colours, FILE *out)
{
  fputs(colours ? "\033[39m" : "", out);
}

static char letter(int group)
{
  return (char)(group < 26 ? 'a' + group : group < 52 ? 'A' + group - 26 : '*');
}

static void braille(unsigned dots, FILE *out)
{
  fprintf(out, "\xe2%c%c", 0xa0 + (dots >> 6), 0x80 + (dots & 63)); /* U+2800 and following */
}

static void row_of_dots(const struct canvas *c, int row, int colours, FILE *out)
{
  int end = c->columns, before = -1;
  while (end && !c->dots[row * c->columns + end - 1])
    end--;
  for (int x = 0; x < end; x++) {
    int at = row * c->columns + x;
    if (!c->dots[at]) {
      fputc(' ', out);
      continue;
    }
    if (c->group[at] != before)
      colour(before = c->group[at], colours, out);
    braille(c->dots[at], out);
  }
  if (before >= 0)
    usual(colours, out);
}

/* The letters of the groups whose first curve ends in a row, each once, as far as there is room. */
static void ends(const struct ho_plot *p, const struct canvas *c, enum ho_curve which, int row, int colours, FILE *out)
{
  int n = 0, end = c->columns;
  while (end && !c->dots[row * c->columns + end - 1])
    end--;
  for (int g = 0; g < p->groups && n < ENDS - 1; g++) {
    int ends_here = 0;
    for (int r = 0; r < p->runs; r++) {
      const struct ho_curves *curves = &p->run[r].curves;
      int i = curves->n - 1;
      while (i >= 0 && !isfinite(curves->value[which][i]))
        i--;
      ends_here |= p->run[r].group == g && i >= 0 && down(c, curves->value[which][i]) / 4 == row;
    }
    if (!ends_here)
      continue;
    fprintf(out, "%*s", n ? 0 : c->columns - end + 1, "");
    colour(g, colours, out);
    fputc(letter(g), out);
    usual(colours, out);
    n++;
  }
}

static void print(const struct ho_plot *p, const struct canvas *c, const struct ho_plot_panel *panel, double step,
                  int colours, FILE *out)
{
  for (int row = 0; row < c->rows; row++) {
    char label[32] = "";
    for (int i = 0; i <= (int)lround((c->most - c->least) / step); i++) {
      double v = c->least + i * step;
      if (down(c, v) / 4 == row)
        snprintf(label, sizeof label, "%.4g", fabs(v) < step / 2 ? 0 : v);
    }
    fprintf(out, "%*s %s", AXIS - 2, label, *label ? "┤" : "│");
    row_of_dots(c, row, colours, out);
    ends(p, c, panel->first, row, colours, out);
    fputc('\n', out);
  }
  fprintf(out, "%*s└", AXIS - 1, "");
  for (int x = 0; x < c->columns; x++)
    fputs("─", out);
  if (c->last == 1)
    fprintf(out, "\n%*s1 epoch\n", AXIS + c->columns / 2, "");
  else
    fprintf(out, "\n%*s1%*d epochs\n", AXIS, "", c->columns - 1, c->last);
}

static int panel_text(const struct ho_plot *p, const struct ho_plot_panel *panel, int width, int colours, FILE *out,
                      struct ho_error *err)
{
  struct canvas c = { .columns = width - AXIS - ENDS, .rows = ROWS };
  double least, most;
  int dotted = panel->second < HO_CURVES;
  if (!ho_plot_extent(p, panel, &least, &most, &c.last))
    return 0;
  double step = ho_plot_scale(panel, least, most, &c.least, &c.most);
  size_t cells = (size_t)c.columns * (size_t)c.rows;
  c.dots = ho_alloc(cells, sizeof *c.dots, "a plot", err);
  c.group = ho_alloc(cells, sizeof *c.group, "a plot", err);
  int bad = !c.dots || !c.group;
  for (int k = dotted; k >= 0 && !bad; k--) /* the first lies above the second */
    for (int r = 0; r < p->runs; r++)
      draw(&c, &p->run[r].curves, k ? panel->second : panel->first, k, p->run[r].group);
  if (!bad) {
    fprintf(out, "%s", panel->title);
    if (dotted)
      fprintf(out, " (dotted: %s)", panel->second_title);
    fputc('\n', out);
    print(p, &c, panel, step, colours, out);
    fputc('\n', out);
  }
  ho_free(c.dots);
  ho_free(c.group);
  return bad ? -1 : 0;
}

int ho_plot_text(const struct ho_plot *p, int width, int colours, FILE *out, struct ho_error *err)
{
  if (width < NARROWEST)
    width = NARROWEST;
  for (int i = 0; i < HO_PLOT_PANELS; i++) {
    struct ho_plot_panel panel = ho_plot_panel_of(p, i);
    if (panel_text(p, &panel, width, colours, out, err))
      return -1;
  }
  for (int g = 0; g < p->groups; g++) {
    colour(g, colours, out);
    fprintf(out, "%c", letter(g));
    usual(colours, out);
    fprintf(out, "  %s\n", p->name[g]);
  }
  return 0;
}
