/* SPDX-License-Identifier: MIT
 * test_run.c - runs and their folders: stopped at many steps and resumed they end with the same bytes as one that was
 * never stopped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "train/run.h"
#include "train/safetensors.h"
#include "unit.h"

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;
static char work[128];

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  const char *build = getenv("HO_BUILDDIR");
  char plugins[4096];
  const char *folders[] = { plugins };
  const char *base = getenv("TMPDIR");
  snprintf(work, sizeof work, "%.90s/holdout-test-XXXXXX", base && *base ? base : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(work));
  snprintf(plugins, sizeof plugins, "%s/tests/plugins", build ? build : ".");
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
  set("dataset", "synthetic");
  set("train-size", "100");
  set("validation-size", "30");
  set("test-size", "50");
  set("net", "preact-resnet18:width=1,dropout=0.2");
  set("noise", "symmetric:0.3");
  set("augment", "crop-flip");
  set("batch-size", "24"); /* 4 steps an epoch */
  set("epochs", "3");
  set("lr", "0.02");
}

static void teardown(void)
{
  char command[160];
  snprintf(command, sizeof command, "rm -rf %s", work);
  ck_assert_int_eq(system(command), 0);
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

static char *in_work(const char *name)
{
  static char out[4][256];
  static int next;
  next = (next + 1) % 4;
  snprintf(out[next], sizeof out[next], "%s/%s", work, name);
  return out[next];
}

/* ---- running, with a stop at a step ---- */

static volatile sig_atomic_t stop;

static void stop_at(void *arg, const struct ho_run *run)
{
  if (run->trainer->host.step == *(uint64_t *)arg)
    stop = 1;
}

static enum ho_run_end train(uint64_t step)
{
  struct ho_run_watch watch = { &step, stop_at, NULL };
  stop = 0;
  enum ho_run_end end = ho_run_train(&s, &path, &watch, &stop, &err);
  ck_assert_msg(end != HO_RUN_FAILED, "%s", err.text);
  return end;
}

static void fresh(const char *name)
{
  free(s.resume);
  s.resume = NULL;
  set("run-dir", in_work(name));
}

static void same_file(const char *a, const char *b, const char *name)
{
  unsigned char *x, *y;
  size_t n, m;
  char one[256], other[256];
  snprintf(one, sizeof one, "%s/%s", in_work(a), name);
  snprintf(other, sizeof other, "%s/%s", in_work(b), name);
  ck_assert_msg(!ho_file_read(one, 1 << 26, &x, &n, &err), "%s", err.text);
  ck_assert_msg(!ho_file_read(other, 1 << 26, &y, &m, &err), "%s", err.text);
  ck_assert_msg(n == m && n > 0 && !memcmp(x, y, n), "%s: %zu and %zu bytes differ", name, n, m);
  ho_free(x);
  ho_free(y);
}

static void same_run(const char *a, const char *b)
{
  same_file(a, b, "checkpoint.safetensors");
  same_file(a, b, "log.jsonl");
  same_file(a, b, "summary.json");
  same_file(a, b, "samples.safetensors");
  same_file(a, b, "labels.tsv");
  same_file(a, b, "config.yaml");
}

static const char *const chains[] = { "sgd", "bilevel", "probe", "witness" };

/* Step 1, within an epoch, the last step of an epoch, the last but one of all; then two stops in one run. */
START_TEST(stopped_and_resumed)
{
  static const uint64_t steps[] = { 1, 3, 4, 6, 8, 11 };
  set("optimizer", chains[_i]);
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    char name[32];
    snprintf(name, sizeof name, "stop%zu", k);
    fresh(name);
    ho_parallel_setup(2);
    ck_assert_int_eq(train(steps[k]), HO_RUN_STOPPED);
    set("resume", in_work(name));
    ho_parallel_setup(1); /* threads may differ */
    if (k == 1)
      ck_assert_int_eq(train(7), HO_RUN_STOPPED);
    ck_assert_int_eq(train(0), HO_RUN_DONE);
    same_run("whole", name);
  }
}
END_TEST

/* More epochs later, or at once. */
START_TEST(epochs_may_grow)
{
  fresh("short");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("short"));
  set("epochs", "3");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("long");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_file("short", "long", "checkpoint.safetensors");
  same_file("short", "long", "summary.json");
  same_file("short", "long", "log.jsonl");
  same_file("short", "long", "config.yaml");
}
END_TEST

