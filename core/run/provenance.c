/* SPDX-License-Identifier: MIT
 * provenance.c - program, compiler, libraries, machine; see provenance.h. */
#include "run/provenance.h"

#include <stdio.h>
#include <string.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "compute/blas.h"
#include "compute/parallel.h"
#include "compute/simd.h"
#include "config.h"
#include "version.h"

static void cpu_name(char *out, size_t size)
{
  char line[512];
  FILE *f = fopen("/proc/cpuinfo", "re");
  snprintf(out, size, "unknown");
  while (f && fgets(line, sizeof line, f)) {
    char *colon = strchr(line, ':');
    if (!strncmp(line, "model name", 10) && colon) {
      colon[strcspn(colon, "\n")] = 0;
      snprintf(out, size, "%s", colon + 1 + (colon[1] == ' '));
      break;
    }
  }
  if (f)
    fclose(f);
}

static const char *libc(void)
{
#ifdef __GLIBC__
  static char text[40];
  snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
  return text;
#else
  return "unknown";
#endif
}

void ho_provenance(struct ho_provenance_entry e[HO_PROVENANCE])
{
  char chosen_by[128], cpu[256], threads[16];
  ho_blas_chosen_by(chosen_by, sizeof chosen_by);
  cpu_name(cpu, sizeof cpu);
  snprintf(threads, sizeof threads, "%d", ho_parallel_workers());
  const char *const entry[HO_PROVENANCE][2] = {
    { "version", PACKAGE_VERSION },
    { "commit", HO_COMMIT },
    { "compiler", HO_COMPILER },
    { "flags", HO_CFLAGS },
    { "libc", libc() },
    { "blas", ho_blas()->config },
    { "core_type", ho_blas()->core },
    { "core_chosen_by", chosen_by },
    { "kernels", ho_simd_name(ho_simd()) },
    { "cpu", cpu },
    { "threads", threads },
  };
  for (int i = 0; i < HO_PROVENANCE; i++) {
    e[i].key = entry[i][0];
    snprintf(e[i].value, sizeof e[i].value, "%s", entry[i][1]);
    size_t end = strlen(e[i].value);
    while (end && e[i].value[end - 1] == ' ')
      e[i].value[--end] = 0;
  }
}
