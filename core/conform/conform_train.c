/* SPDX-License-Identifier: MIT
 * conform_train.c - checks that train: to the end, then again with the same result bit for bit, with more threads, next
 * to another training, and from checkpoints. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "compute/parallel.h"
#include "conform/conform_work.h"
#include "run/checkpoint.h"

enum { END = HO_CONFORM_EPOCHS * HO_CONFORM_STEPS };

/* One step, with the epoch hooks before or after it, as in run.c. */
static int advance(struct ho_trainer *t, struct ho_error *err)
{
  t->host.epoch = (int)(t->host.step / HO_CONFORM_STEPS);
  if (t->host.step % HO_CONFORM_STEPS == 0) {
    t->tally.n = 0;
    if (ho_trainer_epoch(t, 0, err))
      return -1;
  }
  if (ho_trainer_step(t, err))
    return -1;
  return t->host.step % HO_CONFORM_STEPS == 0 ? ho_trainer_epoch(t, 1, err) : 0;
}

int ho_conform_train(struct ho_trainer *t, uint64_t until, struct ho_error *err)
{
  while (t->host.step < until)
    if (advance(t, err))
      return -1;
  return 0;
}

int ho_conform_link(const struct ho_conform_work *w, const struct ho_trainer *t)
{
  int i = 0;
  while (strcmp(t->chain.link[i].plugin->hooks.name, w->plugin->hooks.name))
    i++;
  return i;
}

/* The training that all others are compared with.  Each of its steps is examined. */
enum ho_verdict ho_conform_trains(struct ho_conform_work *w, struct ho_error *why)
{
  for (int i = 0; i < HO_CONFORM_NETS; i++) {
    struct ho_trainer *t = ho_conform_trainer(w, &w->settings[i], why);
    int bad = !t;
    while (!bad && t->host.step < END) {
      bad = advance(t, why);
      ho_conform_look(w, t);
    }
    if (bad) {
      ho_trainer_free(t);
      ho_error_prefix(why, "%s", w->settings[i].net);
      return HO_VERDICT_FAILED;
    }
    w->trained[i] = t;
  }
  return HO_VERDICT_OK;
}

/* ---- bit for bit ---- */

static int arrays_differ(const char *name, const float *a, const float *b, size_t n, struct ho_error *why)
{
  for (size_t k = 0; k < n; k++)
    if (memcmp(a + k, b + k, sizeof *a))
      return ho_error_set(why, "%s[%zu] is %.9g, not %.9g", name, k, (double)b[k], (double)a[k]);
  return 0;
}

/* Parameters and slots of a network are brought up to date in host memory. */
static int fetch(const struct ho_trainer *t, int net, struct ho_error *why)
{
  int bad = ho_residence_pull(t->network.residence, t->network.theta[net], t->host.parameters, why);
  for (int s = 0; s < t->chain.slots && !bad; s++)
    bad = ho_residence_pull(t->network.residence, t->network.slot[net][s], t->host.parameters, why);
  return bad;
}

static int networks_differ(const struct ho_trainer *a, const struct ho_trainer *b, int net, struct ho_error *why)
{
  char name[300];
  if (fetch(a, net, why) || fetch(b, net, why))
    return -1;
  for (int i = 0; i < a->network.tensors; i++) {
    const struct ho_tensor *p = &a->network.tensor[i];
    snprintf(name, sizeof name, "%s of network %d", p->name, net);
    if (arrays_differ(name, a->network.theta[net] + p->offset, b->network.theta[net] + p->offset, p->size, why))
      return -1;
    for (int s = 0; s < a->chain.slots; s++) {
      snprintf(name, sizeof name, "slot %d of %s of network %d", s, p->name, net);
      if (arrays_differ(name, a->network.slot[net][s] + p->offset, b->network.slot[net][s] + p->offset, p->size, why))
        return -1;
    }
  }
  return arrays_differ("running statistics", a->network.stats[net], b->network.stats[net], a->network.net->statistics,
                       why);
}

