/* SPDX-License-Identifier: MIT
 * test_far.c - training with a device that has a memory of its own (nn/far.h) has the bits of the CPU, whoever looks into
 * which array. */
#include <math.h>

#include "../trainer_rig.h"
#include "nn/far.h"

enum { IMAGES = 20 };

/* What a training leaves: parameters and slots in host memory, losses of test images. */
struct left {
  struct ho_trainer *t;
  struct ho_device *device;
  float loss[IMAGES];
};

static struct ho_trainer *on(struct ho_device *device)
{
  struct ho_trainer *t = ho_trainer_new(&s, &path, &(struct ho_origin){ .device = device }, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  return t;
}

static void fetch(struct ho_trainer *t)
{
  struct ho_residence *r = t->network.residence;
  for (int k = 0; k < t->host.nets; k++) {
    works(ho_residence_pull(r, t->network.theta[k], t->host.parameters, &err));
    for (int j = 0; j < t->network.slots; j++)
      works(ho_residence_pull(r, t->network.slot[k][j], t->host.parameters, &err));
  }
}

static void score(struct ho_trainer *t, float *loss)
{
  uint32_t image[IMAGES];
  uint16_t label[IMAGES];
  for (uint32_t i = 0; i < IMAGES; i++) {
    image[i] = i;
    label[i] = t->source.data.test.label[i];
  }
  struct ho_score_request ask = { &t->source.data.test, image, label, IMAGES };
  struct ho_score_result result = { .each_loss = loss };
  works(ho_trainer_score(t, &ask, &result, &err));
}

/* Two epochs, and a score at the end. */
static struct left trained(struct ho_device *device)
{
  struct left l = { .t = on(device), .device = device };
  struct ho_trainer *t = l.t;
  for (int epoch = 0; epoch < 2; epoch++) {
    t->host.epoch = epoch;
    works(ho_trainer_epoch(t, 0, &err));
    for (uint64_t i = 0; i < ho_steps_per_epoch(t); i++)
      step(t);
    works(ho_trainer_epoch(t, 1, &err));
  }
  score(t, l.loss);
  fetch(t);
  return l;
}

static void same(const char *what, const char *name, int k, const float *a, const float *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(!memcmp(a + i, b + i, sizeof *a), "%s of network %d of %s: element %zu is %.9g, not %.9g", what, k,
                  name, i, (double)b[i], (double)a[i]);
}

static void compare(const char *name, const struct ho_trainer *a, const struct ho_trainer *b)
{
  for (int k = 0; k < a->host.nets; k++) {
    same("theta", name, k, a->network.theta[k], b->network.theta[k], a->host.parameters);
    same("stats", name, k, a->network.stats[k], b->network.stats[k], a->network.net->statistics);
    for (int j = 0; j < a->network.slots; j++)
      same("slot", name, k, a->network.slot[k][j], b->network.slot[k][j], a->host.parameters);
  }
  for (int i = 0; i < a->states; i++)
    ck_assert_msg(!memcmp(a->state[i].data, b->state[i].data, a->state[i].bytes), "%s differs", a->state[i].name);
  ck_assert_int_eq(a->tally.n, b->tally.n);
  for (int i = 0; i < a->tally.n; i++) {
    ck_assert_str_eq(a->tally.entry[i].name, b->tally.entry[i].name);
    ck_assert_msg(!memcmp(&a->tally.entry[i].sum, &b->tally.entry[i].sum, sizeof(double)), "%s: %s differs", name,
                  a->tally.entry[i].name);
  }
}

/* The settings on both devices. */
static void both(const char *name)
{
  struct ho_device *device = ho_far_open(&err);
  ck_assert_ptr_nonnull(device);
  struct left cpu = trained(&ho_cpu), far = trained(device);
  compare(name, cpu.t, far.t);
  same("losses", name, 0, cpu.loss, far.loss, IMAGES);
  ho_trainer_free(cpu.t);
  ho_trainer_free(far.t);
  ck_assert_int_eq(ho_far_arrays(device), 0); /* all are given back */
  ho_device_close(device);
}

/* ---- what trains alike ---- */

static void fresh(const char *folder)
{
  rig_teardown();
  rig_setup();
  rig_plugins(folder);
  set("train-size", "80");
  set("batch-size", "16");
  set("epochs", "2");
  set("clean-size", "16");
  set("weight-decay", "0.01");
}

START_TEST(every_optimizer_of_the_tree)
{
  struct ho_plugin **list;
  int n;
  rig_plugins("plugins");
  works(ho_plugin_list(&path, &list, &n, NULL, NULL, &err));
  ck_assert_int_ge(n, 19);
  for (int i = 0; i < n; i++) {
    char matrix[128];
    snprintf(matrix, sizeof matrix, "%s.matrix=known", list[i]->hooks.name);
    ck_assert_msg(list[i]->hooks.opaque, "%s", list[i]->hooks.name);
    fresh("plugins");
    set("net", rig_nets[_i]);
    if (strstr(matrix, "ward-correction"))
      set("option", matrix);
    set("optimizer", list[i]->hooks.name);
    both(list[i]->hooks.name);
    ho_plugin_free(list[i]);
  }
  ho_free(list);
}
END_TEST

/* Paths that their defaults leave out, chains, several networks with slots and with own parameters. */
static const char *const special[][4] = {
  { "sgd", "sgd.minibatches=4" },
  { "sgd", "sgd.nesterov=true" },
  { "sam", "sam.l2=true", "sam.clip=0.5" },
  { "sam", "sam.rho=0" },
  { "sam+noise-layer+adam", "noise-layer.warmup=0" },
  { "bilevel", "bilevel.per_layer=true", "bilevel.minibatches=4", "bilevel.validation=2" },
  { "bilevel+mixup+noise-layer", "noise-layer.warmup=0" },
  { "meta-weight-net+noise-layer", "noise-layer.warmup=0" },
  { "l2rw+noise-layer+adam" },
  { "co-teaching+noise-layer+adam", "noise-layer.warmup=0.5" },
};

START_TEST(chains_and_options)
{
  fresh("plugins");
  set("net", "mlp:hidden=16,dropout=0.3");
  set("optimizer", special[_i][0]);
  for (int k = 1; k < 4 && special[_i][k]; k++)
    set("option", special[_i][k]);
  both(special[_i][0]);
}
END_TEST

/* Plugins that look into arrays themselves, and say so by saying nothing. */
START_TEST(plugins_that_look)
{
  static const struct {
    const char *folder, *chain;
  } each[] = {
    { "tests/plugins/frozen", "first" },
    { "tests/plugins", "looking" },
    { "tests/plugins", "probe" },
  };
  fresh(each[_i].folder);
  set("batch-size", "24");
  set("clean-size", "0");
  set("augment", "crop-flip");
  set("optimizer", each[_i].chain);
  both(each[_i].chain);
}
END_TEST

/* A plugin that says that it does not look, but does, is found out. */
START_TEST(a_false_declaration_shows)
{
  fresh("tests/plugins/unfit");
  set("optimizer", "peeking");
  struct ho_device *device = ho_far_open(&err);
  struct ho_trainer *t = on(device);
  int bad = ho_trainer_epoch(t, 0, &err);
  for (int i = 0; i < 3 && !bad; i++)
    bad = ho_trainer_step(t, &err);
  ck_assert(bad);
  ho_trainer_free(t);
  ho_device_close(device);
}
END_TEST

/* ---- so that the tests above can fail ---- */

START_TEST(unannounced_writes_have_no_effect)
{
  set("optimizer", "sgd");
  struct ho_device *device = ho_far_open(&err);
  struct left far = trained(device);
  struct ho_trainer *t = far.t;
  uint32_t image = 3;
  float before[10], unseen[10], seen[10];
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, before, NULL, &err));
  for (size_t i = 0; i < t->host.parameters; i++)
    t->network.theta[0][i] *= 2;
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, unseen, NULL, &err));
  ck_assert_mem_eq(before, unseen, sizeof before);
  works(ho_network_changed(&t->network, &err));
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, seen, NULL, &err));
  ck_assert_mem_ne(before, seen, sizeof before);
  ho_trainer_free(t);
  ho_device_close(device);
}
END_TEST

