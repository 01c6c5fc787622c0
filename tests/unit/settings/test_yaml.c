/* SPDX-License-Identifier: MIT
 * test_yaml.c - configurations: read, refused by line, written and read back; junk gives messages, never a crash. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "compute/random.h"
#include "../scratch.h"
#include "settings/settings.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_settings s;
static unsigned char source[HO_SETTINGS_MOST];

static void setup(void)
{
  scratch_make();
  memset(source, 0, sizeof source);
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
}

static void teardown(void)
{
  ho_settings_free(&s);
  scratch_remove();
}

static int read_bytes(const char *text, size_t size)
{
  return ho_settings_read_yaml(&s, scratch_write("c.yaml", text, size), source, &err);
}

static int read_text(const char *text)
{
  return read_bytes(text, strlen(text));
}

static size_t row(const char *name)
{
  return (size_t)(ho_setting_find(name) - ho_setting_table);
}

START_TEST(reads)
{
  ck_assert_msg(!read_text("# a comment\ndataset: cifar10\nlr: 0.05   # another\nbatch_size: 128\n"
                           "noise: symmetric:0.4\nquiet: yes\nrun-dir: \"a\\tb\"\ndata-dir: 'it''s'\n"),
                "%s", err.text);
  ck_assert_str_eq(s.dataset, "cifar10");
  ck_assert(s.lr == 0.05 && s.batch_size == 128 && s.quiet);
  ck_assert_str_eq(s.noise, "symmetric:0.4");
  ck_assert_str_eq(s.run_dir, "a\tb");
  ck_assert_str_eq(s.data_dir, "it's");
  ck_assert_ptr_null(s.resume);
  ck_assert_int_eq(source[row("lr")], HO_FROM_FILE);
  ck_assert_int_eq(source[row("batch-size")], HO_FROM_FILE);
  ck_assert_int_eq(source[row("epochs")], HO_FROM_DEFAULT);
}
END_TEST

START_TEST(reads_lists)
{
  ck_assert_msg(!read_text("option:\n  - bilevel.mu=0.01\n  - a.b=c=d\n"), "%s", err.text);
  ck_assert_int_eq(s.noptions, 2);
  ck_assert_str_eq(s.option[1], "a.b=c=d");
  ck_assert_msg(!read_text("option:\n  bilevel.mu: 1\n  bilevel.l1: off\n"), "%s", err.text);
  ck_assert_int_eq(s.noptions, 4);
  ck_assert_str_eq(s.option[3], "bilevel.l1=off");
  ck_assert_msg(!read_text("option: c.d=1\n"), "%s", err.text);
  ck_assert_str_eq(s.option[4], "c.d=1");
}
END_TEST

START_TEST(reads_nothing)
{
  static const char *const empty[] = { "", "\n\n", "# only this\n", "---\n", "---\n...\n", "{}\n" };
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
    ck_assert_msg(!read_text(empty[i]), "`%s': %s", empty[i], err.text);
}
END_TEST

/* What came as a flag is checked, but stays; a list gets the file's items. */
START_TEST(flags_stay)
{
  s.epochs = 3;
  source[row("epochs")] = HO_FROM_FLAG;
  ck_assert_msg(!read_text("epochs: 50\nlr: 1\n"), "%s", err.text);
  ck_assert(s.epochs == 3 && s.lr == 1);
  ck_assert_int_eq(source[row("epochs")], HO_FROM_FLAG);
  ck_assert_int_eq(read_text("epochs: none\n"), -1);
  source[row("option")] = HO_FROM_FLAG;
  ck_assert_int_eq(read_text("option: [a.b=1]\n"), 0);
  ck_assert_int_eq(s.noptions, 1);
}
END_TEST

