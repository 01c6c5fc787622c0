/* SPDX-License-Identifier: MIT
 * plot.c - holdout plot: the curves of runs, in a file by gnuplot, or in the terminal. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/plot.h"
#include "cli/print/table.h"
#include "report/compare.h"

enum { OUT, FORCE };

static const struct ho_flag flags[] = {
  [OUT] = { "out", 0, "FILE", "a file of curves, drawn by gnuplot: FILE.svg, FILE.png or FILE.pdf" },
  [FORCE] = { "force", 0, NULL, "replace an existing FILE" },
  { 0 },
};

static const struct {
  const char *ending, *terminal;
} formats[] = { { ".svg", "svg" }, { ".png", "pngcairo" }, { ".pdf", "pdfcairo" } };

/* gnuplot's word for the format of a file, NULL: it has none of the endings. */
static const char *terminal_of(const char *path)
{
  size_t n = strlen(path);
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (n > 4 && !strcmp(path + n - 4, formats[i].ending))
      return formats[i].terminal;
  return NULL;
}

/* ---- what is drawn ---- */

struct drawing {
  struct ho_run_list runs;
  struct ho_comparison comparison;
  struct ho_plot_run *run;
  char **name;
  struct ho_plot plot;
};

/* A group is told by its name as in `holdout show', by the folder if it has one run, and by the number of its runs. */
static char *name_of(const struct drawing *d, int group)
{
  const struct ho_comparison *c = &d->comparison;
  char name[6000];
  int n = 0;
  for (int i = 0; i < d->runs.n; i++)
    n += c->of[i] == group;
  if (n == 1)
    snprintf(name, sizeof name, "%s: %s", d->runs.run[c->group[group].first].dir, c->group[group].name);
  else
    snprintf(name, sizeof name, "%s (%d runs)", c->group[group].name, n);
  ho_text_clean(name, "");
  return strdup(name);
}

static int drawing_make(struct drawing *d, struct ho_error *err)
{
  const struct ho_comparison *c = &d->comparison;
  int epochs = 0;
  d->run = ho_alloc((size_t)d->runs.n, sizeof *d->run, "curves", err);
  d->name = ho_alloc((size_t)c->groups, sizeof *d->name, "curves", err);
  if (!d->run || !d->name)
    return -1;
  d->plot = (struct ho_plot){ d->run, d->runs.n, (const char *const *)d->name, c->groups };
  for (int i = 0; i < d->runs.n; i++) {
    d->run[i].group = c->of[i];
    if (ho_curves_read(&d->run[i].curves, &d->runs.run[i], err))
      return -1;
    epochs += d->run[i].curves.n;
  }
  for (int g = 0; g < c->groups; g++)
    if (!(d->name[g] = name_of(d, g)))
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d names", c->groups);
  return epochs ? 0 : ho_error_set(err, "nothing to plot: no epoch of %s was evaluated yet", d->runs.run[0].dir);
}

static void drawing_free(struct drawing *d)
{
  for (int i = 0; d->run && i < d->runs.n; i++)
    ho_curves_free(&d->run[i].curves);
  for (int g = 0; d->name && g < d->comparison.groups; g++)
    free(d->name[g]);
  ho_free(d->run);
  ho_free(d->name);
  ho_comparison_free(&d->comparison);
  ho_run_list_free(&d->runs);
}

/* ---- where to ---- */

static int draw_file(const struct drawing *d, const char *path, struct ho_error *err)
{
  static const char *const gnuplot[] = { "gnuplot", "-d", "-", NULL }; /* -d: no settings of the user */
  struct ho_output out;
  char *commands = NULL;
  size_t size = 0;
  FILE *text = open_memstream(&commands, &size);
  int bad = text ? ho_plot_gnuplot(&d->plot, terminal_of(path), text, err) : -1;
  if (!text || fclose(text))
    bad = ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: commands for gnuplot");
  bad = bad || ho_output_open(&out, path, err);
  if (!bad && (bad = ho_child_run(
                   gnuplot, commands, size, fileno(out.stream),
                   "it draws files (Debian's package gnuplot-nox); without --out, curves appear in the terminal", err)))
    ho_output_abandon(&out);
  bad = bad || ho_output_commit(&out, err);
  free(commands);
  return bad ? -1 : 0;
}

static int draw_text(const struct drawing *d, struct ho_error *err)
{
  const char *plain = getenv("NO_COLOR");
  int width = ho_table_terminal(stdout);
  return ho_plot_text(&d->plot, width ? width : 80, width && !(plain && *plain), stdout, err);
}

static int plot(const struct ho_arguments *a)
{
  struct ho_error err = { 0 };
  struct ho_plugin_path path = { 0 };
  struct drawing d = { 0 };
  const char *out = a->flag[OUT];
  int bad = (out && ho_output_check(out, a->flag[FORCE] != NULL, &err)) ||
            ho_plugin_path_make(&path, (const char *const *)a->settings.plugin_dir, a->settings.nplugin_dirs, &err);
  for (int i = 0; i < a->npositional && !bad; i++)
    bad = ho_rundir_add(&d.runs, a->positional[i], &err);
  bad = bad || ho_comparison_make(&d.comparison, &d.runs, &path, &err) || drawing_make(&d, &err) ||
        (out ? draw_file(&d, out, &err) : draw_text(&d, &err));
  drawing_free(&d);
  ho_plugin_path_free(&path);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && a.npositional == 0)
    ho_error_set(&err, "plot needs run folders, or folders that contain them; see `holdout plot --help'");
  else if (status < 0 && a.flag[OUT] && !terminal_of(a.flag[OUT]))
    ho_error_set(&err, "plot: --out %.300s: its name must end with .svg, .png or .pdf", a.flag[OUT]);
  else if (status < 0 && a.flag[FORCE] && !a.flag[OUT])
    ho_error_set(&err, "plot: --force needs --out FILE; see `holdout plot --help'");
  if (status < 0 && ho_error_is_set(&err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = plot(&a);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "plugin-dir", NULL };

const struct ho_command ho_command_plot = {
  .name = "plot",
  .summary = "curves of runs, in the terminal or in a file",
  .usage = "[FLAGS] RUN...",
  .text = "Draws accuracy and loss per epoch: on test images, with the accuracy on the validation part dashed; on "
          "training images against given labels, with true labels dashed where they are known; the loss on training "
          "images, with that on test images dashed. RUN is a run folder, finished or not, or a folder that contains "
          "run folders. Runs that differ only in their seeds have the same colour, and are named as in `holdout "
          "show'.\n\n"
          "In the terminal, curves are drawn with Braille dots, as wide as the terminal, in colours unless $NO_COLOR "
          "is set. With --out, gnuplot draws them to a file.",
  .examples = "holdout plot runs/bilevel runs/sgd\n"
              "holdout plot --out curves.svg runs",
  .settings = settings,
  .flags = flags,
  .max_positional = INT_MAX,
  .run = run,
};
