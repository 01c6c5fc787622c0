/* SPDX-License-Identifier: MIT
 * test_engine.cc - the CUDA engine's memory, and what goes wrong. */
#include <stdio.h>
#include <string.h>

#include "engine_rig.h"

/* ---- memory ---- */

START_TEST(bytes_are_foretold)
{
  struct ho_net *net = net_of(_i);
  struct ho_device *device = device_new(HO_FLOAT32);
  size_t used = emulation.used;
  for (int groups = 1; groups <= 4; groups += 3)
    for (int backward = 0; backward < 2; backward++) {
      struct ho_engine *e = engine_new(device, net, groups, 8, backward);
      ck_assert_uint_eq(emulation.used - used, ho_engine_bytes(device, net, groups, 8, backward));
      ho_engine_free(e);
      ck_assert_uint_eq(emulation.used, used);
    }
  ck_assert_uint_lt(ho_engine_bytes(device, net, 1, 8, 1), ho_engine_bytes(device, net, 1, 9, 1));
  ck_assert_uint_lt(ho_engine_bytes(device, net, 1, 8, 0), ho_engine_bytes(device, net, 1, 8, 1));
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(bytes_saturate)
{
  struct ho_error err = {};
  struct ho_device *device = device_new(HO_FLOAT32);
  struct ho_net *net = net_new("preact-resnet18:width=1024", 1024, 1024);
  ck_assert_uint_eq(ho_engine_bytes(device, net, 1, 2147483647, 1), SIZE_MAX);
  ck_assert_ptr_null(ho_engine_new(device, net, 1, 2147483647, 1, &err));
  ck_assert_int_eq(err.code, HO_ERROR_MEMORY);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(memory_is_flat)
{
  struct ho_net *net = net_of(1);
  size_t before = emulation.used;
  struct ho_device *device = device_new(HO_FLOAT32);
  struct ho_engine *e = engine_new(device, net, 2, 4, 1);
  struct trial *t = trial_on(device, net, 2, 2, 0, 10);
  outcome_free(outcome_of(t, e));
  size_t used = emulation.used;
  for (int pass = 0; pass < 100; pass++) {
    outcome_free(outcome_of(t, e));
    ck_assert_uint_eq(emulation.used, used);
  }
  trial_free(t);
  ho_engine_free(e);
  ho_device_close(device);
  ck_assert_uint_eq(emulation.used, before);
  ho_net_free(net);
}
END_TEST

/* What PyTorch has to keep for backward: each tensor that a convolution, dense layer, batch norm, ReLU or pool saves, once.
 * The engine needs hardly more for tensors, and work space for one layer besides. */
START_TEST(memory_is_shared)
{
  struct ho_device *device = device_new(HO_FLOAT32);
  struct ho_net *net = net_new("preact-resnet18", 32, 32);
  const struct ho_graph *g = net->graph;
  size_t images = _i ? 128 : 64, kept = 0, bytes = ho_engine_bytes(device, net, 1, (int)images, 1);
  for (int i = 0; i < g->nodes; i++) {
    int saved = g->node[i].layer->kind == HO_LAYER_RELU;
    for (int j = 0; j < g->nodes; j++)
      for (int k = 0; k < g->node[j].inputs; k++)
        if (g->node[j].input[k] == i)
          saved |= g->node[j].layer->kind == HO_LAYER_BATCH_NORM || g->node[j].layer->kind == HO_LAYER_CONV ||
                   g->node[j].layer->kind == HO_LAYER_DENSE;
    kept += saved * images * ho_shape_size(g->node[i].out) * sizeof(float);
  }
  if (bytes > kept + kept / 50 + 36000000)
    ck_abort_msg("%zu bytes, where the tensors kept have %zu", bytes, kept);
  ck_assert_uint_lt(ho_engine_bytes(device, net, 1, (int)images, 0), kept / 3);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

/* ---- what goes wrong ---- */

START_TEST(too_little_memory)
{
  struct ho_error err;
  char words[400];
  struct ho_net *net = net_of(0);
  struct ho_device *device = device_new(HO_FLOAT32);
  size_t used = emulation.used, bytes = ho_engine_bytes(device, net, 2, 4, 1);
  emulation.memory = used + bytes - 1;
  ck_assert_ptr_null(ho_engine_new(device, net, 2, 4, 1, &err));
  ck_assert_int_eq(err.code, HO_ERROR_MEMORY);
  snprintf(words, sizeof words, "network %s, 4 images at a time, needs %zu bytes of device memory, but only %zu of",
           net->spec, bytes, bytes - 1);
  if (!strstr(err.text, words))
    ck_abort_msg("`%s' has no `%s'", err.text, words);
  ck_assert_uint_eq(emulation.used, used);
  emulation.memory = used + bytes;
  ho_engine_free(engine_new(device, net, 2, 4, 1));
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

START_TEST(a_layer_is_missing)
{
  static const struct ho_layer missing = { HO_LAYERS, "fourier transform", NULL };
  struct ho_error err;
  struct ho_net *net = net_of(1);
  struct ho_device *device = device_new(HO_FLOAT32);
  size_t used = emulation.used;
  net->graph->node[2].layer = &missing;
  ck_assert_ptr_null(ho_engine_new(device, net, 2, 4, 1, &err));
  ck_assert_ptr_nonnull(strstr(err.text, ": the cuda engine has no fourier transform"));
  ck_assert_uint_eq(emulation.used, used);
  ho_net_free(net);
  ho_device_close(device);
}
END_TEST

/* Wherever the device is lost, the call that finds out says so, as do all later ones, and freeing gives no trouble. */
START_TEST(lost)
{
  struct ho_net *net = net_of(1);
  for (int calls = 0, found = 1; found; calls += 3) {
    struct ho_error err = {}, later = {};
    float logits[40], features[80];
    emulate_reset();
    struct ho_device *device = device_new(HO_FLOAT32);
    struct ho_engine *e = engine_new(device, net, 2, 4, 1);
    struct trial *t = trial_on(device, net, 2, 2, 0, 10);
    trial_forward(t, e, 0, 2);
    trial_backward(t, e, 0, t->rows);
    struct ho_forward f = {};
    f.groups = f.size = 2;
    f.x = t->images;
    f.theta = t->theta_there;
    f.stats = t->stats;
    f.mask = t->mask;
    emulation.calls_left = calls;
    found = 0;
    for (int pass = 0; pass < 3 && !found; pass++)
      found = ho_engine_forward(e, &f, &err) || ho_engine_outputs(e, logits, features, &err) ||
              ho_engine_backward(e, t->dlogits, t->rows_there, net->parameters, &err) ||
              ho_engine_outputs(e, logits, NULL, &err);
    ck_assert(found || calls > 0);
    if (found) {
      ck_assert_ptr_nonnull(strstr(err.text, "cuda:0 emulated GPU: "));
      ck_assert_int_eq(ho_engine_forward(e, &f, &later), -1);
      ck_assert_str_eq(later.text, err.text);
      ck_assert_int_eq(ho_engine_outputs(e, logits, NULL, &later), -1);
      ck_assert_str_eq(later.text, err.text);
      ck_assert_ptr_null(ho_engine_new(device, net, 2, 4, 1, &later));
      ck_assert_str_eq(later.text, err.text);
    }
    ho_engine_free(e);
    trial_free(t);
    ho_device_close(device);
  }
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("engine");
  TCase *tc = tcase_create("engine");
  tcase_add_loop_test(tc, bytes_are_foretold, 0, NETS);
  tcase_add_test(tc, bytes_saturate);
  tcase_add_test(tc, memory_is_flat);
  tcase_add_loop_test(tc, memory_is_shared, 0, 2);
  tcase_add_test(tc, too_little_memory);
  tcase_add_test(tc, a_layer_is_missing);
  tcase_add_test(tc, lost);
  suite_add_tcase(s, tc);
  return s;
}
