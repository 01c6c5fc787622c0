/* SPDX-License-Identifier: MIT
 * runlog.c - log.jsonl and summary.json: what two equal runs share.  What differs is in timing.c. */
#include "run/runlog.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { DIGITS = JSON_REAL_PRECISION(9) | JSON_COMPACT };

/* JSON has no NaN: what is not there is null. */
static json_t *number(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *mean_of(const struct ho_tally *tally, const char *name)
{
  const struct ho_tally_entry *e = ho_tally_find(tally, name);
  return e ? number(ho_tally_mean(e)) : json_null();
}

/* Keys are flat, so that a line is a row of a table for whatever reads it: what belongs together begins alike. */
static void set(json_t *o, const char *prefix, const char *name, double value)
{
  char key[128];
  snprintf(key, sizeof key, "%s%s", prefix, name);
  json_object_set_new(o, key, number(value));
}

static void set_scores(json_t *o, const char *prefix, const struct ho_scores *s)
{
  set(o, prefix, "test_loss", s->test_loss);
  set(o, prefix, "test_accuracy", s->test_accuracy);
  set(o, prefix, "train_loss_noisy", s->train_loss);
  set(o, prefix, "train_accuracy_noisy", s->train_accuracy_noisy);
  set(o, prefix, "train_accuracy_clean", s->train_accuracy_clean);
  set(o, prefix, "validation_loss", s->validation_loss);
  set(o, prefix, "validation_accuracy", s->validation_accuracy);
}

/* What plugins logged, and the weights of mini-batches. */
static void set_tally(json_t *o, const struct ho_tally *tally)
{
  for (int i = 0; i < tally->n; i++) {
    const struct ho_tally_entry *e = &tally->entry[i];
    int weights = !strcmp(e->name, "weight");
    if (!weights && !strchr(e->name, '.'))
      continue;
    set(o, weights ? "weights" : e->name, ".mean", ho_tally_mean(e));
    set(o, weights ? "weights" : e->name, ".spread", ho_tally_spread(e));
    if (weights)
      set(o, "weights", ".negative", e->negative / e->n);
  }
}

/* Takes o. */
static int append(char **text, size_t *size, json_t *o, struct ho_error *err)
{
  char *line = json_dumps(o, DIGITS);
  size_t length = line ? strlen(line) : 0;
  char *longer = line ? realloc(*text, *size + length + 2) : NULL;
  json_decref(o);
  if (!longer) {
    free(line);
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: a line of the log");
  }
  memcpy(longer + *size, line, length);
  memcpy(longer + *size + length, "\n", 2);
  free(line);
  *text = longer;
  *size += length + 1;
  return 0;
}

int ho_runlog_add(struct ho_run *run, const struct ho_scores *scores, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  json_t *o = json_object();
  json_object_set_new(o, "epoch", json_integer((json_int_t)(t->host.step / ho_steps_per_epoch(t))));
  json_object_set_new(o, "step", json_integer((json_int_t)t->host.step));
  json_object_set_new(o, "lr", number(t->host.lr));
  json_object_set_new(o, "loss", mean_of(&t->tally, "loss"));
  json_object_set_new(o, "accuracy", mean_of(&t->tally, "hit"));
  json_object_set_new(o, "direction", mean_of(&t->tally, "direction"));
  if (scores && ho_trainer_late(t)) {
    const struct ho_scores none = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
    set_scores(o, "", &none);
    set_scores(o, "networks.", scores);
  } else if (scores)
    set_scores(o, "", scores);
  set_tally(o, &t->tally);
  return append(&run->log, &run->log_size, o, err);
}

static int write_text(const struct ho_run *run, const char *name, const char *text, size_t size, struct ho_error *err)
{
  char path[4096];
  struct ho_output out;
  if (ho_path_join(path, sizeof path, run->dir, name, err) || ho_output_open(&out, path, err))
    return -1;
  fwrite(text, 1, size, out.stream);
  return ho_output_commit(&out, err);
}

int ho_runlog_write(const struct ho_run *run, struct ho_error *err)
{
  return write_text(run, "log.jsonl", run->log ? run->log : "", run->log_size, err);
}

static json_t *epoch_of(const struct ho_scores *s)
{
  return s ? json_integer((json_int_t)s->epoch) : json_null();
}

/* The scores of the last epoch, of the best on the test set, and of the best on the noisy validation part.  A method
 * that predicts only after the last epoch has only the first: earlier scores are those of its networks. */
static void set_results(json_t *o, const struct ho_run *run)
{
  const struct ho_trainer *t = run->trainer;
  const struct ho_scores *last = &run->score[run->scores - 1], *best = NULL, *selected = NULL;
  int late = t->chain.predict >= 0 && t->chain.link[t->chain.predict].plugin->hooks.late;
  for (const struct ho_scores *s = last; s >= run->score && !late; s--) { /* the earliest of equals */
    if (!isnan(s->test_accuracy) && (!best || s->test_accuracy >= best->test_accuracy))
      best = s;
    if (!isnan(s->validation_accuracy) && (!selected || s->validation_accuracy >= selected->validation_accuracy))
      selected = s;
  }
  json_object_set_new(o, "test_accuracy_last", number(last->test_accuracy));
  json_object_set_new(o, "test_accuracy_best", number(best ? best->test_accuracy : NAN));
  json_object_set_new(o, "test_accuracy_best_epoch", epoch_of(best));
  json_object_set_new(o, "test_accuracy_validation_selected", number(selected ? selected->test_accuracy : NAN));
  json_object_set_new(o, "validation_selected_epoch", epoch_of(selected));
  if (late)
    json_object_set_new(o, "note",
                        json_sprintf("%s predicts only after the last epoch; evaluations before it are of the networks "
                                     "alone: there is no best epoch of it, nor one selected on validation",
                                     t->chain.link[t->chain.predict].plugin->hooks.name));
  if (!t->source.data.test.n && !isnan(last->validation_accuracy)) /* the one score on images it was not trained on */
    json_object_set_new(o, "validation_accuracy_last", number(last->validation_accuracy));
  json_object_set_new(o, "test_loss_last", number(last->test_loss));
  json_object_set_new(o, "train_accuracy_noisy", number(last->train_accuracy_noisy));
  json_object_set_new(o, "train_accuracy_clean", number(last->train_accuracy_clean));
}

int ho_runlog_summary(const struct ho_run *run, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  const struct ho_settings *s = t->settings;
  if (run->scores == 0 || run->score[run->scores - 1].epoch != (double)s->epochs)
    return ho_error_set(err, "%s: epoch %lld was never evaluated: this run has no results", run->dir, s->epochs);
  json_t *o = json_object();
  set_results(o, run);
  json_object_set_new(o, "true_labels", json_string(ho_truth_text(t->source.labelled.truth)));
  json_object_set_new(o, "noise_rate_nominal",
                      number(t->source.labelled.truth == HO_TRUTH_UNKNOWN ? NAN : t->source.noise.rate));
  json_object_set_new(o, "noise_rate_realised", number(t->source.wrong));
  json_object_set_new(o, "epochs", json_integer(s->epochs));
  json_object_set_new(o, "steps", json_integer((json_int_t)t->host.step));
  json_object_set_new(o, "seed", json_integer(s->seed));
  json_object_set_new(o, "noise_seed", json_integer(s->noise_seed < 0 ? s->seed : s->noise_seed));
  json_object_set_new(o, "optimizer", json_string(t->chain.spec));
  json_object_set_new(o, "net", json_string(t->network.net->spec));
  json_object_set_new(o, "parameters", json_integer((json_int_t)t->host.parameters));
  json_object_set_new(o, "dataset", json_string(t->source.data.name));
  json_object_set_new(o, "noise", json_string(t->source.noise.spec));
  json_object_set_new(o, "train_size", json_integer((json_int_t)t->source.samples));
  json_object_set_new(o, "test_size", json_integer((json_int_t)t->source.test.part[HO_PART_TRAIN].n));
  json_object_set_new(o, "data_sha256", json_string(t->source.data.sha256));
  json_object_set_new(o, "labels_sha256", json_string(t->source.labels_sha256));
  char *text = json_dumps(o, JSON_REAL_PRECISION(9) | JSON_INDENT(2));
  json_decref(o);
  if (!text)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: the summary");
  size_t size = strlen(text);
  text[size] = '\n';
  int result = write_text(run, "summary.json", text, size + 1, err);
  free(text);
  return result;
}
