/* SPDX-License-Identifier: MIT
 * checkpoint.c - everything a run needs to resume, as one safetensors file, written between steps.
 *
 * Parameters and running statistics have their own names (those of network k > 0 start with `netK/') and PyTorch's
 * layout, so that other programs can read them; the names of the rest start with slotS/, state/, pool/ or run/. */
#include "run/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "run/data_notes.h"
#include "run/store.h"

static const char format[] = "holdout checkpoint 1";

static int visit_networks(struct ho_store *s, const struct ho_trainer *t)
{
  for (int k = 0; k < t->host.nets; k++) {
    char prefix[32] = "", slot[64];
    if (k)
      snprintf(prefix, sizeof prefix, "net%d/", k);
    if (ho_store_network(s, prefix, t, k))
      return -1;
    for (int j = 0; j < t->chain.slots; j++) {
      snprintf(slot, sizeof slot, "slot%d/%s", j, prefix);
      if (ho_store_vector(s, slot, t, t->network.slot[k][j]))
        return -1;
    }
  }
  return 0;
}

/* ---- the epoch so far, the log ---- */

static int visit_tally(struct ho_store *s, struct ho_tally *tally)
{
  uint64_t n = (uint64_t)tally->n;
  if (ho_store_number(s, "run/tally/count", &n))
    return -1;
  if (n > HO_TALLY_MAX)
    return ho_error_set(s->err, "%s: `run/tally/count' is %" PRIu64, s->path, n);
  tally->n = (int)n;
  for (int i = 0; i < tally->n; i++) {
    struct ho_tally_entry *e = &tally->entry[i];
    char name[64];
    snprintf(name, sizeof name, "run/tally/%d/name", i);
    if (ho_store_flat(s, name, "U8", sizeof e->name, 1, e->name))
      return -1;
    e->name[sizeof e->name - 1] = 0;
    snprintf(name, sizeof name, "run/tally/%d/sums", i);
    if (ho_store_flat(s, name, "F64", 4, sizeof(double), &e->n))
      return -1;
  }
  return 0;
}

/* The epochs of saved scores must be whole numbers, ascend, and have ended by the saved step. */
static int epochs_fit(const struct ho_trainer *t, const struct ho_tensor_entry *e)
{
  const struct ho_scores *score = e->data;
  uint64_t done = t->host.step / ho_steps_per_epoch(t);
  double before = 0, last = (double)done;
  for (size_t i = 0; i < e->shape[0]; i++) {
    double epoch = score[i].epoch;
    if (!(epoch > before && epoch <= last) || epoch != floor(epoch))
      return 0;
    before = epoch;
  }
  return 1;
}

static int read_scores(struct ho_store *s, struct ho_run *run)
{
  const struct ho_tensor_entry *e = ho_tensor_file_find(s->file, "run/scores");
  if (!e || strcmp(e->dtype, "F64") || e->rank != 2 || e->shape[1] != sizeof *run->score / sizeof(double) ||
      !epochs_fit(run->trainer, e))
    return ho_error_set(s->err, "%s: `run/scores' is missing or damaged", s->path);
  struct ho_scores *score = realloc(run->score, e->bytes + sizeof *score);
  if (!score)
    return ho_error_set_as(s->err, HO_ERROR_MEMORY, "out of memory: %zu evaluations", e->shape[0]);
  run->score = score;
  memcpy(score, e->data, e->bytes);
  run->scores = (int)e->shape[0];
  return 0;
}

static int read_log(struct ho_store *s, struct ho_run *run)
{
  const struct ho_tensor_entry *e = ho_tensor_file_find(s->file, "run/log");
  if (!e || strcmp(e->dtype, "U8"))
    return ho_error_set(s->err, "%s: `run/log' is missing or damaged", s->path);
  char *log = malloc(e->bytes + 1);
  if (!log)
    return ho_error_set_as(s->err, HO_ERROR_MEMORY, "out of memory: %zu bytes of the log", e->bytes);
  memcpy(log, e->data, e->bytes);
  log[e->bytes] = 0;
  free(run->log);
  run->log = log;
  run->log_size = e->bytes;
  return 0;
}

static int visit_run(struct ho_store *s, struct ho_run *run)
{
  struct ho_trainer *t = run->trainer;
  if (ho_store_number(s, "run/step", &t->host.step))
    return -1;
  if (t->host.step > t->host.steps)
    return ho_error_set(s->err, "%s: %" PRIu64 " steps are already done, more than --epochs %d allows", s->path,
                        t->host.step, t->host.epochs);
  if (visit_tally(s, &t->tally) ||
      ho_store_flat(s, "run/weight/sum", "F64", t->source.samples, sizeof *t->weights.sum, t->weights.sum) ||
      ho_store_flat(s, "run/weight/count", "U32", t->source.samples, sizeof *t->weights.count, t->weights.count))
    return -1;
  if (s->reading)
    return read_scores(s, run) || read_log(s, run) ? -1 : 0;
  size_t shape[2] = { (size_t)run->scores, sizeof *run->score / sizeof(double) };
  return ho_store_tensor(s, "run/scores", "F64", 2, shape, shape[0] * sizeof *run->score,
                         run->score ? run->score : (void *)"") ||
                 ho_store_flat(s, "run/log", "U8", run->log_size, 1, run->log ? run->log : (void *)"")
             ? -1
             : 0;
}

