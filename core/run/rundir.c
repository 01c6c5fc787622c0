/* SPDX-License-Identifier: MIT
 * rundir.c - reads what a run left in its folder; see rundir.h. */
#include "run/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum {
  SUMMARY = 1 << 20,
  LINE = 1 << 16,
  MOST_LINES = 1 << 24
}; /* bytes at most: of summary.json, of a line of the log */

const char *const ho_metric_names[HO_METRICS] = {
  [HO_METRIC_LAST] = "test_accuracy_last",
  [HO_METRIC_BEST] = "test_accuracy_best",
  [HO_METRIC_SELECTED] = "test_accuracy_validation_selected",
  [HO_METRIC_GIVEN] = "train_accuracy_noisy",
  [HO_METRIC_TRUE] = "train_accuracy_clean",
  [HO_METRIC_LOSS] = "test_loss_last",
};

long long ho_run_noise_seed(const struct ho_run_record *r)
{
  return r->settings.noise_seed < 0 ? r->settings.seed : r->settings.noise_seed;
}

/* ---- JSON, strictly ---- */

/* What is read, for messages: a file, and a line where there are lines. */
struct place {
  const char *path;
  int line;
};

static int wrong(const struct place *p, struct ho_error *err, const char *key, const char *what)
{
  if (p->line)
    return ho_error_set(err, "%s:%d: damaged: `%s' %s", p->path, p->line, key, what);
  return ho_error_set(err, "%s: damaged: `%s' %s", p->path, key, what);
}

static json_t *object_of(const struct place *p, const char *text, size_t size, struct ho_error *err)
{
  json_error_t why;
  json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
  if (json_is_object(o))
    return o;
  json_decref(o);
  if (!o && json_error_code(&why) == json_error_out_of_memory) {
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory: %zu bytes of JSON", p->path, size);
    return NULL;
  }
  int line = p->line ? p->line : o ? 1 : why.line;
  ho_error_set(err, "%s:%d: damaged: not a JSON object%s%.100s", p->path, line, o ? "" : ": ", o ? "" : why.text);
  return NULL;
}

static int whole(const struct place *p, const json_t *o, const char *key, long long least, long long *out,
                 struct ho_error *err)
{
  const json_t *value = json_object_get(o, key);
  if (!json_is_integer(value) || json_integer_value(value) < least)
    return wrong(p, err, key, value ? "is not a whole number in its range" : "is missing");
  *out = json_integer_value(value);
  return 0;
}

/* An accuracy, a loss, or null. */
static int score(const struct place *p, const json_t *o, const char *key, double most, double *out,
                 struct ho_error *err)
{
  const json_t *value = json_object_get(o, key);
  double number = json_number_value(value);
  *out = NAN;
  if (!value)
    return wrong(p, err, key, "is missing");
  if (json_is_null(value))
    return 0;
  if (!json_is_number(value) || !(number >= 0 && number <= most))
    return wrong(p, err, key, most == 1 ? "is not in [0,1]" : "is not a loss");
  *out = number;
  return 0;
}

static double most_of(int metric)
{
  return metric == HO_METRIC_LOSS ? INFINITY : 1;
}

/* ---- summary.json ---- */

static int summary_hash(const struct place *p, const json_t *o, struct ho_run_record *r, struct ho_error *err)
{
  const char *hash = json_string_value(json_object_get(o, "data_sha256"));
  if (!hash || strspn(hash, "0123456789abcdef") != 64 || hash[64])
    return wrong(p, err, "data_sha256", "is not a SHA-256");
  memcpy(r->data_sha256, hash, sizeof r->data_sha256);
  return 0;
}

static int summary_fields(const struct place *p, const json_t *o, struct ho_run_record *r, struct ho_error *err)
{
  long long seed = 0, noise_seed = 0;
  if (whole(p, o, "seed", 0, &seed, err) || whole(p, o, "noise_seed", 0, &noise_seed, err) ||
      whole(p, o, "epochs", 1, &r->epoch, err) || summary_hash(p, o, r, err))
    return -1;
  for (int i = 0; i < HO_METRICS; i++)
    if (score(p, o, ho_metric_names[i], most_of(i), &r->metric[i], err))
      return -1;
  if (seed != r->settings.seed || noise_seed != ho_run_noise_seed(r))
    return ho_error_set(err,
                        "%s: it has seed %lld and noise seed %lld, but config.yaml beside it has %lld and %lld: they "
                        "are from different runs",
                        p->path, seed, noise_seed, r->settings.seed, ho_run_noise_seed(r));
  if (r->epoch > r->settings.epochs)
    return ho_error_set(err, "%s: it has %lld epochs, but config.yaml beside it has %lld: they are from different runs",
                        p->path, r->epoch, r->settings.epochs);
  return 0;
}

static int read_summary(const char *path, struct ho_run_record *r, struct ho_error *err)
{
  unsigned char *text;
  size_t size;
  if (ho_file_read(path, SUMMARY, &text, &size, err))
    return -1;
  struct place p = { path, 0 };
  json_t *o = object_of(&p, (char *)text, size, err);
  int bad = !o || summary_fields(&p, o, r, err);
  json_decref(o);
  ho_free(text);
  return bad ? -1 : 0;
}

/* ---- log.jsonl ---- */

/* Scores so far, by the rules of summary.json: the earliest of equals is the best.  A line with separate scores of the
 * networks (an object, before keys were flat) comes from a method that predicts only after the last epoch, so there is
 * nothing to choose from. */
