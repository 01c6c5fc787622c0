/* SPDX-License-Identifier: MIT
 * test_base_text.c - numbers are read whole or refused; names are guessed within reason. */
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "../unit.h"

START_TEST(integers)
{
  static const struct {
    const char *text;
    long long value;
  } good[] = {
    { "0", 0 },
    { "-17", -17 },
    { "+5", 5 },
    { "007", 7 },
    { "9223372036854775807", INT64_MAX },
    { "-9223372036854775808", INT64_MIN },
  };
  static const char *const bad[] = {
    "", " 1", "1 ", "1.0", "0x10", "1e3", "a", "-", "9223372036854775808", "-9223372036854775809", "1\n", "\t1"
  };
  long long value;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_int_eq(ho_text_int(good[i].text, &value), 0);
    ck_assert_int_eq(value, good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(ho_text_int(bad[i], &value) == -1, "`%s' was taken for an integer", bad[i]);
}
END_TEST

START_TEST(reals)
{
  static const struct {
    const char *text;
    double value;
  } good[] = {
    { "0.25", 0.25 },    { "-1e-3", -1e-3 },    { "5", 5 },      { ".5", 0.5 },
    { "inf", INFINITY }, { "-inf", -INFINITY }, { "1e-400", 0 },
  };
  static const char *const bad[] = { "", " 1", "1 ", "1,5", "nan", "-nan", "1e400", "-1e999", "0.1x", "e5", "." };
  double value;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_msg(ho_text_real(good[i].text, &value) == 0, "`%s' was refused", good[i].text);
    ck_assert(value == good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(ho_text_real(bad[i], &value) == -1, "`%s' was taken for a number", bad[i]);
}
END_TEST

START_TEST(times)
{
  static const struct {
    const char *text;
    double seconds;
    const char *back;
  } good[] = {
    { "0", 0, "0" },
    { "600", 600, "10m" },
    { "90s", 90, "1m30s" },
    { "10m", 600, "10m" },
    { "2h", 7200, "2h" },
    { "1h30m", 5400, "1h30m" },
    { "1d2h3m4s", 93784, "1d2h3m4s" },
    { "1.5h", 5400, "1h30m" },
    { "0.25", 0.25, "0.25" },
    { "1.5", 1.5, "1.5" },
    { "0m", 0, "0" },
    { "100000d", 8.64e9, "100000d" },
  };
  static const char *const bad[] = { "",     "s",   "m10", "-1",  "10 m", "10min", "1m1h",   "1m1m", "1h30",
                                     "1,5h", "1e3", "inf", "nan", "10m ", " 10m",  "1.2.3s", "H",    "2H" };
  double value;
  char text[32];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_msg(ho_text_time(good[i].text, &value) == 0, "`%s' was refused", good[i].text);
    ck_assert_double_eq(value, good[i].seconds);
    ho_text_from_time(value, text);
    ck_assert_str_eq(text, good[i].back);
    ck_assert(!ho_text_time(text, &value) && value == good[i].seconds);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(ho_text_time(bad[i], &value) == -1, "`%s' was taken for a time", bad[i]);
}
END_TEST

START_TEST(booleans)
{
  static const char *const yes[] = { "true", "yes", "on", "1", "TRUE", "Yes" };
  static const char *const no[] = { "false", "no", "off", "0", "False" };
  static const char *const bad[] = { "", "2", "y", "truee", " true", "-1" };
  int value;
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
    ck_assert_int_eq(ho_text_bool(yes[i], &value), 0);
    ck_assert_int_eq(value, 1);
  }
  for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
    ck_assert_int_eq(ho_text_bool(no[i], &value), 0);
    ck_assert_int_eq(value, 0);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_int_eq(ho_text_bool(bad[i], &value), -1);
}
END_TEST

START_TEST(reals_read_back)
{
  static const struct {
    double value;
    const char *text;
  } shortest[] = {
    { 0.1, "0.1" },
    { 0.01, "0.01" },
    { 1, "1" },
    { 1e-8, "1e-08" },
    { 0, "0" },
    { INFINITY, "inf" },
    { 1.0 / 3, "0.3333333333333333" },
    { -2.5, "-2.5" },
  };
  char text[32];
  struct ho_stream s = ho_stream_make(3, "text", 0, 0);
  for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++) {
    ho_text_from_real(shortest[i].value, text);
    ck_assert_str_eq(text, shortest[i].text);
  }
  for (int i = 0; i < 20000; i++) { /* any finite bit pattern */
    uint64_t bits = ho_stream_bits(&s);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
      continue;
    ho_text_from_real(value, text);
    if (strtod(text, NULL) != value)
      ck_abort_msg("%s does not read back as %a", text, value);
  }
}
END_TEST

