/* SPDX-License-Identifier: MIT
 * test_repeatable.c - what a run depends on: its seeds, and never the number of threads. */
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "../trainer_rig.h"

static float *after_steps(int steps, size_t *P)
{
  struct ho_trainer *t = trainer();
  for (int i = 0; i < steps; i++)
    step(t);
  *P = t->host.parameters;
  float *theta = malloc(*P * sizeof *theta);
  memcpy(theta, t->network.theta[0], *P * sizeof *theta);
  ho_trainer_free(t);
  return theta;
}

START_TEST(threads_do_not_matter)
{
  static const char *const chains[] = { "sgd", "bilevel" };
  size_t P, Q;
  set("optimizer", chains[_i % 2]);
  set("net", rig_nets[_i / 2]);
  ho_parallel_setup(1);
  float *one = after_steps(6, &P);
  for (int threads = 2; threads <= 5; threads += 3) {
    ho_parallel_setup(threads);
    float *more = after_steps(6, &Q);
    ck_assert_uint_eq(P, Q);
    ck_assert_mem_eq(one, more, P * sizeof *one);
    free(more);
  }
  free(one);
}
END_TEST

START_TEST(seeds_matter)
{
  size_t P;
  set("optimizer", "bilevel");
  float *a = after_steps(2, &P), *b = after_steps(2, &P);
  ck_assert_mem_eq(a, b, P * sizeof *a);
  free(b);
  set("seed", "1");
  b = after_steps(2, &P);
  ck_assert_mem_ne(a, b, P * sizeof *a);
  free(a);
  free(b);
}
END_TEST

/* Labels and initial weights are the same for every optimizer at one seed; --noise-seed changes the labels alone. */
START_TEST(what_seeds_share)
{
  struct ho_trainer *t[3];
  set("optimizer", "sgd");
  t[0] = trainer();
  set("optimizer", "bilevel");
  t[1] = trainer();
  set("noise-seed", "5");
  t[2] = trainer();
  for (int i = 1; i < 3; i++) {
    ck_assert_mem_eq(t[0]->network.theta[0], t[i]->network.theta[0], t[0]->host.parameters * sizeof(float));
    const uint32_t *image[] = { t[0]->source.labelled.split.part[HO_PART_TRAIN].id,
                                t[i]->source.labelled.split.part[HO_PART_TRAIN].id };
    ck_assert_mem_eq(image[0], image[1], t[0]->source.samples * sizeof *image[0]);
  }
  ck_assert_str_eq(t[0]->source.labels_sha256, t[1]->source.labels_sha256);
  ck_assert_str_ne(t[0]->source.labels_sha256, t[2]->source.labels_sha256);
  for (int i = 0; i < 3; i++)
    ho_trainer_free(t[i]);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("repeatable");
  TCase *c = tcase_create("repeatable");
  tcase_add_checked_fixture(c, rig_setup_probe, rig_teardown);
  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, threads_do_not_matter, 0, 6);
  tcase_add_test(c, seeds_matter);
  tcase_add_test(c, what_seeds_share);
  suite_add_tcase(suite, c);
  return suite;
}
