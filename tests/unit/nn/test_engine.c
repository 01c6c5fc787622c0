/* SPDX-License-Identifier: MIT
 * test_engine.c - grouped passes: the same alone and in a group, bit for bit with one worker and two, again; memory. */
#include <malloc.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "compute/parallel.h"
#include "nn/cpu/plan.h"
#include "../twin.h"
#include "../unit.h"

static const char *const specs[] = { "mlp:hidden=150,dropout=0.3",
                                     "preact-resnet18:width=4",
                                     "preact-resnet18:width=3,dropout=0.5",
                                     "inception-small:width=0.05",
                                     "cifarnet:width=0.1",
                                     "alexnet-small:width=0.1",
                                     "resnet32:width=3",
                                     "lenet" };
enum { SPECS = sizeof specs / sizeof *specs };

static struct ho_net *net_new(const char *spec)
{
  struct ho_error err;
  struct ho_net *net = ho_net_new(spec, (struct ho_shape){ 19, 16, 3 }, 10, &err);
  if (!net)
    ck_abort_msg("%s", err.text);
  return net;
}

static struct ho_engine *engine_new(const struct ho_net *net, int groups, int images, int backward)
{
  struct ho_error err;
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, groups, images, backward, &err);
  if (!e)
    ck_abort_msg("%s", err.text);
  return e;
}

static void ck_same(const char *what, size_t n, const float *a, const float *b)
{
  size_t at = first_difference(n, a, b);
  if (at < n)
    ck_abort_msg("%s: element %zu of %zu is %.9g and %.9g", what, at, n, (double)a[at], (double)b[at]);
}

/* The shape of a matrix product decides its rounding: so mini-batches that run together differ in that from each alone,
 * by some float32 roundings of the largest element, which a few layers amplify. */
static void ck_close(const char *what, size_t n, const float *a, const float *b)
{
  float largest = 0;
  for (size_t i = 0; i < n; i++)
    largest = fmaxf(largest, fabsf(b[i]));
  for (size_t i = 0; i < n; i++)
    if (!(fabsf(a[i] - b[i]) <= 3e-5f * largest))
      ck_abort_msg("%s: element %zu of %zu is %.9g and %.9g", what, i, n, (double)a[i], (double)b[i]);
}

/* Mini-batches together, and each alone on a smaller engine. */
START_TEST(group_equals_alone)
{
  struct ho_net *net = net_new(specs[_i / 2]);
  struct trial *t = trial_new(net, 5, 7, _i % 2, 50), *u = trial_new(net, 5, 7, _i % 2, 50);
  struct ho_engine *all = engine_new(net, 5, 35, 1), *one = engine_new(net, 1, 7, 1);
  size_t each = 7 * 10;
  trial_forward(t, all, 0, 5);
  trial_backward(t, all, 0, t->rows);
  for (int g = 0; g < 5; g++) {
    size_t row = (size_t)g * net->parameters;
    trial_forward(u, one, g, 1);
    trial_backward(u, one, g, u->rows + row);
    ck_close("logits", each, engine_logits(one), engine_logits(all) + (size_t)g * each);
    ck_close("features", 7 * (size_t)net->features, engine_features(one),
             engine_features(all) + (size_t)g * 7 * (size_t)net->features);
    ck_close("gradient", net->parameters, u->rows + row, t->rows + row);
  }
  ck_close("running averages", net->statistics, t->stats, u->stats);
  trial_free(t);
  trial_free(u);
  ho_engine_free(all);
  ho_engine_free(one);
  ho_net_free(net);
}
END_TEST

/* Checked fixture: later tests have two workers again. */
static void two_workers(void)
{
  ho_parallel_setup(2);
}

START_TEST(workers)
{
  struct ho_net *net = net_new(specs[_i]);
  struct trial *t[3];
  for (int k = 0; k < 3; k++) {
    ho_parallel_setup(k + 1);
    struct ho_engine *e = engine_new(net, 3, 27, 1);
    t[k] = trial_new(net, 3, 9, 0, 60);
    for (int pass = 0; pass < 2; pass++) { /* running averages advance twice */
      trial_forward(t[k], e, 0, 3);
      trial_backward(t[k], e, 0, t[k]->rows);
    }
    ho_engine_free(e);
  }
  for (int k = 1; k < 3; k++) {
    ck_same("gradient", 3 * net->parameters, t[0]->rows, t[k]->rows);
    ck_same("running averages", net->statistics, t[0]->stats, t[k]->stats);
  }
  for (int k = 0; k < 3; k++)
    trial_free(t[k]);
  ho_net_free(net);
}
END_TEST

