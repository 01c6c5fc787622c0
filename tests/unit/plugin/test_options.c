/* SPDX-License-Identifier: MIT
 * test_options.c - ranges, and tables of options: what is read, what is refused, what is written back. */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "plugin/options.h"
#include "base/range.h"
#include "../unit.h"

struct self {
  int count, fast, kind;
  double rate;
  const char *note;
};

static struct ho_error err;

START_TEST(ranges)
{
  struct ho_range r;
  ck_assert_int_eq(ho_range_parse("[0,inf)", &r), 0);
  ck_assert(ho_range_has(&r, 0) && ho_range_has(&r, 1e300) && !ho_range_has(&r, -1e-300) &&
            !ho_range_has(&r, INFINITY));
  ck_assert_int_eq(ho_range_parse("(0,1]", &r), 0);
  ck_assert(!ho_range_has(&r, 0) && ho_range_has(&r, 1e-300) && ho_range_has(&r, 1) && !ho_range_has(&r, 1.001));
  ck_assert_int_eq(ho_range_parse("(-inf,-0.5)", &r), 0);
  ck_assert(ho_range_has(&r, -1) && !ho_range_has(&r, -0.5) && !ho_range_has(&r, -INFINITY));
  ck_assert_int_eq(ho_range_parse("[3,3]", &r), 0);
  ck_assert(ho_range_has(&r, 3) && !ho_range_has(&r, 3.1));
  ck_assert_int_eq(ho_range_parse(NULL, &r), 0);
  ck_assert(ho_range_has(&r, -INFINITY) && !ho_range_has(&r, NAN));
}
END_TEST

START_TEST(ranges_refused)
{
  static const char *const wrong[] = { "",        "[",       "[]",      "[0",     "[0,1",   "0,1]",  "[0;1]",
                                       "[1,0]",   "(1,1]",   "[a,b]",   "[0,1]x", "[,]",    "[0,]",  "[,1]",
                                       "[0,1,2]", "[nan,1]", "[0,nan]", "[ 0,1]", "[0, 1]", "(1,1)", "[0 ,1]" };
  struct ho_range r;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ck_assert_msg(ho_range_parse(wrong[i], &r) == -1, "`%s' was taken for a range", wrong[i]);
}
END_TEST

START_TEST(choices)
{
  char out[8];
  ck_assert_int_eq(ho_choice_find("soft|hard", "soft"), 0);
  ck_assert_int_eq(ho_choice_find("soft|hard", "hard"), 1);
  ck_assert_int_eq(ho_choice_find("soft|hard", "har"), -1);
  ck_assert_int_eq(ho_choice_find("soft|hard", "soft|hard"), -1);
  ck_assert_int_eq(ho_choice_find("soft|hard", ""), -1);
  ck_assert_int_eq(ho_choice_at("soft|hard", 1, out, sizeof out), 0);
  ck_assert_str_eq(out, "hard");
  ck_assert_int_eq(ho_choice_at("soft|hard", 2, out, sizeof out), -1);
  ck_assert_int_eq(ho_choice_at("soft|hard", -1, out, sizeof out), -1);
  ck_assert_int_eq(ho_choice_at("a-name-that-is-long", 0, out, sizeof out), -1);
  ck_assert_int_eq(ho_choice_check("soft|hard"), 0);
  ck_assert_int_eq(ho_choice_check("one"), 0);
  static const char *const wrong[] = {
    "",    "|",     "a|",
    "|a",  "a||b",  "a|a",
    "a b", "a|b,c", "a|a-word-of-more-than-sixty-three-letters-which-no-buffer-for-a-choice-holds|b"
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ck_assert_msg(ho_choice_check(wrong[i]) == -1, "`%s' was taken for choices", wrong[i]);
}
END_TEST

#define OPTION(field, type, value, range) \
  { \
#field, type, offsetof(struct self, field), value, range, "" \
  }
static const struct ho_option good[] = { OPTION(count, HO_INT, "3", "[1,10]"),
                                         OPTION(fast, HO_BOOL, "no", NULL),
                                         OPTION(kind, HO_CHOICE, "hard", "soft|hard|x"),
                                         OPTION(rate, HO_REAL, "0.1", "(0,1]"),
                                         OPTION(note, HO_TEXT, "", NULL),
                                         { 0 } };

START_TEST(values)
{
  struct self s = { 0 };
  char text[64];
  ck_assert_int_eq(ho_options_check(good, 5, sizeof s, &err), 0);
  for (int i = 0; i < 5; i++)
    ck_assert_int_eq(ho_option_set(good + i, &s, good[i].value, &err), 0);
  ck_assert(s.count == 3 && s.fast == 0 && s.kind == 1 && s.rate == 0.1 && !strcmp(s.note, ""));
  static const struct {
    int option;
    const char *text, *back;
  } set[] = { { 0, "10", "10" },      { 0, "+4", "4" },
              { 1, "yes", "true" },   { 1, "0", "false" },
              { 2, "x", "x" },        { 3, "1", "1" },
              { 3, "1e-3", "0.001" }, { 3, "0.3333333333333333", "0.3333333333333333" },
              { 4, "a=b c", "a=b c" } };
  for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
    ck_assert_int_eq(ho_option_set(good + set[i].option, &s, set[i].text, &err), 0);
    ho_option_get(good + set[i].option, &s, text, sizeof text);
    ck_assert_str_eq(text, set[i].back);
  }
}
END_TEST