static const struct {
  const char *text, *says;
} bad[] = {
  { "lr: 0.1\nepoch: 3\n", "c.yaml:2: unknown setting `epoch' (did you mean `epochs'?)" },
  { "lr: 0.1\n\n\nzzzzzzzzzz: 3\n", "c.yaml:4: unknown setting `zzzzzzzzzz'" },
  { "epochs: 0\n", "c.yaml:1: epochs: 0 is outside" },
  { "sched: cosin\n", "did you mean `cosine'" },
  { "lr: 1\nlr: 2\n", "c.yaml:2: `lr' is given twice" },
  { "batch-size: 1\nbatch_size: 2\n", "c.yaml:2: `batch-size' is given twice" },
  { "lr:\n", "lr has no value" },
  { "lr: ~\n", "lr has no value" },
  { "noise: null\n", "noise has no value" },
  { "lr: [1, 2]\n", "lr must be a plain value" },
  { "noise:\n  model: symmetric\n", "noise must be a plain value" },
  { "lr: 1\nplugin-dir: p\n",
    "c.yaml:2: plugin-dir is not read from files, as plugins are programs: give --plugin-dir" },
  { "plugin_dir: [p]\n", "c.yaml:1: plugin-dir is not read from files" },
  { "time_limit: 10m\n", "c.yaml:1: time-limit is not read from files, as it is for one process, not for a run" },
  { "resume: runs/x\n", "c.yaml:1: resume is not read from files, as it changes an existing run: give --resume" },
  { "option:\n  bilevel:\n    mu: 1\n", "c.yaml:3: bilevel must be a plain value" },
  { "option:\n  a.b: 1\n  a.b: 2\n", "c.yaml:3: option `a.b' is given twice" },
  { "option: {a.b=c: 1}\n", "is not the name of an option" },
  { "option: [[a.b=1]]\n", "option must be a plain value" },
  { "lr: &x 1\n", "anchors" },
  { "lr: &x 1\nwarmup-lr: *x\n", "anchors" },
  { "lr: *x\n", "an alias" },
  { "option: &x [a.b=1]\n", "anchors" },
  { "option: &x {a.b: 1}\n", "c.yaml:1: anchors and tags" },
  { "option: !x {a.b: 1}\n", "c.yaml:1: anchors and tags" },
  { "&x lr: 1\n", "anchors" },
  { "&x {lr: 1}\n", "anchors" },
  { "lr: !!float 1\n", "tags" },
  { "<<: 1\n", "unknown setting" },
  { "? [a]\n: b\n", "a key must be a plain value" },
  { "- lr\n- 1\n", "c.yaml:1: expected lines" },
  { "just words\n", "expected lines" },
  { "lr: 1\n---\nlr: 2\n", "c.yaml:2: a second document" },
  { "noise: a\n bad: 2\n", "c.yaml:2: not YAML" },
  { "lr: \"1\n", "not YAML" },
  { "{lr: 1\n", "not YAML" },
  { "lr: 1\n\tepochs: 2\n", "not YAML" },
  { "%YAML 9.9\n---\nlr: 1\n", "not YAML" },
  { "noise: \"\\0\"\n", "a zero byte" },
  { "noise: \"\\ud800\"\n", "not YAML" },
  { "noise: \x01\n", "not a text file" },
  { "noise: \xff\xff\n", "not a text file" },
  { "dataset: \"\"\n", "must not be empty" },
};

START_TEST(refuses)
{
  ck_assert_msg(read_text(bad[_i].text) == -1, "took `%s'", bad[_i].text);
  assert_has(err.text, bad[_i].says);
  assert_has(err.text, "c.yaml:");
}
END_TEST

START_TEST(refuses_files)
{
  ck_assert_int_eq(ho_settings_read_yaml(&s, scratch_path("none.yaml"), NULL, &err), -1);
  assert_has(err.text, "none.yaml: No such file");
  ck_assert_int_eq(ho_settings_read_yaml(&s, scratch, NULL, &err), -1);
  assert_has(err.text, "not a regular file");
  size_t size = 2 << 20;
  char *large = calloc(size, 1);
  memset(large, 'x', 5000);
  memcpy(large, "lr: 1\noption:\n  a.b: ", 21);
  ck_assert_int_eq(read_bytes(large, 5000), -1);
  assert_has(err.text, "yaml:3: the value is too long");
  memset(large, '#', size);
  ck_assert_int_eq(read_bytes(large, size), -1);
  assert_has(err.text, "more than");
  ck_assert_int_eq(read_bytes("lr: 1\0\n", 7), -1);
  for (size_t i = 0; i < 60000; i++) /* deep nesting */
    large[i] = '[';
  ck_assert_int_eq(read_bytes(large, 60000), -1);
  free(large);
}
END_TEST

