/* SPDX-License-Identifier: MIT
 * progress.c - progress bar and epoch lines on standard error; see progress.h. */
#include "cli/print/progress.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/estimate.h"

enum { TIMED_STEPS = 3, WORTH_TELLING = 60 /* seconds of a run */ };
enum { BAR = 10 /* cells that fields leave it, at least */, LONGEST_BAR = 40 };
#define TIMED_SECONDS 0.1 /* and at least this long */

/* ---- lines that fit ---- */

enum { FIELDS = 9, ALWAYS = 8 };

struct field {
  int worth; /* to ALWAYS; where the terminal is narrow, fields of small worth go first */
  char text[64];
};

struct line {
  struct field field[FIELDS];
  int n;
  char text[FIELDS * (sizeof(struct field) + 2)];
};

static void __attribute__((format(printf, 3, 4))) add(struct line *l, int worth, const char *format, ...)
{
  struct field *f = &l->field[l->n++];
  va_list args;
  va_start(args, format);
  vsnprintf(f->text, sizeof f->text, format, args);
  va_end(args);
  f->worth = worth;
}

/* Joins the fields that `room' columns have room for. */
static const char *join(struct line *l, int room)
{
  int least = 0, length;
  do {
    length = 0;
    for (int i = 0; i < l->n; i++)
      if (l->field[i].worth >= least)
        length += sprintf(l->text + length, "%s%s", length ? "  " : "", l->field[i].text);
  } while (length > room && ++least <= ALWAYS);
  return l->text;
}

/* A terminal may change its width at any time.  Files get whole lines. */
static void measure(struct ho_progress *p)
{
  struct winsize size;
  if (p->terminal && !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0)
    p->width = size.ws_col;
}

void ho_progress_start(struct ho_progress *p, int quiet)
{
  *p = (struct ho_progress){ .quiet = quiet, .terminal = isatty(STDERR_FILENO), .width = 80, .first_step = UINT64_MAX };
  measure(p);
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

static void draw_bar(struct ho_progress *p, const struct ho_host *h, double speed, double loss, double accuracy)
{
  struct line l = { .n = 0 };
  char eta[32], bar[LONGEST_BAR];
  ho_text_from_seconds((double)(h->steps - h->step) / speed, eta);
  add(&l, ALWAYS, "epoch %d/%d", h->epoch + 1, h->epochs);
  add(&l, 2, "loss %.4f", loss);
  add(&l, 3, "accuracy %.3f", accuracy);
  add(&l, 1, "%.0f images/s", speed * h->batch_size);
  add(&l, 4, "ETA %s", eta);
  measure(p);
  int width = p->width > 4 ? p->width - 4 : 0; /* without brackets, a blank and the last column */
  const char *text = join(&l, width - BAR);
  int room = width - (int)strlen(text), cells = room < 0 ? 0 : room > LONGEST_BAR ? LONGEST_BAR : room;
  int full = (int)((double)h->step / (double)h->steps * cells);
  memset(bar, '#', sizeof bar);
  memset(bar + full, '.', sizeof bar - (size_t)full);
  fprintf(stderr, "\r[%.*s] %-*.*s", cells, bar, width - cells, width - cells, text);
  fflush(stderr);
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
  draw_bar(p, h, (double)(h->step - p->first_step - 1) / (time - p->start), loss ? ho_tally_mean(loss) : 0,
           hit ? ho_tally_mean(hit) : 0);
  p->last_drawn = time;
}

void ho_progress_epoch(void *arg, const struct ho_run *run, const struct ho_scores *s, double seconds)
{
  struct ho_progress *p = arg;
  const struct ho_trainer *t = run->trainer;
  const struct ho_tally_entry *loss = ho_tally_find(&t->tally, "loss");
  double speed = (double)ho_steps_per_epoch(run->trainer) * t->host.batch_size / seconds;
  char eta[32];
  struct line l = { .n = 0 };
  if (p->quiet)
    return;
  ho_progress_clear(p);
  measure(p);
  ho_text_from_seconds(
      (double)(t->host.steps - t->host.step) * (ho_clock_now() - p->start) / (double)(t->host.step - p->first_step),
      eta);
  add(&l, ALWAYS, "epoch %*d/%d", t->host.epochs > 99 ? 3 : 2, t->host.epoch + 1, t->host.epochs);
  add(&l, 2, "lr %.4g", t->host.lr);
  add(&l, 4, "loss %.4f", loss ? ho_tally_mean(loss) : 0);
  if (s && ho_trainer_late(t))
    add(&l, 7, "networks:");
  if (s && !isnan(s->test_accuracy))
    add(&l, 7, "test %.4f", s->test_accuracy);
  else if (s && !isnan(s->validation_accuracy))
    add(&l, 7, "validation %.4f", s->validation_accuracy);
  if (s)
    add(&l, 6, "train given %.4f", s->train_accuracy_noisy);
  if (s && !isnan(s->train_accuracy_clean))
    add(&l, 5, "true %.4f", s->train_accuracy_clean);
  add(&l, 1, "%.0f images/s", speed);
  add(&l, 3, "ETA %s", eta);
  fprintf(stderr, "%s\n", join(&l, p->terminal ? p->width : INT_MAX));
}
