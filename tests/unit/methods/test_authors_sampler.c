/* SPDX-License-Identifier: MIT
 * test_authors_sampler.c - the sampler of the authors' code, against plain queues. */
#include <string.h>

#include "../authors_rig.h"

struct queue {
  uint32_t member[TRAIN];
  int order[TRAIN], n, at, pass;
};

static uint32_t next_of(struct queue *q, uint64_t seed, uint64_t class)
{
  if (q->at == q->n) {
    q->at = 0;
    q->pass++;
  }
  if (q->at == 0) {
    struct ho_stream stream = ho_stream_make(seed, "queue", class, (uint64_t)q->pass);
    ho_stream_permute(&stream, q->order, q->n);
  }
  return q->member[q->order[q->at++]];
}

/* A list of the noisy labels, shuffled once, is read in chunks and begun again where no whole chunk is left.  Each of
 * a step's mini-batches has the chunk as its labels, in order, an image each from the queue of its class; the first
 * is validation.  40 steps are enough for every queue to be shuffled again and the list to be begun again. */
START_TEST(sampler_is_the_published_one)
{
  static struct queue queue[10];
  static int order[TRAIN];
  struct ho_trainer *t = reduced(_i);
  int groups = groups_of[_i], size = SIZE / groups, at = 0, wraps = 0;
  memset(queue, 0, sizeof queue);
  for (uint32_t i = 0; i < TRAIN; i++)
    queue[t->host.label[i]].member[queue[t->host.label[i]].n++] = i;
  struct ho_stream stream = ho_stream_make(t->source.seed, "class-list", 0, 0);
  ho_stream_permute(&stream, order, TRAIN);
  for (int k = 0; k < 40; k++) {
    int drawn = 0;
    step(t);
    if (at + size > TRAIN) {
      at = 0;
      wraps++;
    }
    for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, drawn++) {
      ck_assert(d->pub.size == size && d->pub.index == drawn && d->pub.pool == HO_TRAIN);
      ck_assert_int_eq(d->reported, _i == BILEVEL && drawn > 0);
      for (int i = 0; i < size; i++) {
        uint16_t label = t->host.label[order[at + i]];
        uint32_t id = next_of(&queue[label], t->source.seed, label);
        if (d->pub.label[i] != label || d->pub.id[i] != id)
          ck_abort_msg("step %d, mini-batch %d, place %d: image %u of class %d, not %u of %d", k, drawn, i,
                       d->pub.id[i], d->pub.label[i], id, label);
      }
    }
    ck_assert_int_eq(drawn, groups);
    at += size;
  }
  ck_assert_int_gt(wraps, 0);
  for (int c = 0; c < 10; c++)
    ck_assert_int_gt(queue[c].pass, 0);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("authors sampler");
  TCase *t = tcase_create("authors sampler");
  tcase_add_checked_fixture(t, setup, teardown);
  tcase_set_timeout(t, 120);
  tcase_add_loop_test(t, sampler_is_the_published_one, BILEVEL, SGD + 1);
  suite_add_tcase(suite, t);
  return suite;
}
