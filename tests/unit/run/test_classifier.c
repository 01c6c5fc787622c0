/* SPDX-License-Identifier: MIT
 * test_classifier.c - the network of a run without its data set: the same outputs, and hostile metadata. */
#include "../run_rig.h"
#include "format/safetensors.h"
#include "run/classifier.h"

static void outputs(struct ho_trainer *t, const struct ho_images *images, float *out)
{
  enum { N = 50 };
  static uint32_t index[N];
  static uint16_t label[N];
  for (uint32_t i = 0; i < N; i++)
    index[i] = i;
  struct ho_score_request ask = { images, index, label, N };
  struct ho_score_result got = { .probabilities = out };
  ck_assert_msg(!ho_trainer_score(t, &ask, &got, &err), "%s", err.text);
}

START_TEST(same_outputs)
{
  static float whole[50 * 10], alone[50 * 10];
  static const char *const augment[] = { "crop-flip", "authors" };
  int missing;
  fresh("run");
  set("augment", augment[_i]);
  set("net", _i ? "mlp:hidden=4" : "preact-resnet18:width=1,dropout=0.2");
  set("epochs", "1");
  set("optimizer", "bilevel");
  set("option", "bilevel.minibatches=4");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  struct ho_trainer *t = ho_run_load(scratch_path("run"), &s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  struct ho_trainer *c = ho_classifier_load(scratch_path("run"), &s, &path, NULL, &missing, &err);
  ck_assert_msg(c && !missing, "%s", err.text);
  ck_assert(!c->source.data.train.n && !c->source.data.train.pixel);
  outputs(t, &t->source.data.test, whole);
  outputs(c, &t->source.data.test, alone);
  ck_assert_mem_eq(whole, alone, sizeof whole);
  ho_trainer_free(c);
  ho_trainer_free(t);
}
END_TEST

START_TEST(more_than_the_network)
{
  int missing;
  fresh("run");
  set("optimizer", "air");
  ck_assert_ptr_null(ho_classifier_load(scratch_path("run"), &s, &path, NULL, &missing, &err));
  assert_has(err.text, "it has no checkpoint yet");
  ck_assert(!missing);
  set("optimizer", "sgd");
  set("epochs", "1");
  train(0);
  set("optimizer", "air");
  ck_assert_ptr_null(ho_classifier_load(scratch_path("run"), &s, &path, NULL, &missing, &err));
  ck_assert(missing);
}
END_TEST

START_TEST(hostile_notes)
{
  static const struct {
    const char *images, *classes, *mean, *deviation, *names, *message;
  } bad[] = {
    { "8x8", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "8x8x1x1", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "0x8x1", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "8x8x17", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "8x4097x1", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "8x8.5x1", "3", "0", "1", NULL, "`images' are not HxWxC" },
    { "8x8x1", "1", "0", "1", NULL, "`classes' is no number" },
    { "8x8x1", "5000", "0", "1", NULL, "`classes' is no number" },
    { "8x8x1", "", "0", "1", NULL, "`classes' is no number" },
    { "8x8x1", "3", "0 0", "1", NULL, "`mean' or `deviation'" },
    { "8x8x2", "3", "0", "1 1", NULL, "`mean' or `deviation'" },
    { "8x8x1", "3", "nan", "1", NULL, "`mean' or `deviation'" },
    { "8x8x1", "3", "0", "inf", NULL, "`mean' or `deviation'" },
    { "8x8x1", "3", "0", "0", NULL, "`deviation' is not above 0" },
    { "8x8x1", "3", "0", "1e-300", NULL, "`deviation' is not above 0" },
    { "8x8x1", "3", "0", "1", "a\nb", "it names 2 of 3 classes" },
    { "8x8x1", "3", "0", "1", "a\nb\nc\nd", "it names 4 of 3 classes" },
    { "8x8x1", "3", "0", "1", "a\nb\nc", "missing" }, /* no weights, but nothing wrong before that */
  };
  int missing;
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  set("net", "mlp:hidden=4");
  ck_assert(f && !ho_tensor_file_note(f, "images", bad[_i].images, &err) &&
            !ho_tensor_file_note(f, "classes", bad[_i].classes, &err) &&
            !ho_tensor_file_note(f, "mean", bad[_i].mean, &err) &&
            !ho_tensor_file_note(f, "deviation", bad[_i].deviation, &err) &&
            (!bad[_i].names || !ho_tensor_file_note(f, "class_names", bad[_i].names, &err)) &&
            !ho_tensor_file_seal(f, &err) && !ho_tensor_file_write(f, scratch_path("checkpoint.safetensors"), &err));
  ho_tensor_file_free(f);
  ck_assert_ptr_null(ho_classifier_load(scratch, &s, &path, NULL, &missing, &err));
  assert_has(err.text, bad[_i].message);
  ck_assert(!missing);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("classifier");
  TCase *tc = tcase_create("classifier");
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_loop_test(tc, same_outputs, 0, 2);
  tcase_add_test(tc, more_than_the_network);
  tcase_add_loop_test(tc, hostile_notes, 0, 18);
  suite_add_tcase(suite, tc);
  return suite;
}
