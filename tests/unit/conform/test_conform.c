/* SPDX-License-Identifier: MIT
 * test_conform.c - the checks of plugins: those of the project pass all, each of tests/plugins/unfit fails those it is
 * made to fail and no other. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/parallel.h"
#include "../scratch.h"
#include "conform/conform.h"
#include "nn/far.h"
#include "../unit.h"

struct outcome {
  char failed[512], why[4096]; /* names in order, and what was said */
  char skipped[2048];          /* what was said */
  char checks[1024];           /* names of all */
  int open;                    /* begun, not ended */
};

static void begin(void *arg, const char *check)
{
  struct outcome *o = arg;
  ck_assert_int_eq(o->open++, 0);
  snprintf(o->checks + strlen(o->checks), sizeof o->checks - strlen(o->checks), " %s", check);
}

static void end(void *arg, const char *check, enum ho_verdict verdict, const char *why)
{
  struct outcome *o = arg;
  ck_assert_int_eq(--o->open, 0);
  ck_assert_msg((verdict == HO_VERDICT_OK) == !*why, "%s says `%s'", check, why);
  char *said = verdict == HO_VERDICT_FAILED ? o->why : o->skipped;
  size_t room = verdict == HO_VERDICT_FAILED ? sizeof o->why : sizeof o->skipped;
  if (verdict != HO_VERDICT_OK)
    snprintf(said + strlen(said), room - strlen(said), "%s: %s\n", check, why);
  if (verdict != HO_VERDICT_FAILED)
    return;
  snprintf(o->failed + strlen(o->failed), sizeof o->failed - strlen(o->failed), "%s%s", *o->failed ? " " : "", check);
}

static struct ho_device *device; /* NULL: the CPU */

static int check(const char *file, char **option, int noptions, struct outcome *o, int *count, struct ho_error *err)
{
  struct ho_conform ask = {
    .file = file, .option = option, .noptions = noptions, .begin = begin, .end = end, .arg = o, .device = device
  };
  *o = (struct outcome){ .open = 0 };
  return ho_conform(&ask, count, err);
}

/* ---- the project's own ---- */

enum { MOST = 40 }; /* plugins that there may be */

START_TEST(plugins_of_the_project_pass)
{
  struct ho_plugin_path path;
  struct ho_plugin **list;
  struct ho_error err;
  struct outcome o;
  char file[4096] = "";
  int n, count[HO_VERDICTS];
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_list(&path, &list, &n, NULL, NULL, &err), "%s", err.text);
  ck_assert(n > 15 && n <= MOST);
  for (int i = 0; i < n; i++) {
    if (i == _i)
      snprintf(file, sizeof file, "%s", list[i]->file);
    ho_plugin_free(list[i]);
  }
  ho_free(list);
  ho_plugin_path_free(&path);
  if (!*file)
    return;
  ck_assert_msg(!check(file, NULL, 0, &o, count, &err), "%s", err.text);
  ck_assert_msg(!*o.failed, "%s: %s", file, o.why);
  ck_assert_int_gt(count[HO_VERDICT_OK], 8);
}
END_TEST

/* Phases that the defaults leave out. */
static const struct {
  const char *plugin, *option;
} phases[] = {
  { "gce", "gce.truncate=1" },
  { "bilevel", "bilevel.fixed=0.25" },
  { "bilevel", "bilevel.per_layer=true" },
  { "noise-layer", "noise-layer.warmup=0" },
  { "sgd", "sgd.minibatches=4" },
};

START_TEST(phases_beside_the_defaults_pass)
{
  struct ho_plugin_path path;
  struct ho_error err;
  struct outcome o;
  char file[4096], *option = (char *)phases[_i].option;
  int count[HO_VERDICTS];
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_int_eq(ho_plugin_where(&path, phases[_i].plugin, file, sizeof file), 1);
  ho_plugin_path_free(&path);
  ck_assert_msg(!check(file, &option, 1, &o, count, &err), "%s", err.text);
  ck_assert_msg(!*o.failed, "%s: %s", option, o.why);
}
END_TEST

/* The checks themselves know where arrays are: with a device that has a memory of its own they find no more and no
 * less. */
static const struct {
  const char *plugin, *failed;
} far[] = { { "plugins/sgd", "" },
            { "plugins/adam", "" },
            { "plugins/noise-layer", "" },
            { "plugins/co-teaching", "" },
            { "tests/plugins/looking", "" },
            { "tests/plugins/unfit/lazy", "direction" },
            { "tests/plugins/unfit/astray", "own" },
            { "tests/plugins/unfit/outside", "bounds" } };

