/* SPDX-License-Identifier: MIT
 * test_draw.c - the draw service: pools, what input hooks see, requests that cannot be met. */
#include <math.h>
#include <string.h>

#include "../trainer_rig.h"

START_TEST(plain_draws_pass_the_input_hooks)
{
  set("optimizer", "mixup+label-smoothing");
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  const uint32_t ids[] = { 1, 2, 3, 4, 5, 6 };
  struct ho_draw want = { .count = 1, .size = 6, .ids = ids };
  struct ho_minibatch *mixed, *plain;
  works(h->draw(h, &want, &mixed));
  want.plain = 1;
  works(h->draw(h, &want, &plain));
  for (size_t i = 0; i < 6; i++)
    for (size_t k = 0; k < 10; k++) {
      ck_assert_float_eq(plain->target[i * 10 + k], plain->label[i] == k);
      ck_assert_float_ge(mixed->target[i * 10 + k], 0.01f - 1e-6f);
    }
  ho_trainer_free(t);
}
END_TEST

/* What is held out to validate on can be drawn, with its given labels, numbered behind the clean samples. */
START_TEST(validation_pool)
{
  set("validation-size", "40");
  set("clean-size", "30");
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  int wrong = 0;
  ck_assert(h->samples == 200 && h->clean == 30);
  struct ho_draw want = { .pool = HO_VALIDATION, .count = 1, .size = 40 };
  struct ho_minibatch *mb;
  works(h->draw(h, &want, &mb));
  for (int i = 0; i < 40; i++) {
    ck_assert_uint_ge(mb->id[i], 230);
    ck_assert_uint_lt(mb->id[i], 270);
    wrong += mb->label[i] != t->source.data.train.label[ho_source_image(&t->source, mb->id[i])];
  }
  ck_assert_int_eq(wrong, 10); /* 0.3 of 4 in each class, rounded down */
  want.pool = HO_CLEAN;
  want.size = 30;
  works(h->draw(h, &want, &mb));
  for (int i = 0; i < 30; i++)
    ck_assert_uint_eq(mb->label[i], t->source.data.train.label[ho_source_image(&t->source, mb->id[i])]);
  ho_trainer_free(t);
}
END_TEST

START_TEST(empty_validation_pool)
{
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  struct ho_draw want = { .pool = HO_VALIDATION, .count = 1, .size = 1 };
  struct ho_minibatch *mb;
  ck_assert_int_eq(t->host.draw(&t->host, &want, &mb), -1);
  ck_assert_msg(strstr(err.text, "--validation-size"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

/* Pools of a plugin can be filled anew; those of the host cannot. */
START_TEST(pools_are_refilled)
{
  const uint32_t a[] = { 1, 2 }, b[] = { 7, 8, 9 };
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  hook(t, HO_EPOCH, 0);
  int pool = h->pool(h, -1, a, 2);
  ck_assert_int_eq(pool, HO_VALIDATION + 1);
  ck_assert_int_eq(h->pool(h, pool, b, 3), pool);
  struct ho_draw want = { .pool = pool, .count = 1, .size = 3 };
  struct ho_minibatch *mb;
  works(h->draw(h, &want, &mb));
  ck_assert_uint_eq(mb->id[0] + mb->id[1] + mb->id[2], 24);
  for (int bad = -2; bad <= 4; bad++)
    if (bad != -1 && bad != pool) {
      ho_error_clear(&err);
      ck_assert_int_eq(h->pool(h, bad, b, 3), -1);
      ck_assert_msg(strstr(err.text, "cannot be refilled"), "%s", err.text);
    }
  ho_trainer_free(t);
}
END_TEST

START_TEST(mini_batches_that_cannot_be)
{
  const uint32_t beyond[] = { 0, 200 };
  const struct {
    int partner[2];
    float lambda[2];
    const char *says;
  } mix[] = { { { 1, 2 }, { 0.5f, 0.5f }, "mix: partner 2 and share 0.5 of image 1 are out of range" },
              { { -1, 0 }, { 0.5f, 0.5f }, "mix: partner -1 and share 0.5 of image 0 are out of range" },
              { { 1, 0 }, { 0, 1.5f }, "mix: partner 0 and share 1.5 of image 1 are out of range" },
              { { 1, 0 }, { -0.5f, 1 }, "mix: partner 1 and share -0.5 of image 0 are out of range" },
              { { 1, 0 }, { 0, NAN }, "of image 1 are out of range" } };
  struct ho_draw two = { .count = 1, .size = 2 }, all = { .count = 1, .size = 201, .matched = 1 };
  struct ho_minibatch *mb;
  struct ho_trainer *t = trainer();
  ck_assert_int_eq(hook(t, HO_EPOCH, 0)->pool(&t->host, -1, beyond, 2), -1);
  assert_told("a pool cannot have sample 200: there are only 200 samples");
  ck_assert_int_eq(hook(t, HO_STEP, 0)->draw(&t->host, &all, &mb), -1);
  assert_told("a mini-batch of 201 images is larger than the training set of 200");
  for (size_t i = 0; i < sizeof mix / sizeof *mix; i++) {
    ck_assert_int_eq(hook(t, HO_STEP, 0)->draw(&t->host, &two, &mb), 0);
    ck_assert_int_eq(t->host.mix(&t->host, mb, mix[i].partner, mix[i].lambda), -1);
    assert_told(mix[i].says);
  }
  ho_trainer_free(t);
}
END_TEST

/* Fields to come: who asks for them is told, not passed over. */
START_TEST(later_fields_are_refused)
{
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  struct ho_draw want = { .count = 1, .size = 4, .later = { 0, _i == 0 } };
  struct ho_pass pass = { .later = { _i, 0 } };
  struct ho_minibatch *mb;
  float loss[4];
  int bad = h->draw(h, &want, &mb);
  if (!bad)
    bad = h->losses(h, &pass, &mb, 1, loss, NULL);
  ck_assert_int_eq(bad, -1);
  ck_assert_msg(strstr(err.text, "use a newer holdout"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("draw");
  TCase *c = tcase_create("draw");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_test(c, plain_draws_pass_the_input_hooks);
  tcase_add_test(c, validation_pool);
  tcase_add_test(c, empty_validation_pool);
  tcase_add_test(c, pools_are_refilled);
  tcase_add_test(c, mini_batches_that_cannot_be);
  tcase_add_loop_test(c, later_fields_are_refused, 0, 2);
  suite_add_tcase(suite, c);
  return suite;
}