/* Any text that a setting can hold survives the way through a file. */
START_TEST(round_trip)
{
  static const char *const nasty[] = { "plain",
                                       "symmetric:0.4",
                                       "file:/a b/c",
                                       "-",
                                       "---",
                                       "...",
                                       "- a",
                                       "? a",
                                       "a: b",
                                       "a:",
                                       ":a",
                                       "a #b",
                                       "#a",
                                       "'",
                                       "\"",
                                       "\\",
                                       "\\n",
                                       "a\nb",
                                       "\n",
                                       "a\n\nb\n",
                                       " lead",
                                       "trail ",
                                       "\t",
                                       "~",
                                       "null",
                                       "Null",
                                       "true",
                                       "no",
                                       "y",
                                       "1e3",
                                       "0x1F",
                                       "{a}",
                                       "[a]",
                                       "&a",
                                       "*a",
                                       "!a",
                                       "!!str a",
                                       "%a",
                                       "@a",
                                       "`a",
                                       "|",
                                       ">",
                                       "a,b",
                                       ",",
                                       "=",
                                       "<<",
                                       "\x01\x02\x1f\x7f",
                                       "\r\n",
                                       "\xc3\xa9t\xc3\xa9",
                                       "\xc2\x85",
                                       "\xc2\x80",
                                       "\xc2\xa0x",
                                       "\xe2\x80\xa8",
                                       "\xe2\x80\xa9",
                                       "\xef\xbb\xbf",
                                       "\xef\xbf\xbe",
                                       "\xef\xbf\xbf",
                                       "\xf0\x9f\x8c\x8d",
                                       "\xe6\x97\xa5\xe6\x9c\xac",
                                       "\xee\x80\x80",
                                       "\xef\xbc\xa1",
                                       "a\\",
                                       "\"a\" b",
                                       "a\tb",
                                       "%YAML 1.1",
                                       "a=b",
                                       "-1",
                                       "+.5",
                                       ".inf",
                                       ".",
                                       "..",
                                       "/",
                                       "2001-01-01",
                                       "12:30:45" };
  for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
    const char *path = scratch_path("round.yaml");
    char *options[] = { (char *)nasty[i], "x.y=z" };
    struct ho_settings back;
    ck_assert_msg(!ho_settings_set(&s, ho_setting_find("noise"), nasty[i], &err), "%s", err.text);
    ck_assert_int_eq(ho_settings_write_yaml(&s, path, options, 2, &err), 0);
    ck_assert_int_eq(ho_settings_default(&back, &err), 0);
    ck_assert_msg(!ho_settings_read_yaml(&back, path, NULL, &err), "`%s': %s", nasty[i], err.text);
    ck_assert_str_eq(back.noise, nasty[i]);
    ck_assert_int_eq(back.noptions, 2);
    ck_assert_str_eq(back.option[0], nasty[i]);
    ho_settings_free(&back);
  }
}
END_TEST

/* Every setting that decides a run comes back; what belongs to the machine is not in the file. */
START_TEST(writes_all_of_a_run)
{
  static const struct {
    const char *name, *text;
  } set[] = { { "dataset", "mnist" },    { "augment", "crop-flip" }, { "lr", "0.3333333333333333" },
              { "seed", "12345678901" }, { "sched", "step" },        { "decay-epochs", "3,5" },
              { "decay", "all" },        { "min-lr", "1e-9" },       { "epochs", "7" },
              { "noise-seed", "9" },     { "eval-every", "2" },      { "threads", "3" },
              { "run-dir", "secret" },   { "quiet", "true" },        { "engine", "cuda" },
              { "precision", "tf32" },   { "fold", "2/5" },          { "true-labels", "own" } };
  const char *path = scratch_path("all.yaml");
  struct ho_settings back;
  char a[4200], b[4200];
  for (size_t i = 0; i < sizeof set / sizeof *set; i++)
    ck_assert_msg(!ho_settings_set(&s, ho_setting_find(set[i].name), set[i].text, &err), "%s", err.text);
  ck_assert_int_eq(ho_settings_write_yaml(&s, path, NULL, 0, &err), 0);
  ck_assert_int_eq(ho_settings_default(&back, &err), 0);
  ck_assert_msg(!ho_settings_read_yaml(&back, path, source, &err), "%s", err.text);
  for (const struct ho_setting *d = ho_setting_table; d->name; d++) {
    int run = (d->flags & HO_SETTING_RUN) != 0;
    ho_settings_get(&s, d, 0, a, sizeof a);
    ho_settings_get(&back, d, 0, b, sizeof b);
    if (run)
      ck_assert_str_eq(a, b);
    ck_assert_msg((source[d - ho_setting_table] == HO_FROM_FILE) == run, "%s", d->name);
  }
  ck_assert(back.threads == 0 && !back.run_dir && !back.quiet);
  ho_settings_free(&back);
  ck_assert_int_eq(ho_settings_write_yaml(&s, "/nowhere/at/all.yaml", NULL, 0, &err), -1);
}
END_TEST

/* What a reader of YAML 1.1 takes for a number, a date, a truth value or nothing stands in quotes when it is a text; numbers
 * have the forms that all readers know.  tests/system/readers.bats asks such a reader. */