/* Backward again, after another pass on other shapes, on an engine larger than needed: nothing is left over. */
START_TEST(engine_is_reusable)
{
  struct ho_net *net = net_new(specs[_i]);
  struct trial *t = trial_new(net, 4, 5, 0, 70), *wide = trial_new(net, 1, 29, 0, 71);
  struct ho_engine *fit = engine_new(net, 4, 20, 1), *large = engine_new(net, 6, 31, 1);
  size_t n = 4 * net->parameters;
  float *again = random_floats(n, 1), *logits = ho_alloc(200, sizeof *logits, "a test", NULL);
  trial_forward(t, fit, 0, 4);
  memcpy(logits, engine_logits(fit), 200 * sizeof *logits);
  trial_backward(t, fit, 0, t->rows);
  ck_same("logits after backward", 200, logits, engine_logits(fit));
  trial_backward(t, fit, 0, again);
  ck_same("backward again", n, t->rows, again);
  trial_forward(wide, large, 0, 1);
  trial_backward(wide, large, 0, wide->rows);
  trial_forward(t, large, 0, 4);
  trial_backward(t, large, 0, again);
  ck_same("backward on a larger engine", n, t->rows, again);
  trial_free(t);
  trial_free(wide);
  ho_free(again);
  ho_free(logits);
  ho_engine_free(fit);
  ho_engine_free(large);
  ho_net_free(net);
}
END_TEST

