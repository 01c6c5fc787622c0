/* SPDX-License-Identifier: MIT
 * test_networks.cc - every network on the CUDA engine beside the CPU's: logits, features, running statistics, rows of two
 * mini-batches, in training and evaluation; in float32 and, more loosely, in other precisions. */
#include <string.h>

#include "engine_rig.h"

static const struct {
  const char *spec;
  int height, width, size;
} networks[] = {
  { "alexnet-small:width=0.05", 16, 13, 2 }, { "cifarnet:width=0.05", 12, 9, 2 },
  { "inception-small:width=0.03", 9, 8, 3 }, { "lenet", 12, 13, 1 },
  { "mlp:hidden=20,dropout=0.3", 5, 4, 3 },  { "preact-resnet18:width=3,dropout=0.5", 8, 9, 3 },
  { "resnet32:width=3", 8, 9, 3 },
};
enum { NETWORKS = sizeof networks / sizeof *networks };

START_TEST(none_is_missing)
{
  const struct ho_model *const *models = ho_models();
  for (int i = 0; models[i]; i++) {
    int found = 0;
    for (int k = 0; k < NETWORKS; k++)
      found |= !strncmp(networks[k].spec, models[i]->name, strlen(models[i]->name));
    if (!found)
      ck_abort_msg("%s is not tested", models[i]->name);
  }
}
END_TEST

static void compare(int i, enum ho_precision precision, int eval, double logits, double rows, int each)
{
  struct ho_device *device = device_new(precision);
  struct ho_net *net = net_new(networks[i].spec, networks[i].height, networks[i].width);
  int size = networks[i].size;
  struct trial *t = trial_on(device, net, 2, size, eval, 40), *u = trial_new(net, 2, size, eval, 40);
  struct ho_engine *e = engine_new(device, net, 2, 2 * size, 1), *cpu = engine_new(&ho_cpu, net, 2, 2 * size, 1);
  struct outcome *got = outcome_of(t, e), *want = outcome_of(u, cpu);
  ck_close("logits", want->logits_n, got->logits, want->logits, logits, each);
  ck_close("features", want->features_n, got->features, want->features, logits, each);
  ck_close("running statistics", want->stats_n, got->stats, want->stats, logits, each);
  for (size_t g = 0; g < 2; g++)
    ck_close("row", net->parameters, got->rows + g * net->parameters, want->rows + g * net->parameters, rows, each);
  outcome_free(got);
  outcome_free(want);
  ho_engine_free(e);
  ho_engine_free(cpu);
  trial_free(t);
  trial_free(u);
  ho_net_free(net);
  ho_device_close(device);
}

START_TEST(as_on_the_cpu)
{
  compare(_i / 2, HO_FLOAT32, _i % 2, 3e-5, 3e-4, 1);
}
END_TEST

/* Batch norm over few values amplifies what rounding the operands does. */
START_TEST(tf32)
{
  compare(_i, HO_TF32, 1, 1e-2, 2e-2, 0);
}
END_TEST

/* Where a pool's maximum or a ReLU's sign changes sides, a gradient goes elsewhere. */
START_TEST(bf16)
{
  compare(_i, HO_BF16, 1, 5e-2, 3e-1, 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("networks");
  TCase *tc = tcase_create("networks");
  tcase_add_test(tc, none_is_missing);
  tcase_add_loop_test(tc, as_on_the_cpu, 0, 2 * NETWORKS);
  tcase_add_loop_test(tc, tf32, 0, NETWORKS);
  tcase_add_loop_test(tc, bf16, 0, NETWORKS);
  suite_add_tcase(s, tc);
  return s;
}
