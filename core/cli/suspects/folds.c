/* SPDX-License-Identifier: MIT
 * folds.c - trains the folds of a run; see folds.h. */
#include "cli/suspects/folds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/training.h"
#include "report/folds.h"
#include "run/whereabouts.h"

enum { LARGEST = 1 << 30 /* bytes of a labels.tsv */ };

static int is_machines(const struct ho_setting *d)
{
  return (d->flags & HO_SETTING_MACHINE) && strcmp(d->name, "run-dir") != 0 && strcmp(d->name, "resume") != 0;
}

/* The settings of the machine, as they were given here. */
static int take_machine(const struct ho_arguments *a, struct ho_settings *to, struct ho_error *err)
{
  char text[4200];
  for (int i = 0; ho_setting_table[i].name; i++) {
    const struct ho_setting *d = &ho_setting_table[i];
    int n = !is_machines(d) || !a->given[i] ? 0
            : d->type == HO_SETTING_LIST    ? *(const int *)((const char *)&a->settings + d->count_offset)
                                            : 1;
    for (int k = 0; k < n; k++) {
      ho_settings_get(&a->settings, d, k, text, sizeof text);
      if (ho_settings_set(to, d, text, err))
        return -1;
    }
  }
  return 0;
}

/* Every setting that decides the run, and the fold. */
static int fold_settings(const struct ho_folds *f, int i, const char *folder, struct ho_settings *s,
                         struct ho_error *err)
{
  char config[4096], fold[64];
  snprintf(fold, sizeof fold, "%d/%d", i, f->of);
  return ho_settings_default(s, err) || ho_path_join(config, sizeof config, f->run->dir, "config.yaml", err) ||
                 ho_settings_read_yaml(s, config, NULL, err) ||
                 ho_settings_set(s, ho_setting_find("fold"), fold, err) || take_machine(f->arguments, s, err) ||
                 ho_whereabouts_recall(f->run->dir, s, err) ||
                 ho_settings_set(s, ho_setting_find("run-dir"), folder, err)
             ? -1
             : 0;
}

static int has_option(const struct ho_settings *s, const char *text)
{
  for (int i = 0; i < s->noptions; i++)
    if (!strcmp(s->option[i], text))
      return 1;
  return 0;
}

static int same_options(const struct ho_settings *a, const struct ho_settings *b)
{
  for (int i = 0; i < a->noptions; i++)
    if (!has_option(b, a->option[i]))
      return 0;
  return a->noptions == b->noptions;
}

/* A fold that was begun must be of this run. */
static int check_settings(const struct ho_folds *f, const struct ho_run_record *have, const struct ho_settings *want,
                          struct ho_error *err)
{
  char is[4200], should[4200];
  for (const struct ho_setting *d = ho_setting_table; d->name; d++) {
    if (!(d->flags & HO_SETTING_RUN))
      continue;
    int list = d->type == HO_SETTING_LIST;
    ho_settings_record(&have->settings, d, 0, is, sizeof is);
    ho_settings_record(want, d, 0, should, sizeof should);
    if (list ? same_options(&have->settings, want) : !strcmp(is, should))
      continue;
    return ho_error_set(err,
                        "%s: this fold was trained with other settings than %s (%s%s%.60s%s%.60s): delete it, or give "
                        "another folder with --folds-dir",
                        have->dir, f->run->dir, d->name, list ? "" : " ", list ? "" : is, list ? "" : ", not ",
                        list ? "" : should);
  }
  return 0;
}

/* Whether the folder has a run already: sets *finished and, where it must go on, the settings' `resume'. */
static int look(const struct ho_folds *f, const char *folder, struct ho_settings *s, int *finished,
                struct ho_error *err)
{
  char config[4096];
  struct ho_run_record record = { .epoch = 0 };
  *finished = 0;
  if (ho_path_join(config, sizeof config, folder, "config.yaml", err))
    return -1;
  if (!ho_file_exists(config))
    return 0;
  int bad = ho_rundir_read(folder, &record, err) || check_settings(f, &record, s, err);
  *finished = !bad && record.state == HO_RUN_FINISHED;
  if (!bad && !*finished)
    bad = ho_settings_set(s, ho_setting_find("resume"), folder, err);
  ho_rundir_free(&record);
  return bad ? -1 : 0;
}

/* The next row of a labels.tsv: the image, which comes first, and the given label, which comes last.  Returns 0 at the end. */
static int next_row(const char **text, long row[2])
{
  const char *at = *text, *end;
  while (*at && (*at < '0' || *at > '9')) { /* notes and the header */
    at += strcspn(at, "\n");
    at += *at == '\n';
  }
  *text = end = at + strcspn(at, "\n");
  *text += *end == '\n';
  if (!*at)
    return 0;
  row[0] = strtol(at, NULL, 10);
  while (end > at && end[-1] != '\t')
    end--;
  row[1] = strtol(end, NULL, 10);
  return 1;
}

static int have_same_labels(const char *a, const char *b)
{
  long one[2], other[2];
  int more;
  do {
    more = next_row(&a, one);
    if (more != next_row(&b, other) || (more && (one[0] != other[0] || one[1] != other[1])))
      return 0;
  } while (more);
  return 1;
}

/* A label file may have changed since the run was trained. */
static int check_labels(const struct ho_folds *f, const char *folder, struct ho_error *err)
{
  char path[2][4096];
  unsigned char *text[2] = { NULL, NULL };
  size_t size;
  int bad = ho_path_join(path[0], sizeof path[0], f->run->dir, "labels.tsv", err) ||
            ho_path_join(path[1], sizeof path[1], folder, "labels.tsv", err) ||
            ho_file_read(path[0], LARGEST, &text[0], &size, err) ||
            ho_file_read(path[1], LARGEST, &text[1], &size, err);
  if (!bad && !have_same_labels((const char *)text[0], (const char *)text[1]))
    bad = ho_error_set(
        err,
        "%s: this fold was trained on other labels than %s: if the label file has changed since, restore it "
        "(%s has the labels), and delete the fold",
        folder, f->run->dir, path[0]);
  ho_free(text[0]);
  ho_free(text[1]);
  return bad ? -1 : 0;
}

static void print_command(const void *folds)
{
  const struct ho_folds *f = folds;
  for (int i = 0; i < f->argc; i++)
    ho_training_print_word(f->argv[i]);
}

static int train_fold(const struct ho_folds *f, int i)
{
  struct ho_error err = { 0 };
  struct ho_settings s = { 0 };
  char folder[4096];
  int finished, status = HO_EXIT_OK;
  if (ho_fold_folder(f->dir, i, f->of, folder, &err) || fold_settings(f, i, folder, &s, &err) ||
      look(f, folder, &s, &finished, &err))
    status = ho_fail(&err);
  else {
    if (!s.quiet)
      ho_say(stderr, "fold %d of %d%s: %s\n", i, f->of,
             finished   ? ", already trained"
             : s.resume ? ", resumed"
                        : "",
             folder);
    if (!finished)
      status = ho_training_run(&s, f->run->dir, print_command, f);
    if (status == HO_EXIT_OK && check_labels(f, folder, &err))
      status = ho_fail(&err);
  }
  ho_settings_free(&s);
  return status;
}

int ho_folds_train(const struct ho_folds *f)
{
  int status = HO_EXIT_OK;
  for (int i = 1; i <= f->of && status == HO_EXIT_OK; i++)
    status = train_fold(f, i);
  return status;
}
