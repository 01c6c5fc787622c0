/* SPDX-License-Identifier: MIT
 * blas.c - loads OpenBLAS and judges the kernels it chose; see blas.h. */
#include "compute/blas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "compute/simd.h"
#include "config.h"

/* The instructions that each core type's kernels need.  A name that is not listed comes from a release newer than this
 * table: such a choice is trusted. */
enum level { SSE, AVX, AVX2, AVX512, UNKNOWN };
static const struct {
  const char *name;
  enum level level;
} cores[] = {
  { "Katmai", SSE },        { "Coppermine", SSE },
  { "Northwood", SSE },     { "Prescott", SSE },
  { "Banias", SSE },        { "Core2", SSE },
  { "Penryn", SSE },        { "Dunnington", SSE },
  { "Atom", SSE },          { "Nehalem", SSE },
  { "Athlon", SSE },        { "Opteron", SSE },
  { "Opteron_SSE3", SSE },  { "Barcelona", SSE },
  { "Bobcat", SSE },        { "Nano", SSE },
  { "Sandybridge", AVX },   { "Bulldozer", AVX },
  { "Piledriver", AVX },    { "Steamroller", AVX },
  { "Excavator", AVX2 },    { "Haswell", AVX2 },
  { "Zen", AVX2 },          { "SkylakeX", AVX512 },
  { "Cooperlake", AVX512 }, { "SapphireRapids", AVX512 },
};
static const char *const best[] = { [AVX] = "Sandybridge", [AVX2] = "Haswell", [AVX512] = "SkylakeX" };
static const char *const words[] = { [SSE] = "SSE", [AVX] = "AVX", [AVX2] = "AVX2", [AVX512] = "AVX-512" };

static struct ho_blas blas;
static void *library;

static enum level level_of(const char *core)
{
  for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++)
    if (!strcasecmp(cores[i].name, core))
      return cores[i].level;
  return UNKNOWN;
}

static enum level processor(void)
{
  if (ho_simd_has(HO_SIMD_AVX512))
    return AVX512;
  if (ho_simd_has(HO_SIMD_AVX2))
    return AVX2;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx"))
    return AVX;
#endif
  return SSE;
}

/* ---- address space ---- */

enum {
  BUFFER = 128 << 20, /* BUFFER_SIZE of its x86-64 builds, per thread; most of it is never touched */
  LIBRARY = 64 << 20  /* the library and its dependencies */
};

static int limited(void)
{
  struct rlimit space, data;
  return !getrlimit(RLIMIT_AS, &space) && !getrlimit(RLIMIT_DATA, &data) &&
         (space.rlim_cur != RLIM_INFINITY || data.rlim_cur != RLIM_INFINITY);
}

static int has_room(size_t bytes)
{
  void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return room != MAP_FAILED && !munmap(room, bytes);
}

static int no_room(const char *what, struct ho_error *err)
{
  return ho_error_set(err,
                      "the limit on address space (ulimit -v) or on data (ulimit -d) leaves no room for OpenBLAS, "
                      "which maps %d MB %s",
                      BUFFER >> 20, what);
}

/* ---- loading ---- */

/* A variable of the environment that OpenBLAS reads while it is loaded; its old value is restored afterwards. */
struct variable {
  const char *name, *value; /* value while loading; NULL: unset */
  char *saved;
};

static int change(struct variable *v)
{
  const char *now = getenv(v->name);
  v->saved = now ? strdup(now) : NULL;
  if (now && !v->saved)
    return -1;
  return v->value ? setenv(v->name, v->value, 1) : unsetenv(v->name);
}

static void restore(struct variable *v)
{
  if (v->saved)
    setenv(v->name, v->saved, 1);
  else
    unsetenv(v->name);
  free(v->saved);
}

static void unload(void)
{
  if (library)
    dlclose(library);
  library = NULL;
  blas.sgemm = NULL;
}

