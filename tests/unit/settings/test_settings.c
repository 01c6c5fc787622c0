/* SPDX-License-Identifier: MIT
 * test_settings.c - the table of settings is consistent, values are read strictly and written back exactly. */
#include <string.h>

#include "../scratch.h"
#include "base/range.h"
#include "settings/settings.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_settings s;

static void setup(void)
{
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
}

static void teardown(void)
{
  ho_settings_free(&s);
}

static int set(const char *name, const char *text)
{
  return ho_settings_set(&s, ho_setting_find(name), text, &err);
}

/* Every row: a name by itself, a letter by itself, a range that can be read, a place by itself, whole groups. */
START_TEST(table)
{
  int n = 0;
  for (const struct ho_setting *d = ho_setting_table; d->name; d++, n++) {
    struct ho_range range;
    ck_assert(d->help && *d->help && d->group && d->flags);
    ck_assert_int_eq((d->flags & HO_SETTING_RUN) != 0, (d->flags & HO_SETTING_MACHINE) == 0);
    ck_assert(d->type == HO_SETTING_BOOL || d->argument);
    ck_assert_ptr_eq(ho_setting_find(d->name), d);
    if (d->type == HO_SETTING_CHOICE || d->type == HO_SETTING_DEVICE)
      ck_assert_int_eq(ho_choice_check(d->range), 0);
    else
      ck_assert_int_eq(ho_range_parse(d->range, &range), 0);
    for (const struct ho_setting *e = ho_setting_table; e < d; e++) {
      ck_assert_str_ne(d->name, e->name);
      ck_assert(!d->letter || d->letter != e->letter);
      ck_assert_uint_ne(d->offset, e->offset);
      ck_assert_msg(strcmp(d->group, e->group) || !strcmp(d->group, d[-1].group), "group `%s' is torn apart", d->group);
    }
  }
  ck_assert_int_lt(n, HO_SETTINGS_MOST);
}
END_TEST

START_TEST(defaults)
{
  ck_assert_str_eq(s.dataset, "fashion-mnist");
  ck_assert_str_eq(s.optimizer, "sgd");
  ck_assert_str_eq(s.schedule, "cosine");
  ck_assert_str_eq(s.decay, "weights");
  ck_assert_ptr_null(s.run_dir);
  ck_assert(s.batch_size == 64 && s.lr == 0.03 && s.weight_decay == 5e-4 && s.noise_seed == -1 && !s.quiet);
  ck_assert(s.noptions == 0 && s.memory_limit == 0);
}
END_TEST

START_TEST(names)
{
  ck_assert_ptr_nonnull(ho_setting_find("batch-size"));
  ck_assert_ptr_eq(ho_setting_find("batch_size"), ho_setting_find("batch-size"));
  static const char *const wrong[] = { "", "batch", "batch-size-", "Batch-size", "batch=size", "-", "schedule" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ck_assert_ptr_null(ho_setting_find(wrong[i]));
}
END_TEST

START_TEST(values)
{
  static const struct {
    const char *name, *text, *back;
  } good[] = { { "epochs", "7", "7" },
               { "lr", "0.05", "0.05" },
               { "lr", "1e-300", "1e-300" },
               { "noise-seed", "-1", "-1" },
               { "seed", "9223372036854775807", "9223372036854775807" },
               { "sched", "cosine", "cosine" },
               { "quiet", "yes", "true" },
               { "quiet", "off", "false" },
               { "run-dir", "runs/a b", "runs/a b" },
               { "run-dir", "", "" },
               { "memory-limit", "0", "0" },
               { "memory-limit", "1000", "1000" },
               { "memory-limit", "2048B", "2K" },
               { "memory-limit", "512M", "512M" },
               { "memory-limit", "8GiB", "8G" },
               { "memory-limit", "1.5G", "1536M" },
               { "memory-limit", "2T", "2T" },
               { "time-limit", "5400", "1h30m" },
               { "time-limit", "0", "0" } };
  char text[64];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_msg(!set(good[i].name, good[i].text), "%s", err.text);
    ho_settings_get(&s, ho_setting_find(good[i].name), 0, text, sizeof text);
    ck_assert_str_eq(text, good[i].back);
  }
  ck_assert_int_eq(s.memory_limit, 2LL << 40);
  ck_assert_ptr_null(s.run_dir);
}
END_TEST

