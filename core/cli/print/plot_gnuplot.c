/* SPDX-License-Identifier: MIT
 * plot_gnuplot.c - commands and data for gnuplot; see plot.h.  The style is that of plots/parts/style.gp.
 *
 * Names may come from others: they stand in single quotes, where gnuplot replaces and executes nothing.  A quote in a name
 * is a variable, as the replacement of macros counts quotes, those within double quotes, too. */
#include <math.h>

#include "cli/print/plot.h"

enum { PANEL = 400, HEIGHT = 386, LEGEND = 22, LEFT = 62, RIGHT = 20, ABOVE = 62, BELOW = 74 }; /* pixels */
enum { FEW = 40 /* epochs, each of which gets a mark */ };

static const struct ho_plot_panel panels[HO_PLOT_PANELS] = {
  { "Test accuracy", "validation, given labels", "Validation accuracy, given labels", 1, HO_CURVE_TEST,
    HO_CURVE_VALIDATION },
  { "Training accuracy, given labels", "true labels", "Training accuracy, true labels", 1, HO_CURVE_GIVEN,
    HO_CURVE_TRUE },
  { "Training loss, given labels", "test loss", "Test loss", 0, HO_CURVE_TRAIN_LOSS, HO_CURVE_TEST_LOSS },
};

const unsigned ho_plot_colours[HO_PLOT_COLOURS] = {
  0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x333333
};

static int has(const struct ho_curves *c, enum ho_curve curve)
{
  for (int i = 0; i < c->n && curve < HO_CURVES; i++)
    if (!isnan(c->value[curve][i]))
      return 1;
  return 0;
}

static int any_has(const struct ho_plot *p, enum ho_curve curve)
{
  for (int r = 0; r < p->runs; r++)
    if (has(&p->run[r].curves, curve))
      return 1;
  return 0;
}

struct ho_plot_panel ho_plot_panel_of(const struct ho_plot *p, int i)
{
  struct ho_plot_panel shown = panels[i];
  if (!any_has(p, shown.first)) {
    shown.first = shown.second;
    shown.title = shown.second_alone;
    shown.second = HO_CURVES;
  } else if (!any_has(p, shown.second))
    shown.second = HO_CURVES;
  return shown;
}

int ho_plot_extent(const struct ho_plot *p, const struct ho_plot_panel *panel, double *least, double *most, int *last)
{
  *least = INFINITY;
  *most = -INFINITY;
  *last = 1;
  for (int r = 0; r < p->runs; r++)
    for (int k = 0; k < 2; k++) {
      const struct ho_curves *c = &p->run[r].curves;
      enum ho_curve which = k ? panel->second : panel->first;
      const double *value = which < HO_CURVES ? c->value[which] : NULL;
      for (int i = 0; i < c->n && value; i++)
        if (!isnan(value[i])) {
          *least = fmin(*least, value[i]);
          *most = fmax(*most, value[i]);
          *last = c->epoch[i] > *last ? c->epoch[i] : *last;
        }
    }
  return *least <= *most;
}