START_TEST(checks_on_another_device)
{
  const char *build = getenv("HO_BUILDDIR");
  struct ho_error err;
  struct outcome o;
  char file[4096];
  int count[HO_VERDICTS];
  snprintf(file, sizeof file, "%s/%s.so", build ? build : ".", far[_i].plugin);
  ck_assert_ptr_nonnull(device = ho_far_open(&err));
  ck_assert_msg(!check(file, NULL, 0, &o, count, &err), "%s", err.text);
  ck_assert_msg(!strcmp(o.failed, far[_i].failed), "%s fails `%s', not `%s'\n%s", file, o.failed, far[_i].failed,
                o.why);
  ck_assert_int_eq(ho_far_arrays(device), 0);
  ho_device_close(device);
  device = NULL;
}
END_TEST

/* ---- those that are unfit ---- */

static const struct {
  const char *plugin, *failed, *says;
} unfit[] = {
  { "wordless", "texts", "option x has no help" },
  { "loose", "ranges", "option x takes any number" },
  { "clock", "calls", "it calls time()" },
  { "dice", "calls repeats threads company resumes horizon", "it calls rand()" },
  { "silent", "trains",
    "trains: mlp:hidden=16,dropout=0.2: optimizer silent: its epoch hook failed without a message" },
  { "halves", "input", "sums to 0.5" },
  { "weightless", "trains weigh", "the weight of an image is nan at step 5" },
  { "lazy", "direction", "is not written" },
  { "counter", "repeats threads company resumes horizon", "a second training with the same seed differs" },
  { "shared", "company", "next to another training it differs" },
  { "forgetful", "resumes", "after resuming in mid-epoch it differs" },
  { "planner", "horizon", "declare .horizon = 1" },
  { "threaded", "threads", "with two threads" },
  { "slope", "gradient", "where the loss has the slope" },
  { "overflow", "gradient", "the loss of an image is" },
  { "curved", "linear", "the loss must be linear in the target" },
  { "restless", "still", "state restless/seen changes" },
  { "astray", "own", "along a direction of its own parameters" },
  { "sociable", "predict", "must not depend on other images" },
  { "tardy", "predict", "declare .late = 1" },
  { "hasty", "predict", "it declares that it predicts only after the last epoch (.late), but does so before" },
  { "outside", "bounds", "update writes outside of theta" },
  { "peeking", "opaque", "it declares .opaque = 1, but reads or writes elements" },
  { "edge", "values", "with edge.width=0" },
};

/* Of moody, which is fit without a mood. */
static const struct {
  const char *mood, *failed, *says;
} moods[] = {
  { "", "", "" },
  { "registers", "repeats threads company resumes horizon", "it registered 1 states and" },
  { "logs", "repeats threads company resumes horizon", "h->stream()?): the logged value `moody.steps' differs" },
  { "predictions drift", "repeats threads company resumes horizon predict",
    "h->stream()?): the loss of a prediction[0] is" },
  { "pixel", "trains input", "input: a pixel is nan at step 5, mini-batch 0" },
  { "share", "input", "with share 2: not valid samples, or not a share" },
  { "direction fails", "trains direction",
    "direction: a step fails: optimizer moody: its direction hook failed without a message" },
  { "steep", "gradient", "gradient: dlogits is nan with logits within 100" },
  { "loss fails", "gradient linear still own bounds",
    "gradient: optimizer moody: its loss hook failed without a message" },
  { "counts", "linear still own", "still: the same pass twice gives" },
  { "ownerless", "own", "own: it has an own hook but no parameter" },
  { "predict fails", "predict", "predict: optimizer moody: its predict hook failed without a message" },
  { "output", "predict", "predict: an output is nan; all must be finite" },
  { "input fails", "bounds", "bounds: optimizer moody: its input hook failed without a message" },
  { "weigh fails", "own bounds", "bounds: optimizer moody: its weigh hook failed without a message" },
  { "weight", "own bounds", "bounds: weigh gives the weight inf to an image of loss" },
  { "update fails", "bounds", "bounds: optimizer moody: its update hook failed on fc1.weight" },
  { "direction changes", "bounds", "bounds: update writes to dir, which is read-only" },
  { "behind", "bounds", "bounds: something is written beyond its struct" },
};

START_TEST(moods_are_told)
{
  struct ho_error err;
  struct outcome o;
  char mood[64], *option = mood;
  int count[HO_VERDICTS];
  snprintf(mood, sizeof mood, "moody.mood=%s", moods[_i].mood);
  ck_assert_msg(!check(test_plugin("unfit", "moody"), &option, 1, &o, count, &err), "%s", err.text);
  ck_assert_msg(!strcmp(o.failed, moods[_i].failed), "%s fails `%s', not `%s'\n%s", mood, o.failed, moods[_i].failed,
                o.why);
  assert_has(o.why, moods[_i].says);
}
END_TEST

/* What is skipped says why. */
static const struct {
  const char *plugin, *says[8];
} skips[] = {
  { "loose",
    { "values: no option has choices or a range with an end\n", "input: it has no input hook\n",
      "weigh: it has no weigh hook\n", "direction: it has no direction hook\n", "gradient: it has no loss hook\n",
      "own: it has no own hook\n", "predict: it has no predict hook\n" } },
  { "silent",
    { "ranges: it has no options\n", "repeats: there is no training to compare with\n",
      "threads: there is no training to compare with\n", "company: there is no training to compare with\n",
      "resumes: there is no training to compare with\n", "horizon: there is no training to compare with\n" } },
};

