/* SPDX-License-Identifier: MIT
 * provenance.h - what made a number: program, compiler, libraries, machine. */
#ifndef HO_PROVENANCE_H
#define HO_PROVENANCE_H

struct ho_provenance_entry {
  const char *key;
  char value[256];
};

enum { HO_PROVENANCE = 9 };

/* version, commit, compiler, flags, blas, core_type (the kernels OpenBLAS chose), kernels (the engine's own), cpu,
 * threads. */
void ho_provenance(struct ho_provenance_entry entry[HO_PROVENANCE]);

#endif
