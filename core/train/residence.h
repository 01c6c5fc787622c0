/* SPDX-License-Identifier: MIT
 * residence.h - where arrays of P floats are: in host memory, in the memory of a device, or in both.
 *
 * Everyone but the engine names an array, or a part of it, by its address in host memory.  With a device that has a
 * memory of its own (struct ho_vectors), each array has a twin there, and this table knows whose numbers are true: those
 * in host memory, those of the twin, or both.  There are three kinds of arrays:
 *
 *   kept     theta and, unless at home, dir and slots, until the end of the training
 *   lent     scratch memory of at least P floats, until the end of the step
 *   guests   any other address that a pass is given: true in host memory, copied at each use
 *
 * Where a plugin of the chain looks into arrays itself, they are `at home': true in host memory whenever a hook runs.
 * Then nothing is lent, and only theta is kept.
 *
 * Plugins' own parameters, at the end of each theta, are always true in host memory.  The twin gets them anew whenever it
 * is read there, as a hook may have written them.
 *
 * Without such a device all of this is void: read and write return the address itself. */
#ifndef HO_RESIDENCE_H
#define HO_RESIDENCE_H

#include "nn/engine.h"

enum ho_stay { HO_KEPT, HO_LENT, HO_GUEST };

struct ho_twin {
  enum ho_stay stay;
  float *host;
  size_t n;      /* floats */
  size_t own;    /* index of plugins' own parameters; n: none */
  float *device; /* NULL: none yet */
  int host_true, device_true;
  int live; /* in this step; kept arrays always are */
};

struct ho_residence {
  struct ho_device *device;
  const struct ho_vectors *vectors; /* of the device; NULL: it has no memory of its own */
  int at_home;
  size_t least; /* floats that memory must have to be lent; 0: nothing is lent yet */
  struct ho_twin *twin;
  int twins, room;
};

void ho_residence_make(struct ho_residence *, struct ho_device *);
void ho_residence_free(struct ho_residence *); /* frees the twins; a zeroed struct is fine */

/* Enters an array of n floats.  `own' is the index of plugins' own parameters, or n. */
int ho_residence_keep(struct ho_residence *, float *host, size_t n, size_t own, struct ho_error *);
/* Enters scratch memory, whose contents are undefined, if it is large enough for an array of P floats. */
int ho_residence_lend(struct ho_residence *, void *host, size_t bytes, struct ho_error *);
/* Scratch memory has been freed.  A twin's memory is kept for the next array at the same address; it is freed at the end
 * of a step that uses other scratch arrays but not this one. */
void ho_residence_begin(struct ho_residence *);

/* At home: a hook may have written arrays, so no twin is true any more.  Otherwise nothing. */
void ho_residence_doubt(struct ho_residence *);

/* Does the device compute services on the n floats at p? */
int ho_residence_away(const struct ho_residence *, const float *p, size_t n);

/* Returns where the device finds the n floats at p, up to date.  NULL with a message in err. */
const float *ho_residence_read(struct ho_residence *, const float *p, size_t n, struct ho_error *);
/* Returns where the device writes the n floats at p; if it does not write all of them, the others stay what they are. */
float *ho_residence_write(struct ho_residence *, float *p, size_t n, struct ho_error *);
/* The device has been told to write n floats at p. */
int ho_residence_written(struct ho_residence *, float *p, size_t n, struct ho_error *);

/* Before the host reads n floats at p: brings them up to date in host memory. */
int ho_residence_pull(struct ho_residence *, const float *p, size_t n, struct ho_error *);
/* After the host has written n floats at p. */
int ho_residence_push(struct ho_residence *, const float *p, size_t n, struct ho_error *);

#endif