/* Looks up a function or variable of the library by name. */
static int resolve(const char *name, void *function, struct ho_error *err)
{
  void *address = dlsym(library, name);
  if (!address)
    return ho_error_set(err,
                        "%s has no %s, so it is not OpenBLAS: install OpenBLAS (Debian: libopenblas0-pthread), or see "
                        "`update-alternatives --all'",
                        HO_OPENBLAS_SONAME, name);
  memcpy(function, &address, sizeof address); /* ISO C cannot convert between object and function pointers */
  return 0;
}

static int open_library(struct ho_error *err)
{
  char *(*config)(void) = NULL, *(*corename)(void) = NULL;
  int (*parallel)(void) = NULL;
  struct ho_error none;
  library = dlopen(HO_OPENBLAS_SONAME, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return ho_error_set(err, "cannot load OpenBLAS: %.300s", dlerror());
  if (resolve("openblas_get_config", &config, err) || resolve("openblas_get_corename", &corename, err) ||
      resolve("openblas_get_parallel", &parallel, err) || resolve("cblas_sgemm", &blas.sgemm, err)) {
    unload();
    return -1;
  }
  if (resolve("dgetrf_", &blas.dgetrf, &none) || resolve("dgetrs_", &blas.dgetrs, &none))
    blas.dgetrf = NULL;
  snprintf(blas.config, sizeof blas.config, "%s", config());
  snprintf(blas.core, sizeof blas.core, "%s", corename());
  blas.one_at_a_time = parallel() != 1; /* 0: sequential, 2: OpenMP; neither may be called by several threads */
  return 0;
}

/* Reloads OpenBLAS with this core type.  NULL: it chooses by itself. */
static int load(const char *core, int fixed, struct ho_error *err)
{
  struct variable v[] = {
    { "OPENBLAS_NUM_THREADS", "1", NULL }, /* otherwise it starts a thread per processor when loaded */
    { "OMP_NUM_THREADS", "1", NULL },
    { "OPENBLAS_CORETYPE", core, NULL },
    { "OPENBLAS_L2_SIZE", fixed ? NULL : getenv("OPENBLAS_L2_SIZE"), NULL },
    { "OPENBLAS_BLOCK_FACTOR", fixed ? NULL : getenv("OPENBLAS_BLOCK_FACTOR"), NULL },
  };
  enum { N = sizeof v / sizeof v[0] };
  int n = 0, bad = 0;
  unload();
  if (limited() && !has_room(LIBRARY + BUFFER)) /* its OpenMP build maps a buffer at once, and retries forever */
    return no_room("at its start: raise it", err);
  while (n < N && !bad)
    bad = change(&v[n++]);
  bad = bad ? ho_error_set_as(err, HO_ERROR_MEMORY, "cannot load OpenBLAS: out of memory") : open_library(err);
  while (n > 0)
    restore(&v[--n]);
  return bad;
}

/* ---- choosing ---- */

/* Tries better kernels than those that OpenBLAS chose, the best first, until one is in this build. */
static int correct(struct ho_error *err)
{
  for (enum level l = processor(); l > level_of(blas.found); l--) {
    if (load(best[l], 0, err))
      return -1;
    if (level_of(blas.core) == l) {
      blas.choice = HO_BLAS_CORRECTED;
      return 0;
    }
  }
  return load(NULL, 0, err);
}

static int choose(struct ho_error *err)
{
  const char *asked = getenv("OPENBLAS_CORETYPE");
  if (asked && *asked) {
    blas.choice = HO_BLAS_ENVIRONMENT;
    if (load(asked, 0, err))
      return -1;
    if (!strcasecmp(blas.core, asked))
      return 0;
    snprintf(blas.warning, sizeof blas.warning,
             "OPENBLAS_CORETYPE=%.40s is not a core type of this OpenBLAS, and is ignored", asked);
  }
  blas.choice = HO_BLAS_BY_ITSELF;
  if (load(NULL, 0, err))
    return -1;
  memcpy(blas.found, blas.core, sizeof blas.found);
  return level_of(blas.found) < processor() ? correct(err) : 0;
}

static void warn(void)
{
  enum level has = processor(), used = level_of(blas.core);
  size_t length = strlen(blas.warning), room = sizeof blas.warning - length;
  char *end = blas.warning + length;
  const char *and = length ? "; " : "";
  if (blas.choice == HO_BLAS_BY_ITSELF && used < has)
    snprintf(end, room,
             "%sOpenBLAS uses its kernels for %s (%s) on a processor with %s and has no others: training is slower "
             "than it could be; use another version of OpenBLAS, or one built with DYNAMIC_ARCH=1",
             and, blas.core, words[used], words[has]);
  else if (blas.one_at_a_time)
    snprintf(end, room,
             "%sthis OpenBLAS is not its pthread build, so threads take turns in it: install libopenblas0-pthread, and "
             "see `update-alternatives --all'",
             and);
}

/* A core type whose instructions the processor lacks would kill the program at the first product. */
static int runs_here(struct ho_error *err)
{
  enum level needs = level_of(blas.core);
  if (needs == UNKNOWN || needs <= processor())
    return 0;
  ho_error_set(err, "OpenBLAS's core type %s needs %s, which this processor lacks%s", blas.core, words[needs],
               blas.choice == HO_BLAS_ENVIRONMENT ? ": unset OPENBLAS_CORETYPE" : "");
  unload();
  return -1;
}

/* Does another part of this process keep the library loaded, so that it cannot be reloaded? */
static int held_by_others(void)
{
  void *there = dlopen(HO_OPENBLAS_SONAME, RTLD_LAZY | RTLD_NOLOAD);
  return there && !dlclose(there);
}

static int fix(const char *core, struct ho_error *err)
{
  blas.choice = HO_BLAS_SETTING;
  if (load(core, 1, err))
    return -1;
  if (!strcasecmp(blas.core, core))
    return 0;
  unload();
  if (held_by_others())
    return ho_error_set(
        err,
        "OpenBLAS needs its core type %s, but was loaded with %s before this program could choose: unset "
        "LD_PRELOAD, or set OPENBLAS_CORETYPE=%s with it",
        core, blas.core, core);
  return ho_error_set(
      err,
      "OpenBLAS has no core type %s here, it uses %s (%s): an OpenBLAS built with DYNAMIC_ARCH=1, such as "
      "Debian's libopenblas0-pthread, has it",
      core, blas.core, blas.config);
}

int ho_blas_setup(const char *core, struct ho_error *err)
{
  blas.found[0] = blas.warning[0] = 0;
  if ((core ? fix(core, err) : choose(err)) || runs_here(err))
    return -1;
  warn();
  return 0;
}

const struct ho_blas *ho_blas(void)
{
  return &blas;
}

void ho_blas_chosen_by(char *out, size_t size)
{
  static const char *const who[] = { [HO_BLAS_BY_ITSELF] = "OpenBLAS",
                                     [HO_BLAS_CORRECTED] = "holdout, OpenBLAS chose ",
                                     [HO_BLAS_ENVIRONMENT] = "OPENBLAS_CORETYPE",
                                     [HO_BLAS_SETTING] = "--arithmetic" };
  snprintf(out, size, "%s%s", who[blas.choice], blas.choice == HO_BLAS_CORRECTED ? blas.found : "");
}

/* OpenBLAS's own functions to take and return a buffer; it keeps what it has mapped. */
static void map_buffers(int n)
{
  enum { MOST = 64 };
  void *buffer[MOST], *(*take)(int) = NULL;
  void (*give)(void *) = NULL;
  struct ho_error none;
  if (resolve("blas_memory_alloc", &take, &none) || resolve("blas_memory_free", &give, &none))
    return;
  n = n < MOST ? n : MOST;
  for (int i = 0; i < n; i++)
    buffer[i] = take(0);
  for (int i = 0; i < n; i++)
    give(buffer[i]);
}

int ho_blas_room(int threads, struct ho_error *err)
{
  char what[80];
  if (!limited())
    return 0;
  if (!has_room((size_t)threads * BUFFER)) {
    snprintf(what, sizeof what, "for each of %d thread%s: raise it, or take fewer --threads", threads,
             threads == 1 ? "" : "s");
    return no_room(what, err);
  }
  map_buffers(threads);
  return 0;
}
