/* SPDX-License-Identifier: MIT
 * test_plan.cc - what the plan of the CUDA engine leaves out.  That results are right all the same, other tests see. */
#include "nn/cuda/plan.h"

#include "engine_rig.h"

struct counts {
  int nodes, idle, copies, in_place; /* copies: gradients that a node writes or adds to; in_place: over its own */
};

static struct counts count(const char *spec, enum ho_layer_kind kind)
{
  struct ho_net *net = net_new(spec, 32, 32);
  struct ho_gpu_plan *plan = ho_gpu_plan_new(net, 2, 8, 1, NULL);
  struct counts c = {};
  for (int i = 1; i < net->graph->nodes; i++) {
    const struct ho_node *node = &net->graph->node[i];
    if (node->layer->kind != kind)
      continue;
    c.nodes++;
    c.idle += plan->place[i].idle;
    for (int k = 0; k < node->inputs; k++) {
      c.copies += plan->place[i].pass[k] != HO_GPU_LEAVE;
      c.in_place += plan->place[i].pass[k] != HO_GPU_LEAVE && plan->place[node->input[k]].dy == plan->place[i].dy;
    }
  }
  ho_free(plan);
  ho_net_free(net);
  return c;
}

START_TEST(batch_norms_take_relus)
{
  struct counts c = count("preact-resnet18", HO_LAYER_RELU);
  ck_assert_int_eq(c.nodes, 16);
  ck_assert_int_eq(c.idle, 16);
  ck_assert_int_eq(c.copies, 0);
  c = count("resnet32", HO_LAYER_RELU); /* those after additions are by themselves */
  ck_assert_int_eq(c.nodes, 31);
  ck_assert_int_eq(c.idle, 16);
  ck_assert_int_eq(c.in_place, 15);
}
END_TEST

START_TEST(convolutions_take_additions)
{
  struct counts c = count("preact-resnet18", HO_LAYER_ADD);
  ck_assert_int_eq(c.nodes, 8);
  ck_assert_int_eq(c.idle, 8);
  ck_assert_int_eq(c.copies, 0);
  c = count("resnet32", HO_LAYER_ADD); /* a batch norm comes between */
  ck_assert_int_eq(c.nodes, 15);
  ck_assert_int_eq(c.idle, 0);
  ck_assert_int_eq(c.in_place, 0);
}
END_TEST

/* So that backward of a batch norm needs no memory of its own. */
START_TEST(gradients_are_in_place)
{
  struct counts c = count("inception-small", HO_LAYER_BATCH_NORM);
  ck_assert_int_gt(c.nodes, 10);
  ck_assert_int_eq(c.in_place, c.nodes);
}
END_TEST

START_TEST(without_backward)
{
  struct ho_net *net = net_new("preact-resnet18", 32, 32);
  struct ho_gpu_plan *plan = ho_gpu_plan_new(net, 2, 8, 0, NULL);
  for (int i = 0; i < net->graph->nodes; i++) {
    ck_assert_int_eq(plan->place[i].wanted, 0);
    ck_assert_uint_eq(plan->place[i].dy, HO_ABSENT);
    ck_assert_uint_eq(plan->place[i].backward_work, HO_ABSENT);
  }
  ho_free(plan);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("plan");
  TCase *tc = tcase_create("plan");
  tcase_add_test(tc, batch_norms_take_relus);
  tcase_add_test(tc, convolutions_take_additions);
  tcase_add_test(tc, gradients_are_in_place);
  tcase_add_test(tc, without_backward);
  suite_add_tcase(s, tc);
  return s;
}
