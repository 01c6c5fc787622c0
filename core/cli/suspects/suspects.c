/* SPDX-License-Identifier: MIT
 * suspects.c - holdout suspects: the training labels that are most likely wrong. */
#include "cli/suspects/suspects.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/sheet.h"
#include "cli/suspects/folds.h"
#include "report/folds.h"
#include "run/whereabouts.h"

enum {
  BY,
  FROM,
  TO,
  FOLDS,
  FOLDS_DIR,
  TOP,
  OUT,
  SHEET,
  IMAGES,
  COLUMNS,
  PAIRS,
  REVIEW,
  REVIEWED,
  RELABEL,
  DROP,
  FORCE,
  FLAGS
};

static const struct ho_flag flags[] = {
  [BY] = { "by", 0, "NAME", "the ranking: margin, loss, disagreement or weight (default margin)" },
  [FROM] = { "from", 0, "EPOCH", "leave out evaluations of earlier epochs" },
  [TO] = { "to", 0, "EPOCH", "leave out evaluations of later epochs, in which networks also learn wrong labels" },
  [FOLDS] = { "folds", 0, "K",
              "train K networks, each without one K-th of the samples, and score each sample by the one "
              "that did not see it; what is trained already is used again" },
  [FOLDS_DIR] = { "folds-dir", 0, "DIR", "the folder of these networks' runs (default RUN-folds)" },
  [TOP] = { "top", 0, "N", "number of suspects (default: the estimated number of wrong labels)" },
  [OUT] = { "out", 'o', "FILE", "write the suspects to this file, as TSV" },
  [SHEET] = { "sheet", 0, "FILE", "draw the first suspects to this file, as PNG" },
  [IMAGES] = { "images", 0, "N", "number of images that --sheet draws (default 100, at most 2000)" },
  [COLUMNS] = { "columns", 0, "N", "images per row of --sheet (default 10, at most 50)" },
  [PAIRS] = { "pairs", 0, "FILE", "write the estimated number of wrong labels of each pair of classes, as TSV" },
  [REVIEW] = { "review", 0, "FILE",
               "write the suspects as a CSV table to fill in by a spreadsheet: verdict keep, drop, "
               "suggestion, or the right class" },
  [REVIEWED] = { "reviewed", 0, "FILE",
                 "for --relabel and --drop: the verdicts in this table instead of all suspects" },
  [RELABEL] = { "relabel", 0, "FILE", "write a label file for --noise file:FILE: suspects get the class predicted" },
  [DROP] = { "drop", 0, "FILE", "write a label file for --noise file:FILE without the suspects" },
  [FORCE] = { "force", 0, NULL, "replace existing files" },
  { 0 },
};

/* ---- what the flags say ---- */

/* Flags that are numbers: range, and what holds without them. */
static const struct {
  long long least, most, without;
} range[FLAGS] = {
  [FROM] = { 0, UINT32_MAX, 0 }, [TO] = { 0, UINT32_MAX, UINT32_MAX },
  [TOP] = { 1, UINT32_MAX, 0 },  [IMAGES] = { 1, 2000, 100 },
  [COLUMNS] = { 1, 50, 10 },     [FOLDS] = { 2, 1000, 0 },
};

/* Files that are written. */
static const int outputs[] = { OUT, SHEET, PAIRS, REVIEW, RELABEL, DROP };
enum { OUTPUTS = sizeof outputs / sizeof *outputs };

