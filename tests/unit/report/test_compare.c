/* SPDX-License-Identifier: MIT
 * test_compare.c - what is read from run folders, whole and damaged. */
#include <math.h>

#include "base/file.h"
#include "../scratch.h"
#include "report/compare.h"
#include "../unit.h"

static struct ho_error err;

static const char config[] = "dataset: synthetic\nepochs: 2\nseed: 3\nnoise-seed: 4\n";
static const char summary[] =
    "{\"test_accuracy_last\": 0.5, \"test_accuracy_best\": 0.75, \"test_accuracy_validation_selected\": null,\n"
    "\"test_loss_last\": 1.5, \"train_accuracy_noisy\": 0.25, \"train_accuracy_clean\": 1, \"epochs\": 2, \"seed\": "
    "3,\n"
    "\"noise_seed\": 4, \"data_sha256\": \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}\n";
static const char log_lines[] =
    "{\"epoch\":1,\"test_accuracy\":0.5,\"validation_accuracy\":0.25,\"test_loss\":1,\"train_accuracy_noisy\":0.5,"
    "\"train_accuracy_clean\":0.5}\n{\"epoch\":2,\"loss\":1}\n";

static int read_back(struct ho_run_record *r)
{
  int bad = ho_rundir_read(scratch, r, &err);
  ho_rundir_free(r);
  return bad;
}

START_TEST(finished_run)
{
  struct ho_run_record r;
  scratch_write("config.yaml", config, sizeof config - 1);
  scratch_write("summary.json", summary, sizeof summary - 1);
  ck_assert_msg(!read_back(&r), "%s", err.text);
  ck_assert_int_eq(r.state, HO_RUN_FINISHED);
  ck_assert_int_eq(r.epoch, 2);
  ck_assert(r.metric[HO_METRIC_LAST] == 0.5 && r.metric[HO_METRIC_BEST] == 0.75 && isnan(r.metric[HO_METRIC_SELECTED]));
  ck_assert(r.metric[HO_METRIC_GIVEN] == 0.25 && r.metric[HO_METRIC_TRUE] == 1 && r.metric[HO_METRIC_LOSS] == 1.5);
}
END_TEST

START_TEST(folders_too_deep)
{
  struct ho_run_record r;
  char deep[5000];
  static const size_t length[] = { 4085, 4095, 4096, 4999 };
  memset(deep, 'x', sizeof deep);
  for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
    deep[length[i]] = 0;
    ck_assert_int_eq(ho_rundir_read(deep, &r, &err), -1);
    assert_has(err.text, "/config.yaml: the path is too long");
    ho_rundir_free(&r);
    deep[length[i]] = 'x';
  }
}
END_TEST

START_TEST(stopped_run)
{
  struct ho_run_record r;
  scratch_write("config.yaml", config, sizeof config - 1);
  scratch_write("log.jsonl", log_lines, sizeof log_lines - 1);
  ck_assert_msg(!read_back(&r), "%s", err.text);
  ck_assert_int_eq(r.state, HO_RUN_HALTED);
  ck_assert_int_eq(r.epoch, 2);
  ck_assert(r.metric[HO_METRIC_LAST] == 0.5 && r.metric[HO_METRIC_SELECTED] == 0.5);
}
END_TEST

/* Cut anywhere, a file is refused by name; with any byte replaced it is refused, or read within its bounds. */
static void attack(const char *name, const char *text, size_t size, int cut_is_damage)
{
  struct ho_run_record r;
  char copy[1024];
  scratch_write("config.yaml", config, sizeof config - 1);
  for (size_t n = 0; n + 2 < size; n++) {
    scratch_write(name, text, n);
    if (read_back(&r))
      assert_has(err.text, name);
    else
      ck_assert_msg(!cut_is_damage && (n == 0 || text[n - 1] == '\n'), "%s of %zu bytes was read", name, n);
  }
  for (size_t n = 0; n < size; n++)
    for (size_t k = 0; k < 4; k++) {
      memcpy(copy, text, size);
      copy[n] = "\0\"9\xff"[k];
      scratch_write(name, copy, size);
      if (read_back(&r)) {
        assert_has(err.text, name);
        continue;
      }
      for (int m = 0; m < HO_METRIC_LOSS; m++)
        ck_assert(isnan(r.metric[m]) || (r.metric[m] >= 0 && r.metric[m] <= 1));
    }
}

START_TEST(damaged_summary)
{
  attack("summary.json", summary, sizeof summary - 1, 1);
}
END_TEST

START_TEST(damaged_log)
{
  attack("log.jsonl", log_lines, sizeof log_lines - 1, 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("compare");
  TCase *c = tcase_create("compare");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, finished_run);
  tcase_add_test(c, stopped_run);
  tcase_add_test(c, folders_too_deep);
  tcase_add_test(c, damaged_summary);
  tcase_add_test(c, damaged_log);
  suite_add_tcase(suite, c);
  return suite;
}
