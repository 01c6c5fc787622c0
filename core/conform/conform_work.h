/* SPDX-License-Identifier: MIT
 * conform_work.h - what the checks share: settings, data, trainings, arrays with guards. */
#ifndef HO_CONFORM_WORK_H
#define HO_CONFORM_WORK_H

#include "conform/conform.h"
#include "train/host.h"
#include "train/trainer.h"

enum { HO_CONFORM_NETS = 2, HO_CONFORM_EPOCHS = 3, HO_CONFORM_STEPS = 4 /* of an epoch */, HO_CONFORM_IMAGES = 32 };

struct ho_conform_work {
  const struct ho_conform *ask;
  struct ho_plugin *plugin; /* stays loaded, so that its static variables survive from training to training */
  struct ho_plugin_path path;
  struct ho_settings settings[HO_CONFORM_NETS];
  struct ho_trainer *trained[HO_CONFORM_NETS]; /* to the end, with one thread; NULL if that failed */
  struct ho_error input, weigh, outside;       /* the first fault found by other checks, or empty */
};

/* A check.  If it returns FAILED or SKIPPED, `why' has the reason. */
typedef enum ho_verdict ho_conform_check(struct ho_conform_work *, struct ho_error *why);
ho_conform_check ho_conform_texts, ho_conform_ranges, ho_conform_calls, ho_conform_values;
ho_conform_check ho_conform_trains, ho_conform_repeats, ho_conform_threads, ho_conform_company, ho_conform_resumes,
    ho_conform_horizon;
ho_conform_check ho_conform_input, ho_conform_weigh, ho_conform_direction, ho_conform_predict;
ho_conform_check ho_conform_gradient, ho_conform_linear, ho_conform_still, ho_conform_own;
ho_conform_check ho_conform_bounds, ho_conform_opaque;

enum ho_verdict ho_conform_failed(struct ho_error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ho_verdict ho_conform_skipped(struct ho_error *why, const char *text);

/* Returns a trainer on the checks' data, whose open hooks have run.  Caller owns it. */
struct ho_trainer *ho_conform_trainer(const struct ho_conform_work *, const struct ho_settings *, struct ho_error *);
/* Trains up to step `until', including epoch hooks. */
int ho_conform_train(struct ho_trainer *, uint64_t until, struct ho_error *);
/* -1 with the first difference between what two trainings have: parameters, slots, states, logs, predictions. */
int ho_conform_differ(struct ho_trainer *, struct ho_trainer *, struct ho_error *);
/* The index of the plugin in the chain of a trainer. */
int ho_conform_link(const struct ho_conform_work *, const struct ho_trainer *);
/* Examines the mini-batches of the last step; faults go into w->input and w->weigh. */
void ho_conform_look(struct ho_conform_work *, const struct ho_trainer *);

/* Between these a hook can be called by plugin/call.h, and services on behalf of link `current', as within a step. */
void ho_conform_enter(struct ho_trainer *, int current, struct ho_error *);
void ho_conform_leave(struct ho_trainer *);

/* Returns a copy of from [n], or zeros if it is NULL, with guards on both sides.  It lives until the end of the step.
 * */
float *ho_conform_guarded(struct ho_trainer *, size_t n, const float *from);
int ho_conform_intact(const float *, size_t n); /* 1 if its guards are unchanged */
/* Records in w->outside that a hook wrote beyond an array, if its guards are not intact. */
void ho_conform_guard(struct ho_conform_work *, const char *hook, const char *array, const float *, size_t n);

/* Draws training samples 0, 1, ... and mixes them in pairs.  Between enter and leave.  NULL with a message on failure.
 * */
struct ho_drawn *ho_conform_batch(struct ho_trainer *);
/* out [n]: normal random numbers of this standard deviation, the same for the same `number'. */
void ho_conform_normal(uint64_t number, double scale, float *out, size_t n);

#endif
