/* SPDX-License-Identifier: MIT
 * test_passes.cc - passes of the CUDA engine: the same bits in a graph, again, on an engine of any size.
 * test_networks.cc compares with the CPU. */
#include "engine_rig.h"

static struct ho_gpu *gpu_of(struct ho_device *d)
{
  return (struct ho_gpu *)d;
}

/* What comes of three training passes, the third of which runs as graphs; whatever the order of threads and blocks, and
 * with the work of the device done as late as it may be. */
static struct outcome *three_passes(const struct ho_net *net, int way, int replay, int images)
{
  struct outcome *o = NULL;
  run_in_way(way);
  emulation.late_work = way % 2;
  struct ho_device *device = device_new(HO_FLOAT32);
  gpu_of(device)->replay = replay;
  struct ho_engine *e = engine_new(device, net, 3, images, 1);
  struct trial *t = trial_on(device, net, 2, 3, 0, 20);
  for (int pass = 0; pass < 3; pass++) {
    if (o)
      outcome_free(o);
    o = outcome_of(t, e);
  }
  trial_free(t);
  ho_engine_free(e);
  ho_device_close(device);
  emulate_reset();
  return o;
}

START_TEST(same_bits)
{
  struct ho_net *net = net_of(_i);
  struct outcome *first = three_passes(net, 0, 0, 6);
  for (int way = 0; way < WAYS; way++) {
    struct outcome *again = three_passes(net, way, way != 2, way == 1 ? 11 : 6);
    ck_same_outcome(first, again);
    outcome_free(again);
  }
  outcome_free(first);
  ho_net_free(net);
}
END_TEST

