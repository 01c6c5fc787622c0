/* SPDX-License-Identifier: MIT
 * test_sampler.c - plain passes, class-matched queues, and going on where one stopped. */
#include "data/sampler.h"

#include "compute/random.h"
#include "../data_fixtures.h"

enum { N = 103, CLASSES = 5 };
static uint16_t label[N];
static struct ho_sampler *pool;

static void fill(void)
{
  for (int i = 0; i < N; i++)
    label[i] = (uint16_t)(i * i % 7 % CLASSES); /* uneven, and class 3 has none */
  pool = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
  ck_assert_ptr_nonnull(pool);
}

static void empty(void)
{
  ho_sampler_free(pool);
}

static int count_of(int class)
{
  int n = 0;
  for (int i = 0; i < N; i++)
    n += label[i] == class;
  return n;
}

START_TEST(plain_visits_every_sample_once_per_pass)
{
  uint32_t out[N], first[N];
  for (int pass = 0; pass < 20; pass++) {
    char seen[N] = { 0 };
    for (int i = 0; i < N; i++) {
      ck_assert_int_eq(ho_sampler_plain(pool, 1, out + i, NULL), 0);
      if (out[i] >= N || seen[out[i]])
        ck_abort_msg("pass %d: sample %u", pass, out[i]);
      seen[out[i]] = 1;
    }
    if (pass == 0)
      memcpy(first, out, sizeof out);
    else
      ck_assert_mem_ne(first, out, sizeof out); /* shuffled anew */
  }
}
END_TEST

/* Ten mini-batches of ten to a pass of 103: the same order as singly, less the last three. */
START_TEST(a_rest_too_short_is_dropped)
{
  struct ho_sampler *single = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
  for (int pass = 0; pass < 5; pass++) {
    uint32_t one, ten[10];
    for (int b = 0; b < 10; b++) {
      ck_assert_int_eq(ho_sampler_plain(pool, 10, ten, NULL), 0);
      for (int i = 0; i < 10; i++) {
        ho_sampler_plain(single, 1, &one, NULL);
        ck_assert_uint_eq(one, ten[i]);
      }
    }
    for (int i = 0; i < 3; i++)
      ho_sampler_plain(single, 1, &one, NULL);
  }
  ho_sampler_free(single);
}
END_TEST

START_TEST(first_places_are_uniform)
{
  int times[N] = { 0 };
  double chi = 0;
  for (int pass = 0; pass < 103 * 100; pass++) {
    uint32_t out[N];
    ho_sampler_plain(pool, N, out, NULL);
    times[out[0]]++;
  }
  for (int i = 0; i < N; i++)
    chi += (times[i] - 100.0) * (times[i] - 100.0) / 100;
  ck_assert_double_gt(chi, 102 - 4 * 14.3);
  ck_assert_double_lt(chi, 102 + 4 * 14.3);
}
END_TEST

START_TEST(matched_labels_are_those_asked_for)
{
  struct ho_stream s = ho_stream_make(1, "test-sampler", 0, 0);
  for (int round = 0; round < 500; round++) {
    uint16_t want[8];
    uint32_t out[8];
    for (int i = 0; i < 8; i++)
      want[i] = label[ho_stream_below(&s, N)];
    ck_assert_int_eq(ho_sampler_matched(pool, 8, want, out, NULL), 0);
    for (int i = 0; i < 8; i++)
      if (out[i] >= N || label[out[i]] != want[i])
        ck_abort_msg("round %d: sample %u for label %d", round, out[i], want[i]);
  }
}
END_TEST

START_TEST(a_queue_visits_all_before_it_is_reshuffled)
{
  for (uint16_t c = 0; c < CLASSES; c++) {
    uint32_t out, first[N], again[N];
    int n = count_of(c);
    for (int pass = 0; pass < 4; pass++) {
      char seen[N] = { 0 };
      for (int i = 0; i < n; i++) {
        ck_assert_int_eq(ho_sampler_matched(pool, 1, &c, &out, NULL), 0);
        if (label[out] != c || seen[out])
          ck_abort_msg("class %d, pass %d: sample %u", c, pass, out);
        seen[out] = 1;
        (pass ? again : first)[i] = out;
      }
      if (pass && n > 10)
        ck_assert_mem_ne(first, again, (size_t)n * sizeof *first);
    }
  }
}
END_TEST