START_TEST(host_memory_is_stale)
{
  rig_plugins("plugins");
  set("optimizer", "sgd");
  struct ho_device *device = ho_far_open(&err);
  struct ho_trainer *t = on(device);
  step(t);
  step(t);
  for (size_t i = 0; i < t->host.parameters; i++)
    ck_assert(isnan(t->network.theta[0][i]) && isnan(t->network.slot[0][0][i]) && isnan(t->network.dir[0][i]));
  fetch(t);
  for (size_t i = 0; i < t->host.parameters; i++)
    ck_assert(isfinite(t->network.theta[0][i]) && isfinite(t->network.slot[0][0][i]));
  ho_trainer_free(t);
  ho_device_close(device);
}
END_TEST

/* ---- memory ---- */

/* The twins of scratch memory are used again: there are no more after ten steps than after three. */
START_TEST(memory_stays_flat)
{
  static const char *const chains[] = { "bilevel", "sam", "l2rw", "meta-weight-net+noise-layer", "looking" };
  rig_plugins(_i == 4 ? "tests/plugins" : "plugins");
  set("clean-size", "40");
  set("batch-size", "40");
  set("optimizer", chains[_i]);
  struct ho_device *device = ho_far_open(&err);
  struct ho_trainer *t = on(device);
  works(ho_trainer_epoch(t, 0, &err));
  for (int i = 0; i < 3; i++)
    step(t);
  int arrays = ho_far_arrays(device), twins = t->network.residence->twins;
  for (int i = 0; i < 10; i++) {
    step(t);
    ck_assert_int_eq(ho_far_arrays(device), arrays);
    ck_assert_int_eq(t->network.residence->twins, twins);
  }
  ho_trainer_free(t);
  ck_assert_int_eq(ho_far_arrays(device), 0);
  ho_device_close(device);
}
END_TEST

