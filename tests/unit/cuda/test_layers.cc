/* SPDX-License-Identifier: MIT
 * test_layers.cc - ReLU, addition, concat, channel padding, pools, dropout and response norm on the device beside the
 * CPU engine's. */
#include "layer_rig.h"

static const struct ho_shape shapes[] = { { 5, 4, 3 }, { 6, 7, 8 }, { 4, 5, 1 }, { 3, 3, 36 }, { 3, 4, 133 } };
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Every way of leaving a gradient for an input, and of running, one after the other. */
static void check_all(int (*build)(struct ho_graph *, const double *), const double *value, struct ho_shape shape,
                      enum ho_layer_kind kind, double tolerance, int eval)
{
  struct ho_net *net = twin_net(build, value, shape, 2);
  for (int bits = 0; bits < 12; bits++) {
    struct layer_case c = {};
    c.net = net;
    c.node = node_of_kind(net, kind);
    c.groups = 1 + bits % 3;
    c.size = 1 + bits % 2;
    c.eval = eval;
    c.add[0] = bits & 1;
    c.add[1] = bits >> 1 & 1;
    c.add[2] = bits >> 2 & 1;
    c.none = bits % 4 - 1;
    c.in_place = !c.add[0] && bits & 8 && ho_cuda_layer(c.node)->flags & HO_GPU_GRADIENT_IN_PLACE;
    c.tolerance = tolerance;
    c.seed = 70 + (uint64_t)bits;
    run_in_way(bits % WAYS);
    layer_check(&c);
  }
  ho_net_free(net);
}

static int end(struct ho_graph *g, int y)
{
  return ho_graph_output(g, ho_graph_dense(g, y, "end", 2), y);
}

/* ---- ReLU and addition ---- */

static int build_relu(struct ho_graph *g, const double *value)
{
  (void)value;
  return end(g, ho_graph_relu(g, ho_graph_input(g)));
}

START_TEST(relu)
{
  check_all(build_relu, NULL, shapes[_i], HO_LAYER_RELU, 0, 0);
}
END_TEST

/* Of two tensors, or of one with itself. */
static int build_add(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g);
  return end(g, ho_graph_add(g, x, *value ? x : ho_graph_relu(g, x)));
}

START_TEST(add)
{
  for (double same = 0; same < 2; same++)
    check_all(build_add, &same, shapes[_i], HO_LAYER_ADD, 0, 0);
}
END_TEST

START_TEST(relu_keeps_nan)
{
  struct ho_net *net = twin_net(build_relu, NULL, { 1, 1, 5 }, 2);
  const float x[] = { -1, NAN, -INFINITY, INFINITY, -0.0f };
  struct layer_case c = {};
  c.net = net;
  c.node = node_of_kind(net, HO_LAYER_RELU);
  c.groups = c.size = 1;
  c.none = -1;
  c.x = x;
  layer_check(&c);
  ho_net_free(net);
}
END_TEST

/* ---- joined channels ---- */

enum { OF_THREE, OF_FOURS, WITH_ITSELF, JOINS };

static int build_concat(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), kind = (int)*value, before = kind == OF_FOURS ? 4 : 1;
  int wider = ho_graph_pad_channels(g, x, before, kind == OF_FOURS ? 0 : 2);
  int three[] = { x, wider, kind == WITH_ITSELF ? x : ho_graph_relu(g, x) };
  return end(g, ho_graph_concat(g, 3, three));
}

START_TEST(concat)
{
  for (double kind = 0; kind < JOINS; kind++)
    check_all(build_concat, &kind, shapes[_i], HO_LAYER_CONCAT, 0, 0);
}
END_TEST

static int build_pad(struct ho_graph *g, const double *value)
{
  return end(g, ho_graph_pad_channels(g, ho_graph_input(g), (int)value[0], (int)value[1]));
}

START_TEST(pad_channels)
{
  static const double around[][2] = { { 4, 8 }, { 1, 0 }, { 0, 3 } };
  for (int i = 0; i < 3; i++)
    check_all(build_pad, around[i], shapes[_i], HO_LAYER_PAD_CHANNELS, 0, 0);
}
END_TEST

/* ---- pools ---- */

static const struct ho_window windows[] = {
  { 2, 2, 2, 2, 0, 0, 0, 0 }, { 3, 3, 2, 2, 0, 0, 0, 0 }, { 3, 2, 1, 3, 0, 0, 0, 0 }, { 1, 1, 2, 2, 0, 0, 0, 0 },
  { 3, 3, 2, 2, 1, 1, 1, 1 }, { 3, 3, 2, 2, 0, 1, 0, 1 }, { 3, 3, 1, 1, 1, 1, 1, 1 }, { 2, 3, 3, 1, 1, 0, 2, 0 },
};
enum { WINDOWS = sizeof windows / sizeof *windows, UNPADDED = 4 };

static int build_max(struct ho_graph *g, const double *value)
{
  return end(g, ho_graph_max_pool(g, ho_graph_input(g), windows[(int)*value]));
}

static int build_average(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g);
  return end(
      g, *value < UNPADDED ? ho_graph_average_pool(g, x, windows[(int)*value]) : ho_graph_global_average_pool(g, x));
}

START_TEST(max_pool)
{
  double which = _i;
  for (int i = 0; i < 3; i++)
    check_all(build_max, &which, shapes[i], HO_LAYER_MAX_POOL, 0, 0);
}
END_TEST

START_TEST(average_pool)
{
  double which = _i;
  for (int i = 0; i < 3; i++)
    check_all(build_average, &which, shapes[i], HO_LAYER_AVERAGE_POOL, 1e-6, 0);
}
END_TEST

