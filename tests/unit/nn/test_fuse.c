/* SPDX-License-Identifier: MIT
 * test_fuse.c - what is not written down must still be right: random graphs, full of what fusion looks for, against the
 * naive twin; and that it happens where it should. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "nn/cpu/fuse.h"
#include "nn/cpu/plan.h"
#include "../twin.h"
#include "../unit.h"

/* Among so many values one may lie where a ReLU or a maximum bends, and rounding takes the other side: which is no
 * error, and gone with other weights and images.  A wrong graph stays wrong. */
START_TEST(random_graphs)
{
  struct ho_net *net = twin_net(build_random, (double[]){ _i }, (struct ho_shape){ 9, 7, 8 }, 3);
  const char *difference = "";
  for (uint64_t seed = 0; seed < 3 && difference; seed++) {
    struct trial *t = trial_new(net, 2, 3, _i % 4 == 3, 300 * (seed + 1) + (uint64_t)_i);
    difference = trial_difference(t, 2);
    trial_free(t);
  }
  if (difference)
    ck_abort_msg("%s", difference);
  ho_net_free(net);
}
END_TEST

START_TEST(cases)
{
  struct ho_net *net = twin_net(build_case, (double[]){ _i }, (struct ho_shape){ 3, 4, 2 }, 12);
  struct trial *t = trial_new(net, 2, 3, 0, 500 + (uint64_t)_i);
  trial_check(t, 20);
  if (_i == 3) { /* logits = w features + b, by hand */
    struct ho_engine *e = ho_engine_new(&ho_cpu, net, 2, 6, 1, NULL);
    const struct ho_node *out = &net->graph->node[net->graph->logits];
    trial_forward(t, e, 0, 2);
    for (size_t i = 0; i < 6 * 12; i++) {
      double sum = t->theta[out->bias];
      for (size_t c = 0; c < 4; c++)
        sum += (double)engine_features(e)[i * 4 + c] * t->theta[out->weight + c];
      ck_assert_double_eq_tol(engine_logits(e)[i], sum, 1e-5);
    }
    ho_engine_free(e);
  }
  trial_free(t);
  ho_net_free(net);
}
END_TEST

/* ---- where it happens ---- */

static struct ho_net *net_new(const char *spec, int side)
{
  struct ho_error err;
  struct ho_net *net = ho_net_new(spec, (struct ho_shape){ side, side, 3 }, 10, &err);
  if (!net)
    ck_abort_msg("%s", err.text);
  return net;
}

/* How many nodes of a layer's kind the plan has, and of these, how many of which something is true. */
static void count(const struct ho_net *net, const struct ho_plan *plan, enum ho_layer_kind kind, int *all, int *lazy,
                  int *summed, int *products, int *nothing)
{
  *all = *lazy = *summed = *products = *nothing = 0;
  for (int i = 1; i < net->graph->nodes; i++)
    if (net->graph->node[i].layer->kind == kind) {
      ++*all;
      *lazy += plan->place[i].lazy;
      *summed += plan->place[i].summed;
      *products += plan->place[i].products != HO_ABSENT;
      *nothing += plan->place[i].nothing;
    }
}

static const struct {
  const char *spec;
  int norms, lazy, products, relus, adds;
} wanted[] = {
  { "preact-resnet18:width=8", 16, 16, 16, 16, 8 },
  { "preact-resnet18:width=8,dropout=0.5", 16, 8, 8, 16, 8 }, /* what dropout reads is written down */
  { "inception-small", 19, 19, 17, 19, 0 },                   /* the last two are read by a pool */
  { "resnet32:width=4", 31, 15, 15, 16, 0 },                  /* the stem's and every second one are added to others */
};

START_TEST(nothing_is_written_twice)
{
  struct ho_net *net = net_new(wanted[_i].spec, 29);
  struct ho_plan *plan = ho_plan_new(net->graph, 2, 6, 1, 2, 0, NULL);
  int all, lazy, summed, products, nothing;
  count(net, plan, HO_LAYER_BATCH_NORM, &all, &lazy, &summed, &products, &nothing);
  ck_assert_int_eq(all, wanted[_i].norms);
  ck_assert_int_eq(lazy, wanted[_i].lazy);
  ck_assert_int_eq(summed, all);
  ck_assert_int_eq(products, wanted[_i].products);
  count(net, plan, HO_LAYER_RELU, &all, &lazy, &summed, &products, &nothing);
  ck_assert_int_eq(nothing, wanted[_i].relus);
  count(net, plan, HO_LAYER_ADD, &all, &lazy, &summed, &products, &nothing);
  ck_assert_int_eq(nothing, wanted[_i].adds);
  ho_free(plan);
  ho_net_free(net);
}
END_TEST

/* The inputs of an Inception module's concat lie in its tensor. */
START_TEST(concats_copy_nothing)
{
  struct ho_net *net = net_new("inception-small", 29);
  struct ho_plan *plan = ho_plan_new(net->graph, 2, 6, 1, 2, 0, NULL);
  int concats = 0;
  for (int i = 1; i < net->graph->nodes; i++) {
    const struct ho_node *node = &net->graph->node[i];
    size_t channel = 0;
    if (node->layer->kind != HO_LAYER_CONCAT)
      continue;
    concats++;
    for (int k = 0; k < node->inputs; k++) {
      const struct ho_place *input = &plan->place[node->input[k]];
      ck_assert_uint_eq(input->y, plan->place[i].y + channel * sizeof(float));
      ck_assert_uint_eq(input->dy, plan->place[i].dy + channel * sizeof(float));
      ck_assert_uint_eq(input->ld_y, (size_t)node->out.channels);
      channel += (size_t)net->graph->node[node->input[k]].out.channels;
    }
  }
  ck_assert_int_eq(concats, 10);
  ho_free(plan);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("fuse");
  TCase *tc = tcase_create("fuse");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, random_graphs, 0, 60);
  tcase_add_loop_test(tc, cases, 0, FUSION_CASES);
  tcase_add_loop_test(tc, nothing_is_written_twice, 0, sizeof wanted / sizeof *wanted);
  tcase_add_test(tc, concats_copy_nothing);
  suite_add_tcase(suite, tc);
  return suite;
}
