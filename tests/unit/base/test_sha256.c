/* SPDX-License-Identifier: MIT
 * test_base_sha256.c - known answers of FIPS 180-4, in one piece and in many. */
#include "base/sha256.h"

#include <string.h>

#include "../unit.h"

static const struct {
  const char *text, *hex;
} known[] = {
  { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

START_TEST(known_answers)
{
  char hex[HO_SHA256_TEXT];
  ck_assert_int_eq(ho_sha256(known[_i].text, strlen(known[_i].text), hex, NULL), 0);
  ck_assert_str_eq(hex, known[_i].hex);
}
END_TEST

START_TEST(pieces_make_the_whole)
{
  char hex[HO_SHA256_TEXT], a[1000];
  struct ho_sha256 hash = ho_sha256_begin();
  memset(a, 'a', sizeof a);
  for (int i = 0; i < 1000; i++)
    ho_sha256_add(&hash, a, sizeof a);
  ho_sha256_add(&hash, a, 0);
  ck_assert_int_eq(ho_sha256_end(&hash, hex, NULL), 0);
  ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/sha256");
  TCase *tests = tcase_create("sha256");
  tcase_add_loop_test(tests, known_answers, 0, sizeof known / sizeof *known);
  tcase_add_test(tests, pieces_make_the_whole);
  suite_add_tcase(suite, tests);
  return suite;
}