START_TEST(lists)
{
  char text[64];
  const struct ho_setting *d = ho_setting_find("option");
  ck_assert(!set("option", "sgd.momentum=0.5") && !set("option", "x.y="));
  ck_assert_int_eq(s.noptions, 2);
  ho_settings_get(&s, d, 1, text, sizeof text);
  ck_assert_str_eq(text, "x.y=");
  ho_settings_get(&s, d, 2, text, sizeof text);
  ck_assert_str_eq(text, "");
  ck_assert_int_eq(set("option", ""), -1);
}
END_TEST

START_TEST(values_refused)
{
  static const struct {
    const char *name, *text, *says;
  } bad[] = { { "epochs", "0", "epochs: 0 is outside [1,inf)" },
              { "epochs", "ten", "epochs: `ten' is not a whole number" },
              { "epochs", "1e3", "not a whole number" },
              { "epochs", "", "not a whole number" },
              { "lr", "-0.1", "outside" },
              { "lr", "inf", "outside" },
              { "lr", "nan", "not a number" },
              { "lr", "0,1", "not a number" },
              { "sched", "cosin", "did you mean `cosine'" },
              { "sched", "", "choose one of const, step, exp, cosine" },
              { "decay", "none", "choose one of weights, all" },
              { "quiet", "perhaps", "neither true nor false" },
              { "dataset", "", "must not be empty" },
              { "memory-limit", "8X", "not a size" },
              { "memory-limit", "8 G", "not a size" },
              { "memory-limit", "8GG", "not a size" },
              { "memory-limit", "1.5", "not a size" },
              { "memory-limit", "-1", "not a size" },
              { "memory-limit", ".", "not a size" },
              { "memory-limit", "99999999T", "not a size" },
              { "memory-limit", "", "not a size" },
              { "time-limit", "10min", "not a time such as 90s" },
              { "time-limit", "-1", "not a time" },
              { "time-limit", "", "not a time" },
              { "threads", "5000", "outside [0,4096]" },
              { "run-dir", "\xff", "not UTF-8" },
              { "run-dir", "a\xc0\x80", "byte 2" },
              { "run-dir", "\xed\xa0\x80", "not UTF-8" },
              { "engine", "gpu", "choose one of cpu, cuda" },
              { "engine", "cudaa", "did you mean `cuda'?" },
              { "engine", "cuda1", "did you mean `cuda'?" },
              { "engine", "cpu:0", "has no devices" },
              { "engine", "cuda:", "as in cuda:0" },
              { "engine", "cuda:-1", "as in cuda:0" },
              { "engine", "", "choose one of cpu, cuda" },
              { "precision", "fp16", "choose one of float32, tf32, bf16" },
              { "run-dir", "\xf4\x90\x80\x80", "not UTF-8" },
              { "run-dir", "\xe2\x82", "not UTF-8" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_msg(set(bad[i].name, bad[i].text) == -1, "%s took `%s'", bad[i].name, bad[i].text);
    assert_has(err.text, bad[i].says);
    ck_assert_int_eq(strncmp(err.text, bad[i].name, strlen(bad[i].name)), 0);
  }
  ck_assert(s.epochs == 20 && s.lr == 0.03 && s.memory_limit == 0 && !s.run_dir);
  char longest[5000];
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = 0;
  ck_assert_int_eq(set("run-dir", longest), -1);
  assert_has(err.text, "longer than");
}
END_TEST

/* What runs are compared by: no number of a device, and nothing that older runs did not have. */
START_TEST(records)
{
  char text[64];
  const struct ho_setting *engine = ho_setting_find("engine");
  ck_assert_int_eq(ho_settings_record(&s, engine, 0, text, sizeof text), 0);
  ck_assert_int_eq(ho_settings_record(&s, ho_setting_find("precision"), 0, text, sizeof text), 0);
  ck_assert_int_eq(ho_settings_record(&s, ho_setting_find("lr"), 0, text, sizeof text), 1);
  ck_assert_str_eq(text, "0.03");
  ck_assert_int_eq(set("engine", "cuda:12"), 0);
  ho_settings_get(&s, engine, 0, text, sizeof text);
  ck_assert_str_eq(text, "cuda:12");
  ck_assert_int_eq(ho_settings_record(&s, engine, 0, text, sizeof text), 1);
  ck_assert_str_eq(text, "cuda");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("settings");
  TCase *c = tcase_create("settings");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, table);
  tcase_add_test(c, defaults);
  tcase_add_test(c, names);
  tcase_add_test(c, values);
  tcase_add_test(c, lists);
  tcase_add_test(c, values_refused);
  tcase_add_test(c, records);
  suite_add_tcase(suite, c);
  return suite;
}
