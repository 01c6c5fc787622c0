/* SPDX-License-Identifier: MIT
 * curves.c - reads the scores in log.jsonl; see curves.h. */
#include "run/curves.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "run/json.h"

static const char *const keys[HO_CURVES] = {
  [HO_CURVE_TEST] = "test_accuracy",          [HO_CURVE_VALIDATION] = "validation_accuracy",
  [HO_CURVE_GIVEN] = "train_accuracy_noisy",  [HO_CURVE_TRUE] = "train_accuracy_clean",
  [HO_CURVE_TRAIN_LOSS] = "train_loss_noisy", [HO_CURVE_TEST_LOSS] = "test_loss",
};

struct reading {
  struct ho_curves *curves;
  int room, knows_truth;
};

static int grow(struct reading *r, struct ho_error *err)
{
  int room = r->room ? 2 * r->room : 64;
  struct ho_curves *c = r->curves;
  int *epoch = realloc(c->epoch, (size_t)room * sizeof *epoch);
  if (epoch)
    c->epoch = epoch;
  for (int i = 0; i < HO_CURVES && epoch; i++) {
    double *value = realloc(c->value[i], (size_t)room * sizeof *value);
    if (!value)
      epoch = NULL;
    else
      c->value[i] = value;
  }
  r->room = room;
  return epoch ? 0 : ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: curves of %d epochs", room);
}

/* An epoch that was not evaluated has no scores. */
static int take(void *arg, const struct ho_json_place *p, const json_t *o, struct ho_error *err)
{
  struct reading *r = arg;
  struct ho_curves *c = r->curves;
  if (!json_object_get(o, keys[HO_CURVE_TEST]))
    return 0;
  if (c->n == r->room && grow(r, err))
    return -1;
  c->epoch[c->n] = p->line;
  for (int i = 0; i < HO_CURVES; i++) {
    c->value[i][c->n] = NAN;
    if (json_object_get(o, keys[i]) &&
        ho_json_score(p, o, keys[i], i < HO_CURVE_TRAIN_LOSS ? 1 : INFINITY, &c->value[i][c->n], err))
      return -1;
  }
  if (!r->knows_truth)
    c->value[HO_CURVE_TRUE][c->n] = NAN; /* earlier versions wrote the accuracy on given labels */
  c->n++;
  return 0;
}

int ho_curves_read(struct ho_curves *c, const struct ho_run_record *run, struct ho_error *err)
{
  char path[4096];
  struct reading r = { c, 0, run->truth != HO_TRUTH_UNKNOWN };
  *c = (struct ho_curves){ 0 };
  if (ho_path_join(path, sizeof path, run->dir, "log.jsonl", err))
    return -1;
  return ho_json_log(path, run->settings.epochs, take, &r, err) < 0 ? -1 : 0;
}

void ho_curves_free(struct ho_curves *c)
{
  free(c->epoch);
  for (int i = 0; i < HO_CURVES; i++)
    free(c->value[i]);
  *c = (struct ho_curves){ 0 };
}
