/* SPDX-License-Identifier: MIT
 * test_authors.c - authors-demo.yaml and its SGD twin as they are: settings, network, noise, schedule of the authors' code. */
#include <string.h>

#include "labels/realised.h"
#include "nn/graph.h"
#include "../authors_rig.h"

START_TEST(settings_are_the_published_ones)
{
  static const char *const options[][14] = {
    { "bilevel.mu=0.01", "bilevel.minibatches=8", "bilevel.validation=1", "bilevel.matched=true", "bilevel.l1=true",
      "bilevel.clip=false", "bilevel.weights=computed", "bilevel.per_layer=false", "bilevel.fixed=0",
      "bilevel.shared_masks=false", "sgd.momentum=0.9", "sgd.nesterov=false", NULL },
    { "sgd.momentum=0.9", "sgd.nesterov=false", "sgd.minibatches=1", "sgd.matched=true", NULL },
  };
  struct ho_chain chain;
  char **list;
  int n;
  read_file(_i);
  ck_assert_str_eq(s.dataset, "cifar10");
  ck_assert_str_eq(s.noise, "symmetric:0.4");
  ck_assert_str_eq(s.augment, "authors");
  ck_assert_str_eq(s.optimizer, _i == SGD ? "sgd" : "bilevel");
  ck_assert_str_eq(s.decay, "weights");
  ck_assert(s.train_size == 0 && s.validation_size == 0 && s.clean_size == 0 && s.test_size == 0 && s.eval_size == 0);
  ck_assert(s.epochs == 100 && s.batch_size == 64 && s.lr == 0.1 && s.weight_decay == 5e-4);
  ck_assert_msg(!ho_chain_make(&chain, s.optimizer, &path, (const char *const *)s.option, s.noptions, &err), "%s",
                err.text);
  ck_assert_int_eq(ho_chain_settings(&chain, &list, &n, &err), 0);
  for (int k = 0; options[_i][k]; k++) {
    int found = 0, written = 0;
    for (int i = 0; i < n; i++)
      found += !strcmp(list[i], options[_i][k]);
    for (int i = 0; i < s.noptions; i++)
      written += !strcmp(s.option[i], options[_i][k]);
    ck_assert_msg(found == 1 && written == 1, "%s: in force %d times, in the file %d", options[_i][k], found, written);
  }
  ho_chain_settings_free(list, n);
  ho_chain_free(&chain);
}
END_TEST

START_TEST(network_is_the_published_one)
{
  int norms = 0, dropouts = 0;
  read_file(_i);
  int side = ho_augment_find(s.augment, NULL)->side(32);
  ck_assert_int_eq(side, 29);
  struct ho_net *net = ho_net_new(s.net, (struct ho_shape){ side, side, 3 }, 10, &err);
  ck_assert_msg(net != NULL, "%s", err.text);
  ck_assert_uint_eq(net->parameters, 1649402);
  for (int i = 1; i < net->graph->nodes; i++) {
    const struct ho_node *node = &net->graph->node[i];
    if (node->layer->kind == HO_LAYER_BATCH_NORM) {
      norms++;
      ck_assert(node->weight == HO_ABSENT && node->u.norm.eps == 1e-3);
      ck_assert_double_eq_tol(node->u.norm.momentum, 0.025, 1e-12);
    }
    if (node->layer->kind == HO_LAYER_DROPOUT) {
      dropouts++;
      ck_assert_double_eq(node->u.rate, 0.5);
      ck_assert_uint_eq(ho_shape_size(node->out), 336);
    }
  }
  ck_assert_int_eq(norms, 19);
  ck_assert_int_eq(dropouts, 1);
  ho_net_free(net);
}
END_TEST

/* 50,000 labels: 2,000 wrong ones in each class of 5,000, the true class never among them. */
START_TEST(noise_is_the_published_one)
{
  enum { N = 50000 };
  struct ho_noise noise;
  struct ho_dataset data = { .name = "cifar10", .classes = 10, .train = { .n = N } };
  static uint16_t truth[N], given[N];
  static uint32_t id[N];
  size_t matrix[100];
  read_file(_i);
  for (uint32_t i = 0; i < N; i++) {
    truth[i] = (uint16_t)(i * 7 % 10);
    id[i] = i;
  }
  data.train.label = truth;
  ck_assert_int_eq(ho_noise_parse(s.noise, &noise, &err), 0);
  struct ho_noise_input in = { &data, id, N, 1, HO_PART_TRAIN };
  ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), 0);
  ck_assert_double_eq(ho_realised_rate(10, N, truth, given, matrix), 0.4);
  for (size_t c = 0; c < 10; c++)
    ck_assert_uint_eq(matrix[c * 10 + c], 3000);
}
END_TEST

/* lr = 0.1 * 0.95^floor(step / 781) over 78,100 steps; 781 = floor(50000 / 64). */
START_TEST(schedule_is_the_published_one)
{
  struct ho_schedule c;
  double rate = 0.1;
  read_file(_i);
  uint64_t per_epoch = 50000 / (uint64_t)s.batch_size;
  ck_assert_uint_eq(per_epoch, 781);
  ck_assert_int_eq(ho_schedule_make(&c, &s, per_epoch, &err), 0);
  ck_assert_uint_eq(c.total, 78100);
  for (uint64_t k = 0; k < 78100; k++) {
    if (k && k % 781 == 0)
      rate *= 0.95;
    if (fabs(ho_schedule_lr(&c, k) - rate) > 1e-13)
      ck_abort_msg("step %d: %.17g, not %.17g", (int)k, ho_schedule_lr(&c, k), rate);
  }
  ck_assert_double_eq(ho_schedule_lr(&c, 0), 0.1);
  ck_assert_double_eq(ho_schedule_lr(&c, 780), 0.1);
  ck_assert_double_eq_tol(ho_schedule_lr(&c, 781), 0.095, 1e-15);
  ck_assert_double_eq_tol(ho_schedule_lr(&c, 78099), 6.2321e-4, 1e-8);
  struct ho_trainer *t = reduced(_i); /* the trainer counts and asks likewise: floor(200 / 64) = 3 steps */
  ck_assert_uint_eq(t->host.steps, 300);
  t->host.step = 2;
  step(t);
  ck_assert_double_eq(t->host.lr, 0.1);
  step(t);
  ck_assert_double_eq_tol(t->host.lr, 0.095, 1e-15);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("authors");
  TCase *t = tcase_create("authors");
  tcase_add_checked_fixture(t, setup, teardown);
  tcase_set_timeout(t, 120);
  tcase_add_loop_test(t, settings_are_the_published_ones, BILEVEL, SGD + 1);
  tcase_add_loop_test(t, network_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(t, noise_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(t, schedule_is_the_published_one, BILEVEL, SGD + 1);
  suite_add_tcase(suite, t);
  return suite;
}
