/* SPDX-License-Identifier: MIT
 * sampler.h - which samples make the next mini-batch.
 *
 * A pool is a list of samples (positions 0 .. n-1) with their labels.  It is walked in two independent ways:
 * plain    a random permutation, made anew for each pass over the pool; a rest too short for a mini-batch is dropped;
 * matched  one queue per class, each in random order and reshuffled when it ends; labels are asked for, in order.
 * The list of labels that matched mini-batches share comes from ho_class_list: the noisy labels of the training pool,
 * shuffled once, walked cyclically (the sampler of the paper's authors).
 *
 * All order comes from streams keyed by (seed, purpose, pool and class, pass): the state to save is the cursors. */
#ifndef HO_SAMPLER_H
#define HO_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_sampler;

/* label [n], copied; `number' keys the streams (0: the training pool). */
struct ho_sampler *ho_sampler_new(uint64_t seed, int number, int classes, const uint16_t *label, size_t n,
                                  struct ho_error *);
void ho_sampler_free(struct ho_sampler *);
size_t ho_sampler_size(const struct ho_sampler *);

/* The next `size' positions in plain order.  -1 when the pool is smaller than that. */
int ho_sampler_plain(struct ho_sampler *, int size, uint32_t *out, struct ho_error *);
/* One position for each label in turn.  -1 when the pool has no sample of that label. */
int ho_sampler_matched(struct ho_sampler *, int size, const uint16_t *label, uint32_t *out, struct ho_error *);

/* Cursors as numbers to save: plain pass, plain position, then pass and position of each class. */
size_t ho_sampler_cursors(const struct ho_sampler *); /* 2 + 2*classes */
void ho_sampler_save(const struct ho_sampler *, uint64_t *cursor);
int ho_sampler_restore(struct ho_sampler *, const uint64_t *cursor,
                       struct ho_error *); /* -1: positions beyond the pool */

struct ho_class_list;
struct ho_class_list *ho_class_list_new(uint64_t seed, const uint16_t *label, size_t n, struct ho_error *);
void ho_class_list_free(struct ho_class_list *);
void ho_class_list_next(struct ho_class_list *, int size, uint16_t *label); /* a chunk; a rest too short is skipped */
uint64_t ho_class_list_cursor(const struct ho_class_list *);
int ho_class_list_seek(struct ho_class_list *, uint64_t cursor, struct ho_error *);

#endif
