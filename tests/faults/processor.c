/* SPDX-License-Identifier: MIT
 * processor.c - loaded before the C library (LD_PRELOAD), it makes OpenBLAS misjudge the processor.
 *
 *   HO_FAULT_CORE    the core type that OpenBLAS takes by itself, as when it does not know the processor
 *   HO_FAULT_STUBBORN  set: also where OPENBLAS_CORETYPE names another
 *
 * OpenBLAS alone is lied to when it asks the environment for OPENBLAS_CORETYPE; everybody else reads what is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static int asked_by_openblas(void *caller)
{
  Dl_info where;
  return dladdr(caller, &where) && where.dli_fname && strstr(where.dli_fname, "openblas");
}

__attribute__((visibility("default"))) char *getenv(const char *name)
{
  static char *(*real)(const char *);
  if (!real)
    real = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv");
  char *value = real(name);
  if (strcmp(name, "OPENBLAS_CORETYPE") || (value && !real("HO_FAULT_STUBBORN")) ||
      !asked_by_openblas(__builtin_return_address(0)))
    return value;
  return real("HO_FAULT_CORE");
}
