/* SPDX-License-Identifier: MIT
 * test_run.c - runs and their folders: stopped at many steps and resumed they end with the same bytes as one that was
 * never stopped. */
#include <math.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "compute/parallel.h"
#include "compute/random.h"
#include "../run_rig.h"
#include "format/safetensors.h"

static const char *const chains[] = { "sgd", "bilevel", "probe", "witness" };

/* Step 1, the last step of an epoch (then again within the next one), within an epoch, the last but one of all. */
START_TEST(stopped_and_resumed)
{
  static const uint64_t steps[] = { 1, 4, 6, 11 };
  set("optimizer", chains[_i]);
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    char name[32];
    snprintf(name, sizeof name, "stop%zu", k);
    fresh(name);
    ho_parallel_setup(2);
    ck_assert_int_eq(train(steps[k]), HO_RUN_STOPPED);
    set("resume", scratch_path(name));
    ho_parallel_setup(1); /* threads may differ */
    if (k == 1)
      ck_assert_int_eq(train(7), HO_RUN_STOPPED);
    ck_assert_int_eq(train(0), HO_RUN_DONE);
    same_run("whole", name);
  }
}
END_TEST

/* ---- portions ---- */

/* A portion that has no time for anything does one step. */
START_TEST(portions_of_one_step)
{
  enum ho_run_end end;
  int portions = 1;
  set("optimizer", chains[_i]);
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("portions");
  set("time-limit", "0.000001");
  while ((end = train(0)) == HO_RUN_OUT_OF_TIME) {
    ck_assert_int_eq(access(scratch_path("portions/summary.json"), F_OK), -1);
    set("resume", scratch_path("portions"));
    portions++;
  }
  ck_assert_int_eq(end, HO_RUN_DONE);
  ck_assert_int_eq(portions, 3 * 4);
  same_run("whole", "portions");
}
END_TEST

/* Its time is up within the sixth step, in the middle of an epoch. */
static void slow_sixth(void *arg, const struct ho_run *run)
{
  (void)arg;
  if (run->trainer->host.step == 6)
    usleep(1500000);
}

