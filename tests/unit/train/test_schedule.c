/* SPDX-License-Identifier: MIT
 * test_schedule.c - learning rates against values worked out by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/schedule.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_settings settings;
static struct ho_schedule schedule;

static void teardown(void)
{
  ho_settings_free(&settings);
}

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&settings, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  ck_assert_int_eq(ho_settings_default(&settings, &err), 0);
  set("lr", "0.1");
  set("sched", "const");
}

static void make(uint64_t steps_per_epoch)
{
  ck_assert_msg(!ho_schedule_make(&schedule, &settings, steps_per_epoch, &err), "%s", err.text);
}

static void refused(const char *says)
{
  ck_assert_int_eq(ho_schedule_make(&schedule, &settings, 10, &err), -1);
  ck_assert_msg(strstr(err.text, says) != NULL, "`%s' does not say `%s'", err.text, says);
}

#define at(step, value) ck_assert_double_eq_tol(ho_schedule_lr(&schedule, step), value, 1e-12)

START_TEST(constant)
{
  make(10);
  at(0, 0.1);
  at(199, 0.1);
  at(1000000, 0.1);
  ck_assert(!ho_schedule_depends_on_epochs(&schedule));
}
END_TEST

/* The paper's authors: 0.1, times 0.95 every 781 steps, 100 epochs; the last rate is 6.2e-4. */
START_TEST(exponential_of_the_authors)
{
  set("sched", "exp");
  set("decay-rate", "0.95");
  set("epochs", "100");
  make(781);
  for (uint64_t step = 0; step < 78100; step += 97)
    at(step, 0.1 * pow(0.95, floor((double)step / 781)));
  at(780, 0.1);
  at(781, 0.095);
  ck_assert_double_eq_tol(ho_schedule_lr(&schedule, 78099), 6.2e-4, 1e-5);
  ck_assert(!ho_schedule_depends_on_epochs(&schedule));
}
END_TEST

START_TEST(exponential_over_several_epochs)
{
  set("sched", "exp");
  set("decay-rate", "0.25");
  set("decay-epochs", "2");
  make(10);
  at(0, 0.1);
  at(10, 0.05);
  at(20, 0.025);
  at(29, 0.025);
}
END_TEST

START_TEST(exponential_by_default)
{
  set("sched", "exp");
  set("epochs", "11");
  make(10);
  at(0, 0.1);
  at(50, 0.01);
  at(109, 0.001); /* lr/100 in the last epoch */
  ck_assert(ho_schedule_depends_on_epochs(&schedule));
  set("min-lr", "0.025");
  make(10);
  at(50, 0.05);
  at(100, 0.025);
  set("epochs", "1");
  make(10);
  at(9, 0.1);
  set("min-lr", "0.2");
  refused("min-lr 0.2 is above lr 0.1");
}
END_TEST

START_TEST(steps)
{
  set("sched", "step");
  make(10);
  at(299, 0.1); /* every 30 epochs */
  at(300, 0.01);
  at(600, 0.001);
  set("decay-epochs", "3,5");
  set("decay-rate", "0.5");
  make(10);
  at(29, 0.1);
  at(30, 0.05);
  at(49, 0.05);
  at(50, 0.025);
  at(5000, 0.025);
  set("decay-epochs", "4");
  make(10);
  at(39, 0.1);
  at(40, 0.05);
  at(80, 0.025);
  ck_assert(!ho_schedule_depends_on_epochs(&schedule));
}
END_TEST

START_TEST(cosine)
{
  set("sched", "cosine");
  set("epochs", "10");
  set("min-lr", "0.02");
  make(10);
  at(0, 0.1);
  at(50, 0.06);
  at(25, 0.02 + 0.08 * (1 + sqrt(0.5)) / 2);
  at(100, 0.02);
  at(500, 0.02);
  ck_assert(ho_schedule_lr(&schedule, 99) > 0.02);
  ck_assert(ho_schedule_depends_on_epochs(&schedule));
  set("min-lr", "0.2");
  refused("above lr");
}
END_TEST

START_TEST(warm_up)
{
  set("warmup-epochs", "2");
  set("warmup-lr", "0.02");
  make(10);
  at(0, 0.02);
  at(5, 0.04);
  at(19, 0.096);
  at(20, 0.1);
  set("sched", "cosine");
  set("epochs", "12");
  make(10);
  at(10, 0.06);
  at(20, 0.1); /* the cosine is over the ten epochs that are left */
  at(70, 0.05);
  at(120, 0);
  set("sched", "exp"); /* epochs are counted from the start */
  set("decay-rate", "0.5");
  make(10);
  at(20, 0.025);
  set("sched", "cosine");
  set("warmup-epochs", "12");
  refused("leaves no epoch of 12");
}
END_TEST

START_TEST(bad_lists)
{
  static const char *const wrong[] = { ",",          "3,",  ",3",  "3,,5", "a",    "0",   "-1",
                                       "5,3",        "3,3", "1.5", "3 5",  "3, 5", "3,x", "99999999999999999999",
                                       "10000000000" };
  set("sched", "step");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    set("decay-epochs", wrong[i]);
    refused("decay-epochs: ");
  }
  char many[400] = "1";
  for (int i = 2; i <= 70; i++)
    snprintf(many + strlen(many), 8, ",%d", i);
  set("decay-epochs", many);
  refused("more than 64");
  set("decay-epochs", "3,5");
  set("sched", "exp");
  refused("exp takes one number");
}
END_TEST

START_TEST(no_steps)
{
  ck_assert_int_eq(ho_schedule_make(&schedule, &settings, 0, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "batch-size"));
  set("epochs", "9223372036854775807");
  refused("too many steps");
}
END_TEST

/* ho_settings_set takes no such name: a program that fills in the settings by itself is told, too. */
START_TEST(unknown_schedule)
{
  char name[] = "cosin";
  char *own = settings.schedule;
  settings.schedule = name;
  refused("sched: ");
  refused("cosine");
  settings.schedule = own;
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("schedule");
  TCase *c = tcase_create("schedule");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, constant);
  tcase_add_test(c, exponential_of_the_authors);
  tcase_add_test(c, exponential_over_several_epochs);
  tcase_add_test(c, exponential_by_default);
  tcase_add_test(c, steps);
  tcase_add_test(c, cosine);
  tcase_add_test(c, warm_up);
  tcase_add_test(c, bad_lists);
  tcase_add_test(c, no_steps);
  tcase_add_test(c, unknown_schedule);
  suite_add_tcase(suite, c);
  return suite;
}