/* After passes of other shapes on a larger engine; then backward again, for which forward has to run again. */
START_TEST(engine_is_reusable)
{
  struct ho_net *net = net_of(_i / 2);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct trial *t = trial_on(device, net, 3, 2, _i % 2, 70), *u = trial_on(device, net, 3, 2, _i % 2, 70),
               *wide = trial_on(device, net, 1, 9, 0, 71);
  struct ho_engine *fit = engine_new(device, net, 3, 6, 1), *large = engine_new(device, net, 4, 11, 1);
  struct outcome *first = outcome_of(t, fit);
  outcome_free(outcome_of(wide, large));
  struct outcome *again = outcome_of(u, large);
  ck_same_outcome(first, again);
  for (int k = 0; k < 3; k++) {
    trial_backward(u, large, 0, u->rows);
    ck_same("backward again", first->rows_n, first->rows, u->rows);
  }
  ck_same("logits after backward", first->logits_n, first->logits, engine_logits(large));
  ck_same("features after backward", first->features_n, first->features, engine_features(large));
  ck_same("running statistics", first->stats_n, first->stats, u->stats);
  outcome_free(first);
  outcome_free(again);
  ho_engine_free(fit);
  ho_engine_free(large);
  trial_free(t);
  trial_free(u);
  trial_free(wide);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(forward_only)
{
  struct ho_net *net = net_of(_i / 2);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct trial *t = trial_on(device, net, 2, 3, _i % 2, 90), *u = trial_on(device, net, 2, 3, _i % 2, 90);
  struct ho_engine *both = engine_new(device, net, 2, 6, 1), *only = engine_new(device, net, 2, 6, 0);
  trial_forward(t, both, 0, 2);
  trial_forward(u, only, 0, 2);
  ck_same("logits", 60, engine_logits(both), engine_logits(only));
  ck_same("features", 6 * (size_t)net->features, engine_features(both), engine_features(only));
  ck_same("running statistics", net->statistics, t->stats, u->stats);
  ho_engine_free(both);
  ho_engine_free(only);
  trial_free(t);
  trial_free(u);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

/* Rows may lie farther apart than P, and nothing between or beyond them is touched. */
START_TEST(rows_with_gaps)
{
  struct ho_net *net = net_of(_i);
  struct ho_device *device = device_new(HO_FLOAT32);
  const struct ho_vectors *v = device->kind->vectors;
  struct trial *t = trial_on(device, net, 3, 2, 0, 80);
  struct ho_engine *e = engine_new(device, net, 3, 6, 1);
  size_t p = net->parameters, ld = p + 13, n = 3 * ld;
  float *rows = (float *)ho_alloc(n, sizeof *rows, "a test", NULL), *there = v->get(device, n, NULL);
  for (size_t i = 0; i < n; i++)
    rows[i] = 7;
  struct outcome *o = outcome_of(t, e);
  v->up(device, there, rows, n, NULL);
  engine_backward(e, t->dlogits, there, ld);
  v->down(device, rows, there, n, NULL);
  for (size_t g = 0; g < 3; g++) {
    ck_same("row", p, o->rows + g * p, rows + g * ld);
    for (size_t k = p; k < ld; k++)
      ck_assert_float_eq(rows[g * ld + k], 7);
  }
  outcome_free(o);
  v->put(device, there);
  ho_free(rows);
  ho_engine_free(e);
  trial_free(t);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

/* Two engines take turns; nobody asks for the first one's outputs, but its running statistics arrive. */
START_TEST(statistics_arrive)
{
  struct ho_net *net = net_of(0);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct trial *t = trial_on(device, net, 2, 2, 0, 60), *u = trial_on(device, net, 2, 2, 0, 60),
               *other = trial_on(device, net, 2, 2, 0, 61);
  struct ho_engine *e = engine_new(device, net, 2, 4, 1), *f = engine_new(device, net, 2, 4, 1);
  emulation.late_work = 1;
  for (int pass = 0; pass < 3; pass++) {
    trial_forward(t, e, 0, 2);
    trial_forward(other, f, 0, 2);
    for (int again = 0; again < 2; again++) /* forward runs again, and does not move them */
      trial_backward(t, e, 0, t->rows);
  }
  engine_logits(e);
  for (int pass = 0; pass < 3; pass++)
    outcome_free(outcome_of(u, f));
  ck_same("running statistics", net->statistics, t->stats, u->stats);
  u->advance[0] = 0; /* number 1 does not advance them anyway */
  outcome_free(outcome_of(u, e));
  ck_same("running statistics when nothing advances them", net->statistics, t->stats, u->stats);
  ho_engine_free(e);
  ho_engine_free(f);
  trial_free(t);
  trial_free(u);
  trial_free(other);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

/* More shapes than graphs are kept for, in turn and then one after the other. */
START_TEST(many_shapes)
{
  enum { SHAPES = 12 };
  struct ho_net *net = net_of(1);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct ho_engine *e = engine_new(device, net, 1, SHAPES, 1);
  struct trial *t[SHAPES];
  struct outcome *first[SHAPES];
  for (int i = 0; i < SHAPES; i++) {
    t[i] = trial_on(device, net, 1, i + 1, 0, 30);
    first[i] = outcome_of(t[i], e);
  }
  for (int k = 0; k < 3 * SHAPES; k++) {
    int i = k < SHAPES ? k : k % 3 ? k % 2 : k / 3;
    struct outcome *again = outcome_of(t[i], e);
    ck_same_outcome(first[i], again);
    outcome_free(again);
  }
  ho_engine_free(e);
  for (int i = 0; i < SHAPES; i++) {
    outcome_free(first[i]);
    trial_free(t[i]);
  }
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(clock_counts)
{
  struct ho_net *net = net_of(0);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct trial *t = trial_on(device, net, 2, 2, 0, 60), *u = trial_on(device, net, 2, 2, 0, 60);
  struct ho_engine *e = engine_new(device, net, 2, 4, 1), *f = engine_new(device, net, 2, 4, 1);
  size_t n = (size_t)net->graph->nodes * HO_CLOCKS;
  double *seconds = (double *)ho_alloc(n, sizeof *seconds, "a test", NULL), all[HO_CLOCKS] = { 0 };
  ho_engine_clock(e, seconds);
  struct outcome *clocked = outcome_of(t, e), *plain = outcome_of(u, f);
  ck_same_outcome(clocked, plain);
  for (size_t i = 0; i < n; i++) {
    ck_assert_double_ge(seconds[i], 0);
    all[i % HO_CLOCKS] += seconds[i];
  }
  ck_assert_double_gt(all[HO_CLOCK_FORWARD], 0);
  ck_assert_double_gt(all[HO_CLOCK_DATA], 0);
  ck_assert_double_gt(all[HO_CLOCK_WEIGHTS], 0);
  ho_engine_clock(e, NULL);
  double before = seconds[HO_CLOCKS];
  outcome_free(outcome_of(t, e));
  ck_assert_double_eq(seconds[HO_CLOCKS], before);
  outcome_free(clocked);
  outcome_free(plain);
  ho_free(seconds);
  ho_engine_free(e);
  ho_engine_free(f);
  trial_free(t);
  trial_free(u);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("passes");
  TCase *tc = tcase_create("passes");
  tcase_add_loop_test(tc, same_bits, 0, NETS);
  tcase_add_loop_test(tc, engine_is_reusable, 0, 2 * NETS);
  tcase_add_loop_test(tc, forward_only, 0, 2 * NETS);
  tcase_add_loop_test(tc, rows_with_gaps, 0, NETS);
  tcase_add_test(tc, statistics_arrive);
  tcase_add_test(tc, many_shapes);
  tcase_add_test(tc, clock_counts);
  suite_add_tcase(s, tc);
  return s;
}