static int states_differ(const struct ho_trainer *a, const struct ho_trainer *b, struct ho_error *why)
{
  if (a->states != b->states || a->host.parameters != b->host.parameters)
    return ho_error_set(why, "it registered %d states and %zu parameters, not %d and %zu", b->states,
                        b->host.parameters, a->states, a->host.parameters);
  for (int i = 0; i < a->states; i++)
    if (a->state[i].bytes != b->state[i].bytes || memcmp(a->state[i].data, b->state[i].data, a->state[i].bytes))
      return ho_error_set(why, "state %s differs", a->state[i].name);
  return 0;
}

static int logs_differ(const struct ho_trainer *a, const struct ho_trainer *b, struct ho_error *why)
{
  for (int i = 0; i < a->tally.n; i++) {
    const struct ho_tally_entry *p = &a->tally.entry[i], *q = ho_tally_find(&b->tally, p->name);
    if (!q || p->n != q->n || memcmp(&p->sum, &q->sum, sizeof p->sum))
      return ho_error_set(why, "the logged value `%s' differs", p->name);
  }
  return 0;
}

static int predictions_differ(struct ho_trainer *a, struct ho_trainer *b, struct ho_error *why)
{
  enum { N = 16 };
  uint32_t image[N];
  uint16_t label[N];
  float loss[2][N];
  for (uint32_t i = 0; i < N; i++) {
    image[i] = i;
    label[i] = a->source.data.test.label[i];
  }
  for (int k = 0; k < 2; k++) {
    struct ho_trainer *t = k ? b : a;
    struct ho_score_request ask = { &t->source.data.test, image, label, N };
    struct ho_score_result result = { .each_loss = loss[k] };
    if (ho_trainer_score(t, &ask, &result, why))
      return -1;
  }
  return arrays_differ("the loss of a prediction", loss[0], loss[1], N, why);
}

int ho_conform_differ(struct ho_trainer *a, struct ho_trainer *b, struct ho_error *why)
{
  if (states_differ(a, b, why))
    return -1;
  for (int k = 0; k < a->host.nets; k++)
    if (networks_differ(a, b, k, why))
      return -1;
  return logs_differ(a, b, why) || predictions_differ(a, b, why) ? -1 : 0;
}

/* Trains with these settings and threads to the end, and compares the result with trained[i]. */
static int again(const struct ho_conform_work *w, const struct ho_settings *s, int i, int threads, struct ho_error *why)
{
  ho_parallel_setup(threads);
  struct ho_trainer *t = ho_conform_trainer(w, s, why);
  int bad = !t || ho_conform_train(t, END, why);
  ho_parallel_setup(1); /* as for trained[i] */
  bad = bad || ho_conform_differ(w->trained[i], t, why);
  ho_trainer_free(t);
  return bad;
}

static const char untrained[] = "there is no training to compare with";

enum ho_verdict ho_conform_repeats(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->trained[0])
    return ho_conform_skipped(why, untrained);
  if (!again(w, &w->settings[0], 0, 1, why))
    return HO_VERDICT_OK;
  ho_error_prefix(
      why, "a second training with the same seed differs (a static variable, or randomness not from h->stream()?)");
  return HO_VERDICT_FAILED;
}

enum ho_verdict ho_conform_threads(struct ho_conform_work *w, struct ho_error *why)
{
  enum ho_verdict verdict = HO_VERDICT_OK;
  for (int i = 0; i < HO_CONFORM_NETS && verdict == HO_VERDICT_OK; i++)
    if (!w->trained[i])
      verdict = ho_conform_skipped(why, untrained);
    else if (again(w, &w->settings[i], i, 2, why)) {
      ho_error_prefix(why, "with two threads %s differs", w->settings[i].net);
      verdict = HO_VERDICT_FAILED;
    }
  return verdict;
}