/* Rows may lie farther apart than P, and nothing between or beyond them is touched. */
START_TEST(rows_with_gaps)
{
  struct ho_net *net = net_new(specs[_i]);
  struct trial *t = trial_new(net, 3, 2, 0, 80);
  struct ho_engine *e = engine_new(net, 3, 6, 1);
  size_t p = net->parameters, ld = p + 13;
  float *rows = ho_alloc(3 * ld, sizeof *rows, "a test", NULL);
  for (size_t i = 0; i < 3 * ld; i++)
    rows[i] = 7;
  trial_forward(t, e, 0, 3);
  trial_backward(t, e, 0, t->rows);
  engine_backward(e, t->dlogits, rows, ld);
  for (size_t g = 0; g < 3; g++) {
    ck_same("row", p, t->rows + g * p, rows + g * ld);
    for (size_t k = p; k < ld; k++)
      ck_assert_float_eq(rows[g * ld + k], 7);
  }
  trial_free(t);
  ho_free(rows);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* Forward only gives the same bits in less memory. */
START_TEST(forward_only)
{
  struct ho_net *net = net_new(specs[_i / 2]);
  struct trial *t = trial_new(net, 2, 6, _i % 2, 90), *u = trial_new(net, 2, 6, _i % 2, 90);
  struct ho_engine *both = engine_new(net, 2, 12, 1), *only = engine_new(net, 2, 12, 0);
  trial_forward(t, both, 0, 2);
  trial_forward(u, only, 0, 2);
  ck_same("logits", 120, engine_logits(both), engine_logits(only));
  ck_same("features", 12 * (size_t)net->features, engine_features(both), engine_features(only));
  ck_same("running averages", net->statistics, t->stats, u->stats);
  ck_assert_uint_lt(ho_engine_bytes(&ho_cpu, net, 2, 12, 0), ho_engine_bytes(&ho_cpu, net, 2, 12, 1));
  trial_free(t);
  trial_free(u);
  ho_engine_free(both);
  ho_engine_free(only);
  ho_net_free(net);
}
END_TEST

/* An engine is one allocation, of just the size foretold. */
START_TEST(bytes_are_foretold)
{
  struct ho_net *net = net_new(specs[_i]);
  for (int groups = 1; groups <= 4; groups += 3)
    for (int backward = 0; backward < 2; backward++) {
      size_t bytes = ho_engine_bytes(&ho_cpu, net, groups, 8, backward);
      struct ho_engine *e = engine_new(net, groups, 8, backward);
      size_t usable = malloc_usable_size(e);
      if (usable < bytes || usable > bytes + 8192) /* up to the page */
        ck_abort_msg("%zu bytes allocated, %zu foretold", usable, bytes);
      ho_engine_free(e);
    }
  ck_assert_uint_lt(ho_engine_bytes(&ho_cpu, net, 1, 8, 1), ho_engine_bytes(&ho_cpu, net, 1, 9, 1));
  ho_net_free(net);
}
END_TEST

/* Far more than any machine has: a number, or SIZE_MAX, and a message; nothing wraps round. */
START_TEST(bytes_saturate)
{
  struct ho_error err = { 0 };
  struct ho_net *net = ho_net_new("preact-resnet18:width=1024", (struct ho_shape){ 1024, 1024, 3 }, 10, &err);
  ck_assert_ptr_nonnull(net);
  size_t images = 2147483647, activations = images * 1024 * 1024 * 1024;
  ck_assert_uint_ge(ho_engine_bytes(&ho_cpu, net, 1, 2147483647, 1), activations);
  ck_assert_uint_eq(ho_engine_bytes(&ho_cpu, net, 1, 2147483647, 1), SIZE_MAX);
  ck_assert_uint_ge(ho_engine_bytes(&ho_cpu, net, 1, 1 << 16, 1), (size_t)4 << 46);
  ck_assert_ptr_null(ho_engine_new(&ho_cpu, net, 1, 2147483647, 1, &err));
  ck_assert_ptr_nonnull(strstr(err.text, "network preact-resnet18:width=1024, 2147483647 images at a time: out of"));
  ho_net_free(net);
}
END_TEST

/* That tensors alive together do not overlap is seen in results, above and against the twin; here, that others do. */
START_TEST(memory_is_shared)
{
  struct ho_net *net = net_new(specs[_i]);
  struct ho_plan *plan = ho_plan_new(net->graph, 2, 6, 1, 2, 0, NULL);
  struct ho_plan *lean = ho_plan_new(net->graph, 2, 6, 0, 2, 0, NULL);
  size_t all = 0;
  for (int i = 0; i < net->graph->nodes; i++) {
    all += 6 * 4 * ho_shape_size(net->graph->node[i].out);
    if (plan->place[i].ld_y == (size_t)net->graph->node[i].out.channels) /* not some channels of a wider tensor */
      ck_assert_uint_eq(plan->place[i].y % HO_ALIGNMENT, 0);
    ck_assert_int_eq(plan->place[i].wanted, i > 0);
    ck_assert_int_eq(lean->place[i].wanted, 0);
    ck_assert_uint_eq(lean->place[i].dy, HO_ABSENT);
  }
  ck_assert_uint_lt(plan->shared, 2 * all);            /* gradients share memory */
  ck_assert_uint_lt(lean->shared, _i ? all / 2 : all); /* so do activations nobody needs any more */
  ho_free(plan);
  ho_free(lean);
  ho_net_free(net);
}
END_TEST

/* Every kind of layer has a row in the table of the CPU engine's functions; all but the input do something. */
START_TEST(every_layer_has_functions)
{
  const struct ho_cpu_layer *layer = ho_cpu_layer_of_kind((enum ho_layer_kind)_i);
  if (!layer)
    ck_abort_msg("kind %d of enum ho_layer_kind has no row in the table of core/nn/cpu/layer.c", _i);
  if (_i != HO_LAYER_INPUT)
    ck_assert(layer->forward && layer->backward);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("engine");
  TCase *tc = tcase_create("engine");
  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, NULL, two_workers);
  tcase_add_loop_test(tc, group_equals_alone, 0, 2 * SPECS);
  tcase_add_loop_test(tc, workers, 0, SPECS);
  tcase_add_loop_test(tc, engine_is_reusable, 0, SPECS);
  tcase_add_loop_test(tc, rows_with_gaps, 0, SPECS);
  tcase_add_loop_test(tc, forward_only, 0, 2 * SPECS);
  tcase_add_loop_test(tc, bytes_are_foretold, 0, SPECS);
  tcase_add_test(tc, bytes_saturate);
  tcase_add_loop_test(tc, memory_is_shared, 0, SPECS);
  tcase_add_loop_test(tc, every_layer_has_functions, 0, HO_LAYERS);
  suite_add_tcase(suite, tc);
  return suite;
}