/* Multiples of 1, 2 or 5 times a power of ten, about five of them. */
static double step_for(double extent)
{
  double power = pow(10, floor(log10(extent / 5))), part = extent / 5 / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

double ho_plot_scale(const struct ho_plot_panel *panel, double least, double most, double *low, double *high)
{
  double extent = most - least > 1e-3 * most ? most - least : fmax(0.1 * most, 0.1), step = step_for(extent);
  *low = step * floor(least / step + 1e-9);
  *high = fmax(step * ceil(most / step - 1e-9), *low + step);
  if (panel->is_accuracy && *high > 1)
    *high = 1;
  return step;
}

static void quoted(const char *text, FILE *out)
{
  fputc('\'', out);
  for (; *text; text++)
    if (*text == '\'')
      fputs("' . quote . '", out);
    else
      fputc(*text, out);
  fputc('\'', out);
}

static void number(double value, FILE *out)
{
  if (isfinite(value))
    fprintf(out, " %.9g", value);
  else
    fputs(" NA", out);
}

static void data(const struct ho_plot *p, FILE *out)
{
  for (int r = 0; r < p->runs; r++) {
    const struct ho_curves *c = &p->run[r].curves;
    fprintf(out, "$run%d << END\n", r);
    for (int i = 0; i < c->n; i++) {
      fprintf(out, "%d", c->epoch[i]);
      for (int k = 0; k < HO_CURVES; k++)
        number(c->value[k][i], out);
      fputc('\n', out);
    }
    fputs("END\n", out);
  }
}

/* Groups beyond the colours differ in their marks. */
static int mark(int group)
{
  static const int marks[] = { 7, 5, 9, 13, 11 }; /* filled: circle, square, triangles, lozenge */
  return marks[group / HO_PLOT_COLOURS % 5];
}

static void curve(const struct ho_plot *p, int run, enum ho_curve which, int dashed, const char *before, FILE *out)
{
  const struct ho_curves *c = &p->run[run].curves;
  int group = p->run[run].group, every = c->n <= FEW ? 1 : c->n / 12;
  double size = c->n <= FEW || group >= HO_PLOT_COLOURS ? 0.5 : 0;
  fprintf(out,
          "%s $run%d using 1:%d with linespoints linewidth %s dashtype %d pointtype %d pointsize %g pointinterval %d "
          "linecolor rgb '#%06x'",
          before, run, (int)which + 2, dashed ? "1.4" : "2.2", dashed ? 2 : 1, mark(group), size, every,
          ho_plot_colours[group % HO_PLOT_COLOURS]);
}

/* Between the tics: a whole number of epochs. */
static int epochs_for(int last)
{
  int step = 1;
  for (int i = 0; last / step > 6; i++)
    step = i % 3 == 1 ? step / 2 * 5 : 2 * step; /* 1, 2, 5, 10 */
  return step;
}

static void panel(const struct ho_plot *p, const struct ho_plot_panel *panel, FILE *out)
{
  const char *before = "plot";
  int last, has_second = panel->second < HO_CURVES;
  double least, most, low, high;
  ho_plot_extent(p, panel, &least, &most, &last);
  fputs("set title offset 0, -0.4 textcolor rgb '#333333' ", out);
  quoted(panel->title, out);
  if (has_second)
    fprintf(out, " . \"\\n\" . '(dashed: %s)'", panel->second_title);
  fprintf(out, "\nset xtics 0, %d", epochs_for(last));
  fprintf(out, "\nset xrange [%s:%d%s]\n", last == 1 ? "0.5" : "1", last, last == 1 ? ".5" : "");
  double step = ho_plot_scale(panel, least, most, &low, &high);
  fprintf(out, "set yrange [%.9g:%.9g]\nset ytics %.9g\n", low, high, step);
  for (int r = 0; r < p->runs; r++)
    for (int k = has_second; k >= 0; k--) { /* the first lies above the second */
      enum ho_curve which = k ? panel->second : panel->first;
      if (!has(&p->run[r].curves, which))
        continue;
      curve(p, r, which, k, before, out);
      before = ", \\\n ";
    }
  fputc('\n', out);
}

static void legend(const struct ho_plot *p, int width, int height, FILE *out)
{
  fputs("set title\nunset border\nunset tics\nunset xlabel\nset lmargin at screen 0\nset rmargin at screen 1\n"
        "set tmargin at screen 1\nset bmargin at screen 0\nset xrange [0:1]\nset yrange [0:1]\n",
        out);
  for (int g = 0; g < p->groups; g++) {
    double y = 1 - (HEIGHT + LEGEND * (g + 0.5)) / height, x = (double)LEFT / width;
    unsigned colour = ho_plot_colours[g % HO_PLOT_COLOURS];
    fprintf(out,
            "set arrow %d from screen %.5f, screen %.5f to screen %.5f, screen %.5f nohead linewidth 2.2 "
            "linecolor rgb '#%06x'\n",
            g + 1, x, y, x + 34.0 / width, y, colour);
    if (g >= HO_PLOT_COLOURS)
      fprintf(out,
              "set label %d '' at screen %.5f, screen %.5f point pointtype %d pointsize 0.8 linecolor rgb '#%06x'\n",
              p->groups + g + 1, x + 17.0 / width, y, mark(g), colour);
    fprintf(out, "set label %d ", g + 1);
    quoted(p->name[g], out);
    fprintf(out, " at screen %.5f, screen %.5f left textcolor rgb '#333333'\n", x + 42.0 / width, y);
  }
  fputs("plot 2 notitle\n", out);
}

int ho_plot_gnuplot(const struct ho_plot *p, const char *terminal, FILE *out, struct ho_error *err)
{
  struct ho_plot_panel shown[HO_PLOT_PANELS];
  int n = 0, last;
  double least, most;
  for (int i = 0; i < HO_PLOT_PANELS; i++) {
    shown[n] = ho_plot_panel_of(p, i);
    n += ho_plot_extent(p, &shown[n], &least, &most, &last);
  }
  int width = n * PANEL, height = HEIGHT + LEGEND * p->groups + 8;
  fputs("quote = \"\\047\"\nset datafile missing 'NA'\nset datafile separator whitespace\n", out);
  data(p, out);
  fprintf(out, "set terminal %s size %d, %d noenhanced font 'sans-serif,%d' background rgb '#ffffff'\n", terminal,
          width, height, 13);
  fputs("set key off\nset border 3 linecolor rgb '#333333'\nset dashtype 2 (7, 4)\n"
        "set tics nomirror out scale 0.6 textcolor rgb '#333333'\nset grid ytics linecolor rgb '#d9d9d9' linetype 1\n"
        "set format x '%.0f'\nset xlabel 'epoch' textcolor rgb '#333333'\nset multiplot\n",
        out);
  for (int i = 0; i < n; i++) {
    fprintf(out, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n", (double)(i * PANEL + LEFT) / width,
            (double)((i + 1) * PANEL - RIGHT) / width);
    fprintf(out, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n", 1 - (double)ABOVE / height,
            1 - (double)(HEIGHT - BELOW) / height);
    panel(p, &shown[i], out);
  }
  legend(p, width, height, out);
  fputs("unset multiplot\n", out);
  return ferror(out) ? ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: commands for gnuplot") : 0;
}