/* Of equal values the first takes the gradient; of several NaN, the one that takes it on the CPU. */
START_TEST(max_pool_ties)
{
  enum { SIDE = 5, CHANNELS = 4, FLOATS = 2 * SIDE * SIDE * CHANNELS };
  for (double which = 0; which < WINDOWS; which++) {
    struct ho_net *net = twin_net(build_max, &which, { SIDE, SIDE, CHANNELS }, 2);
    float x[FLOATS];
    for (int i = 0; i < FLOATS; i++)
      x[i] = i % 11 == 3 ? NAN : i % 3 ? 1 : -INFINITY;
    struct layer_case c = {};
    c.net = net;
    c.node = node_of_kind(net, HO_LAYER_MAX_POOL);
    c.groups = 2;
    c.size = 1;
    c.none = -1;
    c.x = x;
    layer_check(&c);
    ho_net_free(net);
  }
}
END_TEST

/* ---- dropout ---- */

static int build_dropout(struct ho_graph *g, const double *value)
{
  return end(g, ho_graph_dropout(g, ho_graph_input(g), *value));
}

START_TEST(dropout)
{
  double rate = 0.3;
  for (int eval = 0; eval < 2; eval++)
    check_all(build_dropout, &rate, shapes[_i], HO_LAYER_DROPOUT, 1e-6, eval);
}
END_TEST

/* Of ones it makes the very factors, of more than one block of draws; equal streams, equal factors. */
START_TEST(dropout_masks)
{
  enum { SIZE = 2, GROUPS = 3 };
  static const double rates[] = { 0.5, 0.35, 1e-9, 0.999 };
  static const int channels[] = { 2500, 1027 };
  double rate = rates[_i / 2];
  size_t n = (size_t)channels[_i % 2], images = GROUPS * SIZE;
  struct ho_net *net = twin_net(build_dropout, &rate, { 1, 1, (int)n }, 2);
  const struct ho_node *node = node_of_kind(net, HO_LAYER_DROPOUT);
  struct ho_stream mask[GROUPS], *on_device;
  struct ho_gpu_needs needs = {};
  struct ho_gpu_call call = {};
  run_in_way(_i % WAYS);
  for (int g = 0; g < GROUPS; g++) {
    mask[g] = ho_stream_make(3, "mask", (uint64_t)g % 2, 7);
    mask[g].word[3] = (uint64_t)_i;
  }
  cudaMalloc(&on_device, sizeof mask);
  cudaMemcpy(on_device, mask, sizeof mask, cudaMemcpyHostToDevice);
  ho_cuda_dropout.needs(node, GROUPS, (int)images, 0, &needs);
  cudaMalloc(&call.saved, needs.saved);
  float *ones = (float *)ho_alloc(images * n, sizeof *ones, "a test", NULL);
  for (size_t i = 0; i < images * n; i++)
    ones[i] = 1;
  float *x = device_copy(images * n, ones), *y = device_floats(images * n);
  call.groups = GROUPS, call.size = SIZE, call.mask = on_device, call.x[0] = x, call.y = y;
  ho_cuda_dropout.forward(node, &call);
  device_check();
  float *got = host_copy(images * n, y);
  for (size_t i = 0; i < images; i++) {
    struct ho_stream stream = ho_dropout_stream(&mask[i / SIZE], node->index, (int)(i % SIZE));
    float factor[HO_DROPOUT_BLOCK];
    for (size_t at = 0; at < n; at += HO_DROPOUT_BLOCK) {
      size_t count = n - at < HO_DROPOUT_BLOCK ? n - at : (size_t)HO_DROPOUT_BLOCK;
      ho_dropout_factors(&stream, rate, (int)count, factor);
      ck_assert_uint_eq(first_difference(count, got + i * n + at, factor), count);
    }
  }
  ck_assert_uint_eq(first_difference(SIZE * n, got, got + 2 * SIZE * n), SIZE * n);
  void *all[] = { x, y, on_device, call.saved };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    cudaFree(all[i]);
  ho_free(ones);
  ho_free(got);
  ho_net_free(net);
}
END_TEST

/* ---- response norm ---- */

static int build_response(struct ho_graph *g, const double *value)
{
  return end(g, ho_graph_response_norm(g, ho_graph_input(g), (int)value[0], 1.5, 0.2, value[1]));
}

START_TEST(response_norm)
{
  static const double options[][2] = { { 4, 0.75 }, { 0, 0.75 }, { 1, 0.4 }, { 200, 1 } }; /* radius, beta */
  for (int i = 0; i < 4; i++)
    check_all(build_response, options[i], shapes[_i], HO_LAYER_RESPONSE_NORM, 1e-6, 0);
}
END_TEST

extern "C" Suite *ho_suite(void)
{
  Suite *suite = suite_create("layers on the device");
  TCase *tc = tcase_create("layers");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, relu, 0, SHAPES);
  tcase_add_loop_test(tc, add, 0, SHAPES);
  tcase_add_test(tc, relu_keeps_nan);
  tcase_add_loop_test(tc, concat, 0, SHAPES);
  tcase_add_loop_test(tc, pad_channels, 0, SHAPES);
  tcase_add_loop_test(tc, max_pool, 0, WINDOWS);
  tcase_add_loop_test(tc, average_pool, 0, UNPADDED + 1);
  tcase_add_test(tc, max_pool_ties);
  tcase_add_loop_test(tc, dropout, 0, SHAPES);
  tcase_add_loop_test(tc, dropout_masks, 0, 8);
  tcase_add_loop_test(tc, response_norm, 0, SHAPES);
  suite_add_tcase(suite, tc);
  return suite;
}