/* ---- both together ---- */

/* What a checkpoint must agree on with the run that reads it. */
static const char *identity(const struct ho_trainer *t, int i, const char **value)
{
  const char *names[] = { "format", "net", "optimizer" };
  const char *values[] = { format, t->network.net->spec, t->chain.spec };
  if (i >= (int)(sizeof names / sizeof *names))
    return NULL;
  *value = values[i];
  return names[i];
}

/* The setting on `line' if the other text, at `other', leaves it out because it has its default there; else NULL. */
static const struct ho_setting *left_out(const char *line, const char *other)
{
  char name[32] = "";
  size_t n = strcspn(line, " \n");
  if (strncmp(line, "--", 2) != 0 || !strncmp(line, other, n + 1) || n - 2 >= sizeof name)
    return NULL;
  memcpy(name, line + 2, n - 2);
  const struct ho_setting *d = ho_setting_find(name);
  return d && (d->flags & HO_SETTING_LATER) ? d : NULL;
}

/* Writes the first line of a text or, if it leaves out the setting that the other text begins with, that setting's default. */
static void name_line(const char *line, const char *other, char out[1024])
{
  const struct ho_setting *d = left_out(other, line);
  if (d)
    snprintf(out, 1024, "--%s %s", d->name, d->value);
  else
    snprintf(out, 1024, "%.*s", (int)strcspn(line, "\n"), line);
}

/* Fails if the file's settings are not those of this run, and names the first that differs. */
static int compare_settings(struct ho_store *s, const struct ho_trainer *t)
{
  char theirs[1024], ours[1024];
  const char *have = ho_tensor_file_get_note(s->file, "settings"), *want = ho_store_settings(s, t);
  if (!want)
    return -1;
  if (!have)
    return ho_error_set(s->err, "%s: its settings are missing", s->path);
  while (*have && *want) {
    size_t n = strcspn(have, "\n"), m = strcspn(want, "\n");
    if (n != m || memcmp(have, want, n)) {
      name_line(have, want, theirs);
      name_line(want, have, ours);
      return ho_error_set(s->err, "%s was written with %s, this run has %s%s%s", s->path, theirs, ours,
                          strncmp(want, "--epochs ", 9) ? "" : ", on which its results depend: optimizer ",
                          strncmp(want, "--epochs ", 9) ? "" : ho_store_planner(t));
    }
    have += n + (have[n] == '\n');
    want += m + (want[m] == '\n');
  }
  return *have || *want ? ho_error_set(s->err, "%s: its settings are not those of this run", s->path) : 0;
}

/* How the training labels differ from those that the run keeps beside its checkpoint, or "". */
static void describe_difference(const struct ho_trainer *t, const char *checkpoint, char *out, size_t size)
{
  const char *slash = strrchr(checkpoint, '/');
  char path[4096];
  struct ho_file_labels kept;
  const uint32_t *image = t->source.labelled.split.part[HO_PART_TRAIN].id;
  const uint16_t *now = t->source.labelled.given[HO_PART_TRAIN];
  size_t wrong = 0, first = 0, n = t->source.samples;
  *out = 0;
  if (snprintf(path, sizeof path, "%.*slabels.tsv", slash ? (int)(slash + 1 - checkpoint) : 0, checkpoint) >=
          (int)sizeof path ||
      ho_label_file_read(path, &t->source.data, 0, &kept, NULL))
    return;
  for (size_t i = n; i-- > 0;)
    if (kept.given[image[i]] != now[i]) {
      wrong++;
      first = i;
    }
  int32_t then = n ? kept.given[image[first]] : 0;
  if (wrong && then < 0)
    snprintf(out, size, ": it has other images than its labels.tsv, the first of them image %u",
             ho_images_number(&t->source.data.train, image[first]));
  else if (wrong)
    snprintf(out, size, ": %zu of %zu labels differ from its labels.tsv, the first at image %u: %d there, %d now",
             wrong, n, ho_images_number(&t->source.data.train, image[first]), then, now[first]);
  ho_file_labels_free(&kept);
}

/* Data and labels are compared by checksum.  Messages describe the difference instead, as checksums tell people
 * nothing. */
