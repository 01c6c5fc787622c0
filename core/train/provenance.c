/* SPDX-License-Identifier: MIT
 * provenance.c - program, compiler, libraries, machine; see provenance.h. */
#include "train/provenance.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"
#include "config.h"
#include "nn/kernels/kernels.h"
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

void ho_provenance(struct ho_provenance_entry e[HO_PROVENANCE])
{
  const char *fixed[][2] = {
    { "version", PACKAGE_VERSION },   { "commit", HO_COMMIT },           { "compiler", HO_COMPILER },
    { "flags", HO_CFLAGS },           { "blas", openblas_get_config() }, { "core_type", openblas_get_corename() },
    { "kernels", ho_kernels_name() },
  };
  for (int i = 0; i < 7; i++) {
    e[i].key = fixed[i][0];
    snprintf(e[i].value, sizeof e[i].value, "%s", fixed[i][1]);
    size_t end = strlen(e[i].value);
    while (end && e[i].value[end - 1] == ' ')
      e[i].value[--end] = 0;
  }
  e[7].key = "cpu";
  cpu_name(e[7].value, sizeof e[7].value);
  e[8].key = "threads";
  snprintf(e[8].value, sizeof e[8].value, "%d", ho_parallel_workers());
}
