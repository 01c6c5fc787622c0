/* SPDX-License-Identifier: MIT
 * suspects.c - holdout suspects: the training labels that are most likely wrong. */
#include "cli/suspects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/sheet.h"

enum { BY, FROM, TO, TOP, OUT, SHEET, IMAGES, COLUMNS, FORCE, FLAGS };

static const struct ho_flag flags[] = {
  [BY] = { "by", 0, "NAME", "the ranking: margin, loss, disagreement or weight (default margin)" },
  [FROM] = { "from", 0, "EPOCH", "leave out evaluations of earlier epochs" },
  [TO] = { "to", 0, "EPOCH", "leave out evaluations of later epochs, in which networks also learn wrong labels" },
  [TOP] = { "top", 0, "N", "number of suspects (default 1000, at most all samples)" },
  [OUT] = { "out", 'o', "FILE", "write the suspects to this file, as TSV" },
  [SHEET] = { "sheet", 0, "FILE", "draw the first suspects to this file, as PNG" },
  [IMAGES] = { "images", 0, "N", "number of images that --sheet draws (default 100, at most 2000)" },
  [COLUMNS] = { "columns", 0, "N", "images per row of --sheet (default 10, at most 50)" },
  [FORCE] = { "force", 0, NULL, "replace existing files" },
  { 0 },
};

/* ---- what the flags say ---- */

/* Flags that are numbers: range, and what holds without them. */
static const struct {
  long long least, most, without;
} range[FLAGS] = {
  [FROM] = { 0, UINT32_MAX, 0 },   [TO] = { 0, UINT32_MAX, UINT32_MAX },
  [TOP] = { 1, UINT32_MAX, 1000 }, [IMAGES] = { 1, 2000, 100 },
  [COLUMNS] = { 1, 50, 10 },
};

struct wanted {
  enum ho_ranking by;
  long long number[FLAGS];
  const char *run, *out, *sheet;
  int force;
};

