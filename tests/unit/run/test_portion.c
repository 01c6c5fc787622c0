/* SPDX-License-Identifier: MIT
 * test_portion.c - whether there is time for another step: what it decides from, with a clock made up here. */
#include "run/portion.h"

#include "../unit.h"

static struct ho_portion p;

START_TEST(without_a_limit)
{
  ho_portion_start(&p, 100, 0);
  ho_portion_note(&p, HO_PORTION_STEP, 1e9);
  ck_assert(!ho_portion_limited(&p) && ho_portion_fits(&p, 1e12, 1, 1));
}
END_TEST

START_TEST(step_and_checkpoint_must_fit)
{
  ho_portion_start(&p, 100, 60);
  ck_assert(ho_portion_limited(&p) && ho_portion_fits(&p, 159.9, 1, 1) && !ho_portion_fits(&p, 160, 0, 0));
  ho_portion_note(&p, HO_PORTION_STEP, 2);
  ho_portion_note(&p, HO_PORTION_CHECKPOINT, 5);
  ck_assert(ho_portion_fits(&p, 152.5, 0, 0) && !ho_portion_fits(&p, 153, 0, 0));
}
END_TEST

START_TEST(parts_of_an_epoch_where_they_are_due)
{
  ho_portion_start(&p, 0, 60);
  ho_portion_note(&p, HO_PORTION_STEP, 1);
  ho_portion_note(&p, HO_PORTION_EPOCH_BEGIN, 10);
  ho_portion_note(&p, HO_PORTION_EPOCH_END, 20);
  ck_assert(ho_portion_fits(&p, 58, 0, 0) && !ho_portion_fits(&p, 59, 0, 0));
  ck_assert(ho_portion_fits(&p, 48, 1, 0) && !ho_portion_fits(&p, 49, 1, 0));
  ck_assert(ho_portion_fits(&p, 38, 0, 1) && !ho_portion_fits(&p, 39, 0, 1));
  ck_assert(ho_portion_fits(&p, 28, 1, 1) && !ho_portion_fits(&p, 29, 1, 1));
}
END_TEST

/* The first step allocates: it counts only until there is another. */
START_TEST(longest_counts)
{
  ho_portion_start(&p, 0, 60);
  ho_portion_note(&p, HO_PORTION_STEP, 30);
  ck_assert(!ho_portion_fits(&p, 30, 0, 0));
  ho_portion_note(&p, HO_PORTION_STEP, 1);
  ck_assert(ho_portion_fits(&p, 58, 0, 0));
  ho_portion_note(&p, HO_PORTION_STEP, 3);
  ho_portion_note(&p, HO_PORTION_STEP, 2);
  ck_assert(ho_portion_fits(&p, 56, 0, 0) && !ho_portion_fits(&p, 57, 0, 0));
  ho_portion_note(&p, HO_PORTION_CHECKPOINT, 4);
  ho_portion_note(&p, HO_PORTION_CHECKPOINT, 2);
  ck_assert(ho_portion_fits(&p, 52, 0, 0) && !ho_portion_fits(&p, 53, 0, 0));
}
END_TEST

START_TEST(a_guess_counts_until_it_is_timed)
{
  ho_portion_start(&p, 0, 60);
  ho_portion_expect(&p, HO_PORTION_EPOCH_END, 10);
  ck_assert(ho_portion_fits(&p, 49, 0, 1) && !ho_portion_fits(&p, 50, 0, 1));
  ho_portion_note(&p, HO_PORTION_EPOCH_END, 5);
  ho_portion_expect(&p, HO_PORTION_EPOCH_END, 10);
  ck_assert(ho_portion_fits(&p, 54, 0, 1) && !ho_portion_fits(&p, 55, 0, 1));
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("run/portion");
  TCase *c = tcase_create("portion");
  tcase_add_test(c, without_a_limit);
  tcase_add_test(c, step_and_checkpoint_must_fit);
  tcase_add_test(c, parts_of_an_epoch_where_they_are_due);
  tcase_add_test(c, longest_counts);
  tcase_add_test(c, a_guess_counts_until_it_is_timed);
  suite_add_tcase(suite, c);
  return suite;
}