/* A run that goes on is not finished: its old summary and settings are gone. */
START_TEST(grown_runs_are_unfinished)
{
  fresh("grown");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(access(in_work("grown/summary.json"), F_OK), 0);
  set("resume", in_work("grown"));
  set("epochs", "3");
  ck_assert_int_eq(train(6), HO_RUN_STOPPED);
  ck_assert_int_ne(access(in_work("grown/summary.json"), F_OK), 0);
  struct ho_settings back = { 0 };
  ck_assert_msg(
      !ho_settings_default(&back, &err) && !ho_settings_read_yaml(&back, in_work("grown/config.yaml"), NULL, &err),
      "%s", err.text);
  ck_assert_int_eq(back.epochs, 3);
  ho_settings_free(&back);
}
END_TEST

/* A finished run, resumed, is left as it is. */
START_TEST(finished_runs_stay)
{
  fresh("done");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("copy");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("done"));
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("done", "copy");
}
END_TEST

/* ---- what a run leaves ---- */

START_TEST(checkpoint_has_pytorch_names)
{
  fresh("names");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  struct ho_tensor_file *f = ho_tensor_file_read(in_work("names/checkpoint.safetensors"), &err);
  ck_assert_msg(f != NULL, "%s", err.text);
  const struct ho_tensor_entry *e = ho_tensor_file_find(f, "layer2.0.shortcut.0.weight");
  ck_assert_ptr_nonnull(e);
  ck_assert(e->rank == 4 && e->shape[0] == 2 && e->shape[1] == 1 && e->shape[2] == 1 && e->shape[3] == 1);
  ck_assert_ptr_nonnull(ho_tensor_file_find(f, "layer1.0.bn1.running_mean"));
  ck_assert_ptr_nonnull(ho_tensor_file_find(f, "slot0/linear.weight"));
  ho_tensor_file_free(f);
}
END_TEST

/* The state of the checkpoint is that of the trainer: scores of a loaded run equal the logged ones. */
START_TEST(loaded_run_scores_the_same)
{
  struct ho_samples samples;
  struct ho_scores scores = { .epoch = 0 };
  char text[64];
  unsigned char *log;
  size_t n;
  fresh("scored");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  struct ho_trainer *t = ho_run_load(in_work("scored"), &s, &path, &err);
  ck_assert_msg(t && !ho_samples_make(&samples, t, &err) && !ho_run_score(t, &samples, &scores, &err), "%s", err.text);
  const struct ho_scores *last = &t->score[t->scores - 1];
  ck_assert_double_eq(last->test_accuracy, scores.test_accuracy);
  ck_assert_double_eq(last->test_loss, scores.test_loss);
  ck_assert_double_eq(last->train_accuracy_noisy, scores.train_accuracy_noisy);
  ck_assert_double_eq(last->train_accuracy_clean, scores.train_accuracy_clean);
  ck_assert_double_eq(last->validation_accuracy, scores.validation_accuracy);
  double given = 0, truth = 0;
  for (size_t i = 0; i < samples.n; i++) { /* the three accuracies from the recorded predictions */
    given += samples.prediction[i] == t->label[samples.sample[i]];
    truth += samples.prediction[i] == t->data.train.label[samples.image[i]];
    ck_assert_uint_eq(samples.image[i], t->image[samples.sample[i]]);
  }
  ck_assert_double_eq_tol(scores.train_accuracy_noisy, given / 100, 1e-12);
  ck_assert_double_eq_tol(scores.train_accuracy_clean, truth / 100, 1e-12);
  ck_assert_double_ne(given, truth);
  ck_assert_msg(!ho_file_read(in_work("scored/summary.json"), 1 << 20, &log, &n, &err), "%s", err.text);
  snprintf(text, sizeof text, "\"test_accuracy_last\": %.9g", scores.test_accuracy);
  ck_assert_ptr_nonnull(strstr((char *)log, text));
  ho_free(log);
  ho_samples_free(&samples);
  ho_trainer_free(t);
}
END_TEST

/* Shuffled pixels move neither labels, made from the images as they were, nor what is drawn, nor the initial weights;
 * mini-batches and test images have them in one order. */
