/* SPDX-License-Identifier: MIT
 * test_base_error.c - messages are written, prefixed, and cut, never overrun. */
#include "base/error.h"

#include <string.h>

#include "../unit.h"

START_TEST(set_writes_and_gives_minus_one)
{
  struct ho_error err = { 0 };
  ck_assert_int_eq(ho_error_set(&err, "%s: line %d", "a.yaml", 3), -1);
  ck_assert_str_eq(err.text, "a.yaml: line 3");
  ck_assert_int_eq(ho_error_set(NULL, "%s", "dropped"), -1);
}
END_TEST

START_TEST(prefix_adds_context_in_front)
{
  struct ho_error err = { 0 };
  ho_error_set(&err, "truncated");
  ck_assert_int_eq(ho_error_prefix(&err, "data set `%s'", "mnist"), -1);
  ck_assert_str_eq(err.text, "data set `mnist': truncated");
  ck_assert_int_eq(ho_error_prefix(&err, "outer"), -1);
  ck_assert_str_eq(err.text, "outer: data set `mnist': truncated");
  ck_assert_int_eq(ho_error_prefix(NULL, "dropped"), -1);
}
END_TEST

/* A caller decides by the code, whatever is added to the message on the way. */
START_TEST(code_goes_with_the_text)
{
  struct ho_error err = { 0 };
  ck_assert(!ho_error_is_set(&err));
  ho_error_set(&err, "truncated");
  ck_assert_int_eq(err.code, HO_ERROR_FAILED);
  ck_assert_int_eq(ho_error_set_as(&err, HO_ERROR_MEMORY, "%d bytes", 3), -1);
  ho_error_prefix(&err, "outer");
  ho_error_append(&err, "; fewer help");
  ck_assert_str_eq(err.text, "outer: 3 bytes; fewer help");
  ck_assert_int_eq(err.code, HO_ERROR_MEMORY);
  ho_error_clear(&err);
  ck_assert(!ho_error_is_set(&err) && !*err.text);
  ck_assert_int_eq(ho_error_set_as(NULL, HO_ERROR_FILE, "%s", "dropped"), -1);
}
END_TEST

/* A file may have named what is wrong in it. */
START_TEST(control_characters_are_gone)
{
  struct ho_error err = { 0 };
  ho_error_set(&err, "%s", "a\nb\r\t\x1b[2J\x7f");
  ck_assert_str_eq(err.text, "a?b???[2J?");
  ho_error_set(&err, "%s",
               "\xc2\x9b"
               "31m"); /* U+009B is ESC [, too */
  ck_assert_str_eq(err.text, "?"
                             "?31m");
  ho_error_prefix(&err, "%s", "x\by");
  ho_error_append(&err, "%s", "\x01 \xc2\xa7\xc3\x9f");
  ck_assert_str_eq(err.text, "x?y: ?"
                             "?31m? \xc2\xa7\xc3\x9f"); /* letters stay */
  ho_error_set(&err, "%s", "cut \xc2");
  ck_assert_str_eq(err.text, "cut ?");
  ho_error_set(&err, "%s",
               "raw \x9b"
               "31m, long \xc0\x9b"
               "31m, cut \xe2\x80 \xff, whole \xc4\x9b \xe2\x80\xa6 \xf0\x9f\x98\x80");
  ck_assert_str_eq(err.text, "raw ?31m, long ??31m, cut ?? ?, whole \xc4\x9b \xe2\x80\xa6 \xf0\x9f\x98\x80");
}
END_TEST

/* They would show a name in another order than it has; their neighbours are text. */
START_TEST(bidirectional_controls_are_gone)
{
  struct ho_error err = { 0 };
  for (unsigned point = 0x2020; point < 0x2070; point++) {
    const char shown[] = { 'a', (char)0xe2, (char)(0x80 | (point >> 6 & 0x3f)), (char)(0x80 | (point & 0x3f)), 'z', 0 };
    int turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    ho_error_set(&err, "%s", shown);
    if (strcmp(err.text, turns ? "a???z" : shown))
      ck_abort_msg("U+%04X: `%s'", point, err.text);
  }
  ho_error_set(&err, "%s", "\xe2\x80");
  ck_assert_str_eq(err.text, "??");
}
END_TEST

START_TEST(long_messages_are_cut)
{
  struct {
    struct ho_error err;
    char guard[8];
  } room;
  char longer[3000];
  memset(room.guard, 'g', sizeof room.guard);
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = 0;
  ho_error_set(&room.err, "%s", longer);
  ck_assert_uint_eq(strlen(room.err.text), sizeof room.err.text - 1);
  ho_error_prefix(&room.err, "short");
  ck_assert_uint_eq(strlen(room.err.text), sizeof room.err.text - 1);
  ck_assert_int_eq(strncmp(room.err.text, "short: xxx", 10), 0);
  ho_error_prefix(&room.err, "%s", longer);
  ck_assert_uint_eq(strlen(room.err.text), sizeof room.err.text - 1);
  ck_assert_int_eq(memcmp(room.guard, "gggggggg", 8), 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/error");
  TCase *tests = tcase_create("error");
  tcase_add_test(tests, set_writes_and_gives_minus_one);
  tcase_add_test(tests, prefix_adds_context_in_front);
  tcase_add_test(tests, code_goes_with_the_text);
  tcase_add_test(tests, control_characters_are_gone);
  tcase_add_test(tests, bidirectional_controls_are_gone);
  tcase_add_test(tests, long_messages_are_cut);
  suite_add_tcase(suite, tests);
  return suite;
}