struct wanted {
  enum ho_ranking by;
  long long number[FLAGS];
  const char *run, *file[FLAGS]; /* those that are given */
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

/* Flags that make no sense without another one, or with it. */
static int check_company(const struct ho_arguments *a, const struct wanted *w, struct ho_error *err)
{
  static const struct {
    int flag, needs, or_needs;
  } needs[] = {
    { IMAGES, SHEET, SHEET }, { COLUMNS, SHEET, SHEET }, { FOLDS_DIR, FOLDS, FOLDS }, { REVIEWED, RELABEL, DROP }
  };
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (a->flag[needs[i].flag] && !a->flag[needs[i].needs] && !a->flag[needs[i].or_needs])
      return ho_error_set(err, "suspects: --%s needs --%s; see `holdout suspects --help'", flags[needs[i].flag].name,
                          flags[needs[i].needs].name);
  if (a->flag[FOLDS] && w->by == HO_BY_WEIGHT)
    return ho_error_set(err,
                        "suspects: --by weight ranks by the weights of training, but --folds by networks that were "
                        "not trained on the samples; see `holdout suspects --help'");
  if (a->flag[REVIEWED] && a->flag[REVIEW])
    return ho_error_set(err, "suspects: --review writes a new table, --reviewed reads one: give one of them; see "
                             "`holdout suspects --help'");
  return 0;
}

static int check_files(const struct wanted *w, struct ho_error *err)
{
  int any = 0;
  for (int i = 0; i < OUTPUTS; i++) {
    const char *one = w->file[outputs[i]];
    any |= one != NULL;
    for (int k = 0; k <= i && one; k++) {
      int other = k < i ? outputs[k] : REVIEWED;
      if (w->file[other] && !strcmp(one, w->file[other]))
        return ho_error_set(err, "suspects: --%s and --%s are the same file; see `holdout suspects --help'",
                            flags[other].name, flags[outputs[i]].name);
    }
  }
  if (w->force && !any)
    return ho_error_set(err, "suspects: --force needs --out FILE or another file to write; see `holdout suspects "
                             "--help'");
  return 0;
}

static int wanted(const struct ho_arguments *a, struct wanted *w, struct ho_error *err)
{
  *w = (struct wanted){ .by = HO_BY_MARGIN, .force = a->flag[FORCE] != NULL };
  if (a->npositional != 1)
    return ho_error_set(err, "suspects needs the folder of one run; see `holdout suspects --help'");
  w->run = a->positional[0];
  for (int i = 0; i < OUTPUTS; i++)
    w->file[outputs[i]] = a->flag[outputs[i]];
  w->file[REVIEWED] = a->flag[REVIEWED];
  return (a->flag[BY] && ranking_of(a->flag[BY], &w->by, err)) || numbers_of(a, w, err) || check_company(a, w, err) ||
                 check_files(w, err)
             ? -1
             : 0;
}

/* ---- what is read ---- */

/* The scores of a run's own network. */
static int read_own(const char *dir, struct ho_samples *samples, struct ho_error *err)
{
  char path[4096];
  if (ho_path_join(path, sizeof path, dir, "samples.safetensors", err))
    return -1;
  if (access(path, F_OK) && errno == ENOENT)
    return ho_error_set(
        err,
        "%s: no evaluations are recorded: there is no samples.safetensors, which a run writes with each checkpoint",
        dir);
  if (ho_samples_load(samples, path, err))
    return -1;
  return 0;
}

static int check_truth(const struct ho_run_record *run, struct ho_samples *samples, struct ho_error *err)
{
  if (run->truth == HO_TRUTH_UNKNOWN) { /* earlier versions wrote the given labels as the true ones */
    ho_free(samples->truth);
    samples->truth = NULL;
  } else if (!samples->truth)
    return ho_error_set(err, "%s: damaged: its samples lack the tensor `true'", run->dir);
  return 0;
}

/* Classes that occur. */
static int classes_of(const struct ho_suspects *s)
{
  const struct ho_samples *of = s->of;
  int most = 0;
  for (size_t i = 0; i < of->n; i++) {
    most = of->given[i] > most ? of->given[i] : most;
    most = of->truth && of->truth[i] > most ? of->truth[i] : most;
    for (int r = s->first; r < s->first + s->rows; r++)
      most = of->prediction[(size_t)r * of->n + i] > most ? of->prediction[(size_t)r * of->n + i] : most;
  }
  return most + 1;
}

/* The data set must be the one whose images the run numbered.  Labels from a file tell nothing of that. */
static int same_data(const struct ho_run_record *run, const struct ho_suspects *s, const struct ho_dataset *data,
                     struct ho_error *err)
{
  const struct ho_samples *of = s->of;
  const uint16_t *own = of->truth ? of->truth : strncmp(run->settings.noise, "file:", 5) ? of->given : NULL;
  int same = (!*run->data_sha256 || !strcmp(run->data_sha256, data->sha256)) && classes_of(s) <= data->classes;
  for (size_t i = 0; i < of->n && same; i++)
    same = of->image[i] < data->train.n && (!own || own[i] == data->train.label[of->image[i]]);
  if (same)
    return 0;
  return ho_error_set(err, "%s: it was trained on other data than the %s in %s; give the right folder with --data-dir",
                      run->dir, data->name, *data->folder ? data->folder : "this program");
}

/* ---- the command ---- */

static void say_what_is_written(const struct wanted *w, const struct ho_suspect_list *l, int images)
{
  const char *by = ho_ranking_names[w->by], *const *file = w->file;
  putchar('\n');
  if (file[OUT])
    ho_say(stdout, "written        %s: %zu suspects by %s\n", file[OUT], l->top, by);
  if (file[SHEET])
    ho_say(stdout, "drawn          %s: the first %d by %s\n", file[SHEET], images, by);
  if (file[PAIRS])
    ho_say(stdout, "written        %s: estimates for %d classes\n", file[PAIRS], l->joint->classes);
  if (file[REVIEW])
    ho_say(stdout, "written        %s: %zu suspects by %s; fill in the column verdict\n", file[REVIEW], l->top, by);
}

static int show(const struct wanted *w, const struct ho_suspect_list *l, struct ho_error *err)
{
  struct ho_relabel labels = { .reviewed = w->file[REVIEWED], .to = { w->file[RELABEL], w->file[DROP] } };
  int images = (long long)l->top < w->number[IMAGES] ? (int)l->top : (int)w->number[IMAGES], any = 0;
  if (((w->file[RELABEL] || w->file[DROP]) && ho_relabel_write(&labels, l, err)) ||
      (w->file[OUT] && ho_suspects_write(l, w->file[OUT], err)) ||
      (w->file[SHEET] && ho_suspects_draw(l, images, (int)w->number[COLUMNS], w->file[SHEET], err)) ||
      (w->file[PAIRS] && ho_counts_write(l, w->file[PAIRS], err)) ||
      (w->file[REVIEW] && ho_suspects_write_review(l, w->file[REVIEW], err)) || ho_suspects_print(l, err))
    return -1;
  for (int i = 0; i < OUTPUTS; i++)
    any |= w->file[outputs[i]] != NULL;
  if (any)
    say_what_is_written(w, l, images);
  ho_relabel_print(&labels);
  return 0;
}

/* The data set: needed for lists and for names; without it, numbers and shares can still be told. */
static int load_data(const struct wanted *w, const struct ho_run_record *run, const struct ho_suspects *s,
                     const char *data_dir, struct ho_dataset *data, struct ho_error *err)
{
  int needed = !s->wrong;
  for (int i = 0; i < OUTPUTS; i++)
    needed |= w->file[outputs[i]] != NULL;
  if (!needed)
    return 0;
  return ho_dataset_load(run->settings.dataset, data_dir, data, err) || same_data(run, s, data, err) ? -1 : 0;
}

/* How many suspects are listed. */
static int choose_top(const struct wanted *w, struct ho_suspect_list *l, struct ho_error *err)
{
  enum { SOME = 10 };
  size_t n = l->suspects->of->n;
  l->top = w->number[TOP] ? (size_t)w->number[TOP] : (size_t)llround(l->joint->wrong);
  if (!l->top && !w->file[REVIEWED] && (w->file[RELABEL] || w->file[DROP] || w->file[REVIEW]))
    return ho_error_set(err, "%s: no label seems wrong; say how many by --top, or use early epochs by --to", w->run);
  l->top = l->top ? l->top : SOME;
  l->top = l->top < n ? l->top : n;
  return 0;
}

static int rank(const struct wanted *w, struct ho_suspect_list *l, const char *data_dir, struct ho_error *err)
{
  const struct ho_suspects *s = l->suspects;
  struct ho_dataset data = { .classes = 0 };
  if (!ho_suspects_ranks(s, w->by) && w->by == HO_BY_WEIGHT)
    return ho_error_set(err,
                        "%s: --by weight: this run gave all samples the same weight; choose another ranking, or a run "
                        "with an optimizer that weights samples, such as bilevel",
                        w->run);
  uint32_t *order = ho_alloc(s->of->n, sizeof *order, "a ranking", err);
  int bad = !order || choose_top(w, l, err) || ho_suspects_order(s, w->by, order, err) ||
            load_data(w, l->run, s, data_dir, &data, err);
  l->order = order;
  l->data = data.classes ? &data : NULL;
  bad = bad || show(w, l, err);
  ho_dataset_free(&data);
  ho_free(order);
  return bad ? -1 : 0;
}

static int report(const struct wanted *w, const struct ho_run_record *run, const struct ho_samples *samples,
                  const char *data_dir, struct ho_error *err)
{
  struct ho_suspects s = { 0 };
  struct ho_joint joint = { 0 };
  if (ho_suspects_make(&s, samples, w->number[FROM], w->number[TO], err))
    return ho_error_prefix(err, "%s", w->run);
  struct ho_suspect_list l = {
    .run = run, .suspects = &s, .joint = &joint, .folds = (int)w->number[FOLDS], .by = w->by
  };
  int bad = ho_joint_make(&joint, samples, s.first, s.rows, classes_of(&s), err) || rank(w, &l, data_dir, err);
  ho_joint_free(&joint);
  ho_suspects_free(&s);
  return bad ? -1 : 0;
}

static int check_outputs(const struct wanted *w, struct ho_error *err)
{
  for (int i = 0; i < OUTPUTS; i++)
    if (w->file[outputs[i]] && ho_output_check(w->file[outputs[i]], w->force, err))
      return -1;
  return w->file[SHEET] && ho_sheet_check(err) ? -1 : 0;
}

/* The folder of the folds: RUN-folds beside RUN. */
static int folds_folder(const struct wanted *w, const char *given, char dir[4096], struct ho_error *err)
{
  size_t length = strlen(w->run);
  while (length > 1 && w->run[length - 1] == '/')
    length--;
  int written = given ? snprintf(dir, 4096, "%s", given) : snprintf(dir, 4096, "%.*s-folds", (int)length, w->run);
  return written >= 4096 ? ho_error_set(err, "the path of the folds' folder is too long") : 0;
}

/* Trains what is missing.  Returns the exit status. */
static int train_folds(const struct wanted *w, const struct ho_arguments *a, int argc, char **argv,
                       struct ho_run_record *run, char dir[4096], struct ho_error *err)
{
  if (run->settings.fold)
    ho_error_set(err, "%s: it is fold %s of another run; give that one", w->run, run->settings.fold);
  else if (!folds_folder(w, a->flag[FOLDS_DIR], dir, err)) {
    struct ho_folds folds = { .run = run, .of = (int)w->number[FOLDS], .arguments = a, .argc = argc, .argv = argv };
    memcpy(folds.dir, dir, sizeof folds.dir);
    return ho_folds_train(&folds);
  }
  return ho_fail(err);
}

static int suspects(const struct wanted *w, const struct ho_arguments *a, int argc, char **argv)
{
  struct ho_error err = { 0 };
  struct ho_run_record record = { .epoch = 0 };
  struct ho_samples samples = { 0 };
  char dir[4096];
  int folds = (int)w->number[FOLDS], status = HO_EXIT_OK;
  int bad = check_outputs(w, &err) || ho_rundir_check(w->run, &err) || ho_rundir_read(w->run, &record, &err);
  if (!bad && folds)
    status = train_folds(w, a, argc, argv, &record, dir, &err);
  if (!bad && status == HO_EXIT_OK)
    bad = (folds ? ho_folds_read(dir, folds, &samples, &err) : read_own(w->run, &samples, &err)) ||
          check_truth(&record, &samples, &err) || report(w, &record, &samples, a->settings.data_dir, &err);
  ho_samples_free(&samples);
  ho_rundir_free(&record);
  return bad ? ho_fail(&err) : status;
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
    status = ho_whereabouts_recall(w.run, &a.settings, &err) ? ho_fail(&err) : suspects(&w, &a, argc, argv);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "data-dir",         "plugin-dir", "threads", "memory-limit",
                                        "checkpoint-every", "quiet",      NULL };

const struct ho_command ho_command_suspects = {
  .name = "suspects",
  .summary = "the training labels of a run that are most likely wrong",
  .usage = "[FLAGS] RUN",
  .text =
      "Ranks the training samples of RUN by the values recorded in samples.safetensors at each evaluation, "
      "and estimates how many labels are wrong, in all, by class and by pair of classes, from the network's "
      "probabilities (the confident joint; Northcutt et al., JAIR 2021). The estimate is as good as the "
      "network: it counts what a weak network gets wrong, and misses what a network has memorised. With "
      "--folds no network has seen the labels that it scores; Ctrl-C stops the training, and the same command "
      "goes on.\n\n"
      "If the wrong labels are known, as with --noise, it prints how well each ranking finds them: precision and "
      "recall of the first --top samples, and the area under the ROC curve (AUC: 1 if all wrong labels come "
      "first, 0.5 for chance). Otherwise it prints the first ten suspects. A label is wrong if it differs from "
      "the data set's own; for your own data with --noise none or a label file, this is unknown (--true-labels).\n\n"
      "Each ranking uses a mean over evaluations. margin: the logit of the given label minus the largest "
      "other, smallest first (area under the margin; Pleiss et al., NeurIPS 2020). loss: the cross-entropy, "
      "largest first. disagreement: the fraction of evaluations that predict another label, largest first, "
      "ties by margin. weight: the weight of the mini-batches that contained the sample, smallest first, "
      "for optimizers that weight mini-batches. Rankings improve with the number of evaluations; a run evaluates "
      "--eval-size samples every --eval-every epochs.\n\n"
      "Better labels: --relabel and --drop write label files for the next run; --review writes a table that "
      "you fill in, and --reviewed reads it.",
  .examples = "holdout suspects runs/bilevel\n"
              "holdout suspects --to 10 --top 500 --out suspects.tsv --sheet suspects.png \\\n"
              "                 runs/bilevel\n"
              "holdout suspects --folds 5 --pairs pairs.tsv runs/bilevel\n"
              "holdout suspects --relabel better.tsv runs/bilevel\n"
              "holdout train -c runs/bilevel/config.yaml --noise file:better.tsv \\\n"
              "              --run-dir runs/better\n"
              "holdout suspects --top 200 --review review.csv runs/bilevel\n"
              "holdout suspects --reviewed review.csv --relabel better.tsv runs/bilevel",
  .settings = settings,
  .flags = flags,
  .max_positional = 1,
  .run = run,
};