START_TEST(portion_ends_within_an_epoch)
{
  struct ho_run_watch watch = { .step = slow_sixth };
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("portions");
  set("time-limit", "1.5");
  stop = 0;
  ck_assert_int_eq(ho_run_train(&s, &path, NULL, &watch, &stop, &err), HO_RUN_OUT_OF_TIME);
  struct ho_trainer *t = ho_run_load(scratch_path("portions"), &s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_le(t->host.step, 6); /* less on a machine that is slow itself */
  ho_trainer_free(t);
  set("time-limit", "0");
  set("resume", scratch_path("portions"));
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("whole", "portions");
}
END_TEST

/* More epochs later, or at once. */
START_TEST(epochs_may_grow)
{
  fresh("short");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("short"));
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
  ck_assert_int_eq(access(scratch_path("grown/summary.json"), F_OK), 0);
  set("resume", scratch_path("grown"));
  set("epochs", "3");
  ck_assert_int_eq(train(6), HO_RUN_STOPPED);
  ck_assert_int_ne(access(scratch_path("grown/summary.json"), F_OK), 0);
  struct ho_settings back = { 0 };
  ck_assert_msg(
      !ho_settings_default(&back, &err) && !ho_settings_read_yaml(&back, scratch_path("grown/config.yaml"), NULL, &err),
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
  set("resume", scratch_path("done"));
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
  struct ho_tensor_file *f = ho_tensor_file_read(scratch_path("names/checkpoint.safetensors"), &err);
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
  struct ho_trainer *t = ho_run_load(scratch_path("scored"), &s, &path, NULL, &err);
  ck_assert_msg(t && !ho_samples_make(&samples, t, &err) && !ho_samples_score(&samples, t, &scores, &err), "%s",
                err.text);
  struct ho_tensor_file *f = ho_tensor_file_read(scratch_path("scored/checkpoint.safetensors"), &err);
  const struct ho_tensor_entry *e = f ? ho_tensor_file_find(f, "run/scores") : NULL;
  ck_assert_msg(e && e->shape[0] > 0, "%s", err.text);
  const struct ho_scores *last = (const struct ho_scores *)e->data + e->shape[0] - 1;
  ck_assert_double_eq(last->test_accuracy, scores.test_accuracy);
  ck_assert_double_eq(last->test_loss, scores.test_loss);
  ck_assert_double_eq(last->train_accuracy_noisy, scores.train_accuracy_noisy);
  ck_assert_double_eq(last->train_accuracy_clean, scores.train_accuracy_clean);
  ck_assert_double_eq(last->validation_accuracy, scores.validation_accuracy);
  ho_tensor_file_free(f);
  double given = 0, truth = 0;
  for (size_t i = 0; i < samples.n; i++) { /* the three accuracies from the recorded predictions */
    given += samples.prediction[i] == ho_source_label(&t->source, samples.sample[i]);
    truth += samples.prediction[i] == t->source.data.train.label[samples.image[i]];
    ck_assert_uint_eq(samples.image[i], ho_source_image(&t->source, samples.sample[i]));
  }
  ck_assert_double_eq_tol(scores.train_accuracy_noisy, given / (double)samples.n, 1e-12);
  ck_assert_double_eq_tol(scores.train_accuracy_clean, truth / (double)samples.n, 1e-12);
  ck_assert_double_ne(given, truth);
  ck_assert_msg(!ho_file_read(scratch_path("scored/summary.json"), 1 << 20, &log, &n, &err), "%s", err.text);
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
  const uint32_t ids[] = { 5, 0, 73 };
  struct ho_draw want[] = { { .count = 1, .size = 3, .ids = ids }, { .count = 1, .size = 16 } };
  struct ho_trainer *t[2];
  set("net", "mlp:hidden=4");
  set("noise", "instance:0.4");
  for (int k = 0; k < 2; k++) {
    set("augment", k ? "shuffled-pixels" : "none");
    t[k] = ho_trainer_new(&s, &path, NULL, &err);
    ck_assert_msg(t[k] != NULL, "%s", err.text);
    t[k]->caller.err = &err;
    ho_error_clear(&err);
    ho_step_begin(t[k]);
    t[k]->caller.phase = HO_STEP;
  }
  size_t area = (size_t)t[0]->host.height * (size_t)t[0]->host.width, channels = (size_t)t[0]->host.channels;
  int *order = malloc(area * sizeof *order);
  struct ho_stream stream = ho_stream_make(t[0]->source.seed, "shuffled-pixels", 0, 0);
  ho_stream_permute(&stream, order, (int)area);
  ck_assert_str_eq(t[0]->source.labels_sha256, t[1]->source.labels_sha256);
  ck_assert_str_eq(t[0]->source.data.sha256, t[1]->source.data.sha256);
  ck_assert_mem_eq(t[0]->network.theta[0], t[1]->network.theta[0], t[0]->host.parameters * sizeof(float));
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
  for (size_t i = 0; i < t[0]->source.data.test.n; i++)
    for (size_t j = 0; j < area; j++)
      if (memcmp(t[1]->source.data.test.pixel + (i * area + j) * channels,
                 t[0]->source.data.test.pixel + (i * area + (size_t)order[j]) * channels, channels))
        ck_abort_msg("test image %zu, pixel %zu", i, j);
  free(order);
  ho_trainer_free(t[0]);
  ho_trainer_free(t[1]);
}
END_TEST

/* ---- refusals ---- */

START_TEST(folder_in_use)
{
  fresh("busy");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  int other = open(scratch_path("busy"), O_RDONLY | O_DIRECTORY);
  ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
  set("resume", scratch_path("busy"));
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
  ck_assert_int_ne(access(scratch_path("refused"), F_OK), 0);
}
END_TEST

/* The checkpoint of another run, or half of one. */
START_TEST(other_runs_checkpoint)
{
  fresh("one");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("one"));
  set("seed", "9");
  refused("was written with --seed 0, this run has --seed 9");
  set("seed", "0");
  set("net", "preact-resnet18:width=2");
  refused("its net is `preact-resnet18:width=1,dropout=0.2'");
  set("net", "preact-resnet18:width=1,dropout=0.2");
  ck_assert_int_eq(truncate(scratch_path("one/checkpoint.safetensors"), 5000), 0);
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
  set("resume", scratch_path("mine"));
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

/* A setting that came later, which the settings in a checkpoint leave out if it has its default; a device's number is not
 * compared.  The CPU runs both: only the settings say otherwise. */
START_TEST(other_engines_checkpoint)
{
  fresh("here");
  set("epochs", "1");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("here"));
  set("engine", "cuda");
  refused("was written with --engine cpu, this run has --engine cuda");
  fresh("there");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("there"));
  set("engine", "cpu");
  refused("was written with --engine cuda, this run has --engine cpu");
  set("engine", "cuda:1");
  set("precision", "tf32");
  refused("was written with --precision float32, this run has --precision tf32");
  set("precision", "float32");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
}
END_TEST

/* An evaluation at the old end that a longer run would not have had. */
START_TEST(evaluations_must_fit)
{
  fresh("uneven");
  set("eval-every", "2");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("uneven"));
  set("epochs", "4");
  refused("so its --epochs cannot be increased");
}
END_TEST

START_TEST(steps_cannot_be_undone)
{
  fresh("three");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  set("resume", scratch_path("three"));
  set("epochs", "2");
  refused("12 steps are already done, more than --epochs 2 allows");
}
END_TEST

