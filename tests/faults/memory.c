/* SPDX-License-Identifier: MIT
 * memory.c - loaded before the C library (LD_PRELOAD), it lets one allocation by the program itself fail; what libraries
 * allocate for themselves does not count.
 *
 *   HO_FAULT_AT      the allocation that fails, counted from 1; 0: none
 *   HO_FAULT_LOG     a file that is given the number of all, at the end */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static uintptr_t from, to; /* where the program's code lies */
static atomic_long count;
static long at;

/* The program is the first object of all. */
static int find_program(struct dl_phdr_info *object, size_t size, void *arg)
{
  (void)size;
  (void)arg;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
      from = object->dlpi_addr + part->p_vaddr;
      to = from + part->p_memsz;
    }
  }
  return 1;
}

__attribute__((constructor)) static void begin(void)
{
  const char *text = getenv("HO_FAULT_AT");
  at = text ? atol(text) : 0;
  dl_iterate_phdr(find_program, NULL);
}

__attribute__((destructor)) static void end(void)
{
  const char *path = getenv("HO_FAULT_LOG");
  FILE *log = path ? fopen(path, "w") : NULL;
  if (log) {
    fprintf(log, "%ld\n", atomic_load(&count));
    fclose(log);
  }
}

static int fails(const void *caller)
{
  if ((uintptr_t)caller < from || (uintptr_t)caller >= to || atomic_fetch_add(&count, 1) + 1 != at)
    return 0;
  errno = ENOMEM;
  return 1;
}

EXPORT void *malloc(size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

EXPORT void *realloc(void *memory, size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

EXPORT char *strdup(const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}
