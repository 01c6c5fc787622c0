/* SPDX-License-Identifier: MIT
 * schedule.c - the learning rate of each step, a function of the step's number alone; see schedule.h.
 *
 * The paper's authors: lr 0.1, exp, rate 0.95 per epoch, which is 0.1 * 0.95^floor(step / 781) in 781 steps each. */
#include "train/schedule.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/range.h"

enum { CONST, STEP, EXP, COSINE }; /* positions in the setting's choices */

enum { FEWEST = 1, MOST = 1000000000 };

/* "30" is every 30 epochs, "100,150" a list that must ascend. */
static int milestones_parse(struct ho_schedule *c, const char *text, struct ho_error *err)
{
  const int most = sizeof c->milestone / sizeof *c->milestone;
  for (const char *at = text;;) {
    char word[24];
    long long epoch;
    size_t length = strcspn(at, ",");
    if (length >= sizeof word)
      return ho_error_set(err, "decay-epochs: `%.60s' is too long for a number of epochs", at);
    memcpy(word, at, length);
    word[length] = 0;
    if (ho_text_int(word, &epoch) || epoch < FEWEST || epoch > MOST)
      return ho_error_set(err, "decay-epochs: `%s' in `%.200s' is not a whole number of epochs of at least 1", word,
                          text);
    if (c->milestones == most)
      return ho_error_set(err, "decay-epochs: more than %d numbers", most);
    if (c->milestones && (double)epoch <= c->milestone[c->milestones - 1])
      return ho_error_set(err, "decay-epochs: `%.200s' is not ascending at %s", text, word);
    c->milestone[c->milestones++] = (double)epoch;
    if (!at[length])
      break;
    at += length + 1;
  }
  if (c->milestones == 1) {
    c->every = (int)c->milestone[0];
    c->milestones = 0;
  }
  return 0;
}

/* With no rate given, the last epoch has min-lr (or lr/100): rate^((epochs - 1) / every) = min-lr / lr. */
static int exp_make(struct ho_schedule *c, long long epochs, struct ho_error *err)
{
  if (c->milestones)
    return ho_error_set(err, "decay-epochs: exp takes one number, the epochs in which the rate falls by decay-rate");
  if (c->rate > 0)
    return 0;
  double end = c->min_lr > 0 ? c->min_lr : c->lr / 100;
  if (end > c->lr)
    return ho_error_set(err, "min-lr %g is above lr %g", c->min_lr, c->lr);
  c->rate = epochs > 1 && c->lr > 0 ? pow(end / c->lr, (double)c->every / (double)(epochs - 1)) : 1;
  c->automatic = 1;
  return 0;
}

int ho_schedule_make(struct ho_schedule *c, const struct ho_settings *s, uint64_t steps_per_epoch, struct ho_error *err)
{
  *c = (struct ho_schedule){ .lr = s->lr, .min_lr = s->min_lr, .warmup_lr = s->warmup_lr, .rate = s->decay_rate };
  const char *kind = s->schedule ? s->schedule : "const";
  c->kind = ho_choice_find("const|step|exp|cosine", kind);
  if (c->kind < 0) {
    ho_choice_unknown("const|step|exp|cosine", kind, err);
    return ho_error_prefix(err, "sched");
  }
  if (steps_per_epoch == 0)
    return ho_error_set(err, "an epoch has no step: there are fewer training images than batch-size");
  if (__builtin_mul_overflow((uint64_t)s->epochs, steps_per_epoch, &c->total) ||
      __builtin_mul_overflow((uint64_t)s->warmup_epochs, steps_per_epoch, &c->warmup) || c->total >> 53)
    return ho_error_set(err, "epochs %lld and warmup-epochs %lld: too many steps", s->epochs, s->warmup_epochs);
  c->per_epoch = steps_per_epoch;
  if (s->decay_epochs && milestones_parse(c, s->decay_epochs, err))
    return -1;
  if (!s->decay_epochs)
    c->every = c->kind == STEP ? 30 : 1;
  if (c->kind == STEP && c->rate == 0)
    c->rate = 0.1;
  if (c->kind == EXP)
    return exp_make(c, s->epochs, err);
  if (c->kind == COSINE && c->warmup >= c->total)
    return ho_error_set(err, "warmup-epochs %lld leaves no epoch of %lld for the cosine", s->warmup_epochs, s->epochs);
  if (c->kind == COSINE && c->min_lr > c->lr)
    return ho_error_set(err, "min-lr %g is above lr %g", c->min_lr, c->lr);
  return 0;
}

static double falls(const struct ho_schedule *c, uint64_t epoch)
{
  int k = 0;
  uint64_t times = c->every ? epoch / (uint64_t)c->every : 0;
  if (c->every)
    return (double)times;
  while (k < c->milestones && (double)epoch >= c->milestone[k])
    k++;
  return k;
}

double ho_schedule_lr(const struct ho_schedule *c, uint64_t step)
{
  uint64_t epoch = step / c->per_epoch;
  if (step < c->warmup)
    return c->warmup_lr + (c->lr - c->warmup_lr) * (double)step / (double)c->warmup;
  switch (c->kind) {
  case STEP: return c->lr * pow(c->rate, falls(c, epoch));
  case EXP: return c->lr * pow(c->rate, (double)epoch / c->every);
  case COSINE: {
    double done = (double)(step - c->warmup) / (double)(c->total - c->warmup);
    return c->min_lr + (c->lr - c->min_lr) * (1 + cos(M_PI * (done < 1 ? done : 1))) / 2;
  }
  }
  return c->lr;
}

int ho_schedule_depends_on_epochs(const struct ho_schedule *c)
{
  return c->kind == COSINE || c->automatic;
}
