/* SPDX-License-Identifier: MIT
 * test_frozen.c - a plugin compiled against the first header of this ABI works: tests/plugins/frozen. */
#include "../scratch.h"
#include "train/trainer.h"
#include "../unit.h"

/* What plugins make, or walk through, has the size that it had. */
_Static_assert(sizeof(struct ho_draw) == 48 && sizeof(struct ho_pass) == 48 && sizeof(struct ho_stream) == 32,
               "frozen");
_Static_assert(sizeof(struct ho_option) == 48 && sizeof(struct ho_tensor) == 40, "frozen");

START_TEST(still_works)
{
  const char *const settings[][2] = {
    { "dataset", "synthetic" },
    { "train-size", "96" },
    { "net", _i ? "preact-resnet18:width=2" : "mlp:hidden=16" },
    { "noise", "symmetric:0.3" },
    { "batch-size", "32" },
    { "epochs", "2" },
    { "lr", "0.05" },
    { "sched", "const" },
    { "optimizer", "first" },
  };
  const char *folders[] = { test_plugin("frozen", NULL) };
  struct ho_settings s;
  struct ho_plugin_path path;
  struct ho_error err;
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    ck_assert_msg(!ho_settings_set(&s, ho_setting_find(settings[i][0]), settings[i][1], &err), "%s", err.text);
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  for (int epoch = 0; epoch < 2; epoch++) {
    t->host.epoch = epoch;
    ck_assert_msg(!ho_trainer_epoch(t, 0, &err), "%s", err.text);
    for (int step = 0; step < 3; step++)
      ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
    ck_assert_msg(!ho_trainer_epoch(t, 1, &err), "%s", err.text);
  }
  struct ho_score_request ask = { &t->source.data.test, t->source.test.part[HO_PART_TRAIN].id,
                                  t->source.data.test.label, 10 };
  struct ho_score_result got = { 0 };
  ck_assert_msg(!ho_trainer_score(t, &ask, &got, &err), "%s", err.text);
  ck_assert_float_eq(t->network.slot[1][1][0], 5);                            /* six steps, one of them skipped */
  ck_assert_float_ne(t->network.theta[0][t->network.net->parameters], 0.25f); /* its own parameter has moved */
  ho_trainer_free(t);
  ho_plugin_path_free(&path);
  ho_settings_free(&s);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("frozen");
  TCase *c = tcase_create("frozen");
  tcase_add_loop_test(c, still_works, 0, 2);
  suite_add_tcase(suite, c);
  return suite;
}