START_TEST(shuffled_pixels_change_nothing_else)
{
  const uint32_t ids[] = { 5, 0, 129 };
  struct ho_draw want[] = { { .count = 1, .size = 3, .ids = ids }, { .count = 1, .size = 24 } };
  struct ho_trainer *t[2];
  set("net", "mlp:hidden=4");
  set("noise", "instance:0.4");
  for (int k = 0; k < 2; k++) {
    set("augment", k ? "shuffled-pixels" : "none");
    t[k] = ho_trainer_new(&s, &path, &err);
    ck_assert_msg(t[k] != NULL, "%s", err.text);
    t[k]->err = &err;
    err.text[0] = 0;
    ho_trainer_begin(t[k]);
    t[k]->phase = HO_STEP;
  }
  size_t area = (size_t)t[0]->host.height * (size_t)t[0]->host.width, channels = (size_t)t[0]->host.channels;
  int *order = malloc(area * sizeof *order);
  struct ho_stream stream = ho_stream_make(t[0]->seed, "shuffled-pixels", 0, 0);
  ho_stream_permute(&stream, order, (int)area);
  ck_assert_str_eq(t[0]->labels_sha256, t[1]->labels_sha256);
  ck_assert_str_eq(t[0]->data.sha256, t[1]->data.sha256);
  ck_assert_mem_eq(t[0]->theta[0], t[1]->theta[0], t[0]->host.parameters * sizeof(float));
  for (int w = 0; w < 2; w++) {
    struct ho_minibatch *mb[2];
    for (int k = 0; k < 2; k++)
      ck_assert_int_eq(t[k]->host.draw(&t[k]->host, &want[w], &mb[k]), 0);
    ck_assert_mem_eq(mb[0]->id, mb[1]->id, (size_t)mb[0]->size * sizeof *mb[0]->id);
    for (size_t i = 0; i < (size_t)mb[0]->size; i++)
      for (size_t j = 0; j < area; j++)
        if (memcmp(mb[1]->x + (i * area + j) * channels, mb[0]->x + (i * area + (size_t)order[j]) * channels,
                   channels * sizeof(float)))
          ck_abort_msg("image %zu, pixel %zu", i, j);
  }
  for (size_t i = 0; i < t[0]->data.test.n; i++)
    for (size_t j = 0; j < area; j++)
      if (memcmp(t[1]->data.test.pixel + (i * area + j) * channels,
                 t[0]->data.test.pixel + (i * area + (size_t)order[j]) * channels, channels))
        ck_abort_msg("test image %zu, pixel %zu", i, j);
  free(order);
  ho_trainer_free(t[0]);
  ho_trainer_free(t[1]);
}
END_TEST

/* ---- refusals ---- */

static void refused(const char *says)
{
  struct ho_run_watch watch = { NULL, NULL, NULL };
  stop = 0;
  ck_assert_int_eq(ho_run_train(&s, &path, &watch, &stop, &err), HO_RUN_FAILED);
  ck_assert_msg(strstr(err.text, says), "`%s' lacks `%s'", err.text, says);
}

START_TEST(folder_in_use)
{
  fresh("busy");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  int other = open(in_work("busy"), O_RDONLY | O_DIRECTORY);
  ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
  set("resume", in_work("busy"));
  refused("another process is working on this run");
  close(other);
  ck_assert_int_eq(train(0), HO_RUN_DONE);
}
END_TEST

START_TEST(existing_run)
{
  fresh("there");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  refused("--overwrite");
  set("overwrite", "true");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
}
END_TEST

/* What does not fit is refused before anything is written. */
START_TEST(nothing_is_left_of_a_refused_run)
{
  fresh("refused");
  set("optimizer", "bilevel");
  set("net", "mlp:hidden=512");
  set("memory-limit", "20M");
  refused("memory limit");
  ck_assert_int_ne(access(in_work("refused"), F_OK), 0);
}
END_TEST

/* The checkpoint of another run, or half a one. */
START_TEST(other_runs_checkpoint)
{
  fresh("one");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("one"));
  set("seed", "9");
  refused("labels_sha256");
  set("seed", "0");
  set("net", "preact-resnet18:width=2");
  refused("its net is `preact-resnet18:width=1,dropout=0.2'");
  set("net", "preact-resnet18:width=1,dropout=0.2");
  ck_assert_int_eq(truncate(in_work("one/checkpoint.safetensors"), 5000), 0);
  refused("checkpoint.safetensors");
}
END_TEST

