/* SPDX-License-Identifier: MIT
 * provenance.h - what made a number: program, compiler, libraries, machine. */
#ifndef HO_PROVENANCE_H
#define HO_PROVENANCE_H

struct ho_provenance_entry {
  const char *key;
  char value[256];
};

enum { HO_PROVENANCE = 11 };

/* version, commit, compiler, flags, libc, blas, core_type (the kernels that OpenBLAS uses), core_chosen_by, kernels (the
 * engine's own), cpu, threads. */
void ho_provenance(struct ho_provenance_entry entry[HO_PROVENANCE]);

#endif