/* Queues and the plain walk do not disturb each other. */
START_TEST(walks_are_independent)
{
  struct ho_sampler *other = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
  uint16_t zero[] = { 0, 0, 0 }, mixed[] = { 1, 0, 2, 0, 4, 0, 1 };
  uint32_t a[7], b[7];
  for (int round = 0; round < 60; round++) {
    ho_sampler_plain(pool, 7, a, NULL);
    ho_sampler_matched(other, 7, mixed, b, NULL);
    uint32_t three[] = { b[1], b[3], b[5] };
    ho_sampler_plain(other, 7, b, NULL);
    ck_assert_mem_eq(a, b, sizeof a);
    ho_sampler_matched(pool, 3, zero, a, NULL);
    ck_assert_mem_eq(a, three, sizeof three);
  }
  ho_sampler_free(other);
}
END_TEST

START_TEST(seed_and_number_decide)
{
  struct ho_sampler *same = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
  struct ho_sampler *seed = ho_sampler_new(8, 0, CLASSES, label, N, NULL);
  struct ho_sampler *number = ho_sampler_new(9, 1, CLASSES, label, N, NULL);
  uint32_t a[20], b[20];
  uint16_t want[20];
  for (int matched = 0; matched < 2; matched++) {
    for (int i = 0; i < 20; i++)
      want[i] = label[i];
    struct ho_sampler *others[] = { pool, same, seed, number };
    for (int k = 0; k < 4; k++) {
      uint32_t *out = k ? b : a;
      int result =
          matched ? ho_sampler_matched(others[k], 20, want, out, NULL) : ho_sampler_plain(others[k], 20, out, NULL);
      ck_assert_int_eq(result, 0);
      ck_assert(!k || (k == 1) == !memcmp(a, b, sizeof a));
    }
  }
  ho_sampler_free(same);
  ho_sampler_free(seed);
  ho_sampler_free(number);
}
END_TEST

static void go_on(struct ho_sampler *p, int from, int to, uint32_t (*out)[11])
{
  for (int k = from; k < to; k++) {
    uint16_t want[6];
    for (int i = 0; i < 6; i++)
      want[i] = label[(k * 5 + i * i) % N];
    ck_assert_int_eq(ho_sampler_plain(p, 5, out[k], NULL), 0);
    ck_assert_int_eq(ho_sampler_matched(p, 6, want, out[k] + 5, NULL), 0);
  }
}

START_TEST(a_restored_pool_goes_on_as_if_nothing_had_been)
{
  enum { STEPS = 90 };
  static uint32_t whole[STEPS][11], parts[STEPS][11];
  uint64_t cursor[2 + 2 * CLASSES];
  ck_assert_uint_eq(ho_sampler_cursors(pool), 2 + 2 * CLASSES);
  go_on(pool, 0, STEPS, whole);
  for (int stop = 0; stop <= STEPS; stop++) {
    struct ho_sampler *before = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
    struct ho_sampler *after = ho_sampler_new(9, 0, CLASSES, label, N, NULL);
    memset(parts, 255, sizeof parts);
    go_on(before, 0, stop, parts);
    ho_sampler_save(before, cursor);
    go_on(after, 0, stop / 2, whole); /* restoring also works in a pool that has moved */
    ck_assert_int_eq(ho_sampler_restore(after, cursor, NULL), 0);
    go_on(after, stop, STEPS, parts);
    ck_assert_mem_eq(whole, parts, sizeof whole);
    ho_sampler_free(before);
    ho_sampler_free(after);
  }
}
END_TEST

