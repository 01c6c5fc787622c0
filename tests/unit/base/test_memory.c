/* SPDX-License-Identifier: MIT
 * test_base_memory.c - alignment, zeroing, overflow, and arenas that reuse what they hold. */
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

#include "base/asan.h"
#include "../unit.h"

START_TEST(alloc_is_zeroed_and_aligned)
{
  for (size_t n = 0; n < 200; n += 7) {
    unsigned char *p = ho_alloc(n, 3, "a test", NULL);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq((uintptr_t)p % HO_ALIGNMENT, 0);
    for (size_t i = 0; i < 3 * n; i++)
      if (p[i])
        ck_abort_msg("byte %zu of %zu: not zero", i, 3 * n);
    memset(p, 0xff, 3 * n); /* dirty for the next round */
    ho_free(p);
  }
  ho_free(NULL);
}
END_TEST

START_TEST(alloc_refuses_what_cannot_be)
{
  static const size_t bad[][2] = { { SIZE_MAX, 2 }, { SIZE_MAX / 2, 4 }, { SIZE_MAX, 1 }, { 1, SIZE_MAX / 2 + 1 } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct ho_error err = { 0 };
    ck_assert_ptr_null(ho_alloc(bad[i][0], bad[i][1], "the moon", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "out of memory: the moon needs"));
  }
}
END_TEST

START_TEST(arena_pieces_do_not_overlap)
{
  enum { N = 300 };
  struct ho_arena *arena = ho_arena_new(NULL);
  unsigned char *piece[N];
  ck_assert_ptr_nonnull(arena);
  for (int i = 0; i < N; i++) { /* 0 .. 45 kB: several blocks */
    size_t n = (size_t)i * 151;
    piece[i] = ho_arena_get(arena, n, 1, NULL);
    ck_assert_ptr_nonnull(piece[i]);
    ck_assert_uint_eq((uintptr_t)piece[i] % HO_ALIGNMENT, 0);
    memset(piece[i], i & 0xff, n);
  }
  for (int i = 0; i < N; i++)
    for (size_t k = 0; k < (size_t)i * 151; k++)
      if (piece[i][k] != (i & 0xff))
        ck_abort_msg("piece %d, byte %zu: overwritten", i, k);
  ho_arena_free(arena);
}
END_TEST

START_TEST(arena_keeps_its_blocks)
{
  struct ho_arena *arena = ho_arena_new(NULL);
  size_t held = 0;
  ck_assert_ptr_nonnull(arena);
  ck_assert_uint_eq(ho_arena_bytes(arena), 0);
  for (int step = 0; step < 5; step++) {
    ho_arena_reset(arena);
    for (int i = 0; i < 40; i++)
      memset(ho_arena_get(arena, 100000, 1, NULL), 1, 100000);
    memset(ho_arena_get(arena, 3000000, 4, NULL), 1, 12000000); /* larger than a block */
    if (step == 1)                                              /* merged into one block */
      held = ho_arena_bytes(arena);
    if (step > 0)
      ck_assert_uint_eq(ho_arena_bytes(arena), held);
  }
  ck_assert(held >= 16000000 && held < 17000000);
  ho_arena_free(arena);
  ho_arena_free(NULL);
}
END_TEST

/* Rounds of growing size: never much more than the largest is held. */
START_TEST(arena_does_not_pile_up)
{
  struct ho_arena *arena = ho_arena_new(NULL);
  for (size_t size = 1000000; size < 20000000; size += 500000) {
    ho_arena_reset(arena);
    ck_assert_ptr_nonnull(ho_arena_get(arena, size, 1, NULL));
    ck_assert_uint_le(ho_arena_bytes(arena), 3 * size + (1 << 20));
  }
  ho_arena_free(arena);
}
END_TEST

START_TEST(arena_refuses_overflow_and_lives_on)
{
  struct ho_error err = { 0 };
  struct ho_arena *arena = ho_arena_new(NULL);
  ck_assert_ptr_nonnull(arena);
  ck_assert_ptr_null(ho_arena_get(arena, SIZE_MAX / 4, 8, &err));
  ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
#ifndef HO_ASAN /* which ends the program instead */
  ho_error_clear(&err);
  ck_assert_ptr_null(ho_arena_get(arena, SIZE_MAX / 32, 8, &err)); /* no overflow, but nobody has it */
  ck_assert_ptr_nonnull(strstr(err.text, "out of memory: a step needs 576460752303423487 x 8 bytes"));
#endif
  ck_assert_ptr_nonnull(ho_arena_get(arena, 10, 8, &err));
  ho_arena_free(arena);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/memory");
  TCase *tests = tcase_create("memory");
  tcase_add_test(tests, alloc_is_zeroed_and_aligned);
  tcase_add_test(tests, alloc_refuses_what_cannot_be);
  tcase_add_test(tests, arena_pieces_do_not_overlap);
  tcase_add_test(tests, arena_keeps_its_blocks);
  tcase_add_test(tests, arena_does_not_pile_up);
  tcase_add_test(tests, arena_refuses_overflow_and_lives_on);
  suite_add_tcase(suite, tests);
  return suite;
}