/* ---- failures ---- */

/* Whichever call it is, wherever: the run fails with the device's words, and frees everything. */
START_TEST(a_lost_device_is_told)
{
  static const char *const chains[] = { "sgd", "meta-weight-net+noise-layer+adam", "bilevel", "sam", "looking" };
  rig_plugins(_i == 4 ? "tests/plugins" : "plugins");
  set("optimizer", chains[_i]);
  set("clean-size", "40");
  set("batch-size", "40");
  int calls = 0, done = 0;
  for (; !done; calls++) {
    struct ho_device *device = ho_far_open(&err);
    struct ho_trainer *t = on(device);
    float loss[IMAGES];
    uint32_t image = 0;
    uint16_t label = 0;
    struct ho_score_request ask = { &t->source.data.test, &image, &label, 1 };
    struct ho_score_result result = { .each_loss = loss };
    ho_far_lose(device, calls);
    done = !ho_trainer_epoch(t, 0, &err) && !ho_trainer_step(t, &err) && !ho_trainer_step(t, &err) &&
           !ho_trainer_settle(t, &err) && !ho_trainer_score(t, &ask, &result, &err);
    ck_assert_msg(done || strstr(err.text, "the device is lost"), "after %d calls: %s", calls, err.text);
    ho_trainer_free(t);
    ck_assert_int_eq(ho_far_arrays(device), 0);
    ho_device_close(device);
  }
  ck_assert_int_gt(calls, 10);
}
END_TEST

/* The same words as on the CPU, though the device finds out later. */
START_TEST(a_direction_that_is_not_finite)
{
  char words[2][sizeof err.text];
  rig_plugins("plugins");
  set("optimizer", "sgd");
  set("lr", "1e30");
  for (int far = 0; far < 2; far++) {
    struct ho_device *device = far ? ho_far_open(&err) : &ho_cpu;
    struct ho_trainer *t = on(device);
    for (int i = 0; i < 5; i++)
      if (ho_trainer_step(t, &err) || (_i && ho_trainer_settle(t, &err)))
        break;
    ck_assert(ho_error_is_set(&err));
    snprintf(words[far], sizeof words[far], "%s", err.text);
    ho_trainer_free(t);
    ho_device_close(device);
  }
  ck_assert_str_eq(words[0], words[1]);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("far");
  TCase *c = tcase_create("far");
  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_loop_test(c, every_optimizer_of_the_tree, 0, 3);
  tcase_add_loop_test(c, chains_and_options, 0, sizeof special / sizeof *special);
  tcase_add_loop_test(c, plugins_that_look, 0, 3);
  tcase_add_test(c, a_false_declaration_shows);
  tcase_add_test(c, unannounced_writes_have_no_effect);
  tcase_add_test(c, host_memory_is_stale);
  tcase_add_loop_test(c, memory_stays_flat, 0, 5);
  tcase_add_loop_test(c, a_lost_device_is_told, 0, 5);
  tcase_add_loop_test(c, a_direction_that_is_not_finite, 0, 2);
  suite_add_tcase(suite, c);
  return suite;
}
