/* SPDX-License-Identifier: MIT
 * rundir.c - reads what a run left in its folder; see rundir.h. */
#include "run/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/json.h"

enum { SUMMARY = 1 << 20 }; /* bytes at most of summary.json */

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

static double most_of(int metric)
{
  return metric == HO_METRIC_LOSS ? INFINITY : 1;
}

/* ---- summary.json ---- */

static int summary_hash(const struct ho_json_place *p, const json_t *o, struct ho_run_record *r, struct ho_error *err)
{
  const char *hash = json_string_value(json_object_get(o, "data_sha256"));
  if (!hash || strspn(hash, "0123456789abcdef") != 64 || hash[64])
    return ho_json_wrong(p, err, "data_sha256", "is not a SHA-256");
  memcpy(r->data_sha256, hash, sizeof r->data_sha256);
  return 0;
}

static int summary_fields(const struct ho_json_place *p, const json_t *o, struct ho_run_record *r, struct ho_error *err)
{
  long long seed = 0, noise_seed = 0;
  if (ho_json_whole(p, o, "seed", 0, &seed, err) || ho_json_whole(p, o, "noise_seed", 0, &noise_seed, err) ||
      ho_json_whole(p, o, "epochs", 1, &r->epoch, err) || summary_hash(p, o, r, err))
    return -1;
  for (int i = 0; i < HO_METRICS; i++)
    if (ho_json_score(p, o, ho_metric_names[i], most_of(i), &r->metric[i], err))
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
  struct ho_json_place p = { path, 0 };
  json_t *o = ho_json_object(&p, (char *)text, size, err);
  int bad = !o || summary_fields(&p, o, r, err);
  json_decref(o);
  ho_free(text);
  return bad ? -1 : 0;
}

/* ---- log.jsonl ---- */

struct log_so_far {
  struct ho_run_record *run;
  double selects; /* the best validation accuracy; infinite: nothing is chosen by it */
};

/* Scores so far, by the rules of summary.json: the earliest of equals is the best.  A line with separate scores of the
 * networks (an object, before keys were flat) comes from a method that predicts only after the last epoch, so there is
 * nothing to choose from. */
static int take_scores(void *arg, const struct ho_json_place *p, const json_t *o, struct ho_error *err)
{
  struct log_so_far *so_far = arg;
  double validation = NAN, *selects = &so_far->selects, *m = so_far->run->metric;
  if (!json_object_get(o, "test_accuracy")) /* not evaluated */
    return 0;
  if (ho_json_score(p, o, "test_accuracy", 1, &m[HO_METRIC_LAST], err) ||
      ho_json_score(p, o, "validation_accuracy", 1, &validation, err) ||
      ho_json_score(p, o, "test_loss", INFINITY, &m[HO_METRIC_LOSS], err) ||
      ho_json_score(p, o, ho_metric_names[HO_METRIC_GIVEN], 1, &m[HO_METRIC_GIVEN], err) ||
      ho_json_score(p, o, ho_metric_names[HO_METRIC_TRUE], 1, &m[HO_METRIC_TRUE], err))
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

static int read_log(const char *path, struct ho_run_record *r, struct ho_error *err)
{
  struct log_so_far so_far = { r, -1 };
  for (int i = 0; i < HO_METRICS; i++)
    r->metric[i] = NAN;
  r->epoch = ho_json_log(path, r->settings.epochs, take_scores, &so_far, err);
  return r->epoch < 0 ? -1 : 0;
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
  r->truth = ho_truth_of(r->settings.noise, r->settings.dataset, r->settings.true_labels);
  if (r->truth == HO_TRUTH_UNKNOWN)
    r->metric[HO_METRIC_TRUE] = NAN; /* earlier versions wrote the accuracy on given labels */
  return 0;
}

void ho_rundir_free(struct ho_run_record *r)
{
  ho_settings_free(&r->settings);
}