static int compare_data(struct ho_store *s, const struct ho_trainer *t)
{
  const char *data = ho_tensor_file_get_note(s->file, "data_sha256");
  const char *labels = ho_tensor_file_get_note(s->file, "labels_sha256");
  char difference[256];
  if (!data || !labels)
    return ho_error_set(s->err, "%s: its %s is missing", s->path, data ? "labels_sha256" : "data_sha256");
  if (strcmp(data, t->source.data.sha256))
    return ho_error_set(
        s->err, "%s: it was trained on other data than the %.300s in %.300s; give the right folder with --data-dir",
        s->path, t->source.data.name, *t->source.data.folder ? t->source.data.folder : "this program");
  if (!strcmp(labels, t->source.labels_sha256))
    return 0;
  describe_difference(t, s->path, difference, sizeof difference);
  if (*t->source.noise.path)
    return ho_error_set(
        s->err, "%s: the label file %.500s has changed since this run began%s; restore the old one, or start a new run",
        s->path, t->source.noise.path, difference);
  return ho_error_set(s->err, "%s: noise %.300s does not make the labels that this run began with%s", s->path,
                      t->source.noise.spec, difference);
}

/* ---- two of them ---- */

const char *const ho_checkpoint_names[] = { "checkpoint.safetensors", "checkpoint.previous.safetensors" };

int ho_checkpoint_find(const char *dir, char path[4096])
{
  for (int i = 0; i < 2; i++)
    if (!ho_path_join(path, 4096, dir, ho_checkpoint_names[i], NULL) && ho_file_exists(path))
      return 0;
  return -1;
}

/* Whether the contents of the file were refused.  A file that could not be read may be intact. */
static int is_damaged(const struct ho_error *err)
{
  return err->code != HO_ERROR_MEMORY && err->code != HO_ERROR_FILE;
}

/* Appends to the message how to resume from the previous checkpoint, if that one is intact. */
static void offer_previous(const char *path, struct ho_error *err)
{
  char previous[4096];
  const char *name = strrchr(path, '/');
  size_t folder = name ? (size_t)(name + 1 - path) : 0;
  if (strcmp(path + folder, ho_checkpoint_names[0]) || !is_damaged(err) ||
      snprintf(previous, sizeof previous, "%.*s%s", (int)folder, path, ho_checkpoint_names[1]) >= (int)sizeof previous)
    return;
  struct ho_tensor_file *f = ho_tensor_file_read_sealed(previous, NULL);
  const struct ho_tensor_entry *step = f ? ho_tensor_file_find(f, "run/step") : NULL;
  if (step && step->bytes != sizeof(uint64_t))
    step = NULL;
  if (step)
    ho_error_append(err, "; the previous checkpoint, of step %" PRIu64 ", is intact: to resume from it, ",
                    *(const uint64_t *)step->data);
  if (step && (strchr(path, '\'') || 2 * strlen(path) > sizeof err->text / 2)) /* no text for a shell */
    ho_error_append(err, "rename %s in that folder to %s", ho_checkpoint_names[1], ho_checkpoint_names[0]);
  else if (step)
    ho_error_append(err, "mv '%s' '%s'", previous, path);
  ho_tensor_file_free(f);
}

static int visit_all(struct ho_store *s, struct ho_run *run)
{
  return visit_networks(s, run->trainer) || ho_store_states(s, run->trainer) || ho_store_sampling(s, run->trainer) ||
                 visit_run(s, run)
             ? -1
             : 0;
}

int ho_checkpoint_write(const struct ho_run *run, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .err = err };
  if (ho_trainer_settle(run->trainer, err))
    return -1;
  const char *name, *value;
  int bad = !(s.arena = ho_arena_new(err)) || !(s.file = ho_tensor_file_new(err));
  for (int i = 0; !bad && (name = identity(run->trainer, i, &value)); i++)
    bad = ho_tensor_file_note(s.file, name, value, err);
  const char *settings = bad ? NULL : ho_store_settings(&s, run->trainer);
  bad = bad || !settings || ho_tensor_file_note(s.file, "data_sha256", run->trainer->source.data.sha256, err) ||
        ho_tensor_file_note(s.file, "labels_sha256", run->trainer->source.labels_sha256, err) ||
        ho_tensor_file_note(s.file, "settings", settings, err) ||
        ho_data_notes_write(s.file, &run->trainer->source.data, err) || ho_tensor_file_seal(s.file, err) ||
        visit_all(&s, (struct ho_run *)run) || ho_tensor_file_write(s.file, path, err);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

int ho_checkpoint_read(struct ho_run *run, const char *path, int resume, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  struct ho_store s = { .path = path, .reading = 1, .err = err };
  const char *name, *value;
  int bad = !(s.arena = ho_arena_new(err)) || !(s.file = ho_tensor_file_read_sealed(path, err));
  if (bad)
    offer_previous(path, err);
  for (int i = 0; !bad && (name = identity(t, i, &value)); i++) {
    const char *have = ho_tensor_file_get_note(s.file, name);
    if (!have || strcmp(have, value))
      bad = ho_error_set(err, "%s: its %s is `%s', this run's is `%s'", path, name, have ? have : "missing", value);
  }
  bad = bad || (resume && compare_settings(&s, t)) || compare_data(&s, t) || visit_all(&s, run);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  if (bad)
    return -1;
  uint64_t last = t->host.step ? t->host.step - 1 : 0;
  t->host.epoch = (int)(last / ho_steps_per_epoch(t)); /* what hooks saw last */
  t->host.lr = ho_schedule_lr(&t->schedule, last);
  return 0;
}
