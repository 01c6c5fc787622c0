/* SPDX-License-Identifier: MIT
 * test_passes.c - passes over drawn mini-batches: running statistics, dropout masks, sample weights, evaluation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../trainer_rig.h"

static const char *const nets[] = { "mlp:hidden=16,dropout=0.3", "preact-resnet18:width=2" };

/* Running averages move at first passes only: SGD's one pass a step moves them, passes over the same again do not. */
START_TEST(running_averages_move_once)
{
  float before[2], other;
  set("net", "preact-resnet18:width=2");
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  struct ho_draw want = { .count = 2, .size = 8 };
  struct ho_minibatch *mb[2];
  struct ho_pass pass = { .flags = HO_KEEP_STATS };
  float *rows = malloc(2 * t->host.parameters * sizeof *rows);
  hook(t, HO_STEP, 0);
  ck_assert_int_eq(t->host.draw(&t->host, &want, mb), 0);
  memcpy(before, t->network.stats[0], sizeof before);
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 1, rows), 0);
  ck_assert_mem_eq(before, t->network.stats[0], sizeof before); /* asked to keep them */
  pass.flags = 0;
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb + 1, 1, rows), 0);
  ck_assert_mem_ne(before, t->network.stats[0], sizeof before);
  other = t->network.stats[0][0];
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb + 1, 1, rows), 0); /* a second pass over it */
  ck_assert_float_eq(other, t->network.stats[0][0]);
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0); /* the other has not moved them yet */
  ck_assert_float_ne(other, t->network.stats[0][0]);
  free(rows);
  ho_trainer_free(t);
}
END_TEST

/* Independent dropout masks unless asked for one mask: with the same images, gradients differ or agree. */
START_TEST(dropout_masks)
{
  const uint32_t ids[] = { 1, 2, 3, 4, 1, 2, 3, 4 };
  set("augment", "none");
  set("net", "mlp:hidden=16,dropout=0.5");
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  size_t P = t->host.parameters;
  struct ho_draw want = { .count = 2, .size = 4, .ids = ids };
  struct ho_minibatch *mb[2];
  float *rows = malloc(2 * P * sizeof *rows);
  hook(t, HO_STEP, 0);
  ck_assert_int_eq(t->host.draw(&t->host, &want, mb), 0);
  struct ho_pass pass = { .flags = 0 };
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0);
  ck_assert_mem_ne(rows, rows + P, P * sizeof *rows);
  pass.flags = HO_SHARED_MASKS;
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0);
  for (size_t k = 0; k < P; k++)
    if (fabsf(rows[k] - rows[P + k]) > 1e-6f)
      ck_abort_msg("parameter %zu: %g and %g", k, (double)rows[k], (double)rows[P + k]);
  free(rows);
  ho_trainer_free(t);
}
END_TEST

/* Passes elsewhere than at the parameters are no first passes: neither averages nor memories move. */
START_TEST(first_is_at_the_parameters)
{
  set("net", nets[1]);
  set("optimizer", "elr");
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  struct ho_draw want = { .count = 1, .size = 8 };
  struct ho_minibatch *mb;
  float loss[8], *theta = malloc(h->parameters * sizeof *theta),
                 *stats = malloc(t->network.net->statistics * sizeof *stats);
  const float *memory = t->state[0].data;
  memcpy(theta, h->theta[0], h->parameters * sizeof *theta);
  memcpy(stats, t->network.stats[0], t->network.net->statistics * sizeof *stats);
  works(h->draw(h, &want, &mb));
  struct ho_pass pass = { .theta = theta };
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_mem_eq(stats, t->network.stats[0], t->network.net->statistics * sizeof *stats);
  ck_assert_float_eq(memory[mb->id[0] * 10], 0);
  pass.theta = NULL;
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_mem_ne(stats, t->network.stats[0], t->network.net->statistics * sizeof *stats);
  ck_assert_float_ne(memory[mb->id[0] * 10], 0);
  float before = memory[mb->id[0] * 10];
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_float_eq(memory[mb->id[0] * 10], before);
  free(theta);
  free(stats);
  ho_trainer_free(t);
}
END_TEST

