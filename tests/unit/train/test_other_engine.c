/* SPDX-License-Identifier: MIT
 * test_other_engine.c - an engine that keeps parameters in memory of its own, as one on a device would: it copies them
 * only when it is told that they changed. */
#include "../trainer_rig.h"
#include "nn/engine.h"

struct copying {
  struct ho_engine base;
  struct ho_engine *cpu;
  struct {
    const float *theta;
    uint64_t version;
    float *copy;
  } known[HO_NETS_MAX];
  float *once; /* what is not a network's own parameters */
};

static size_t copying_bytes(struct ho_device *d, const struct ho_net *net, int groups, int images, int backward)
{
  (void)d;
  return ho_engine_bytes(&ho_cpu, net, groups, images, backward);
}

static struct ho_engine *copying_create(struct ho_device *d, const struct ho_net *net, int groups, int images,
                                        int backward, struct ho_error *why)
{
  (void)d;
  struct copying *c = calloc(1, sizeof *c);
  ck_assert_ptr_nonnull(c);
  c->cpu = ho_engine_new(&ho_cpu, net, groups, images, backward, why);
  c->once = calloc(net->parameters, sizeof *c->once);
  ck_assert(c->cpu && c->once);
  return &c->base;
}

/* The engine's own copy of the parameters of a pass. */
static const float *own_copy(struct copying *c, const struct ho_forward *f)
{
  size_t bytes = c->base.net->parameters * sizeof(float);
  if (!f->version)
    return memcpy(c->once, f->theta, bytes);
  for (int k = 0; k < HO_NETS_MAX; k++) {
    if (c->known[k].copy && c->known[k].theta != f->theta)
      continue;
    if (!c->known[k].copy)
      ck_assert_ptr_nonnull(c->known[k].copy = malloc(bytes));
    if (c->known[k].version != f->version)
      memcpy(c->known[k].copy, f->theta, bytes);
    c->known[k].theta = f->theta;
    c->known[k].version = f->version;
    return c->known[k].copy;
  }
  ck_abort_msg("more networks than there can be");
  return NULL;
}

static int passes_left; /* until the device is lost; 0: it stays */

static int copying_forward(struct ho_engine *e, const struct ho_forward *f, struct ho_error *why)
{
  struct copying *c = (struct copying *)e;
  if (passes_left && !--passes_left)
    return ho_error_set(why, "the device is lost");
  struct ho_forward mine = *f;
  mine.theta = own_copy(c, f);
  return ho_engine_forward(c->cpu, &mine, why);
}

static int copying_outputs(struct ho_engine *e, float *logits, float *features, struct ho_error *why)
{
  return ho_engine_outputs(((struct copying *)e)->cpu, logits, features, why);
}

static int copying_backward(struct ho_engine *e, const float *dlogits, float *rows, size_t ld, struct ho_error *why)
{
  return ho_engine_backward(((struct copying *)e)->cpu, dlogits, rows, ld, why);
}

static void copying_clock(struct ho_engine *e, double *seconds)
{
  ho_engine_clock(((struct copying *)e)->cpu, seconds);
}

static void copying_free(struct ho_engine *e)
{
  struct copying *c = (struct copying *)e;
  ho_engine_free(c->cpu);
  for (int k = 0; k < HO_NETS_MAX; k++)
    free(c->known[k].copy);
  free(c->once);
  free(c);
}

static const struct ho_engine_kind copying_kind = {
  .name = "copying",
  .bytes = copying_bytes,
  .create = copying_create,
  .forward = copying_forward,
  .outputs = copying_outputs,
  .backward = copying_backward,
  .clock = copying_clock,
  .free = copying_free,
};

static struct ho_device copying = { &copying_kind, "copying" };