START_TEST(names_by_a_word)
{
  static const char *const names[] = { "resnet32", "preact-resnet18", "fashion-mnist", "mnist", "gce", "bilevel" };
  static const struct {
    const char *typed, *meant;
  } cases[] = {
    { "resnet18", "preact-resnet18" },
    { "PreActResNet18", "preact-resnet18" },
    { "resnet", "resnet32" },
    { "preact_resnet18", "preact-resnet18" },
    { "fashion", "fashion-mnist" },
    { "my-mnist", "mnist" },
    { "MNIST", "mnist" },
    { "bilevel-learning", "bilevel" },
    { "net", NULL },
    { "a-gce-of-mine", NULL },
    { "shi", NULL },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = ho_text_nearest(cases[i].typed, names, sizeof names / sizeof *names);
    if (cases[i].meant)
      ck_assert_pstr_eq(found, cases[i].meant);
    else
      ck_assert_ptr_null(found);
  }
}
END_TEST

START_TEST(nearest_names)
{
  static const char *const names[] = { "batch-size", "epochs", "lr", "seed", "momentum" };
  static const struct {
    const char *typed, *meant;
  } cases[] = {
    { "epoch", "epochs" },     { "bathc-size", "batch-size" },
    { "momentm", "momentum" }, { "seed", "seed" },
    { "lrr", "lr" },           { "sede", "seed" },
    { "learning-rate", NULL }, { "", "lr" },
    { "zzzzzz", NULL },
  };
  char longest[100];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = ho_text_nearest(cases[i].typed, names, sizeof names / sizeof *names);
    if (cases[i].meant)
      ck_assert_pstr_eq(found, cases[i].meant);
    else
      ck_assert_ptr_null(found);
  }
  memset(longest, 'e', sizeof longest);
  longest[sizeof longest - 1] = 0;
  ck_assert_ptr_null(ho_text_nearest(longest, names, sizeof names / sizeof *names));
  const char *const only[] = { longest, "eee" };
  ck_assert_pstr_eq(ho_text_nearest("eeee", only, 2), "eee");
  ck_assert_ptr_null(ho_text_nearest("lr", names, 0));
}
END_TEST

static const char *bytes(double n)
{
  static char out[32];
  ho_text_from_bytes(n, out);
  return out;
}

static const char *seconds(double n)
{
  static char out[32];
  ho_text_from_seconds(n, out);
  return out;
}

START_TEST(for_people)
{
  char count[32];
  ck_assert_str_eq(bytes(0), "0 B");
  ck_assert_str_eq(bytes(1023), "1023 B");
  ck_assert_str_eq(bytes(1024), "1.0 KiB");
  ck_assert_str_eq(bytes(1536), "1.5 KiB");
  ck_assert_str_eq(bytes(1048575), "1.0 MiB");
  ck_assert_str_eq(bytes(5e15), "4547.5 TiB");
  ck_assert_str_eq(seconds(0.4), "0:00");
  ck_assert_str_eq(seconds(59.6), "1:00");
  ck_assert_str_eq(seconds(3599), "59:59");
  ck_assert_str_eq(seconds(3600 + 7 * 60), "1h07m");
  ck_assert_str_eq(seconds(2 * 86400 + 4 * 3600 + 5), "2d04h");
  ck_assert_str_eq(seconds(INFINITY), "?");
  ck_assert_str_eq(seconds(NAN), "?");
  ck_assert_str_eq(seconds(-1), "?");
  ho_text_from_count(0, count);
  ck_assert_str_eq(count, "0");
  ho_text_from_count(999, count);
  ck_assert_str_eq(count, "999");
  ho_text_from_count(11164362, count);
  ck_assert_str_eq(count, "11,164,362");
  ho_text_from_count(18446744073709551615u, count);
  ck_assert_str_eq(count, "18,446,744,073,709,551,615");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/text");
  TCase *tests = tcase_create("text");
  tcase_add_test(tests, integers);
  tcase_add_test(tests, reals);
  tcase_add_test(tests, times);
  tcase_add_test(tests, booleans);
  tcase_add_test(tests, reals_read_back);
  tcase_add_test(tests, names_by_a_word);
  tcase_add_test(tests, nearest_names);
  tcase_add_test(tests, for_people);
  suite_add_tcase(suite, tests);
  return suite;
}
