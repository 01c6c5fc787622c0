/* SPDX-License-Identifier: MIT
 * blas.h - OpenBLAS: loaded at run time, with the kernels that suit the processor.
 *
 * OpenBLAS picks its kernels (its `core type') while it is loaded, by the processor's family and model.  Releases
 * older than a processor often do not know it and fall back to kernels without AVX, several times slower: version
 * 0.3.21 takes an Intel Emerald Rapids for a Prescott of 2004.  So it is not linked but loaded, and when its choice
 * is below what the processor can do, loaded once more with OPENBLAS_CORETYPE set.  If the user has set that
 * variable, it decides. */
#ifndef HO_BLAS_H
#define HO_BLAS_H

#include <cblas.h>
#include <stddef.h>

#include "base/error.h"

/* LAPACK's LU factorisation, and solutions by it, in Fortran's conventions: all arguments by reference, matrices by
 * columns, and the length of the string `trans' as an additional last argument. */
typedef void ho_blas_dgetrf(const blasint *rows, const blasint *columns, double *A, const blasint *ld, blasint *pivot,
                            blasint *info);
typedef void ho_blas_dgetrs(const char *trans, const blasint *n, const blasint *columns, const double *LU,
                            const blasint *ld, const blasint *pivot, double *X, const blasint *ldx, blasint *info,
                            size_t length);

enum ho_blas_choice {
  HO_BLAS_BY_ITSELF,   /* OpenBLAS chose */
  HO_BLAS_CORRECTED,   /* what OpenBLAS chose was below the processor */
  HO_BLAS_ENVIRONMENT, /* OPENBLAS_CORETYPE was set */
  HO_BLAS_SETTING      /* the caller of ho_blas_setup named a core */
};

struct ho_blas {
  char config[256]; /* version and build, as openblas_get_config() returns them */
  char core[64];    /* the core type in use: "Haswell", "SkylakeX", ... */
  char found[64];   /* the core type that OpenBLAS chose by itself; "" if it was not asked */
  enum ho_blas_choice choice;
  int one_at_a_time; /* this build must not be called by two threads at once: ho_gemm then uses a lock */
  char warning[500]; /* "", or why it is slow and what helps */
  __typeof__(cblas_sgemm) *sgemm;
  ho_blas_dgetrf *dgetrf; /* NULL if this build lacks LAPACK */
  ho_blas_dgetrs *dgetrs;
};

/* Loads OpenBLAS with one thread.  core: NULL for the best, or the name of a core type, which is then used whatever
 * the environment says; OPENBLAS_L2_SIZE and OPENBLAS_BLOCK_FACTOR, which change the order of sums, are then
 * ignored, too.  May be called again with another core.  Call it from one thread, before any work.  Returns -1 if there
 * is no OpenBLAS, its build lacks the core, or the processor cannot run it. */
int ho_blas_setup(const char *core, struct ho_error *);

/* What was loaded; never NULL.  sgemm is NULL before ho_blas_setup. */
const struct ho_blas *ho_blas(void);

/* Writes what chose the core type in use: "OpenBLAS", "holdout, OpenBLAS chose Prescott", "OPENBLAS_CORETYPE",
 * "--arithmetic". */
void ho_blas_chosen_by(char *out, size_t size);

/* Has OpenBLAS map its buffers now, one per thread, if address space is limited (ulimit -v, -d): if it found no room
 * later, it would retry forever.  Returns -1 if there is no room now. */
int ho_blas_room(int threads, struct ho_error *);

#endif
