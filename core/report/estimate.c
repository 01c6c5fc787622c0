/* SPDX-License-Identifier: MIT
 * estimate.c - memory, disk and time of a run from a few of its steps; see estimate.h. */
#include "report/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/runlog.h"
#include "train/outputs.h"

/* Evaluations after epoch `done': every --eval-every epochs, and the last. */
static uint64_t evaluations(const struct ho_settings *s, uint64_t done)
{
  uint64_t epochs = (uint64_t)s->epochs, every = (uint64_t)s->eval_every;
  return done >= epochs ? 0 : epochs / every - done / every + (epochs % every != 0);
}

/* ---- disk: see checkpoint.c, samples.c, runlog.c ---- */

/* A line of the log, made as it will be written. */
static double line_bytes(const struct ho_run *run, int scored, struct ho_error *err)
{
  struct ho_run line = *run;
  struct ho_scores scores = { 1, 1.23456789, .123456789, 1.23456789, .123456789, .123456789, NAN, NAN };
  if (run->trainer->source.labelled.split.part[HO_PART_VALIDATION].n)
    scores.validation_loss = scores.validation_accuracy = .123456789;
  line.log = NULL;
  line.log_size = 0;
  int bad = ho_runlog_add(&line, scored ? &scores : NULL, err);
  double bytes = (double)line.log_size;
  free(line.log);
  return bad ? -1 : bytes;
}

static double checkpoint_bytes(const struct ho_trainer *t)
{
  double vectors = 1 + t->chain.slots, nets = t->host.nets;
  double floats = nets * ((double)t->host.parameters * vectors + (double)t->network.net->statistics);
  double bytes = 4 * floats + 12 * (double)t->source.samples, header = 2000;
  for (int i = 0; i < t->states; i++)
    bytes += (double)t->state[i].bytes;
  for (int k = 0; k < t->source.pools; k++)
    bytes += 4 * (double)t->source.pool[k].n + 8 * (double)ho_sampler_cursors(t->source.pool[k].sampler);
  header +=
      110 * nets * (t->network.tensors * vectors + t->network.net->nstats) + 200.0 * (t->states + t->source.pools);
  return bytes + header + t->tally.n * (2 * 110.0 + 96 + 32);
}

static double label_rows(const struct ho_trainer *t)
{
  const struct ho_part_ids *part = t->source.labelled.split.part;
  return (double)(part[HO_PART_TRAIN].n + part[HO_PART_VALIDATION].n + t->source.labelled.left_out.n);
}

/* Bytes of one row of samples: loss, margin, weight, prediction. */
static double row_bytes(const struct ho_run *run)
{
  return (3 * 4 + 2) * (double)(run->samples.n + run->left_out.n);
}

static int disk(const struct ho_run *run, double *out, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  double scored = line_bytes(run, 1, err), plain = line_bytes(run, 0, err);
  double rows = (double)evaluations(t->settings, 0), epochs = (double)t->settings->epochs;
  if (scored < 0 || plain < 0)
    return -1;
  double log = rows * scored + (epochs - rows) * plain;
  double samples = 8 * (double)(run->samples.n + run->left_out.n) + rows * (row_bytes(run) + 4);
  double labels = label_rows(t) * (4 + log10(10 + (double)t->source.data.train.n));
  double kept = t->settings->epochs > t->settings->checkpoint_every ? 2 : 1,
         checkpoint = checkpoint_bytes(t) + 64 * rows + log;
  *out = kept * checkpoint + log + samples + labels + 70 * epochs + 6000; /* config, summary, timing */
  return 0;
}

/* ---- memory ---- */

static void memory(const struct ho_run *run, struct ho_estimate *e)
{
  const struct ho_trainer *t = run->trainer;
  struct rusage usage;
  long pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  int known = f && fscanf(f, "%ld %ld", &pages, &resident) == 2;
  if (f)
    fclose(f);
  getrusage(RUSAGE_SELF, &usage);
  double peak = (double)usage.ru_maxrss * 1024,
         rows = (double)evaluations(t->settings, t->host.step / ho_steps_per_epoch(t));
  e->memory = known ? (double)resident * (double)sysconf(_SC_PAGESIZE) : peak;
  double later = e->memory + rows * row_bytes(run) + checkpoint_bytes(t); /* a checkpoint is copied to be written */
  e->memory_peak = later > peak ? later : peak;
}

/* ---- time ---- */

/* Seconds per image of an evaluation. */
static int image_seconds(struct ho_trainer *t, double *seconds, struct ho_error *err)
{
  const struct ho_part_ids *test = &t->source.test.part[HO_PART_TRAIN];
  size_t n = test->n < HO_SCORE_BATCH ? test->n : HO_SCORE_BATCH;
  double start = 0;
  for (int round = 0; n && round < 2; round++) { /* the first touches new memory */
    start = ho_clock_now();
    for (int k = 0; k < t->host.nets; k++)
      if (ho_outputs(t, k, NULL, &t->source.data.test, test->id, n, NULL, NULL, err))
        return -1;
  }
  *seconds = n ? (ho_clock_now() - start) / (double)n : 0;
  return 0;
}

int ho_estimate_make(const struct ho_run *run, double step, struct ho_estimate *e, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  *e = (struct ho_estimate){ .parameters = t->host.parameters, .step = step };
  if (disk(run, &e->disk, err))
    return -1;
  double image;
  if (image_seconds(t, &image, err))
    return -1;
  memory(run, e);
  e->evaluation = image * (double)(t->source.test.part[HO_PART_TRAIN].n + run->samples.n + run->left_out.n +
                                   t->source.labelled.split.part[HO_PART_VALIDATION].n);
  e->steps = t->host.steps - t->host.step;
  e->evaluations = evaluations(t->settings, t->host.step / ho_steps_per_epoch(t));
  e->seconds = (double)e->steps * step + (double)e->evaluations * e->evaluation;
  return 0;
}

/* ---- without a folder ---- */

/* The first two steps are not timed when there are others: they allocate. */
static int timed_steps(struct ho_run *run, int steps, double *seconds, struct ho_error *err)
{
  double start = ho_clock_now();
  int n = ho_steps_per_epoch(run->trainer) < (uint64_t)steps ? (int)ho_steps_per_epoch(run->trainer) : steps,
      skip = n > 2 ? 2 : n - 1;
  if (ho_trainer_epoch(run->trainer, 0, err))
    return -1;
  for (int i = 0; i < n; i++) {
    if (i == skip)
      start = ho_clock_now();
    if (ho_trainer_step(run->trainer, err))
      return -1;
  }
  *seconds = (ho_clock_now() - start) / (n - skip);
  run->trainer->host.step = 0; /* the estimate is for the whole run */
  return 0;
}

int ho_estimate_try(const struct ho_settings *s, const struct ho_plugin_path *path, struct ho_device *device, int steps,
                    struct ho_estimate *e, struct ho_error *err)
{
  struct ho_run run = { .folder = { .fd = -1 } };
  double seconds;
  int bad = !(run.trainer = ho_trainer_new(s, path, &(struct ho_origin){ .device = device }, err)) ||
            ho_samples_make(&run.samples, run.trainer, err) ||
            ho_samples_make_left_out(&run.left_out, run.trainer, err);
  bad = bad || timed_steps(&run, steps, &seconds, err) || ho_estimate_make(&run, seconds, e, err);
  ho_samples_free(&run.samples);
  ho_samples_free(&run.left_out);
  ho_trainer_free(run.trainer);
  return bad ? -1 : 0;
}