/* Same network, data and labels, but another learning rate, seed or option: named. */
START_TEST(other_settings_checkpoint)
{
  set("noise", "none");
  set("train-size", "0");
  set("validation-size", "0");
  set("epochs", "1");
  set("optimizer", "bilevel");
  fresh("mine");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("mine"));
  set("lr", "0.5");
  refused("was written with --lr 0.02, this run has --lr 0.5");
  set("lr", "0.02");
  set("seed", "4");
  refused("was written with --seed 0, this run has --seed 4");
  set("seed", "0");
  set("option", "bilevel.mu=7");
  refused("was written with -O bilevel.mu=0.01, this run has -O bilevel.mu=7");
}
END_TEST

/* An evaluation at the old end that a longer run would not have had. */
START_TEST(evaluations_must_fit)
{
  fresh("uneven");
  set("eval-every", "2");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("uneven"));
  set("epochs", "4");
  refused("its epochs cannot grow");
}
END_TEST

START_TEST(steps_cannot_be_undone)
{
  fresh("three");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", in_work("three"));
  set("epochs", "2");
  refused("12 steps are done already, more than --epochs 2 has");
}
END_TEST

/* ---- two checkpoints ---- */

static void damage(const char *name)
{
  unsigned char *data;
  size_t size;
  ck_assert_msg(!ho_file_read(in_work(name), 1 << 26, &data, &size, &err), "%s", err.text);
  data[size - 1] ^= 1;
  FILE *f = fopen(in_work(name), "wb");
  ck_assert_uint_eq(fwrite(data, 1, size, f), size);
  fclose(f);
  ho_free(data);
}

/* A damaged one is not believed; the one before it is offered, and leads to the same end. */
START_TEST(damaged_checkpoint)
{
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("damaged");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  damage("damaged/checkpoint.safetensors");
  set("resume", in_work("damaged"));
  refused("its bytes are not those of its checksum; the checkpoint before it is whole, of step 8: to go on from there, "
          "mv '");
  ck_assert_ptr_null(ho_run_load(in_work("damaged"), &s, &path, &err));
  ck_assert_msg(strstr(err.text, "the checkpoint before it is whole, of step 8"), "%s", err.text);
  mkdir(in_work("it's"), 0777);
  ho_file_keep(in_work("damaged/checkpoint.safetensors"), in_work("it's/checkpoint.safetensors"), NULL);
  ho_file_keep(in_work("damaged/checkpoint.previous.safetensors"), in_work("it's/checkpoint.previous.safetensors"),
               NULL);
  ck_assert_ptr_null(ho_run_load(in_work("it's"), &s, &path, &err)); /* nothing that a shell would read otherwise */
  ck_assert_msg(
      strstr(err.text, "of step 8: to go on from there, rename checkpoint.previous.safetensors in that folder"), "%s",
      err.text);
  ck_assert_int_eq(unlink(in_work("it's/checkpoint.safetensors")), 0);
  ck_assert_int_eq(mkdir(in_work("it's/checkpoint.safetensors"), 0777), 0);
  ck_assert_ptr_null(ho_run_load(in_work("it's"), &s, &path, &err)); /* what cannot be read may be whole */
  ck_assert_msg(!strstr(err.text, "before it"), "%s", err.text);
  ck_assert_int_eq(
      rename(in_work("damaged/checkpoint.previous.safetensors"), in_work("damaged/checkpoint.safetensors")), 0);
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("whole", "damaged");
}
END_TEST

/* A damaged one before it, or none, is not offered. */
START_TEST(both_checkpoints_damaged)
{
  fresh("both");
  set("epochs", "2");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  damage("both/checkpoint.safetensors");
  damage("both/checkpoint.previous.safetensors");
  set("resume", in_work("both"));
  refused("its bytes are not those of its checksum");
  ck_assert_ptr_null(strstr(err.text, "before it"));
  unlink(in_work("both/checkpoint.previous.safetensors"));
  refused("its bytes are not those of its checksum");
  ck_assert_ptr_null(strstr(err.text, "before it"));
}
END_TEST

