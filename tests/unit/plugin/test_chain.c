/* SPDX-License-Identifier: MIT
 * test_chain.c - chains of the plugins in tests/plugins: order, owners, conflicts, options. */
#include <string.h>

#include "../scratch.h"
#include "plugin/chain.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_plugin_path path;
static struct ho_chain chain;

static void setup(void)
{
  const char *folder = test_plugin("good", NULL);
  unsetenv("HOLDOUT_PLUGIN_PATH");
  ck_assert_msg(!ho_plugin_path_make(&path, &folder, 1, &err), "%s", err.text);
}

static void teardown(void)
{
  ho_plugin_path_free(&path);
}

static void make(const char *spec)
{
  ck_assert_msg(!ho_chain_make(&chain, spec, &path, NULL, 0, &err), "%s: %s", spec, err.text);
}

static void refused(const char *spec, const char *setting, const char *says)
{
  ck_assert_msg(ho_chain_make(&chain, spec, &path, &setting, setting != NULL, &err) == -1, "took `%s' %s", spec,
                setting ? setting : "");
  assert_has(err.text, says);
  ck_assert_int_eq(chain.n, 0);
}

static const char *owner(int index)
{
  return index < 0 ? "none" : chain.link[index].plugin->hooks.name;
}

START_TEST(sgd_alone)
{
  make("sgd");
  ck_assert_str_eq(chain.spec, "sgd");
  ck_assert(chain.n == 1 && chain.nets == 1 && chain.slots == 1);
  ck_assert_str_eq(owner(chain.loss), "sgd");
  ck_assert_str_eq(owner(chain.direction), "sgd");
  ck_assert_str_eq(owner(chain.update), "sgd");
  ck_assert(chain.own == -1 && chain.predict == -1);
  ck_assert_double_eq(*(double *)chain.link[0].self, 0.9);
  ho_chain_free(&chain);
  ck_assert_int_eq(chain.n, 0);
}
END_TEST

START_TEST(sgd_is_implied)
{
  make("alpha+beta");
  ck_assert_str_eq(chain.spec, "alpha+beta");
  ck_assert_int_eq(chain.n, 3);
  ck_assert_str_eq(owner(0), "alpha");
  ck_assert_str_eq(owner(1), "beta");
  ck_assert_str_eq(owner(2), "sgd");
  ck_assert_str_eq(owner(chain.direction), "beta");
  ck_assert_str_eq(owner(chain.loss), "sgd");
  ho_chain_free(&chain);
}
END_TEST

/* Written out, at any place, it is the same chain. */
START_TEST(sgd_may_be_written)
{
  static const char *const specs[] = { "alpha+beta+sgd", "sgd+alpha+beta", "alpha+sgd+beta" };
  for (int i = 0; i < 3; i++) {
    make(specs[i]);
    ck_assert_str_eq(chain.spec, "alpha+beta");
    ck_assert_str_eq(owner(2), "sgd");
    ho_chain_free(&chain);
  }
}
END_TEST

START_TEST(networks_and_slots)
{
  make("delta+gamma");
  ck_assert(chain.nets == 2 && chain.slots == 3);
  ck_assert_str_eq(owner(chain.update), "delta");
  ck_assert_str_eq(owner(chain.own), "delta");
  ck_assert_str_eq(owner(chain.direction), "gamma");
  ho_chain_free(&chain);
}
END_TEST

START_TEST(conflicts)
{
  refused("beta+gamma", NULL, "chain `beta+gamma': `beta' and `gamma' both have the hook direction");
  refused("gamma+alpha+beta", NULL, "`gamma' and `beta' both");
  refused("delta+epsilon", NULL, "`delta' and `epsilon' both have the hook own");
}
END_TEST

