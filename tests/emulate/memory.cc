/* SPDX-License-Identifier: MIT
 * memory.cc - device memory, pinned memory and copies.
 *
 * Each array of device memory has pages of its own and ends where they end, before a page that cannot be accessed. */
#include "queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>

#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

struct array {
  char *pages; /* a page that cannot be accessed, those of the array, another such */
  size_t mapped, bytes;
};

static std::map<const char *, struct array> arrays; /* of the device */
static std::map<const char *, size_t> pinned;       /* of the host */
static int open_count;

static size_t page(void)
{
  return (size_t)sysconf(_SC_PAGESIZE);
}

static void protect(const struct array &a, int how)
{
  if (mprotect(a.pages + page(), a.mapped - 2 * page(), how))
    abort();
}

void emulate_memory_open(void)
{
  for (const auto &a : arrays)
    if (!open_count)
      protect(a.second, PROT_READ | PROT_WRITE);
  open_count++;
}

void emulate_memory_close(void)
{
  open_count--;
  for (const auto &a : arrays)
    if (!open_count)
      protect(a.second, PROT_NONE);
}

/* Whether n bytes from p lie in one array of the map. */
static bool on_device(const void *p, size_t n)
{
  auto next = arrays.upper_bound((const char *)p);
  if (next == arrays.begin())
    return false;
  --next;
  return (const char *)p + n <= next->first + next->second.bytes;
}

static bool is_pinned(const void *p, size_t n)
{
  auto next = pinned.upper_bound((const char *)p);
  if (next == pinned.begin())
    return false;
  --next;
  return (const char *)p + n <= next->first + next->second;
}

/* ---- allocation ---- */

cudaError_t emulate_malloc(void **p, size_t n)
{
  size_t whole = (n + 255) / 256 * 256, pages = (whole + page() - 1) / page() * page();
  *p = NULL;
  if (emulate_captures(NULL))
    return emulate_error(cudaErrorStreamCaptureUnsupported);
  if (emulate_lost() != cudaSuccess)
    return emulate_error(emulate_lost());
  if (n == 0)
    return cudaSuccess;
  if (n > emulation.memory || emulation.used > emulation.memory - n)
    return emulate_error(cudaErrorMemoryAllocation);
  struct array a = { NULL, pages + 2 * page(), n };
  void *mapped = mmap(NULL, a.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return emulate_error(cudaErrorMemoryAllocation);
  a.pages = (char *)mapped;
  char *array = a.pages + page() + pages - whole;
  protect(a, PROT_READ | PROT_WRITE);
  memset(array, 0xff, whole);
  ASAN_POISON_MEMORY_REGION(array + n, whole - n);
  protect(a, PROT_NONE);
  arrays[array] = a;
  emulation.used += n;
  *p = array;
  return cudaSuccess;
}

/* Aborts if the bytes between the end of an array and the next page are not as emulate_malloc left them.  With the
 * address sanitizer, which reports the access itself, they cannot even be read. */
static void check_slack(const char *array, const struct array &a)
{
#ifndef WITH_ASAN
  protect(a, PROT_READ);
  for (const char *p = array + a.bytes; p < a.pages + a.mapped - page(); p++)
    if (*p != (char)0xff) {
      fprintf(stderr, "a kernel wrote beyond the end of an array of %zu bytes, at byte %zu\n", a.bytes,
              (size_t)(p - array));
      abort();
    }
#else
  (void)array, (void)a;
#endif
}

cudaError_t cudaFree(void *p)
{
  if (!p)
    return cudaSuccess;
  auto at = arrays.find((const char *)p);
  if (at == arrays.end())
    return emulate_error(cudaErrorInvalidValue);
  cudaDeviceSynchronize();
  check_slack(at->first, at->second);
  ASAN_UNPOISON_MEMORY_REGION(at->second.pages, at->second.mapped);
  munmap(at->second.pages, at->second.mapped);
  emulation.used -= at->second.bytes;
  arrays.erase(at);
  return emulate_error(emulate_lost());
}

cudaError_t emulate_malloc_host(void **p, size_t n)
{
  *p = NULL;
  if (emulate_lost() != cudaSuccess)
    return emulate_error(emulate_lost());
  if (posix_memalign(p, 256, n ? n : 1))
    return emulate_error(cudaErrorMemoryAllocation);
  memset(*p, 0xff, n);
  pinned[(const char *)*p] = n;
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void *p)
{
  if (!p)
    return cudaSuccess;
  if (!pinned.erase((const char *)p))
    return emulate_error(cudaErrorInvalidValue);
  cudaDeviceSynchronize();
  free(p);
  return emulate_error(emulate_lost());
}

/* ---- copies ---- */

static bool right_direction(const void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
  bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  return kind == cudaMemcpyDefault || (on_device(to, n) == to_device && on_device(from, n) == from_device);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind kind, cudaStream_t stream)
{
  bool from_pages = !on_device(from, n) && !is_pinned(from, n), to_pages = !on_device(to, n) && !is_pinned(to, n);
  if (n == 0)
    return emulate_error(emulate_lost());
  if (!right_direction(to, from, n, kind))
    return emulate_error(cudaErrorInvalidValue);
  if (stream && emulate_captures(stream) && (from_pages || to_pages))
    return emulate_error(cudaErrorStreamCaptureUnsupported);
  /* From memory that is not pinned the copy is staged before the call returns; to such memory it is done by then. */
  std::vector<char> staged;
  if (from_pages)
    staged.assign((const char *)from, (const char *)from + n);
  cudaError_t e = emulate_add(stream, [=] { memcpy(to, from_pages ? staged.data() : from, n); });
  return e == cudaSuccess && to_pages ? emulate_finish(stream) : e;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
  cudaError_t e = cudaMemcpyAsync(to, from, n, kind, NULL);
  return e == cudaSuccess ? emulate_finish(NULL) : e;
}

cudaError_t cudaMemsetAsync(void *p, int value, size_t n, cudaStream_t stream)
{
  if (n && !on_device(p, n))
    return emulate_error(cudaErrorInvalidValue);
  return n ? emulate_add(stream, [=] { memset(p, value, n); }) : emulate_error(emulate_lost());
}

cudaError_t cudaMemset(void *p, int value, size_t n)
{
  return cudaMemsetAsync(p, value, n, NULL);
}
