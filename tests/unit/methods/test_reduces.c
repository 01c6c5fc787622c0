/* SPDX-License-Identifier: MIT
 * test_reduces.c - settings that make one chain another: whole steps, compared bit for bit. */
#include <stdio.h>
#include <string.h>

#include "train/trainer.h"
#include "../unit.h"

static struct ho_plugin_path path;
static struct ho_error err;

static void set(struct ho_settings *s, const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(s, ho_setting_find(name), value, &err), "%s", err.text);
}

/* options: "a.b=c;...".  Five steps in two epochs. */
static struct ho_trainer *trained(struct ho_settings *s, const char *chain, const char *options, const char *net,
                                  const char *noise)
{
  char text[256], *rest = text;
  ck_assert_msg(!ho_settings_default(s, &err), "%s", err.text);
  set(s, "dataset", "synthetic");
  set(s, "train-size", "72");
  set(s, "clean-size", "24");
  set(s, "net", net);
  set(s, "noise", noise);
  set(s, "augment", "crop-flip");
  set(s, "batch-size", "24");
  set(s, "epochs", "2");
  set(s, "lr", "0.05");
  set(s, "sched", "const");
  set(s, "optimizer", chain);
  snprintf(text, sizeof text, "%s", options);
  for (char *one; (one = strtok_r(rest, ";", &rest));)
    set(s, "option", one);
  struct ho_trainer *t = ho_trainer_new(s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  for (int step = 0; step < 5; step++) {
    t->host.epoch = step / 3;
    if (step % 3 == 0)
      ck_assert_msg(!ho_trainer_epoch(t, 0, &err), "%s", err.text);
    ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
    if (step % 3 == 2)
      ck_assert_msg(!ho_trainer_epoch(t, 1, &err), "%s", err.text);
  }
  return t;
}

static int same(const struct ho_trainer *a, const struct ho_trainer *b, int net)
{
  size_t bytes = a->network.net->parameters * sizeof(float);
  return !memcmp(a->network.theta[net], b->network.theta[net], bytes) &&
         !memcmp(a->network.slot[net][0], b->network.slot[net][0], bytes) &&
         !memcmp(a->network.stats[net], b->network.stats[net], a->network.net->statistics * sizeof(float));
}

static const char *const nets[] = { "mlp:hidden=16,dropout=0.3", "preact-resnet18:width=2" };
enum { NETS = sizeof nets / sizeof *nets };

static const struct {
  const char *chain, *options, *other, *noise;
  int differs; /* the other way round: it is no trivial setting */
} rows[] = {
  { "label-smoothing", "label-smoothing.epsilon=0", "sgd", "symmetric:0.4", 0 },
  { "mixup", "mixup.alpha=0", "sgd", "symmetric:0.4", 0 },
  { "bootstrap", "bootstrap.beta=1", "sgd", "symmetric:0.4", 0 },
  { "bootstrap", "bootstrap.beta=1;bootstrap.kind=hard", "sgd", "symmetric:0.4", 0 },
  { "gce", "gce.q=0", "sgd", "symmetric:0.4", 0 },
  { "sce", "sce.alpha=1;sce.beta=0", "sgd", "symmetric:0.4", 0 },
  { "elr", "elr.lambda=0", "sgd", "symmetric:0.4", 0 },
  { "forward-correction", "", "sgd", "none", 0 }, /* T = I */
  { "backward-correction", "", "sgd", "none", 0 },
  { "noise-layer", "noise-layer.warmup=1", "sgd", "symmetric:0.4", 0 },
  { "air", "", "sgd", "symmetric:0.4", 0 }, /* trains by the rest of the chain */
  { "mentornet", "mentornet.curriculum=none", "sgd", "symmetric:0.4", 0 },
  { "mentornet", "mentornet.burn_in=100;mentornet.dropout=0:100;mentornet.percentile=0.5", "sgd", "symmetric:0.4", 0 },
  { "sam", "sam.rho=0", "sgd", "symmetric:0.4", 0 },
  { "co-teaching", "co-teaching.forget=0", "sgd", "symmetric:0.4", 0 },
  { "bilevel+mixup", "mixup.alpha=0", "bilevel", "symmetric:0.4", 0 },
  { "bilevel+label-smoothing", "label-smoothing.epsilon=0", "bilevel", "symmetric:0.4", 0 },
  { "sam+mixup", "sam.rho=0;mixup.alpha=0", "sgd", "symmetric:0.4", 0 },
  { "sam+mixup", "sam.rho=0", "mixup", "symmetric:0.4", 0 },
  { "bilevel+elr", "elr.lambda=0", "bilevel", "symmetric:0.4", 0 },
  { "mixup", "", "sgd", "symmetric:0.4", 1 },
  { "label-smoothing", "", "sgd", "symmetric:0.4", 1 },
  { "bilevel+mixup", "", "bilevel", "symmetric:0.4", 1 },
  { "bilevel+mixup", "bilevel.plain_validation=true", "bilevel+mixup", "symmetric:0.4", 1 },
  { "forward-correction", "", "sgd", "symmetric:0.4", 1 },
  { "mentornet", "", "sgd", "symmetric:0.4", 1 },
  { "sam", "", "sgd", "symmetric:0.4", 1 },
  { "elr", "", "sgd", "symmetric:0.4", 1 },
  { "random-weights", "", "sgd", "symmetric:0.4", 1 },
};

START_TEST(reduces)
{
  const char *net = nets[_i % NETS];
  struct ho_settings s[2] = { { 0 } };
  int row = _i / NETS;
  struct ho_trainer *a = trained(&s[0], rows[row].chain, rows[row].options, net, rows[row].noise);
  struct ho_trainer *b = trained(&s[1], rows[row].other, "", net, rows[row].noise);
  ck_assert_msg(same(a, b, 0) != rows[row].differs, "%s (%s) and %s, %s", rows[row].chain, rows[row].options,
                rows[row].other, net);
  ho_trainer_free(a);
  ho_trainer_free(b);
  for (int k = 0; k < 2; k++)
    ho_settings_free(&s[k]);
}
END_TEST

static void setup(void)
{
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
}

static void teardown(void)
{
  ho_plugin_path_free(&path);
}

/* The second network of co-teaching has initial weights of its own. */
START_TEST(co_teaching_has_two_networks)
{
  struct ho_settings s = { 0 };
  struct ho_trainer *t = trained(&s, "co-teaching", "co-teaching.forget=0", nets[1], "symmetric:0.4");
  ck_assert(memcmp(t->network.theta[0], t->network.theta[1], t->network.net->parameters * sizeof(float)));
  ho_trainer_free(t);
  ho_settings_free(&s);
}
END_TEST

static const struct {
  const char *chain, *says;
} conflicts[] = {
  { "elr+gce", "`elr' and `gce' both have the hook loss" },
  { "bilevel+sam", "`bilevel' and `sam' both have the hook direction" },
  { "l2rw+co-teaching", "`l2rw' and `co-teaching' both have the hook direction" },
  { "noise-layer+forward-correction", "`noise-layer' and `forward-correction' both have the hook loss" },
};

START_TEST(conflicts_are_refused)
{
  struct ho_chain chain;
  ck_assert_int_eq(ho_chain_make(&chain, conflicts[_i].chain, &path, NULL, 0, &err), -1);
  ck_assert_msg(strstr(err.text, conflicts[_i].says), "%s", err.text);
}
END_TEST

static const char *const compositions[] = {
  "bilevel+mixup+label-smoothing",
  "sam+mixup",
  "elr+mixup",
  "mentornet+mixup",
  "bilevel+elr",
  "bilevel+noise-layer",
  "bilevel+mentornet",
  "bilevel+random-weights",
  "sam+gce",
  "sam+noise-layer",
  "co-teaching+mixup",
  "co-teaching+elr",
  "co-teaching+noise-layer",
  "co-teaching+adam",
  "bilevel+adam",
  "l2rw+mixup",
  "l2rw+noise-layer",
  "meta-weight-net+mixup",
  "meta-weight-net+elr",
  "air+mixup",
  "air+elr",
  "air+co-teaching",
  "gce+mentornet+mixup+adam",
};

START_TEST(compositions_run)
{
  struct ho_settings s = { 0 };
  struct ho_trainer *t = trained(&s, compositions[_i], "", nets[_i % NETS], "symmetric:0.4");
  for (size_t k = 0; k < t->network.net->parameters; k++)
    if (!(t->network.theta[0][k] > -1e3f && t->network.theta[0][k] < 1e3f))
      ck_abort_msg("parameter %zu is %g", k, (double)t->network.theta[0][k]);
  ho_trainer_free(t);
  ho_settings_free(&s);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("reduces");
  TCase *c = tcase_create("reduces");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_loop_test(c, reduces, 0, NETS * (int)(sizeof rows / sizeof *rows));
  tcase_add_test(c, co_teaching_has_two_networks);
  tcase_add_loop_test(c, conflicts_are_refused, 0, sizeof conflicts / sizeof *conflicts);
  tcase_add_loop_test(c, compositions_run, 0, sizeof compositions / sizeof *compositions);
  suite_add_tcase(suite, c);
  return suite;
}
