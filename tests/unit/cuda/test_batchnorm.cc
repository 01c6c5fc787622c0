/* SPDX-License-Identifier: MIT
 * test_batchnorm.cc - batch norm on the device beside the CPU engine's. */
#include "layer_rig.h"

static int build(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), y = ho_graph_batch_norm(g, x, "bn", (int)value[0], 1e-3, 0.25);
  return ho_graph_output(g, ho_graph_dense(g, y, "end", 2), y);
}

static void check(struct ho_shape shape, int groups, int size, int bits, uint64_t seed)
{
  double scale = bits & 1;
  struct ho_net *net = twin_net(build, &scale, shape, 2);
  struct layer_case c = {};
  c.net = net;
  c.node = node_of_kind(net, HO_LAYER_BATCH_NORM);
  c.groups = groups;
  c.size = size;
  c.relu = bits >> 1 & 1;
  c.eval = bits >> 2 & 1;
  c.add[0] = bits >> 3 & 1;
  c.in_place = !c.add[0];
  c.none = bits >> 4 & 1 ? 0 : -1;
  c.tolerance = size * shape.height * shape.width == 1 ? 1e-5 : 1e-6; /* the gradient of one value is 0 */
  c.seed = seed;
  layer_check(&c);
  ho_net_free(net);
}

/* Odd and even numbers of channels, more than a panel of them; one pixel; several parts of a mini-batch. */
static const struct {
  struct ho_shape shape;
  int groups, size;
} cases[] = {
  { { 3, 5, 3 }, 3, 2 },   { { 4, 3, 8 }, 2, 3 },   { { 1, 1, 7 }, 3, 1 },    { { 2, 2, 36 }, 1, 3 },
  { { 1, 3, 130 }, 2, 2 }, { { 1, 1, 132 }, 3, 2 }, { { 20, 19, 12 }, 2, 3 }, { { 9, 33, 1 }, 2, 2 },
};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(like_the_cpu)
{
  for (int bits = 0; bits < 32; bits++)
    if (bits < 16 || (bits & 12) == 0) {
      run_in_way((_i + bits) % WAYS);
      check(cases[_i].shape, cases[_i].groups, cases[_i].size, bits, 40 + (uint64_t)(_i * 32 + bits));
    }
}
END_TEST

/* The parts that a mini-batch is summed in depend on its own shape: alone and in a group it has the same bits. */
START_TEST(groups_do_not_matter)
{
  enum { CHANNELS = 4, SIZE = 3, FLOATS = SIZE * 9 * 9 * CHANNELS };
  double scale = 1;
  struct ho_net *net = twin_net(build, &scale, { 9, 9, CHANNELS }, 2);
  const struct ho_node *node = node_of_kind(net, HO_LAYER_BATCH_NORM);
  float *host = random_floats(2 * FLOATS, 5), *x = device_copy(2 * FLOATS, host);
  float *theta = device_copy(net->parameters, host), *stats = device_copy(net->statistics, host), *got[2];
  struct ho_gpu_needs needs = {};
  ho_cuda_batch_norm.needs(node, 2, 2 * SIZE, 0, &needs);
  unsigned char *advance;
  struct ho_gpu_call call = {};
  run_in_way(0);
  cudaMalloc(&advance, 2);
  cudaMemset(advance, 0, 2);
  cudaMalloc(&call.saved, needs.saved);
  cudaMalloc(&call.work, needs.work);
  call.size = SIZE, call.theta = theta, call.stats = stats, call.advance = advance;
  for (int together = 0; together < 2; together++) {
    float *y = device_floats(2 * FLOATS);
    for (int g = 0; g < 2; g += 1 + together) {
      call.groups = 1 + together;
      call.x[0] = x + g * FLOATS;
      call.y = y + g * FLOATS;
      ho_cuda_batch_norm.forward(node, &call);
    }
    device_check();
    got[together] = host_copy(2 * FLOATS, y);
    cudaFree(y);
  }
  ck_assert_uint_eq(first_difference(2 * FLOATS, got[0], got[1]), 2 * FLOATS);
  void *all[] = { x, theta, stats, advance, call.saved, call.work };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    cudaFree(all[i]);
  ho_free(host);
  ho_free(got[0]);
  ho_free(got[1]);
  ho_net_free(net);
}
END_TEST

extern "C" Suite *ho_suite(void)
{
  Suite *suite = suite_create("batchnorm on the device");
  TCase *tc = tcase_create("batchnorm");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, like_the_cpu, 0, CASES);
  tcase_add_test(tc, groups_do_not_matter);
  suite_add_tcase(suite, tc);
  return suite;
}