/* A plugin's weights and the weigh hooks' factors multiply. */
START_TEST(weights_multiply)
{
  set("optimizer", "random-weights");
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  size_t P = h->parameters;
  struct ho_draw want = { .count = 1, .size = 5 };
  struct ho_minibatch *mb;
  float *row = malloc(P * sizeof *row), *sum = calloc(P, sizeof *sum), *all = malloc(P * sizeof *all), w[5];
  struct ho_pass plain = { 0 }, given = { .w = w };
  works(h->draw(h, &want, &mb));
  works(h->gradients(h, &plain, &mb, 1, all));
  for (int i = 0; i < 5; i++) { /* 1/5 of each sample alone, with its factor: together they are the whole */
    memset(w, 0, sizeof w);
    w[i] = 0.2f;
    works(h->gradients(h, &given, &mb, 1, row));
    for (size_t k = 0; k < P; k++)
      sum[k] += row[k];
  }
  for (size_t k = 0; k < P; k++)
    if (!(fabsf(sum[k] - all[k]) <= 1e-5f * (1 + fabsf(all[k]))))
      ck_abort_msg("parameter %zu: %g, in parts %g", k, (double)all[k], (double)sum[k]);
  free(row);
  free(sum);
  free(all);
  ho_trainer_free(t);
}
END_TEST

/* Elsewhere than at the network's parameters. */
START_TEST(evaluate_anywhere)
{
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  float *theta = calloc(h->parameters, sizeof *theta), logits[2][2000];
  struct ho_pass here = { .net = 0 }, zero = { .theta = theta };
  works(h->evaluate(h, &here, HO_TRAIN, logits[0], NULL));
  works(h->evaluate(h, &zero, HO_TRAIN, logits[1], NULL));
  for (int i = 0; i < 2000; i++)
    if (logits[1][i] != 0)
      ck_abort_msg("a network of zeros says %g", (double)logits[1][i]);
  memcpy(theta, h->theta[0], h->parameters * sizeof *theta);
  works(h->evaluate(h, &zero, HO_TRAIN, logits[1], NULL));
  ck_assert_mem_eq(logits[0], logits[1], sizeof logits[0]);
  free(theta);
  ho_trainer_free(t);
}
END_TEST

START_TEST(evaluations_that_cannot_be)
{
  const struct {
    enum ho_phase phase;
    int net, pool;
    const char *says;
  } bad[] = { { HO_OPEN, 0, HO_TRAIN, "cannot evaluate network 0 on pool 0 here" },
              { HO_STEP, 1, HO_TRAIN, "cannot evaluate network 1 on pool 0 here" },
              { HO_STEP, -1, HO_TRAIN, "cannot evaluate network -1 on pool 0 here" },
              { HO_EPOCH, 0, 17, "cannot evaluate network 0 on pool 17 here" },
              { HO_EPOCH, 0, -1, "cannot evaluate network 0 on pool -1 here" } };
  struct ho_trainer *t = trainer();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct ho_pass pass = { .net = bad[i].net };
    ck_assert_int_eq(hook(t, bad[i].phase, 0)->evaluate(&t->host, &pass, bad[i].pool, NULL, NULL), -1);
    assert_told(bad[i].says);
  }
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("passes");
  TCase *c = tcase_create("passes");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_test(c, running_averages_move_once);
  tcase_add_test(c, dropout_masks);
  tcase_add_test(c, first_is_at_the_parameters);
  tcase_add_test(c, weights_multiply);
  tcase_add_test(c, evaluate_anywhere);
  tcase_add_test(c, evaluations_that_cannot_be);
  suite_add_tcase(suite, c);
  return suite;
}
