/* SPDX-License-Identifier: MIT
 * conform_work.h - what the checks of conform.c share: settings, data, trainings, arrays with guards. */
#ifndef HO_CONFORM_WORK_H
#define HO_CONFORM_WORK_H

#include "conform/conform.h"
#include "train/host.h"
#include "train/trainer.h"

enum { HO_CONFORM_NETS = 2, HO_CONFORM_EPOCHS = 3, HO_CONFORM_STEPS = 4 /* of an epoch */, HO_CONFORM_IMAGES = 32 };

struct ho_conform_work {
  const struct ho_conform *ask;
  struct ho_plugin *plugin; /* held loaded throughout: what is static in it stays from training to training */
  struct ho_plugin_path path;
  struct ho_settings settings[HO_CONFORM_NETS];
  struct ho_trainer *trained[HO_CONFORM_NETS]; /* to the end, by one thread; NULL when that failed */
  struct ho_error input, weigh, outside;       /* the first fault seen on the way, or empty */
};

/* A check says FAILED or SKIPPED with its reason in `why'. */
typedef enum ho_verdict ho_conform_check(struct ho_conform_work *, struct ho_error *why);
ho_conform_check ho_conform_texts, ho_conform_ranges, ho_conform_calls, ho_conform_values;
ho_conform_check ho_conform_trains, ho_conform_repeats, ho_conform_threads, ho_conform_company, ho_conform_resumes,
    ho_conform_horizon;
ho_conform_check ho_conform_input, ho_conform_weigh, ho_conform_direction, ho_conform_predict;
ho_conform_check ho_conform_gradient, ho_conform_linear, ho_conform_still, ho_conform_own;
ho_conform_check ho_conform_bounds;

enum ho_verdict ho_conform_failed(struct ho_error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ho_verdict ho_conform_skipped(struct ho_error *why, const char *text);

/* A trainer on the checks' own data; the open hooks have run. */
struct ho_trainer *ho_conform_trainer(const struct ho_conform_work *, const struct ho_settings *, struct ho_error *);
/* Trains on until step `until', with the epoch hooks on the way. */
int ho_conform_train(struct ho_trainer *, uint64_t until, struct ho_error *);
/* The place of the plugin in the chain of a trainer. */
int ho_conform_link(const struct ho_conform_work *, const struct ho_trainer *);
/* Looks at the mini-batches of the last step; what is wrong with them goes into w->input and w->weigh. */
void ho_conform_look(struct ho_conform_work *, const struct ho_trainer *);

/* Between these a hook can be called by plugin/call.h, and services on behalf of link `current', as within a step. */
void ho_conform_enter(struct ho_trainer *, int current, struct ho_error *);
void ho_conform_leave(struct ho_trainer *);

/* n floats with guards on both sides; from may be NULL: zeros.  In the memory of the step. */
float *ho_conform_guarded(struct ho_trainer *, size_t n, const float *from);
int ho_conform_intact(const float *, size_t n);
/* ho_conform_intact, or the fault goes into w->outside. */
void ho_conform_guard(struct ho_conform_work *, const char *hook, const char *array, const float *, size_t n);

/* A mini-batch of training samples 0, 1, ... in pairs that are mixed: between enter and leave; NULL with a message. */
struct ho_drawn *ho_conform_batch(struct ho_trainer *);
void ho_conform_normal(uint64_t number, double scale, float *out, size_t n);

#endif