/* Where there are no second names, a process that is killed between two renames leaves the older one alone. */
START_TEST(only_the_previous_checkpoint)
{
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("between");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(unlink(in_work("between/checkpoint.safetensors")), 0);
  set("resume", in_work("between"));
  struct ho_trainer *t = ho_run_load(in_work("between"), &s, &path, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->host.step, 8);
  ho_trainer_free(t);
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("whole", "between");
}
END_TEST

static void spoil(void *arg, const struct ho_run *run)
{
  (void)arg;
  if (run->trainer->host.step == 8)
    run->trainer->theta[0][0] = INFINITY;
}

/* What no loss has shown yet is not saved; the message tells of the last checkpoint. */
START_TEST(no_checkpoint_of_infinite_parameters)
{
  struct ho_run_watch watch = { NULL, spoil, NULL };
  set("eval-every", "3");
  fresh("spoilt");
  stop = 0;
  ck_assert_int_eq(ho_run_train(&s, &path, &watch, &stop, &err), HO_RUN_FAILED);
  ck_assert_msg(strstr(err.text, "parameters are not finite after step 8"), "%s", err.text);
  ck_assert_msg(strstr(err.text, "spoilt is of step 4"), "%s", err.text);
  set("resume", in_work("spoilt"));
  struct ho_trainer *t = ho_run_load(in_work("spoilt"), &s, &path, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->host.step, 4);
  ho_trainer_free(t);
}
END_TEST

/* ---- files that are sealed, but not what they should be ---- */

enum how { DROPPED, TYPED, EMPTIED, SHORTER, DOUBLED, FILLED };

struct damage {
  const char *name; /* of a tensor, or of a note */
  enum how how;
  int byte; /* what it is filled with */
  const char *says;
};

/* A tensor as the damage makes it; data is freed after writing. */
static struct ho_tensor_entry damaged(const struct ho_tensor_entry *whole, const struct damage *d)
{
  struct ho_tensor_entry e = *whole;
  unsigned char *data = calloc(2, e.bytes + 1);
  memcpy(data, e.data, e.bytes);
  memcpy(data + e.bytes, e.data, e.bytes);
  switch (d->how) {
  case DROPPED: break;
  case TYPED:
    snprintf(e.dtype, sizeof e.dtype, "I8");
    e.shape[0] = e.bytes;
    e.rank = 1;
    break;
  case EMPTIED: e.shape[e.rank++] = 0; break;
  case SHORTER: e.shape[0]--; break;
  case DOUBLED: e.shape[0] *= 2; break;
  case FILLED: memset(data, d->byte, e.bytes);
  }
  e.data = data;
  return e;
}

static const char *const notes[] = { "format", "net", "optimizer", "data_sha256", "labels_sha256", "settings" };

/* The file `from', damaged and sealed again, as `to'. */
static void write_damaged(const char *from, const char *to, const struct damage *d)
{
  struct ho_tensor_file *f = ho_tensor_file_read(in_work(from), &err), *out = ho_tensor_file_new(&err);
  struct ho_tensor_entry worse = { .rank = 0 };
  ck_assert_msg(f && out, "%s", err.text);
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
    const char *text = ho_tensor_file_get_note(f, notes[i]);
    if (text && strcmp(notes[i], d->name))
      ck_assert(!ho_tensor_file_note(out, notes[i], text, &err));
  }
  for (size_t i = 0; i < ho_tensor_file_count(f); i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(f, i);
    if (!strcmp(e->name, d->name)) {
      if (d->how == DROPPED)
        continue;
      worse = damaged(e, d);
      e = &worse;
    }
    if (ho_tensor_file_add(out, e->name, e->dtype, e->rank, e->shape, e->data, &err))
      ck_abort_msg("%s", err.text);
  }
  ck_assert_msg(!ho_tensor_file_seal(out, &err) && !ho_tensor_file_write(out, in_work(to), &err), "%s", err.text);
  ho_tensor_file_free(out);
  ho_tensor_file_free(f);
  free((void *)worse.data);
}

