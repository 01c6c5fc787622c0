/* SPDX-License-Identifier: MIT
 * sampler.h - chooses which samples of a pool form the next mini-batch.
 *
 * A pool is a list of n samples that mini-batches are drawn from; a sampler knows their labels, and returns positions
 * 0 .. n-1 in that list.  It draws in two ways, which do not influence each other:
 *
 * plain    in the order of a random permutation, a new one for each pass over the pool; samples left at the end
 *          of a pass that do not fill a mini-batch are skipped;
 * matched  samples of the labels that the caller lists: for each class in random order, reshuffled when all of
 *          the class have been drawn.
 *
 * struct ho_class_list makes the lists of labels for matched mini-batches as the authors of Deep Bilevel Learning do:
 * the given labels of the training samples, shuffled once, then cut into chunks, starting over at the end.
 *
 * Each order comes from a random stream of its own, by seed, pool, class and pass: only cursors need to be saved. */
#ifndef HO_SAMPLER_H
#define HO_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_sampler;

/* Returns a sampler of n samples with these labels, which are copied; NULL with a message on failure.  number: the
 * pool's number, 0 for the training samples; each number has an order of its own. */
struct ho_sampler *ho_sampler_new(uint64_t seed, int number, int classes, const uint16_t *label, size_t n,
                                  struct ho_error *);
void ho_sampler_free(struct ho_sampler *);

/* Sets out [size] to the next positions in plain order.  Fails when the pool has fewer samples. */
int ho_sampler_plain(struct ho_sampler *, int size, uint32_t *out, struct ho_error *);
/* Sets out [size] to positions of samples with the labels label [size].  Fails, and draws nothing, when the pool has no
 * sample of one of them. */
int ho_sampler_matched(struct ho_sampler *, int size, const uint16_t *label, uint32_t *out, struct ho_error *);

/* Number of cursors, 2 + 2 classes: pass and position in it, of plain order, then of each class. */
size_t ho_sampler_cursors(const struct ho_sampler *);
void ho_sampler_save(const struct ho_sampler *, uint64_t *cursor);
/* Fails, and changes nothing, when a position is beyond the pool. */
int ho_sampler_restore(struct ho_sampler *, const uint64_t *cursor, struct ho_error *);

struct ho_class_list;

/* label [n] is copied; NULL with a message on failure. */
struct ho_class_list *ho_class_list_new(uint64_t seed, const uint16_t *label, size_t n, struct ho_error *);
void ho_class_list_free(struct ho_class_list *);
/* Sets label [size] to the next chunk; labels left at the end that do not fill one are skipped. */
void ho_class_list_next(struct ho_class_list *, int size, uint16_t *label);
uint64_t ho_class_list_cursor(const struct ho_class_list *);
/* Continues from a saved cursor.  Fails when it is beyond the list. */
int ho_class_list_seek(struct ho_class_list *, uint64_t cursor, struct ho_error *);

#endif