START_TEST(writes_types_for_all_readers)
{
  static const struct {
    const char *name, *text, *line;
  } want[] = {
    { "lr", "1e-5", "\nlr: 1.0e-05\n" },
    { "lr", "1", "\nlr: 1.0\n" },
    { "lr", "2.5e-10", "\nlr: 2.5e-10\n" },
    { "lr", "1e20", "\nlr: 1.0e+20\n" },
    { "lr", "0.25", "\nlr: 0.25\n" },
    { "weight-decay", "0", "\nweight-decay: 0.0\n" },
    { "noise-seed", "-1", "\nnoise-seed: -1\n" },
    { "decay-epochs", "30", "\ndecay-epochs: \"30\"\n" },
    { "init", "1e5", "\ninit: \"1e5\"\n" },
    { "init", "08", "\ninit: \"08\"\n" },
    { "init", "1_000", "\ninit: \"1_000\"\n" },
    { "init", "2001-01-01", "\ninit: \"2001-01-01\"\n" },
    { "init", "12:30:45", "\ninit: \"12:30:45\"\n" },
    { "init", "0x1F", "\ninit: \"0x1F\"\n" },
    { "init", ".inf", "\ninit: \".inf\"\n" },
    { "init", "=", "\ninit: \"=\"\n" },
    { "init", "No", "\ninit: \"No\"\n" },
    { "init", "off", "\ninit: \"off\"\n" },
    { "init", "TRUE", "\ninit: \"TRUE\"\n" },
    { "init", "nUll", "\ninit: \"nUll\"\n" },
    { "init", "nothing", "\ninit: nothing\n" },
  };
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    const char *path = scratch_path("types.yaml");
    unsigned char *text;
    size_t size;
    ck_assert_msg(!ho_settings_set(&s, ho_setting_find(want[i].name), want[i].text, &err), "%s", err.text);
    ck_assert_int_eq(ho_settings_write_yaml(&s, path, NULL, 0, &err), 0);
    ck_assert_int_eq(ho_file_read(path, 1 << 20, &text, &size, &err), 0);
    ck_assert_msg(strstr((char *)text, want[i].line), "no %s", want[i].line + 1);
    ho_free(text);
  }
}
END_TEST

/* Random changes to a valid file: taken or refused with a message, and nothing else. */
START_TEST(mutations)
{
  unsigned char *text, copy[4096];
  size_t size;
  int taken = 0, refused = 0;
  const char *path = scratch_path("m.yaml");
  char *options[] = { "bilevel.mu=0.01", "sgd.momentum=0.9" };
  ck_assert_int_eq(ho_settings_write_yaml(&s, path, options, 2, &err), 0);
  ck_assert_int_eq(ho_file_read(path, sizeof copy, &text, &size, &err), 0);
  for (int round = 0; round < 1500; round++) {
    struct ho_stream r = ho_stream_make(1, "mutation", (uint64_t)round, 0);
    struct ho_settings into;
    memcpy(copy, text, size);
    for (uint64_t k = 1 + ho_stream_below(&r, 4); k > 0; k--) {
      static const char signs[] = "\n:-[]{}&*!\"'#, \t";
      uint64_t any = ho_stream_below(&r, 256), sign = ho_stream_below(&r, sizeof signs - 1);
      copy[ho_stream_below(&r, size)] = (unsigned char)(ho_stream_below(&r, 2) ? any : (uint64_t)signs[sign]);
    }
    size_t cut = ho_stream_below(&r, 4) ? size : ho_stream_below(&r, size + 1);
    ck_assert_int_eq(ho_settings_default(&into, &err), 0);
    ho_error_clear(&err);
    if (ho_settings_read_yaml(&into, scratch_write("m.yaml", copy, cut), NULL, &err) == 0)
      taken++;
    else {
      refused++;
      assert_has(err.text, "m.yaml");
    }
    ho_settings_free(&into);
  }
  ho_free(text);
  ck_assert(taken > 50 && refused > 50);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("yaml");
  TCase *c = tcase_create("yaml");
  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, reads);
  tcase_add_test(c, reads_lists);
  tcase_add_test(c, reads_nothing);
  tcase_add_test(c, flags_stay);
  tcase_add_loop_test(c, refuses, 0, sizeof bad / sizeof *bad);
  tcase_add_test(c, refuses_files);
  tcase_add_test(c, round_trip);
  tcase_add_test(c, writes_all_of_a_run);
  tcase_add_test(c, writes_types_for_all_readers);
  tcase_add_test(c, mutations);
  suite_add_tcase(suite, c);
  return suite;
}
