/* SPDX-License-Identifier: MIT
 * test_graphs.cc - random graphs and hard cases on the CUDA engine beside the naive twin, with gradients by differences:
 * what shares memory, and what one node does for another, must not be seen in results. */
#include "engine_rig.h"

/* As in nn/test_fuse.c: a value may lie where a ReLU or a maximum bends, but not with all weights. */
START_TEST(random_graphs)
{
  double value[] = { (double)_i };
  struct ho_shape input = { 9, 7, 8 };
  struct ho_net *net = twin_net(build_random, value, input, 3);
  struct ho_device *device = device_new(HO_FLOAT32);
  const char *difference = "";
  for (uint64_t seed = 0; seed < 3 && difference; seed++) {
    struct trial *t = trial_on(device, net, 2, 3, _i % 4 == 3, 300 * (seed + 1) + (uint64_t)_i);
    difference = trial_difference(t, 1);
    trial_free(t);
  }
  if (difference)
    ck_abort_msg("%s", difference);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(cases)
{
  double value[] = { (double)_i };
  struct ho_shape input = { 3, 4, 2 };
  struct ho_net *net = twin_net(build_case, value, input, 12);
  struct ho_device *device = device_new(HO_FLOAT32);
  struct trial *t = trial_on(device, net, 2, 3, 0, 500 + (uint64_t)_i);
  trial_check(t, 20);
  trial_free(t);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("graphs");
  TCase *tc = tcase_create("graphs");
  tcase_add_loop_test(tc, random_graphs, 0, 20);
  tcase_add_loop_test(tc, cases, 0, FUSION_CASES);
  suite_add_tcase(s, tc);
  return s;
}