static int ranking_of(const char *text, enum ho_ranking *by, struct ho_error *err)
{
  for (int k = 0; k < HO_RANKINGS; k++)
    if (!strcmp(text, ho_ranking_names[k])) {
      *by = (enum ho_ranking)k;
      return 0;
    }
  const char *nearest = ho_text_nearest(text, ho_ranking_names, HO_RANKINGS);
  return ho_error_set(err,
                      "suspects: unknown --by `%.100s'%s%s%s: choose one of margin, loss, disagreement, weight; see "
                      "`holdout suspects --help'",
                      text, nearest ? " (did you mean `" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

static int numbers_of(const struct ho_arguments *a, struct wanted *w, struct ho_error *err)
{
  for (int i = 0; i < FLAGS; i++) {
    w->number[i] = range[i].without;
    if (!range[i].most || !a->flag[i])
      continue;
    if (ho_text_int(a->flag[i], &w->number[i]) || w->number[i] < range[i].least || w->number[i] > range[i].most)
      return ho_error_set(
          err, "suspects: --%s `%.40s' must be a whole number from %lld to %lld; see `holdout suspects --help'",
          flags[i].name, a->flag[i], range[i].least, range[i].most);
  }
  if (w->number[FROM] > w->number[TO])
    return ho_error_set(err, "suspects: --from %lld is after --to %lld; see `holdout suspects --help'", w->number[FROM],
                        w->number[TO]);
  return 0;
}

static int wanted(const struct ho_arguments *a, struct wanted *w, struct ho_error *err)
{
  int drawn = a->flag[IMAGES] ? IMAGES : COLUMNS;
  *w = (struct wanted){ HO_BY_MARGIN, { 0 }, NULL, a->flag[OUT], a->flag[SHEET], a->flag[FORCE] != NULL };
  if (a->npositional != 1)
    return ho_error_set(err, "suspects needs the folder of one run; see `holdout suspects --help'");
  w->run = a->positional[0];
  if (a->flag[drawn] && !w->sheet)
    return ho_error_set(err, "suspects: --%s needs --sheet FILE; see `holdout suspects --help'", flags[drawn].name);
  if (w->force && !w->out && !w->sheet)
    return ho_error_set(err, "suspects: --force needs --out FILE or --sheet FILE; see `holdout suspects --help'");
  if (w->out && w->sheet && !strcmp(w->out, w->sheet))
    return ho_error_set(err, "suspects: --out and --sheet are the same file; see `holdout suspects --help'");
  return (a->flag[BY] && ranking_of(a->flag[BY], &w->by, err)) || numbers_of(a, w, err) ? -1 : 0;
}

/* ---- what is read ---- */

static int read_run(const char *dir, struct ho_run_record *run, struct ho_samples *samples, struct ho_error *err)
{
  char path[4096];
  if (ho_rundir_check(dir, err) || ho_rundir_read(dir, run, err) ||
      ho_path_join(path, sizeof path, dir, "samples.safetensors", err))
    return -1;
  if (access(path, F_OK) && errno == ENOENT)
    return ho_error_set(
        err,
        "%s: no evaluations are recorded: there is no samples.safetensors, which a run writes with each checkpoint",
        dir);
  if (ho_samples_load(samples, path, err))
    return -1;
  if (run->truth == HO_TRUTH_UNKNOWN) { /* earlier versions wrote the given labels as the true ones */
    ho_free(samples->truth);
    samples->truth = NULL;
  } else if (!samples->truth)
    return ho_error_set(err, "%s: damaged: `true' is missing", path);
  return 0;
}

/* The data set must be the one whose images the run numbered. */
static int same_data(const struct ho_run_record *run, const struct ho_suspects *s, const struct ho_dataset *data,
                     struct ho_error *err)
{
  const struct ho_samples *of = s->of;
  int same = !*run->data_sha256 || !strcmp(run->data_sha256, data->sha256);
  for (size_t i = 0; i < of->n && same; i++)
    same = of->image[i] < data->train.n && (of->truth ? of->truth : of->given)[i] == data->train.label[of->image[i]] &&
           of->given[i] < data->classes && s->predicted[i] < data->classes;
  if (same)
    return 0;
  return ho_error_set(err, "%s: it was trained on other data than the %s in %s; give the right folder with --data-dir",
                      run->dir, data->name, *data->folder ? data->folder : "this program");
}

/* ---- the command ---- */

static int show(const struct wanted *w, const struct ho_suspect_list *l, struct ho_error *err)
{
  int images = (long long)l->top < w->number[IMAGES] ? (int)l->top : (int)w->number[IMAGES];
  if ((w->out && ho_suspects_write(l, w->out, err)) ||
      (w->sheet && ho_suspects_draw(l, images, (int)w->number[COLUMNS], w->sheet, err)) || ho_suspects_print(l, err))
    return -1;
  if (w->out || w->sheet)
    putchar('\n');
  if (w->out)
    ho_say(stdout, "written        %s: %zu suspects by %s\n", w->out, l->top, ho_ranking_names[w->by]);
  if (w->sheet)
    ho_say(stdout, "drawn          %s: the first %d by %s\n", w->sheet, images, ho_ranking_names[w->by]);
  return 0;
}

static int rank(const struct wanted *w, const struct ho_run_record *run, const char *data_dir, struct ho_suspects *s,
                struct ho_error *err)
{
  size_t n = s->of->n;
  struct ho_dataset data = { .classes = 0 };
  int needs_data = w->out || w->sheet || !s->wrong;
  if (!ho_suspects_ranks(s, w->by) && w->by == HO_BY_WEIGHT)
    return ho_error_set(err,
                        "%s: --by weight: this run gave all samples the same weight; choose another ranking, or a run "
                        "with an optimizer that weights samples, such as bilevel",
                        w->run);
  uint32_t *order = ho_alloc(n, sizeof *order, "a ranking", err);
  int bad =
      !order || ho_suspects_order(s, w->by, order, err) ||
      (needs_data && (ho_dataset_load(run->settings.dataset, data_dir, &data, err) || same_data(run, s, &data, err)));
  if (!bad) {
    size_t top = (size_t)w->number[TOP] < n ? (size_t)w->number[TOP] : n;
    bad = show(w, &(struct ho_suspect_list){ run, needs_data ? &data : NULL, s, w->by, order, top }, err);
  }
  ho_dataset_free(&data);
  ho_free(order);
  return bad ? -1 : 0;
}

static int suspects(const struct wanted *w, const char *data_dir)
{
  struct ho_error err = { 0 };
  struct ho_run_record record = { .epoch = 0 };
  struct ho_samples samples = { 0 };
  struct ho_suspects s = { 0 };
  int bad = (w->out && ho_output_check(w->out, w->force, &err)) ||
            (w->sheet && (ho_output_check(w->sheet, w->force, &err) || ho_sheet_check(&err))) ||
            read_run(w->run, &record, &samples, &err);
  if (!bad && ho_suspects_make(&s, &samples, w->number[FROM], w->number[TO], &err))
    bad = ho_error_prefix(&err, "%s", w->run);
  bad = bad || rank(w, &record, data_dir, &s, &err);
  ho_suspects_free(&s);
  ho_samples_free(&samples);
  ho_rundir_free(&record);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  struct wanted w;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &w, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = suspects(&w, a.settings.data_dir);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "data-dir", NULL };

const struct ho_command ho_command_suspects = {
  .name = "suspects",
  .summary = "the training labels of a run that are most likely wrong",
  .usage = "[FLAGS] RUN",
  .text = "Ranks the training samples of RUN by the values recorded in samples.safetensors at each evaluation. "
          "If the wrong labels are known, as with --noise, it prints how well each ranking finds them: "
          "precision and recall of the first --top samples, and the area under the ROC curve (AUC: 1 if all "
          "wrong labels come first, 0.5 for chance). Otherwise it prints the first ten suspects. A label is "
          "wrong if it differs from the data set's own; for your own data with --noise none, this is unknown.\n\n"
          "Each ranking uses a mean over evaluations. margin: the logit of the given label minus the largest "
          "other, smallest first (area under the margin; Pleiss et al., NeurIPS 2020). loss: the cross-entropy, "
          "largest first. disagreement: the fraction of evaluations that predict another label, largest first, "
          "ties by margin. weight: the weight of the mini-batches that contained the sample, smallest first, "
          "for optimizers that weight mini-batches.\n\n"
          "Rankings improve with the number of evaluations. A run evaluates --eval-size samples every "
          "--eval-every epochs.",
  .examples = "holdout suspects runs/bilevel\n"
              "holdout suspects --to 10 --top 500 --out suspects.tsv --sheet suspects.png \\\n"
              "                 runs/bilevel\n"
              "holdout suspects --by weight --sheet light.png --images 40 --columns 8 \\\n"
              "                 runs/bilevel",
  .settings = settings,
  .flags = flags,
  .max_positional = 1,
  .run = run,
};
