/* SPDX-License-Identifier: MIT
 * test_noise_models.c - what holds of every noise model: which classes it gives, which data sets it takes, what its row has. */
#include <math.h>

#include "../noise_rig.h"

/* Labels that begin at 1, as those of EMNIST's letters, and a gap: classes 1, 2 and 5 of 6, 5 with few images. */
static uint16_t gappy(size_t i)
{
  return (uint16_t)(i % 100 == 99 ? 5 : 1 + i % 2);
}

START_TEST(classes_without_images_get_no_labels)
{
  static const struct {
    const char *name;
    double expected; /* share of labels, at 0.4 */
  } drawn[] = { { "symmetric-bernoulli", 0.4 },
                { "symmetric-inclusive", 0.4 * 2 / 3 },
                { "symmetric", 0.4 },
                { "pair", 0.4 },
                { "instance", 0.4000 } };
  ho_dataset_free(&data);
  make_labels(&data, 6, N, gappy);
  make_images();
  for (size_t m = 0; m < sizeof drawn / sizeof *drawn; m++) {
    char spec[64];
    size_t count[6][6] = { { 0 } };
    snprintf(spec, sizeof spec, "%s:0.4", drawn[m].name);
    apply(spec, 3, given);
    for (size_t i = 0; i < N; i++)
      if (given[i] != 1 && given[i] != 2 && given[i] != 5)
        ck_abort_msg("%s: image %zu gets label %d", spec, i, given[i]);
      else
        count[data.train.label[i]][given[i]]++;
    for (int c = 1; c < 6; c += c == 2 ? 3 : 1)
      for (int k = 1; k < 6; k += k == 2 ? 3 : 1) {
        double n = c == 5 ? 200 : 9900, off = strcmp(drawn[m].name, "symmetric-inclusive") ? n * 0.2 : n * 0.4 / 3;
        int next = c == 1 ? 2 : c == 2 ? 5 : 1;
        if (!strcmp(drawn[m].name, "pair"))
          off = k == next ? n * 0.4 : 0;
        if (c != k && strcmp(drawn[m].name, "instance") && fabs((double)count[c][k] - off) > 5 * sqrt(off))
          ck_abort_msg("%s: %zu labels from %d to %d, not about %g", spec, count[c][k], c, k, off);
      }
    struct ho_noise noise = parsed(spec);
    ck_assert_double_eq_tol(expected_share(&noise), drawn[m].expected, 6e-5);
    ck_assert_double_eq_tol(realised(given, NULL), drawn[m].expected, 4 * 0.5 / sqrt(N));
  }
}
END_TEST

START_TEST(models_made_for_one_data_set_refuse_others)
{
  static const char *const specs[][2] = {
    { "asymmetric:0.4", "cifar10" },
    { "air:0.4", "cifar10" },
    { "super-cycle:0.4", "cifar100" },
    { "block5-legacy:0.4", "cifar100" },
  };
  static const char *const names[] = { "cifar10", "cifar100", "mnist", "fashion-mnist", "synthetic" };
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < 5; k++) {
      struct ho_error err;
      struct ho_noise noise = parsed(specs[i][0]);
      make(names[k], k == 1 ? 100 : 10);
      struct ho_noise_input in = { &data, id, N, 1, 0 };
      int fits = !strcmp(names[k], specs[i][1]);
      ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), fits ? 0 : -1);
      if (!fits) {
        assert_says(err, specs[i][1]);
        assert_says(err, names[k]);
      }
    }
}
END_TEST

START_TEST(the_table_is_complete)
{
  for (const struct ho_noise_model *m = ho_noise_models(); m->name; m++) {
    char form[64];
    struct ho_error err;
    struct ho_noise noise;
    ck_assert(*m->summary && m->apply);
    ho_noise_spec_form(m, form);
    if (!strcmp(m->name, "file")) {
      ck_assert_str_eq(form, "file:PATH");
      continue;
    }
    ck_assert_ptr_nonnull(m->wrong);
    ck_assert_int_eq(strstr(form, ":RATE") != NULL, m->takes_rate);
    ck_assert_int_eq(ho_noise_parse(m->name, &noise, &err), m->takes_rate ? -1 : 0);
    if (m->takes_rate) { /* one class: no other to go to */
      char spec[64];
      snprintf(spec, sizeof spec, "%s:0.4", m->name);
      noise = parsed(spec);
      ck_assert_str_eq(noise.spec, spec);
      size_t all = data.train.n;
      data.train.n = 1;
      struct ho_noise_input in = { &data, id, 1, 1, 0 };
      if (strcmp(m->name, "asymmetric") && strcmp(m->name, "air"))
        ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), -1);
      data.train.n = all;
    }
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise models");
  TCase *t = tcase_create("noise models");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, classes_without_images_get_no_labels);
  tcase_add_test(t, models_made_for_one_data_set_refuse_others);
  tcase_add_test(t, the_table_is_complete);
  suite_add_tcase(suite, t);
  return suite;
}