/* Trains alternately with a training of another seed, which is created second. */
enum ho_verdict ho_conform_company(struct ho_conform_work *w, struct ho_error *why)
{
  struct ho_settings other = w->settings[0];
  other.seed++;
  if (!w->trained[0])
    return ho_conform_skipped(why, untrained);
  struct ho_trainer *a = ho_conform_trainer(w, &w->settings[0], why);
  struct ho_trainer *b = a ? ho_conform_trainer(w, &other, why) : NULL;
  int bad = !a || !b;
  for (uint64_t k = 1; k <= END && !bad; k++)
    bad = ho_conform_train(b, k, why) || ho_conform_train(a, k, why);
  bad = bad || ho_conform_differ(w->trained[0], a, why);
  ho_trainer_free(a);
  ho_trainer_free(b);
  if (!bad)
    return HO_VERDICT_OK;
  ho_error_prefix(why, "next to another training it differs (a static variable?)");
  return HO_VERDICT_FAILED;
}

/* ---- checkpoints ---- */

/* Writes the trainer to a file, frees it, and reads it into a new one. */
static int renew(const struct ho_conform_work *w, const struct ho_settings *s, struct ho_run *run, const char *path,
                 struct ho_error *why)
{
  if (ho_checkpoint_write(run, path, why))
    return -1;
  ho_trainer_free(run->trainer);
  run->trainer = ho_conform_trainer(w, s, why);
  return !run->trainer || ho_checkpoint_read(run, path, 1, why) ? -1 : 0;
}

/* Trains to the end, interrupted in the middle of every epoch. */
static int train_in_pieces(const struct ho_conform_work *w, int i, const char *path, struct ho_error *why)
{
  const struct ho_settings *s = &w->settings[i];
  struct ho_run run = { .folder = { .fd = -1 }, .trainer = ho_conform_trainer(w, s, why) };
  int bad = !run.trainer;
  for (uint64_t step = HO_CONFORM_STEPS / 2; step < END && !bad; step += HO_CONFORM_STEPS)
    bad = ho_conform_train(run.trainer, step, why) || renew(w, s, &run, path, why);
  bad = bad || ho_conform_train(run.trainer, END, why) || ho_conform_differ(w->trained[i], run.trainer, why);
  ho_trainer_free(run.trainer);
  free(run.log);
  free(run.score);
  return bad;
}

enum ho_verdict ho_conform_resumes(struct ho_conform_work *w, struct ho_error *why)
{
  const char *base = getenv("TMPDIR");
  char folder[4000], path[4096];
  int bad = 0;
  if (!w->trained[0] || !w->trained[1])
    return ho_conform_skipped(why, untrained);
  if (snprintf(folder, sizeof folder, "%s/holdout-check-XXXXXX", base && *base ? base : "/tmp") >= (int)sizeof folder ||
      !mkdtemp(folder))
    return ho_conform_failed(why, "cannot make a folder for checkpoints in %.200s: set $TMPDIR",
                             base && *base ? base : "/tmp");
  snprintf(path, sizeof path, "%s/checkpoint", folder);
  for (int i = 0; i < HO_CONFORM_NETS && !bad; i++)
    bad = train_in_pieces(w, i, path, why);
  unlink(path);
  rmdir(folder);
  if (!bad)
    return HO_VERDICT_OK;
  ho_error_prefix(why, "after resuming in mid-epoch it differs (what is kept between steps must come from h->state())");
  return HO_VERDICT_FAILED;
}

/* If training depends on the number of epochs, a run that is given more of them is not the same run. */
enum ho_verdict ho_conform_horizon(struct ho_conform_work *w, struct ho_error *why)
{
  struct ho_settings longer = w->settings[0];
  longer.epochs += 2;
  if (!w->trained[0])
    return ho_conform_skipped(why, untrained);
  if (w->plugin->hooks.horizon)
    return ho_conform_skipped(why, "it declares that training depends on --epochs");
  if (!again(w, &longer, 0, 1, why))
    return HO_VERDICT_OK;
  ho_error_prefix(why, "training depends on --epochs (declare .horizon = 1)");
  return HO_VERDICT_FAILED;
}
