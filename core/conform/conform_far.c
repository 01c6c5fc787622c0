/* SPDX-License-Identifier: MIT
 * conform_far.c - a plugin that declares that it only passes arrays of P floats on (.opaque) trains with the same result
 * where their numbers are not in host memory: on the device of nn/far.h. */
#include "conform/conform_work.h"
#include "nn/far.h"

/* Trains to the end on a device; NULL on failure. */
static struct ho_trainer *trained_on(const struct ho_conform_work *w, struct ho_device *device, struct ho_error *why)
{
  struct ho_conform ask = *w->ask;
  struct ho_conform_work there = *w;
  ask.device = device;
  there.ask = &ask;
  struct ho_trainer *t = ho_conform_trainer(&there, &w->settings[0], why);
  if (t && ho_conform_train(t, (uint64_t)HO_CONFORM_EPOCHS * HO_CONFORM_STEPS, why)) {
    ho_trainer_free(t);
    return NULL;
  }
  return t;
}

enum ho_verdict ho_conform_opaque(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.opaque)
    return ho_conform_skipped(why, "it does not declare that it only passes arrays on (.opaque)");
  if (!w->trained[0])
    return ho_conform_skipped(why, "there is no training to compare with");
  struct ho_device *far = ho_far_open(why);
  struct ho_trainer *other = w->ask->device && far ? trained_on(w, &ho_cpu, why) : NULL;
  struct ho_trainer *a = w->ask->device ? other : w->trained[0], *b = a && far ? trained_on(w, far, why) : NULL;
  int compared = a && far, bad = !b || ho_conform_differ(a, b, why);
  ho_trainer_free(b);
  ho_trainer_free(other);
  ho_device_close(far);
  if (!bad)
    return HO_VERDICT_OK;
  if (compared) /* else there was no memory, or the training on the CPU failed */
    ho_error_prefix(why,
                    "it declares .opaque = 1, but reads or writes elements of theta, dir, rows or slots itself: where "
                    "they are not in host memory, training fails or differs");
  return HO_VERDICT_FAILED;
}