START_TEST(impossible_cursors_are_refused_and_change_nothing)
{
  uint64_t cursor[2 + 2 * CLASSES], now[2 + 2 * CLASSES];
  uint32_t out[8];
  struct ho_error err;
  ho_sampler_plain(pool, 8, out, NULL);
  for (size_t i = 0; i < 2 + 2 * CLASSES; i++) {
    ho_sampler_save(pool, cursor);
    cursor[0] = 77;
    cursor[i] = i % 2 ? N + 1 : UINT64_MAX;
    ck_assert_int_eq(ho_sampler_restore(pool, cursor, &err), -1);
    assert_says(err, "is not possible in this pool");
    ho_sampler_save(pool, now);
    ck_assert_uint_eq(now[0], 0);
    ck_assert_uint_eq(now[1], 8);
  }
}
END_TEST

START_TEST(refusals)
{
  struct ho_error err;
  uint32_t out[N + 1];
  uint16_t want[] = { 0, 1, 3 };
  uint64_t before[2 + 2 * CLASSES], after[2 + 2 * CLASSES];
  ho_sampler_save(pool, before);
  ck_assert_int_eq(ho_sampler_plain(pool, N + 1, out, &err), -1);
  assert_says(err, "a mini-batch of 104 cannot be drawn from 103 samples");
  ck_assert_int_eq(ho_sampler_plain(pool, 0, out, &err), -1);
  ck_assert_int_eq(ho_sampler_plain(pool, -1, out, &err), -1);
  ck_assert_int_eq(ho_sampler_matched(pool, 3, want, out, &err), -1);
  assert_says(err, "label 3, and pool 0 has none");
  want[2] = CLASSES;
  ck_assert_int_eq(ho_sampler_matched(pool, 3, want, out, &err), -1);
  ck_assert_int_eq(ho_sampler_matched(pool, 0, want, out, &err), -1);
  ho_sampler_save(pool, after);
  ck_assert_mem_eq(before, after, sizeof before);
  label[50] = CLASSES;
  ck_assert_ptr_null(ho_sampler_new(1, 2, CLASSES, label, N, &err));
  assert_says(err, "pool 2: sample 50 has label 5, but it must be below 5");
  ck_assert_ptr_null(ho_sampler_new(1, 0, 0, label, N, &err));
  struct ho_sampler *none = ho_sampler_new(1, 0, CLASSES, label, 0, &err);
  ck_assert_ptr_nonnull(none);
  ck_assert_int_eq(ho_sampler_plain(none, 1, out, &err), -1);
  ho_sampler_free(none);
  ho_sampler_free(NULL);
}
END_TEST

START_TEST(the_pool_keeps_its_own_labels)
{
  uint16_t mine[N], zero = 0;
  uint32_t out;
  memcpy(mine, label, sizeof mine);
  struct ho_sampler *p = ho_sampler_new(9, 0, CLASSES, mine, N, NULL);
  memset(mine, 0, sizeof mine);
  for (int i = 0; i < 2 * N; i++) {
    ho_sampler_matched(p, 1, &zero, &out, NULL);
    ck_assert_int_eq(label[out], 0);
  }
  ho_sampler_free(p);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("sampler");
  TCase *t = tcase_create("sampler");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, plain_visits_every_sample_once_per_pass);
  tcase_add_test(t, a_rest_too_short_is_dropped);
  tcase_add_test(t, first_places_are_uniform);
  tcase_add_test(t, matched_labels_are_those_asked_for);
  tcase_add_test(t, a_queue_visits_all_before_it_is_reshuffled);
  tcase_add_test(t, walks_are_independent);
  tcase_add_test(t, seed_and_number_decide);
  tcase_add_test(t, a_restored_pool_goes_on_as_if_nothing_had_been);
  tcase_add_test(t, impossible_cursors_are_refused_and_change_nothing);
  tcase_add_test(t, refusals);
  tcase_add_test(t, the_pool_keeps_its_own_labels);
  suite_add_tcase(suite, t);
  return suite;
}
