/* SPDX-License-Identifier: MIT
 * progress.c - progress bar and epoch lines on standard error; see progress.h. */
#include "cli/print/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/estimate.h"

enum { TIMED_STEPS = 3, WORTH_TELLING = 60 /* seconds of a run */ };
#define TIMED_SECONDS 0.1 /* and at least this long */

void ho_progress_start(struct ho_progress *p, int quiet)
{
  struct winsize size;
  *p = (struct ho_progress){ .quiet = quiet, .terminal = isatty(STDERR_FILENO), .width = 80, .first_step = UINT64_MAX };
  if (p->terminal && !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 20)
    p->width = size.ws_col;
  p->start = ho_clock_now();
}

void ho_progress_clear(struct ho_progress *p)
{
  if (p->terminal && !p->quiet)
    fprintf(stderr, "\r%*s\r", p->width - 1, "");
}

/* Steps that follow a step of the same epoch are timed, the first two of this process are not: they allocate. */
static void time_step(struct ho_progress *p, const struct ho_run *run, double time)
{
  const struct ho_host *h = &run->trainer->host;
  struct ho_estimate e;
  double seconds = time - p->last_step;
  p->last_step = time;
  if (h->step - p->first_step <= 2 || (h->step - 1) % ho_steps_per_epoch(run->trainer) == 0)
    return;
  p->timed++;
  p->timed_seconds += seconds;
  if (p->timed < TIMED_STEPS || p->timed_seconds < TIMED_SECONDS)
    return;
  p->estimated = 1;
  if (!ho_estimate_make(run, p->timed_seconds / p->timed, &e, NULL) && e.seconds > WORTH_TELLING) {
    ho_progress_clear(p);
    ho_estimate_line(stderr, &e);
  }
  p->last_step = ho_clock_now();
}

void ho_progress_step(void *arg, const struct ho_run *run)
{
  struct ho_progress *p = arg;
  const struct ho_trainer *t = run->trainer;
  const struct ho_host *h = &t->host;
  double time = ho_clock_now();
  if (p->first_step == UINT64_MAX) {
    p->first_step = h->step - 1;
    p->start = p->last_drawn = p->last_step = time;
    if (!p->quiet && t->source.data.altered)
      ho_say(stderr, "note: %s in %s: not the official files\n", t->source.data.name, t->source.data.folder);
    if (!p->quiet && t->source.labelled.is_partial)
      ho_say(stderr, "note: %s: labels for %zu of %zu training images; the others are left out\n", t->source.noise.path,
             t->source.labelled.file.n, t->source.data.train.n);
  }
  if (!p->quiet && !p->estimated)
    time_step(p, run, time);
  if (p->quiet || !p->terminal || time - p->last_drawn < 0.1)
    return;
  const struct ho_tally_entry *loss = ho_tally_find(&t->tally, "loss"), *hit = ho_tally_find(&t->tally, "hit");
  double speed = (double)(h->step - p->first_step - 1) / (time - p->start);
  char eta[32], text[256], bar[41];
  ho_text_from_seconds((double)(h->steps - h->step) / speed, eta);
  snprintf(text, sizeof text, " epoch %d/%d  loss %.4f  accuracy %.3f  %.0f images/s  ETA %s", h->epoch + 1, h->epochs,
           loss ? ho_tally_mean(loss) : 0, hit ? ho_tally_mean(hit) : 0, speed * h->batch_size, eta);
  int room = p->width - 3 - (int)strlen(text), cells = room < 4 ? 0 : room > 40 ? 40 : room;
  int full = (int)((double)h->step / (double)h->steps * cells);
  memset(bar, '#', sizeof bar);
  memset(bar + full, '.', sizeof bar - (size_t)full);
  fprintf(stderr, "\r[%.*s]%-*.*s", cells, bar, p->width - 3 - cells, p->width - 3 - cells, text);
  fflush(stderr);
  p->last_drawn = time;
}

void ho_progress_epoch(void *arg, const struct ho_run *run, const struct ho_scores *s, double seconds)
{
  struct ho_progress *p = arg;
  const struct ho_trainer *t = run->trainer;
  const struct ho_tally_entry *loss = ho_tally_find(&t->tally, "loss");
  double speed = (double)ho_steps_per_epoch(run->trainer) * t->host.batch_size / seconds;
  char eta[32];
  if (p->quiet)
    return;
  ho_progress_clear(p);
  ho_text_from_seconds(
      (double)(t->host.steps - t->host.step) * (ho_clock_now() - p->start) / (double)(t->host.step - p->first_step),
      eta);
  fprintf(stderr, "epoch %*d/%d  lr %.4g  loss %.4f", t->host.epochs > 99 ? 3 : 2, t->host.epoch + 1, t->host.epochs,
          t->host.lr, loss ? ho_tally_mean(loss) : 0);
  if (s && ho_trainer_late(t))
    fprintf(stderr, "  networks:");
  if (s && !isnan(s->test_accuracy))
    fprintf(stderr, "%s test %.4f", ho_trainer_late(t) ? "" : " ", s->test_accuracy);
  else if (s && !isnan(s->validation_accuracy))
    fprintf(stderr, "%s validation %.4f", ho_trainer_late(t) ? "" : " ", s->validation_accuracy);
  if (s)
    fprintf(stderr, "  train given %.4f", s->train_accuracy_noisy);
  if (s && !isnan(s->train_accuracy_clean))
    fprintf(stderr, " true %.4f", s->train_accuracy_clean);
  fprintf(stderr, "  %.0f images/s  ETA %s\n", speed, eta);
}
