/* SPDX-License-Identifier: MIT
 * store.h - writes what a trainer holds to a file of tensors, or reads it back: one function for both directions, which
 * `reading' chooses. */
#ifndef HO_STORE_H
#define HO_STORE_H

#include "format/safetensors.h"
#include "train/trainer.h"

struct ho_store {
  struct ho_tensor_file *file;
  const char *path;       /* for messages */
  struct ho_arena *arena; /* copies in the files' layout, until they are written */
  int reading;
  struct ho_error *err;
};

/* A tensor of any type: added when writing; when reading, found, checked and copied into data.  What is written must
 * live until the file is. */
int ho_store_tensor(struct ho_store *, const char *name, const char *dtype, int rank, const size_t *shape, size_t bytes,
                    void *data);
int ho_store_flat(struct ho_store *, const char *name, const char *dtype, size_t n, size_t size, void *data);

/* One named tensor of the network, between the engine's layout and the file's, copied when written. */
int ho_store_param(struct ho_store *, const char *prefix, const struct ho_param *, float *vector);
/* A vector of P floats: the network's tensors, then those of plugins. */
int ho_store_vector(struct ho_store *, const char *prefix, const struct ho_trainer *, float *vector);

/* Parameters and running statistics of network k. */
int ho_store_network(struct ho_store *, const char *prefix, const struct ho_trainer *, int k);

/* One number; the state of every plugin, state/PLUGIN/NAME; the positions of sampling, pool/... */
int ho_store_number(struct ho_store *, const char *name, uint64_t *value);
int ho_store_states(struct ho_store *, struct ho_trainer *);
int ho_store_sampling(struct ho_store *, struct ho_trainer *);
/* Every setting that decides results, a line each: --NAME VALUE, -O NAME.OPTION=VALUE.  NULL with *err set. */
char *ho_store_settings(struct ho_store *, const struct ho_trainer *);
/* An optimizer of the chain whose training depends on --epochs, or NULL. */
const char *ho_store_planner(const struct ho_trainer *);

#endif
