/* SPDX-License-Identifier: MIT
 * test_authors_evaluation.c - the evaluation of the authors' code, recomputed in double. */
#include "run/samples.h"
#include "../twin.h"
#include "../authors_rig.h"

/* Mean loss and number of hits of n images by the twin: central window, running averages, no dropout. */
static double twin_score(const struct ho_trainer *t, const struct ho_images *from, const uint32_t *image,
                         const uint16_t *label, int n, int *hits)
{
  enum { ALL = 13 * 13 * 3 };
  struct trial r = { .net = t->network.net, .groups = 1, .size = n, .eval = 1 };
  struct ho_stream mask = ho_stream_make(1, "unused", 0, 0);
  double *theta = copy(t->host.parameters, t->network.theta[0]),
         *stats = copy(t->network.net->statistics, t->network.stats[0]);
  double *logits = malloc((size_t)n * 10 * sizeof *logits), loss = 0, p[10];
  r.mask = &mask;
  r.x = malloc((size_t)n * ALL * sizeof *r.x);
  for (int i = 0; i < n; i++)
    twin_image(&t->source.data, from->pixel + (size_t)image[i] * 768, 5, 5, 0, 1, r.x + i * ALL);
  twin_forward(&r, theta, stats, logits);
  *hits = 0;
  for (int i = 0; i < n; i++) {
    int top = 0;
    for (int k = 1; k < 10; k++)
      top = logits[i * 10 + k] > logits[i * 10 + top] ? k : top;
    *hits += top == label[i];
    loss += cross_entropy(logits + i * 10, label[i], p) / n;
  }
  free(theta);
  free(stats);
  free(logits);
  free(r.x);
  return loss;
}

/* All 150 test images (two batches and a rest) against true labels, all 200 training images against noisy ones. */
START_TEST(evaluation_is_the_published_one)
{
  struct ho_trainer *t = reduced(_i);
  struct ho_samples samples;
  struct ho_scores scores = { .epoch = 1 };
  uint16_t label[TESTED];
  int hits;
  for (int k = 0; k < 25; k++)
    step(t);
  ck_assert_int_eq(ho_samples_make(&samples, t, &err), 0);
  ck_assert_msg(!ho_samples_score(&samples, t, &scores, &err), "%s", err.text);
  const uint32_t *tested = t->source.test.part[HO_PART_TRAIN].id;
  ck_assert_uint_eq(t->source.test.part[HO_PART_TRAIN].n, TESTED);
  for (int i = 0; i < TESTED; i++)
    label[i] = t->source.data.test.label[tested[i]];
  double loss = twin_score(t, &t->source.data.test, tested, label, TESTED, &hits);
  ck_assert_double_eq_tol(scores.test_loss, loss, 1e-5 * fmax(1, loss));
  ck_assert_double_eq_tol(scores.test_accuracy * TESTED, hits, 1e-9);
  loss = twin_score(t, &t->source.data.train, t->source.labelled.split.part[HO_PART_TRAIN].id, t->host.label, TRAIN,
                    &hits);
  ck_assert_double_eq_tol(scores.train_loss, loss, 1e-5 * fmax(1, loss));
  ck_assert_double_eq_tol(scores.train_accuracy_noisy * TRAIN, hits, 1e-9);
  ho_samples_free(&samples);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("authors evaluation");
  TCase *t = tcase_create("authors evaluation");
  tcase_add_checked_fixture(t, setup, teardown);
  tcase_set_timeout(t, 120);
  tcase_add_loop_test(t, evaluation_is_the_published_one, BILEVEL, SGD + 1);
  suite_add_tcase(suite, t);
  return suite;
}