static const struct damage checkpoints[] = {
  { "format", DROPPED, 0, "its format is `missing'" },
  { "linear.weight", DROPPED, 0, "`linear.weight' is missing" },
  { "linear.weight", EMPTIED, 0, "`linear.weight' has another type or shape than this run's" },
  { "slot0/linear.weight", SHORTER, 0, "`slot0/linear.weight' has another type or shape" },
  { "run/weight/sum", TYPED, 0, "`run/weight/sum' has another type or shape" },
  { "pool/0/id", DROPPED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", TYPED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", EMPTIED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", SHORTER, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", DOUBLED, 0, "pool 0 is missing or damaged" }, /* plugins count on its size */
  { "pool/2/id", FILLED, 0, "pool 2 is missing or damaged" },
  { "pool/3/id", FILLED, 0xff, "a pool cannot have sample 4294967295: there are 130" },
  { "pool/1/cursor", DROPPED, 0, "pool 1 is missing or damaged" },
  { "pool/1/cursor", TYPED, 0, "pool 1 is missing or damaged" },
  { "pool/1/cursor", EMPTIED, 0, "pool 1 is missing or damaged" },
  { "pool/3/cursor", SHORTER, 0, "pool 3: its cursors do not fit" },
  { "pool/3/cursor", FILLED, 0x7f, "pool 3: its cursors do not fit" },
  { "pool/classes", FILLED, 0xff, "the sampler's cursors do not fit this run" },
  { "pool/count", FILLED, 0, "the sampler's cursors do not fit this run" },
  { "pool/count", FILLED, 0x7f, "the sampler's cursors do not fit this run" },
  { "run/step", FILLED, 0xff, "18446744073709551615 steps are done already" },
  { "run/tally/count", FILLED, 0xff, "`run/tally/count' is 18446744073709551615" },
  { "run/tally/0/name", SHORTER, 0, "`run/tally/0/name' has another type or shape" },
  { "run/scores", DROPPED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", TYPED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", EMPTIED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", DOUBLED, 0, "`run/scores' is missing or damaged" },   /* does not ascend */
  { "run/scores", FILLED, 0, "`run/scores' is missing or damaged" },    /* epoch 0 */
  { "run/scores", FILLED, 0x7f, "`run/scores' is missing or damaged" }, /* 1e306 */
  { "run/scores", FILLED, 0xff, "`run/scores' is missing or damaged" }, /* NaN */
  { "run/scores", FILLED, 0x3f, "`run/scores' is missing or damaged" }, /* 0.0005 */
  { "run/log", DROPPED, 0, "`run/log' is missing or damaged" },
  { "run/log", TYPED, 0, "`run/log' is missing or damaged" },
};

/* Each is refused by name, whether the run is to go on or to be scored. */
START_TEST(checkpoints_damaged_inside)
{
  set("optimizer", "bilevel");
  set("option", "bilevel.fixed=0.3"); /* it makes pools 3 and 4 */
  fresh("sealed");
  ck_assert_int_eq(train(6), HO_RUN_STOPPED);
  ck_assert_int_eq(rename(in_work("sealed/checkpoint.safetensors"), in_work("whole")), 0);
  set("resume", in_work("sealed"));
  for (size_t i = 0; i < sizeof checkpoints / sizeof *checkpoints; i++) {
    const struct damage *d = &checkpoints[i];
    write_damaged("whole", "sealed/checkpoint.safetensors", d);
    refused(d->says);
    ck_assert_msg(strstr(err.text, "sealed/checkpoint.safetensors: "), "%s", err.text);
    ck_assert_ptr_null(ho_run_load(in_work("sealed"), &s, &path, &err));
    ck_assert_msg(strstr(err.text, d->says), "`%s' lacks `%s'", err.text, d->says);
  }
  write_damaged("whole", "sealed/checkpoint.safetensors", &(struct damage){ "settings", DROPPED, 0, NULL });
  refused("its settings are missing");
  write_damaged("whole", "sealed/checkpoint.safetensors", &(struct damage){ "", DROPPED, 0, NULL });
  ck_assert_int_eq(train(0), HO_RUN_DONE);
}
END_TEST

static const struct damage recordings[] = {
  { "index", DROPPED, 0, "it records other samples than this run's" },
  { "index", FILLED, 0, "it records other samples than this run's" },
  { "index", SHORTER, 0, "it records other samples than this run's" },
  { "epoch", DROPPED, 0, "damaged: `epoch' is missing or not what it should be" },
  { "epoch", EMPTIED, 0, "damaged: `epoch' is missing or not what it should be" },
  { "epoch", FILLED, 1, "damaged: `epoch' does not ascend" },
  { "epoch", SHORTER, 0, "damaged: `loss' has another number of rows than there are epochs" },
  { "margin", SHORTER, 0, "damaged: `margin' has another number of rows than there are epochs" },
  { "loss", DROPPED, 0, "`loss' is missing or does not fit this run" },
  { "margin", EMPTIED, 0, "`margin' is missing or does not fit this run" },
  { "prediction", TYPED, 0, "`prediction' is missing or does not fit this run" },
};

/* The same of samples.safetensors; and of one that has fewer evaluations than the checkpoint. */
START_TEST(recordings_damaged_inside)
{
  static const char checkpoint[] = "recorded/checkpoint.safetensors", samples[] = "recorded/samples.safetensors";
  fresh("recorded");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(rename(in_work(samples), in_work("whole")), 0);
  ck_assert_int_eq(rename(in_work(checkpoint), in_work("state")), 0);
  write_damaged("state", checkpoint, &(struct damage){ "", DROPPED, 0, NULL });
  set("resume", in_work("recorded"));
  for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
    write_damaged("whole", samples, &recordings[i]);
    refused(recordings[i].says);
    ck_assert_msg(strstr(err.text, "recorded/samples.safetensors: "), "%s", err.text);
  }
  write_damaged("whole", samples, &(struct damage){ "", DROPPED, 0, NULL });
  write_damaged("state", checkpoint, &(struct damage){ "run/scores", SHORTER, 0, NULL });
  refused("samples.safetensors: it has 3 evaluations, the checkpoint 2");
}
END_TEST

