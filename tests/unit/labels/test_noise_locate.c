/* SPDX-License-Identifier: MIT
 * test_noise_locate.c - where the label file of noise file:PATH is looked for. */
#include "labels/noise.h"

#include "../data_fixtures.h"

/* The file that `spec' names, as it is found with this --data-dir. */
static const char *located(const char *spec, const char *directory)
{
  static struct ho_noise noise;
  struct ho_error err;
  ck_assert_msg(!ho_noise_parse(spec, &noise, &err) && !ho_noise_locate(&noise, directory, &err), "%s", err.text);
  ck_assert_str_eq(noise.spec, spec);
  return noise.path;
}

START_TEST(files_are_looked_for_in_order)
{
  static const char *const folders[] = { "here",       "share", "share/holdout", "share/holdout/n", "variable",
                                         "variable/n", "flag",  "flag/n",        "here/n" };
  struct ho_noise noise;
  struct ho_error err;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    ck_assert_int_eq(mkdir(in_folder(folders[i]), 0700), 0);
  ck_assert_int_eq(chdir(in_folder("here")), 0);
  setenv("XDG_DATA_HOME", in_folder("share"), 1);
  setenv("HOLDOUT_DATA", in_folder("variable"), 1);
  ck_assert_int_eq(ho_noise_parse("file:n/labels.u8", &noise, NULL), 0);
  ck_assert_int_eq(ho_noise_locate(&noise, NULL, &err), -1);
  assert_says(err, "label file: neither n/labels.u8 nor n/labels.u8.gz can be read: looked in the working folder, ");
  assert_says(err, in_folder("variable, "));
  assert_says(err, in_folder("share/holdout, /usr/share/datasets"));
  ck_assert_str_eq(noise.path, "n/labels.u8");
  ck_assert_int_eq(ho_noise_locate(&noise, in_folder("flag"), &err), -1);
  assert_says(err, "looked in the working folder, ");
  assert_says(err, in_folder("flag"));
  ck_assert_ptr_null(strstr(err.text, "variable"));

  put("share/holdout/n/labels.u8", "a", 1);
  ck_assert_str_eq(located("file:n/labels.u8", NULL), in_folder("share/holdout/n/labels.u8"));
  put_gz("variable/n/labels.u8.gz", "a", 1);
  ck_assert_str_eq(located("file:n/labels.u8", ""), in_folder("variable/n/labels.u8.gz"));
  ck_assert_int_eq(ho_noise_locate(&noise, in_folder("flag"), &err), -1); /* that folder alone */
  put("flag/n/labels.u8", "a", 1);
  ck_assert_str_eq(located("file:n/labels.u8", in_folder("flag")), in_folder("flag/n/labels.u8"));
  put("here/n/labels.u8", "a", 1);
  ck_assert_str_eq(located("file:n/labels.u8", in_folder("flag")), "n/labels.u8");
  ck_assert_str_eq(located("file:n/labels.u8", NULL), "n/labels.u8");
  ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(absolute_paths_and_other_models_are_left_alone)
{
  char spec[4200];
  struct ho_noise noise, before;
  struct ho_error err;
  snprintf(spec, sizeof spec, "file:%.4000s", in_folder("labels.u8"));
  ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
  ck_assert_int_eq(ho_noise_locate(&noise, folder, &err), -1);
  assert_says(err, "can be read");
  ck_assert_ptr_null(strstr(err.text, "looked in"));
  put("labels.u8", "a", 1);
  ck_assert_str_eq(located(spec, "/nowhere"), in_folder("labels.u8"));
  ck_assert_int_eq(ho_noise_parse("symmetric:0.4", &noise, NULL), 0);
  before = noise;
  ck_assert_int_eq(ho_noise_locate(&noise, "/nowhere", &err), 0);
  ck_assert_mem_eq(&noise, &before, sizeof noise);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise locate");
  TCase *t = tcase_create("noise locate");
  tcase_add_checked_fixture(t, make_folder, remove_folder);
  tcase_add_test(t, files_are_looked_for_in_order);
  tcase_add_test(t, absolute_paths_and_other_models_are_left_alone);
  suite_add_tcase(suite, t);
  return suite;
}