static void spoil(void *arg, const struct ho_run *run)
{
  (void)arg;
  if (run->trainer->host.step == 8)
    run->trainer->network.theta[0][0] = INFINITY;
}

/* What no loss has shown yet is not saved; the message tells of the last checkpoint. */
START_TEST(no_checkpoint_of_infinite_parameters)
{
  struct ho_run_watch watch = { .step = spoil };
  set("eval-every", "3");
  fresh("spoilt");
  stop = 0;
  ck_assert_int_eq(ho_run_train(&s, &path, NULL, &watch, &stop, &err), HO_RUN_FAILED);
  ck_assert_msg(strstr(err.text, "parameters are not finite after step 8"), "%s", err.text);
  ck_assert_msg(strstr(err.text, "spoilt is of step 4"), "%s", err.text);
  set("resume", scratch_path("spoilt"));
  struct ho_trainer *t = ho_run_load(scratch_path("spoilt"), &s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->host.step, 4);
  ho_trainer_free(t);
}
END_TEST

START_TEST(folders_without_a_run)
{
  set("resume", scratch_path("absent"));
  refused("absent: cannot open this folder: No such file");
  ck_assert_ptr_null(ho_run_load(scratch, &s, &path, NULL, &err));
  ck_assert_msg(strstr(err.text, ": no checkpoint yet"), "%s", err.text);
  free(s.resume); /* longer than a setting may be */
  s.resume = malloc(5000);
  memset(s.resume, 'x', 4999);
  s.resume[4999] = 0;
  refused("the run folder's path is too long");
}
END_TEST

/* ---- a fold that is left out ---- */

/* It is recorded like the training samples, by the network that did not see it, and survives a stop. */
START_TEST(a_fold_is_left_out_and_scored)
{
  struct ho_samples trained, left_out, again;
  set("fold", "2/4");
  fresh("fold");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("cut");
  ck_assert_int_eq(train(5), HO_RUN_STOPPED);
  set("resume", scratch_path("cut"));
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("fold", "cut");
  same_file("fold", "cut", "left-out.safetensors");
  ck_assert_msg(!ho_samples_load(&trained, scratch_path("fold/samples.safetensors"), &err), "%s", err.text);
  ck_assert_msg(!ho_samples_load(&left_out, scratch_path("fold/left-out.safetensors"), &err), "%s", err.text);
  ck_assert(trained.n == 48 && left_out.n == 16 && left_out.rows == 3 && left_out.truth);
  for (size_t i = 0; i < trained.n; i++)
    for (size_t j = 0; j < left_out.n; j++)
      ck_assert_uint_ne(trained.image[i], left_out.image[j]);
  struct ho_trainer *t = ho_run_load(scratch_path("fold"), &s, &path, NULL, &err);
  ck_assert_msg(t && !ho_samples_make_left_out(&again, t, &err) && !ho_samples_score_left_out(&again, t, 3, &err), "%s",
                err.text);
  ck_assert(again.n == left_out.n && !memcmp(again.image, left_out.image, again.n * sizeof *again.image));
  ck_assert(!memcmp(again.given, left_out.given, again.n * sizeof *again.given));
  for (size_t i = 0; i < again.n; i++) {
    ck_assert(again.margin[i] == left_out.margin[2 * again.n + i]);
    ck_assert(isnan(left_out.weight[2 * again.n + i]));
  }
  ho_trainer_free(t);
  ho_samples_free(&trained);
  ho_samples_free(&left_out);
  ho_samples_free(&again);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("run");
  TCase *c = tcase_create("run");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 120);
  tcase_add_loop_test(c, stopped_and_resumed, 0, 4);
  tcase_add_loop_test(c, portions_of_one_step, 0, 4);
  tcase_add_test(c, portion_ends_within_an_epoch);
  tcase_add_test(c, epochs_may_grow);
  tcase_add_test(c, grown_runs_are_unfinished);
  tcase_add_test(c, other_settings_checkpoint);
  tcase_add_test(c, other_engines_checkpoint);
  tcase_add_test(c, evaluations_must_fit);
  tcase_add_test(c, finished_runs_stay);
  tcase_add_test(c, no_checkpoint_of_infinite_parameters);
  tcase_add_test(c, checkpoint_has_pytorch_names);
  tcase_add_test(c, loaded_run_scores_the_same);
  tcase_add_test(c, a_fold_is_left_out_and_scored);
  tcase_add_test(c, shuffled_pixels_change_nothing_else);
  tcase_add_test(c, folder_in_use);
  tcase_add_test(c, existing_run);
  tcase_add_test(c, nothing_is_left_of_a_refused_run);
  tcase_add_test(c, other_runs_checkpoint);
  tcase_add_test(c, steps_cannot_be_undone);
  tcase_add_test(c, folders_without_a_run);
  suite_add_tcase(suite, c);
  return suite;
}