/* A refused value leaves the old one. */
START_TEST(values_refused)
{
  static const struct {
    int option;
    const char *text, *says;
  } wrong[] = { { 0, "0", "count: 0 is outside [1,10]" },
                { 0, "2.5", "`2.5' is not a whole number" },
                { 0, "", "not a whole number" },
                { 0, "99999999999999999999", "not a whole number" },
                { 1, "maybe", "neither true nor false" },
                { 2, "sofd", "did you mean `soft'" },
                { 2, "soft|hard", "unknown value" },
                { 3, "0", "rate: 0 is outside (0,1]" },
                { 3, "nan", "not a number" },
                { 3, "inf", "outside (0,1]" },
                { 3, "0.5x", "not a number" },
                { 3, " 0.5", "not a number" } };
  struct self s, before;
  memset(&s, 0, sizeof s); /* padding is compared, too */
  s.count = 7, s.fast = 1, s.kind = 2, s.rate = 0.25, s.note = "kept";
  memcpy(&before, &s, sizeof s);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(ho_option_set(good + wrong[i].option, &s, wrong[i].text, &err), -1);
    ck_assert_msg(strstr(err.text, wrong[i].says) != NULL, "`%s' does not say `%s'", err.text, wrong[i].says);
    ck_assert(!memcmp(&s, &before, sizeof s));
  }
  static const struct ho_option any = { "any", HO_INT, 0, "0", NULL, "" };
  int value = 5;
  ck_assert_int_eq(ho_option_set(&any, &value, "2147483648", &err), -1);
  ck_assert_int_eq(ho_option_set(&any, &value, "-2147483648", &err), 0);
  ck_assert_int_eq(value, INT_MIN);
}
END_TEST

static const struct {
  struct ho_option option;
  const char *says;
} bad[] = {
  { { "", HO_INT, 0, "1", NULL, "" }, "option 1 has the name" },
  { { "a b", HO_INT, 0, "1", NULL, "" }, "option 1 has the name" },
  { { "a.b", HO_INT, 0, "1", NULL, "" }, "option 1 has the name" },
  { { "a=b", HO_INT, 0, "1", NULL, "" }, "option 1 has the name" },
  { { "x", (enum ho_type)99, 0, "1", NULL, "" }, "unknown type 99" },
  { { "x", HO_INT, 0, NULL, NULL, "" }, "has no default" },
  { { "x", HO_INT, 0, "11", "[0,10]", "" }, "default: 11 is outside [0,10]" },
  { { "x", HO_INT, 0, "one", NULL, "" }, "default: `one' is not a whole number" },
  { { "x", HO_INT, 0, "1", "0..10", "" }, "is not a range" },
  { { "x", HO_REAL, 0, "1", "soft|hard", "" }, "is not a range" },
  { { "x", HO_CHOICE, 0, "a", NULL, "" }, "not a list of choices" },
  { { "x", HO_CHOICE, 0, "a", "a||b", "" }, "not a list of choices" },
  { { "x", HO_CHOICE, 0, "c", "a|b", "" }, "unknown value `c'" },
  { { "x", HO_BOOL, 0, "true", "[0,1]", "" }, "has no range" },
  { { "x", HO_BOOL, 0, "2", NULL, "" }, "neither true nor false" },
  { { "x", HO_TEXT, 0, "", "[0,1]", "" }, "has no range" },
  { { "x", HO_REAL, sizeof(struct self) - 4, "1", NULL, "" }, "outside its struct" },
  { { "x", HO_REAL, sizeof(struct self), "1", NULL, "" }, "outside its struct" },
  { { "x", HO_REAL, SIZE_MAX - 3, "1", NULL, "" }, "outside its struct" },
  { { "x", HO_REAL, 4, "1", NULL, "" }, "not aligned" },
  { { "x", HO_INT, 2, "1", NULL, "" }, "not aligned" },
};

START_TEST(tables_refused)
{
  ck_assert_int_eq(ho_options_check(&bad[_i].option, 1, sizeof(struct self), &err), -1);
  ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "`%s' does not say `%s'", err.text, bad[_i].says);
}
END_TEST

/* A table that was not checked. */
START_TEST(values_of_bad_options)
{
  const struct ho_option no_range = { "x", HO_INT, 0, "1", "0..10", "" },
                         no_type = { "x", (enum ho_type)99, 0, "", "", "" };
  struct self s = { .count = 7 };
  ck_assert_int_eq(ho_option_set(&no_range, &s, "1", &err), -1);
  ck_assert_str_eq(err.text, "x: its range `0..10' cannot be read");
  ck_assert_int_eq(ho_option_set(&no_type, &s, "1", &err), -1);
  ck_assert_str_eq(err.text, "x: has the unknown type 99");
  ck_assert_int_eq(s.count, 7);
}
END_TEST

START_TEST(tables_refused_as_a_whole)
{
  struct ho_option two[] = { { "x", HO_INT, 0, "1", NULL, "" }, { "x", HO_INT, 4, "1", NULL, "" } };
  ck_assert_int_eq(ho_options_check(two, 2, sizeof(struct self), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "listed twice"));
  two[1] = (struct ho_option){ "y", HO_REAL, 0, "1", NULL, "" };
  ck_assert_int_eq(ho_options_check(two, 2, sizeof(struct self), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "share memory"));
  ck_assert_int_eq(ho_options_check(NULL, 0, 0, &err), 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("options");
  TCase *c = tcase_create("options");
  tcase_add_test(c, ranges);
  tcase_add_test(c, ranges_refused);
  tcase_add_test(c, choices);
  tcase_add_test(c, values);
  tcase_add_test(c, values_refused);
  tcase_add_loop_test(c, tables_refused, 0, sizeof bad / sizeof *bad);
  tcase_add_test(c, values_of_bad_options);
  tcase_add_test(c, tables_refused_as_a_whole);
  suite_add_tcase(suite, c);
  return suite;
}