START_TEST(skips_are_told)
{
  struct ho_error err;
  struct outcome o;
  char *mood = "moody.mood=pixel";
  int count[HO_VERDICTS];
  for (size_t i = 0; i < sizeof skips / sizeof *skips; i++) {
    ck_assert_msg(!check(test_plugin("unfit", skips[i].plugin), NULL, 0, &o, count, &err), "%s", err.text);
    for (int k = 0; k < 8 && skips[i].says[k]; k++)
      assert_has(o.skipped, skips[i].says[k]);
  }
  ck_assert_msg(!check(test_plugin("unfit", "moody"), &mood, 1, &o, count, &err), "%s", err.text);
  assert_has(o.skipped, "predict: it does not train\n");
}
END_TEST

START_TEST(each_unfit_plugin_fails_its_check)
{
  struct ho_error err;
  struct outcome o;
  int count[HO_VERDICTS];
  ck_assert_msg(!check(test_plugin("unfit", unfit[_i].plugin), NULL, 0, &o, count, &err), "%s", err.text);
  ck_assert_msg(!strcmp(o.failed, unfit[_i].failed), "%s fails `%s', not `%s'\n%s", unfit[_i].plugin, o.failed,
                unfit[_i].failed, o.why);
  assert_has(o.why, unfit[_i].says);
}
END_TEST

/* Every check but the first and `leaks' is seen to fail above; for leaks see tests/system/authoring.bats, as a process
 * that has lost memory fails at its end. */
START_TEST(every_check_can_fail)
{
  struct ho_error err;
  struct outcome o;
  char word[64];
  int count[HO_VERDICTS], used, seen = 0;
  ck_assert_msg(!check(test_plugin("unfit", "wordless"), NULL, 0, &o, count, &err), "%s", err.text);
  for (const char *at = o.checks; sscanf(at, "%63s%n", word, &used) == 1; at += used, seen++) {
    int found = !strcmp(word, "loads") || !strcmp(word, "leaks");
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit && !found; i++)
      found = strstr(unfit[i].failed, word) != NULL;
    ck_assert_msg(found, "nothing fails the check `%s'", word);
  }
  ck_assert_int_gt(seen, 15);
}
END_TEST

/* ---- what is no check ---- */

START_TEST(what_is_no_plugin)
{
  struct ho_error err;
  struct outcome o;
  int count[HO_VERDICTS];
  ck_assert_int_eq(check(test_plugin("bad", "abi"), NULL, 0, &o, count, &err), 0);
  ck_assert_str_eq(o.failed, "loads");
  assert_has(o.why, "made for plugin ABI");
  ck_assert_str_eq(o.checks, " loads");
  ck_assert_int_eq(check("/no/such/file.so", NULL, 0, &o, count, &err), -1);
  assert_has(err.text, "/no/such/file.so: No such file");
  ck_assert_str_eq(o.checks, "");
}
END_TEST

START_TEST(options_must_be_of_the_chain)
{
  struct ho_error err;
  struct outcome o;
  char *option = "mixup.alpha=3";
  int count[HO_VERDICTS];
  ck_assert_int_eq(check(test_plugin("unfit", "edge"), &option, 1, &o, count, &err), -1);
  assert_has(err.text, "no optimizer `mixup'");
  ck_assert_str_eq(o.checks, "");
  option = "edge.width=0";
  ck_assert_int_eq(check(test_plugin("unfit", "edge"), &option, 1, &o, count, &err), 0);
  assert_has(o.failed, "trains"); /* the options are those of every training */
}
END_TEST

START_TEST(the_program_is_as_before)
{
  struct ho_error err;
  struct outcome o;
  int count[HO_VERDICTS];
  ho_parallel_setup(3);
  ck_assert_int_eq(check(test_plugin("unfit", "wordless"), NULL, 0, &o, count, &err), 0);
  ck_assert_int_eq(ho_parallel_workers(), 3);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("conform");
  TCase *c = tcase_create("conform");
  tcase_add_loop_test(c, plugins_of_the_project_pass, 0, MOST);
  tcase_add_loop_test(c, phases_beside_the_defaults_pass, 0, sizeof phases / sizeof *phases);
  tcase_add_loop_test(c, checks_on_another_device, 0, sizeof far / sizeof *far);
  tcase_add_loop_test(c, each_unfit_plugin_fails_its_check, 0, sizeof unfit / sizeof *unfit);
  tcase_add_loop_test(c, moods_are_told, 0, sizeof moods / sizeof *moods);
  tcase_add_test(c, skips_are_told);
  tcase_add_test(c, every_check_can_fail);
  tcase_add_test(c, what_is_no_plugin);
  tcase_add_test(c, options_must_be_of_the_chain);
  tcase_add_test(c, the_program_is_as_before);
  suite_add_tcase(suite, c);
  return suite;
}