START_TEST(bad_specifications)
{
  static const struct {
    const char *spec, *says;
  } bad[] = { { "", "empty name" },
              { "+", "empty name" },
              { "alpha+", "empty name" },
              { "+alpha", "empty name" },
              { "alpha++beta", "empty name" },
              { "alpha+alpha", "names `alpha' twice" },
              { "sgd+alpha+sgd", "names `sgd' twice" },
              { "alhpa", "did you mean `alpha'" },
              { "alpha + beta", "is not a valid name of an optimizer" },
              { "../good/alpha", "is not a valid name of an optimizer" },
              { "a-name-of-more-than-sixty-three-letters-which-no-plugin-could-have-as-its-own", "too long" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused(bad[i].spec, NULL, bad[i].says);
}
END_TEST

/* Of the project's own, as there are enough of them. */
START_TEST(too_many)
{
  const char *build = getenv("HO_BUILDDIR"), *folder;
  char plugins[1024];
  snprintf(plugins, sizeof plugins, "%s/plugins", build ? build : ".");
  folder = plugins;
  ho_plugin_path_free(&path);
  ck_assert_int_eq(ho_plugin_path_make(&path, &folder, 1, &err), 0);
  refused("adam+air+bootstrap+elr+gce+mixup+sam+sce", NULL,
          "chain `adam+air+bootstrap+elr+gce+mixup+sam+sce' has too many optimizers: at most 8, sgd included");
}
END_TEST

START_TEST(a_bad_end)
{
  const char *folder = test_plugin("lacking", NULL);
  ho_plugin_path_free(&path);
  ck_assert_int_eq(ho_plugin_path_make(&path, &folder, 1, &err), 0);
  refused("sgd", NULL, "no optimizer has the hook update");
  ho_plugin_path_free(&path);
  scratch_make();
  folder = scratch;
  ck_assert_int_eq(ho_plugin_path_make(&path, &folder, 1, &err), 0);
  path.n = 1; /* only the empty folder */
  refused("sgd", NULL, "unknown optimizer `sgd'");
  path.n = 2;
  scratch_remove();
}
END_TEST

START_TEST(options)
{
  const char *set[] = { "alpha.count=7",     "alpha.kind=hard", "alpha.rate=0.25", "alpha.fast=on",
                        "alpha.note=a=b c+", "sgd.momentum=0",  "alpha.count=8" };
  static const char *const all[] = { "alpha.count=8",   "alpha.fast=true",   "alpha.kind=hard",
                                     "alpha.rate=0.25", "alpha.note=a=b c+", "sgd.momentum=0" };
  char volatile_text[] = "alpha.note=kept", **list;
  int n;
  ck_assert_msg(!ho_chain_make(&chain, "alpha", &path, set, 7, &err), "%s", err.text);
  ck_assert_int_eq(ho_chain_settings(&chain, &list, &n, &err), 0);
  ck_assert_int_eq(n, 6);
  for (int i = 0; i < n; i++)
    ck_assert_str_eq(list[i], all[i]);
  ho_chain_free(&chain);

  /* what is listed makes the same chain again */
  ck_assert_msg(!ho_chain_make(&chain, "alpha", &path, (const char *const *)list, n, &err), "%s", err.text);
  ho_chain_settings_free(list, n);
  ck_assert_int_eq(ho_chain_settings(&chain, &list, &n, &err), 0);
  for (int i = 0; i < n; i++)
    ck_assert_str_eq(list[i], all[i]);
  ho_chain_settings_free(list, n);
  ho_chain_free(&chain);

  /* the chain keeps texts of its own */
  const char *one = volatile_text;
  ck_assert_int_eq(ho_chain_make(&chain, "alpha", &path, &one, 1, &err), 0);
  memset(volatile_text, 'x', sizeof volatile_text - 1);
  ck_assert_int_eq(ho_chain_settings(&chain, &list, &n, &err), 0);
  ck_assert_str_eq(list[4], "alpha.note=kept");
  ho_chain_settings_free(list, n);
  ho_chain_free(&chain);
}
END_TEST

START_TEST(bad_options)
{
  static const struct {
    const char *setting, *says;
  } bad[] = { { "", "is not of the form NAME.option=value" },
              { "alpha", "is not of the form" },
              { "alpha.count", "is not of the form" },
              { "count=3", "is not of the form" },
              { ".count=3", "is not of the form" },
              { "alpha.=3", "is not of the form" },
              { "alpha=3.count", "is not of the form" },
              { "alpa.count=3", "did you mean `alpha'" },
              { "beta.count=3", "the chain `alpha' has no optimizer `beta'" },
              { "alpha.cuont=3", "`alpha' has no option `cuont' (did you mean `count'?)" },
              { "alpha.transmogrify=3", "`alpha' has no option `transmogrify'; `holdout optimizers alpha' lists them" },
              { "alpha.count=11", "option alpha.count: 11 is outside [1,10]" },
              { "alpha.count=", "option alpha.count: `' is not a whole number" },
              { "alpha.kind=sofd", "option alpha.kind: unknown value `sofd' (did you mean `soft'?)" },
              { "sgd.momentum=1", "option sgd.momentum: 1 is outside [0,1)" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused("alpha", bad[i].setting, bad[i].says);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("chain");
  TCase *c = tcase_create("chain");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, sgd_alone);
  tcase_add_test(c, sgd_is_implied);
  tcase_add_test(c, sgd_may_be_written);
  tcase_add_test(c, networks_and_slots);
  tcase_add_test(c, conflicts);
  tcase_add_test(c, bad_specifications);
  tcase_add_test(c, too_many);
  tcase_add_test(c, a_bad_end);
  tcase_add_test(c, options);
  tcase_add_test(c, bad_options);
  suite_add_tcase(suite, c);
  return suite;
}
