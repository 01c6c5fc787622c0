/* SPDX-License-Identifier: MIT
 * test_class_list.c - labels that matched mini-batches share, walked as by the authors of the paper, and their queues. */
#include "data/sampler.h"

#include "../data_fixtures.h"

enum { N = 103, CLASSES = 5 };
static uint16_t label[N];

static void fill(void)
{
  for (int i = 0; i < N; i++)
    label[i] = (uint16_t)(i * i % 7 % CLASSES);
}

static int count_of(int class)
{
  int n = 0;
  for (int i = 0; i < N; i++)
    n += label[i] == class;
  return n;
}

START_TEST(the_list_is_shuffled_once_and_walked_in_chunks)
{
  struct ho_class_list *list = ho_class_list_new(4, label, N, NULL);
  uint16_t lap[2][12][8];
  int count[CLASSES] = { 0 };
  for (int k = 0; k < 2; k++)
    for (int chunk = 0; chunk < 12; chunk++) { /* 12 chunks of 8; the last 7 of 103 are skipped */
      ck_assert_uint_eq(ho_class_list_cursor(list), k && !chunk ? 96 : (uint64_t)chunk * 8);
      ho_class_list_next(list, 8, lap[k][chunk]);
    }
  ck_assert_mem_eq(lap[0], lap[1], sizeof lap[0]);
  ck_assert_int_eq(ho_class_list_seek(list, 0, NULL), 0);
  uint16_t all[N];
  ho_class_list_next(list, N, all);
  for (int i = 0; i < N; i++)
    count[all[i]]++;
  for (int c = 0; c < CLASSES; c++)
    ck_assert_int_eq(count[c], count_of(c));
  ck_assert_mem_ne(all, label, sizeof all);
  ck_assert_mem_eq(all, lap[0], sizeof lap[0]);
  ho_class_list_free(list);
}
END_TEST

START_TEST(the_list_goes_on_from_a_cursor)
{
  struct ho_class_list *list = ho_class_list_new(4, label, N, NULL), *other = ho_class_list_new(4, label, N, NULL);
  struct ho_class_list *seed = ho_class_list_new(5, label, N, NULL);
  struct ho_error err;
  uint16_t a[8], b[8], c[N], d[N];
  for (int step = 0; step < 60; step++) {
    ck_assert_int_eq(ho_class_list_seek(other, ho_class_list_cursor(list), NULL), 0);
    ho_class_list_next(list, 8, a);
    ho_class_list_next(other, 8, b);
    ck_assert_mem_eq(a, b, sizeof a);
  }
  ck_assert_int_eq(ho_class_list_seek(list, N, &err), 0);
  ck_assert_int_eq(ho_class_list_seek(list, N + 1, &err), -1);
  assert_says(err, "is not possible in this list");
  ck_assert_uint_eq(ho_class_list_cursor(list), N);
  ho_class_list_next(list, N, c);
  ho_class_list_next(seed, N, d);
  ck_assert_mem_ne(c, d, sizeof c);
  ho_class_list_free(list);
  ho_class_list_free(other);
  ho_class_list_free(seed);
  ck_assert_ptr_null(ho_class_list_new(4, label, 0, &err));
  ho_class_list_free(NULL);
}
END_TEST

START_TEST(a_list_shorter_than_a_chunk_goes_round)
{
  static const uint16_t three[] = { 2, 0, 1 };
  struct ho_class_list *list = ho_class_list_new(4, three, 3, NULL);
  uint16_t a[8], b[8];
  ho_class_list_next(list, 8, a);
  ho_class_list_next(list, 8, b);
  ck_assert_mem_eq(a, b, sizeof a);
  for (int i = 3; i < 8; i++)
    ck_assert_int_eq(a[i], a[i - 3]);
  ck_assert_int_eq(a[0] + a[1] + a[2], 3);
  ho_class_list_free(list);
}
END_TEST

/* A step of the paper's sampler: the list moves by the size of one mini-batch, however many share its labels. */
START_TEST(matched_mini_batches_share_one_chunk)
{
  struct ho_class_list *list = ho_class_list_new(4, label, N, NULL);
  struct ho_sampler *pool = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
  for (int step = 0; step < 40; step++) {
    uint16_t want[8];
    uint64_t at = ho_class_list_cursor(list);
    ho_class_list_next(list, 8, want);
    ck_assert_uint_eq(ho_class_list_cursor(list), at + 8 > N ? 8 : at + 8);
    for (int m = 0; m < 8; m++) {
      uint32_t out[8];
      ck_assert_int_eq(ho_sampler_matched(pool, 8, want, out, NULL), 0);
      for (int i = 0; i < 8; i++)
        ck_assert_int_eq(label[out[i]], want[i]);
    }
  }
  ho_sampler_free(pool);
  ho_class_list_free(list);
}
END_TEST

START_TEST(classes_of_one_size_have_orders_of_their_own)
{
  enum { EACH = 40 };
  uint16_t two[2 * EACH];
  uint32_t order[2][EACH];
  for (int i = 0; i < 2 * EACH; i++)
    two[i] = (uint16_t)(i / EACH);
  struct ho_sampler *p = ho_sampler_new(9, 0, 2, two, 2 * EACH, NULL);
  for (int i = 0; i < 2 * EACH; i++)
    ck_assert_int_eq(ho_sampler_matched(p, 1, two + i, &order[i / EACH][i % EACH], NULL), 0);
  for (int i = 0; i < EACH; i++)
    order[1][i] -= EACH;
  ck_assert_mem_ne(order[0], order[1], sizeof order[0]);
  ho_sampler_free(p);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("class_list");
  TCase *t = tcase_create("class_list");
  tcase_add_checked_fixture(t, fill, NULL);
  tcase_add_test(t, the_list_is_shuffled_once_and_walked_in_chunks);
  tcase_add_test(t, the_list_goes_on_from_a_cursor);
  tcase_add_test(t, a_list_shorter_than_a_chunk_goes_round);
  tcase_add_test(t, matched_mini_batches_share_one_chunk);
  tcase_add_test(t, classes_of_one_size_have_orders_of_their_own);
  suite_add_tcase(suite, t);
  return suite;
}