static int take_scores(const struct place *p, const json_t *o, struct ho_run_record *r, double *selects,
                       struct ho_error *err)
{
  double validation = NAN, *m = r->metric;
  if (score(p, o, "test_accuracy", 1, &m[HO_METRIC_LAST], err) ||
      score(p, o, "validation_accuracy", 1, &validation, err) ||
      score(p, o, "test_loss", INFINITY, &m[HO_METRIC_LOSS], err) ||
      score(p, o, ho_metric_names[HO_METRIC_GIVEN], 1, &m[HO_METRIC_GIVEN], err) ||
      score(p, o, ho_metric_names[HO_METRIC_TRUE], 1, &m[HO_METRIC_TRUE], err))
    return -1;
  if (json_object_get(o, "networks.test_accuracy") || json_object_get(o, "networks"))
    *selects = INFINITY;
  if (!(m[HO_METRIC_BEST] >= m[HO_METRIC_LAST]) && *selects < INFINITY) /* NaN at first */
    m[HO_METRIC_BEST] = m[HO_METRIC_LAST];
  if (validation > *selects) {
    *selects = validation;
    m[HO_METRIC_SELECTED] = m[HO_METRIC_LAST];
  }
  return 0;
}

static int log_line(const struct place *p, const char *text, size_t size, struct ho_run_record *r, double *selects,
                    struct ho_error *err)
{
  long long epoch = 0;
  json_t *o = object_of(p, text, size, err);
  int bad = !o || whole(p, o, "epoch", 1, &epoch, err);
  if (!bad && epoch != p->line)
    bad = wrong(p, err, "epoch", "is not the next epoch");
  if (!bad && json_object_get(o, "test_accuracy"))
    bad = take_scores(p, o, r, selects, err);
  json_decref(o);
  return bad ? -1 : 0;
}

static int read_log(const char *path, struct ho_run_record *r, struct ho_error *err)
{
  unsigned char *text;
  size_t size, length;
  double selects = -1;
  int bad = 0;
  r->epoch = 0;
  for (int i = 0; i < HO_METRICS; i++)
    r->metric[i] = NAN;
  if (access(path, F_OK) && errno == ENOENT) /* before the first checkpoint */
    return 0;
  size_t lines = r->settings.epochs < MOST_LINES ? (size_t)r->settings.epochs + 1 : MOST_LINES;
  if (ho_file_read(path, LINE * lines, &text, &size, err))
    return -1;
  for (size_t at = 0; at < size && !bad; at += length + 1) {
    const char *line = (char *)text + at, *end = memchr(line, '\n', size - at);
    struct place p = { path, (int)r->epoch + 1 };
    length = end ? (size_t)(end - line) : size - at;
    bad = length > LINE ? ho_error_set(err, "%s:%d: damaged: a line has %zu bytes", path, p.line, length)
          : end         ? log_line(&p, line, length, r, &selects, err)
                        : ho_error_set(err, "%s:%d: damaged: the last line is incomplete", path, p.line);
    r->epoch++;
  }
  ho_free(text);
  if (!bad && r->epoch > r->settings.epochs)
    bad = ho_error_set(err, "%s: it has %lld epochs, but config.yaml beside it has %lld: they are from different runs",
                       path, r->epoch, r->settings.epochs);
  return bad ? -1 : 0;
}

/* ---- the folder ---- */

/* A process that trains holds the folder's lock. */
static int is_locked(const char *dir)
{
  int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int locked = folder >= 0 && flock(folder, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
  if (folder >= 0)
    close(folder);
  return locked;
}

int ho_rundir_check(const char *dir, struct ho_error *err)
{
  char path[4096];
  struct stat st;
  if (stat(dir, &st))
    return ho_error_set(err, "%s: %s", dir, strerror(errno));
  if (!S_ISDIR(st.st_mode))
    return ho_error_set(err, "%s: a file, not a run folder; `holdout show FOLDER' finds the run folders in FOLDER",
                        dir);
  if (ho_path_join(path, sizeof path, dir, "config.yaml", err))
    return -1;
  if (access(path, F_OK) && errno == ENOENT)
    return ho_error_set(
        err, "%s: not a run folder: it has no config.yaml; `holdout show FOLDER' finds the run folders in FOLDER", dir);
  return 0;
}

static int read_folder(const char *dir, struct ho_run_record *r, struct ho_error *err)
{
  char config[4096], summary[4096], log[4096];
  *r = (struct ho_run_record){ .state = HO_RUN_HALTED };
  if (ho_path_join(config, sizeof config, dir, "config.yaml", err) ||
      ho_path_join(summary, sizeof summary, dir, "summary.json", err) ||
      ho_path_join(log, sizeof log, dir, "log.jsonl", err))
    return -1;
  memcpy(r->dir, dir, strlen(dir) + 1); /* shorter than all of these */
  if (ho_settings_default(&r->settings, err) || ho_settings_read_yaml(&r->settings, config, NULL, err))
    return -1;
  if (!access(summary, F_OK)) {
    if (read_summary(summary, r, err))
      return -1;
    if (r->epoch == r->settings.epochs) { /* otherwise it was resumed with more --epochs */
      r->state = HO_RUN_FINISHED;
      return 0;
    }
  }
  *r->data_sha256 = 0;
  if (is_locked(dir))
    r->state = HO_RUN_RUNNING;
  return read_log(log, r, err);
}

int ho_rundir_read(const char *dir, struct ho_run_record *r, struct ho_error *err)
{
  if (read_folder(dir, r, err))
    return -1;
  r->truth = ho_truth_of(r->settings.noise, r->settings.dataset);
  if (r->truth == HO_TRUTH_UNKNOWN)
    r->metric[HO_METRIC_TRUE] = NAN; /* earlier versions wrote the accuracy on given labels */
  return 0;
}

void ho_rundir_free(struct ho_run_record *r)
{
  ho_settings_free(&r->settings);
}
