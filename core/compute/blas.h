/* SPDX-License-Identifier: MIT
 * blas.h - OpenBLAS: loaded at run time, with the kernels that suit the processor.
 *
 * OpenBLAS picks its kernels (its `core type') while it is loaded, by the processor's family and model.  Releases older
 * than a processor often do not know it and fall back to kernels without AVX, several times slower: version 0.3.21 takes
 * an Intel Emerald Rapids for a Prescott of 2004.  So it is not linked but loaded, and when its choice is below what the
 * processor can do, loaded once more with OPENBLAS_CORETYPE set.  A value of that variable that the user has set is left
 * alone. */
#ifndef HO_BLAS_H
#define HO_BLAS_H

#include <cblas.h>
#include <stddef.h>

#include "base/error.h"

/* LU factors of a matrix, and solutions by them.  Of Fortran: all by reference, matrices by columns, behind them the length
 * of `trans'. */
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
  char config[256]; /* version and build, as openblas_get_config() gives them */
  char core[64];    /* the core type in use: "Haswell", "SkylakeX", ... */
  char found[64];   /* the core type that OpenBLAS chose by itself; "" when it was not asked */
  enum ho_blas_choice choice;
  int one_at_a_time; /* this build must not be called by two threads at once: ho_gemm takes turns */
  char warning[500]; /* "", or what makes it slow and what helps, for people to read */
  __typeof__(cblas_sgemm) *sgemm;
  ho_blas_dgetrf *dgetrf; /* of LAPACK, which most builds contain; else NULL */
  ho_blas_dgetrs *dgetrs;
};

/* Loads OpenBLAS, running one thread.  core: NULL for the best that there is, or the name of the core type to use
 * whatever the environment says; OPENBLAS_L2_SIZE and OPENBLAS_BLOCK_FACTOR, which change the order of sums, are ignored
 * then.  May be called again, with another core.  To be called by one thread, before any work.  -1: no OpenBLAS here, a
 * core that this build does not have, or one that this processor cannot run. */
int ho_blas_setup(const char *core, struct ho_error *);

/* What was loaded; never NULL.  sgemm is NULL before ho_blas_setup. */
const struct ho_blas *ho_blas(void);

/* Who chose the core type in use: "OpenBLAS", "holdout, OpenBLAS chose Prescott", "OPENBLAS_CORETYPE", "--arithmetic". */
void ho_blas_chosen_by(char *out, size_t size);

/* Where address space is limited (ulimit -v, -d): has OpenBLAS map its buffers now, one for each thread at work.  Later, when
 * there is no room, it would try for ever.  -1 with the numbers when there is none now. */
int ho_blas_room(int threads, struct ho_error *);

#endif