/* Two epochs, and a score at the end. */
static struct ho_trainer *trained(struct ho_device *device, float *loss)
{
  struct ho_trainer *t = ho_trainer_new(&s, &path, &(struct ho_origin){ .device = device }, &err);
  uint32_t image[20];
  uint16_t label[20];
  ck_assert_msg(t != NULL, "%s", err.text);
  for (int epoch = 0; epoch < 2; epoch++) {
    t->host.epoch = epoch;
    works(ho_trainer_epoch(t, 0, &err));
    for (uint64_t i = 0; i < ho_steps_per_epoch(t); i++)
      step(t);
    works(ho_trainer_epoch(t, 1, &err));
  }
  for (uint32_t i = 0; i < 20; i++) {
    image[i] = i;
    label[i] = t->source.data.test.label[i];
  }
  struct ho_score_request ask = { &t->source.data.test, image, label, 20 };
  struct ho_score_result result = { .each_loss = loss };
  works(ho_trainer_score(t, &ask, &result, &err));
  return t;
}

/* Whoever writes parameters says so, or this engine would compute with old ones. */
static void compare(const char *name)
{
  float loss[2][20];
  set("optimizer", name);
  struct ho_trainer *cpu = trained(&ho_cpu, loss[0]), *other = trained(&copying, loss[1]);
  for (int k = 0; k < cpu->host.nets; k++)
    ck_assert_msg(!memcmp(cpu->network.theta[k], other->network.theta[k], cpu->host.parameters * sizeof(float)),
                  "network %d of %s differs", k, name);
  ck_assert_mem_eq(loss[0], loss[1], sizeof loss[0]);
  ho_trainer_free(cpu);
  ho_trainer_free(other);
}

START_TEST(every_optimizer_trains_alike)
{
  struct ho_plugin **list;
  int n;
  rig_plugins("plugins");
  works(ho_plugin_list(&path, &list, &n, NULL, NULL, &err));
  ck_assert_int_ge(n, 19);
  for (int i = 0; i < n; i++) {
    char matrix[128];
    snprintf(matrix, sizeof matrix, "%s.matrix=known", list[i]->hooks.name);
    rig_teardown();
    rig_setup();
    rig_plugins("plugins");
    set("batch-size", "40");
    set("epochs", "2");
    set("clean-size", "40");
    if (strstr(matrix, "ward-correction"))
      set("option", matrix);
    compare(list[i]->hooks.name);
    ho_plugin_free(list[i]);
  }
  ho_free(list);
}
END_TEST

/* So that the test above can fail. */
START_TEST(unannounced_writes_are_not_seen)
{
  float loss[2][20];
  set("optimizer", "sgd");
  struct ho_trainer *t = trained(&copying, loss[0]);
  uint32_t image = 3;
  float before[10], unseen[10], seen[10];
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, before, NULL, &err));
  for (size_t i = 0; i < t->host.parameters; i++)
    t->network.theta[0][i] *= 2;
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, unseen, NULL, &err));
  ck_assert_mem_eq(before, unseen, sizeof before);
  ho_network_changed(&t->network, 0);
  works(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, seen, NULL, &err));
  ck_assert_mem_ne(before, seen, sizeof before);
  ho_trainer_free(t);
}
END_TEST

/* Wherever it happens: in a pass of a step, of an evaluation within a hook, of a score. */
START_TEST(a_lost_device_is_told)
{
  float loss[20];
  set("optimizer", _i ? "meta-weight-net" : "sgd");
  set("clean-size", "40");
  struct ho_trainer *t = ho_trainer_new(&s, &path, &(struct ho_origin){ .device = &copying }, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  passes_left = 1 + _i;
  ck_assert_int_eq(ho_trainer_step(t, &err), -1);
  assert_told("the device is lost");
  uint32_t image = 0;
  uint16_t label = 0;
  struct ho_score_request ask = { &t->source.data.test, &image, &label, 1 };
  struct ho_score_result result = { .each_loss = loss };
  passes_left = 1;
  ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), -1);
  ck_assert_str_eq(err.text, "the device is lost");
  passes_left = 0;
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("other-engine");
  TCase *c = tcase_create("other-engine");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_test(c, every_optimizer_trains_alike);
  tcase_add_test(c, unannounced_writes_are_not_seen);
  tcase_add_loop_test(c, a_lost_device_is_told, 0, 2);
  suite_add_tcase(suite, c);
  return suite;
}