/* All steps are done, and neither file has the last evaluation. */
START_TEST(runs_without_results)
{
  const uint32_t epochs[] = { 1, 2, UINT32_MAX };
  fresh("lost");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(rename(in_work("lost/checkpoint.safetensors"), in_work("whole")), 0);
  write_damaged("whole", "lost/checkpoint.safetensors", &(struct damage){ "run/scores", SHORTER, 0, NULL });
  struct ho_samples later;
  ck_assert_msg(!ho_samples_load(&later, in_work("lost/samples.safetensors"), &err), "%s", err.text);
  memcpy(later.epoch, epochs, sizeof epochs);
  ck_assert_msg(!ho_samples_write(&later, in_work("lost/samples.safetensors"), &err), "%s", err.text);
  ho_samples_free(&later);
  set("resume", in_work("lost"));
  refused("lost: epoch 3 was never evaluated: this run has no results");
}
END_TEST

START_TEST(folders_without_a_run)
{
  set("resume", in_work("absent"));
  refused("absent: cannot open this run folder: No such file");
  ck_assert_ptr_null(ho_run_load(work, &s, &path, &err));
  ck_assert_msg(strstr(err.text, ": no checkpoint yet"), "%s", err.text);
  free(s.resume); /* longer than a setting may be */
  s.resume = malloc(5000);
  memset(s.resume, 'x', 4999);
  s.resume[4999] = 0;
  refused("the run folder's path is too long");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("run");
  TCase *c = tcase_create("run");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 120);
  tcase_add_loop_test(c, stopped_and_resumed, 0, 4);
  tcase_add_test(c, epochs_may_grow);
  tcase_add_test(c, grown_runs_are_unfinished);
  tcase_add_test(c, other_settings_checkpoint);
  tcase_add_test(c, evaluations_must_fit);
  tcase_add_test(c, finished_runs_stay);
  tcase_add_test(c, damaged_checkpoint);
  tcase_add_test(c, both_checkpoints_damaged);
  tcase_add_test(c, only_the_previous_checkpoint);
  tcase_add_test(c, no_checkpoint_of_infinite_parameters);
  tcase_add_test(c, checkpoint_has_pytorch_names);
  tcase_add_test(c, loaded_run_scores_the_same);
  tcase_add_test(c, shuffled_pixels_change_nothing_else);
  tcase_add_test(c, folder_in_use);
  tcase_add_test(c, existing_run);
  tcase_add_test(c, nothing_is_left_of_a_refused_run);
  tcase_add_test(c, other_runs_checkpoint);
  tcase_add_test(c, steps_cannot_be_undone);
  tcase_add_test(c, checkpoints_damaged_inside);
  tcase_add_test(c, recordings_damaged_inside);
  tcase_add_test(c, runs_without_results);
  tcase_add_test(c, folders_without_a_run);
  suite_add_tcase(suite, c);
  return suite;
}
