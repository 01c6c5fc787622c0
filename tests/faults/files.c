/* SPDX-License-Identifier: MIT
 * files.c - loaded before the C library (LD_PRELOAD), it lets one call that touches files fail, or kills the program there.
 *
 *   HO_FAULT_UNDER   only paths that begin so count, and descriptors and streams opened by them
 *   HO_FAULT_AT      the call that fails, counted from 1; 0: none
 *   HO_FAULT_HOW     fail (default); kill: SIGKILL before the call; vanish: the folder HO_FAULT_UNDER is deleted, and the
 *                    call is made
 *   HO_FAULT_LOG     a line for each call that counts: its number, name, path
 *   HO_FAULT_LOCK    the errno of every flock: a file system without locks
 *
 * A write that fails is a full disk: the stream's descriptor becomes /dev/full, so that the C library finds out by itself,
 * now or when its buffer is flushed.  Everything else fails with EIO. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) \
  real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

enum { DESCRIPTORS = 1024 };
static char opened[DESCRIPTORS]; /* below HO_FAULT_UNDER */
static long count;

static int counts_path(const char *path)
{
  const char *under = getenv("HO_FAULT_UNDER");
  return under && path && !strncmp(path, under, strlen(under));
}

static int counts_descriptor(int fd)
{
  return fd >= 0 && fd < DESCRIPTORS && opened[fd];
}

/* A name in an open folder, or a path like any other. */
static int counts_at(int folder, const char *path)
{
  return folder == AT_FDCWD || (path && *path == '/') ? counts_path(path) : counts_descriptor(folder);
}

static void tell(const char *name, const char *path)
{
  char line[512];
  const char *file = getenv("HO_FAULT_LOG");
  int fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
  int length = snprintf(line, sizeof line, "%ld\t%s\t%s\n", count, name, path ? path : "");
  if (fd >= 0 && syscall(SYS_write, fd, line, (size_t)length) > 0)
    syscall(SYS_close, fd);
}

/* The folder HO_FAULT_UNDER and its files, by system calls, which are not counted. */
static void vanish(void)
{
  const char *under = getenv("HO_FAULT_UNDER");
  DIR *folder = opendir(under);
  for (struct dirent *e; folder && (e = readdir(folder));)
    syscall(SYS_unlinkat, dirfd(folder), e->d_name, 0);
  if (folder)
    closedir(folder);
  syscall(SYS_unlinkat, AT_FDCWD, under, AT_REMOVEDIR);
}

/* Whether this call, if it counts, is the one. */
static int fails(int counts, const char *name, const char *path)
{
  const char *at = getenv("HO_FAULT_AT"), *how = getenv("HO_FAULT_HOW");
  if (!counts)
    return 0;
  count++;
  tell(name, path);
  if (!at || count != atol(at))
    return 0;
  if (how && !strcmp(how, "kill"))
    kill(getpid(), SIGKILL);
  if (how && !strcmp(how, "vanish")) {
    vanish();
    return 0;
  }
  errno = EIO;
  return 1;
}

static int mark(int fd, int counts)
{
  if (fd >= 0 && fd < DESCRIPTORS)
    opened[fd] = (char)counts;
  return fd;
}

/* ---- names ---- */

EXPORT int mkdir(const char *path, mode_t mode)
{
  REAL(mkdir);
  return fails(counts_path(path), "mkdir", path) ? -1 : real(path, mode);
}

EXPORT int unlink(const char *path)
{
  REAL(unlink);
  return fails(counts_path(path), "unlink", path) ? -1 : real(path);
}

EXPORT int rmdir(const char *path)
{
  REAL(rmdir);
  return fails(counts_path(path), "rmdir", path) ? -1 : real(path);
}

EXPORT int rename(const char *from, const char *to)
{
  REAL(rename);
  return fails(counts_path(to), "rename", to) ? -1 : real(from, to);
}

EXPORT int link(const char *from, const char *to)
{
  REAL(link);
  return fails(counts_path(to), "link", to) ? -1 : real(from, to);
}

EXPORT int mkdirat(int folder, const char *path, mode_t mode)
{
  REAL(mkdirat);
  return fails(counts_at(folder, path), "mkdirat", path) ? -1 : real(folder, path, mode);
}

EXPORT int unlinkat(int folder, const char *path, int flags)
{
  REAL(unlinkat);
  return fails(counts_at(folder, path), "unlinkat", path) ? -1 : real(folder, path, flags);
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
  REAL(renameat);
  return fails(counts_at(to_folder, to), "renameat", to) ? -1 : real(from_folder, from, to_folder, to);
}

EXPORT int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  REAL(linkat);
  return fails(counts_at(to_folder, to), "linkat", to) ? -1 : real(from_folder, from, to_folder, to, flags);
}

EXPORT int stat(const char *path, struct stat *st)
{
  REAL(stat);
  return fails(counts_path(path), "stat", path) ? -1 : real(path, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
  REAL(lstat);
  return fails(counts_path(path), "lstat", path) ? -1 : real(path, st);
}

EXPORT int fstatat(int folder, const char *path, struct stat *st, int flags)
{
  REAL(fstatat);
  return fails(counts_at(folder, path), "fstatat", path) ? -1 : real(folder, path, st, flags);
}

/* ---- descriptors ---- */

EXPORT int fstat(int fd, struct stat *st)
{
  REAL(fstat);
  return fails(counts_descriptor(fd), "fstat", NULL) ? -1 : real(fd, st);
}

static int open_at(int (*real)(int, const char *, int, ...), int folder, const char *path, int flags, mode_t mode)
{
  int counts = counts_at(folder, path);
  return fails(counts, "openat", path) ? -1 : mark(real(folder, path, flags, mode), counts);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
  REAL(openat);
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_at(real, folder, path, flags, mode);
}

EXPORT int openat64(int folder, const char *path, int flags, ...)
{
  REAL(openat64);
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_at(real, folder, path, flags, mode);
}

/* A second descriptor of a folder that is held. */
static int fcntl_any(int (*real)(int, int, ...), int fd, int command, void *arg)
{
  int duplicate = command == F_DUPFD || command == F_DUPFD_CLOEXEC, counts = duplicate && counts_descriptor(fd);
  if (fails(counts, "fcntl", NULL))
    return -1;
  int result = real(fd, command, arg);
  return duplicate ? mark(result, counts) : result;
}

EXPORT int fcntl(int fd, int command, ...)
{
  REAL(fcntl);
  va_list args;
  va_start(args, command);
  void *arg = va_arg(args, void *);
  va_end(args);
  return fcntl_any(real, fd, command, arg);
}

EXPORT int fcntl64(int fd, int command, ...)
{
  REAL(fcntl64);
  va_list args;
  va_start(args, command);
  void *arg = va_arg(args, void *);
  va_end(args);
  return fcntl_any(real, fd, command, arg);
}

EXPORT int flock(int fd, int operation)
{
  REAL(flock);
  const char *how = getenv("HO_FAULT_LOCK");
  if (how)
    errno = atoi(how);
  return how || fails(counts_descriptor(fd), "flock", NULL) ? -1 : real(fd, operation);
}

EXPORT int ftruncate(int fd, off_t size)
{
  REAL(ftruncate);
  return fails(counts_descriptor(fd), "ftruncate", NULL) ? -1 : real(fd, size);
}

EXPORT int ftruncate64(int fd, off64_t size)
{
  REAL(ftruncate64);
  return fails(counts_descriptor(fd), "ftruncate", NULL) ? -1 : real(fd, size);
}

static int open_any(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
  int counts = counts_path(path);
  return fails(counts, "open", path) ? -1 : mark(real(path, flags, mode), counts);
}

EXPORT int open(const char *path, int flags, ...)
{
  REAL(open);
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_any(real, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
  REAL(open64);
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_any(real, path, flags, mode);
}

EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
  REAL(read);
  return fails(counts_descriptor(fd), "read", NULL) ? -1 : real(fd, buffer, size);
}

EXPORT int fsync(int fd)
{
  REAL(fsync);
  return fails(counts_descriptor(fd), "fsync", NULL) ? -1 : real(fd);
}

EXPORT int close(int fd)
{
  REAL(close);
  mark(fd, 0);
  return real(fd);
}

/* ---- streams ---- */

static FILE *fopen_any(FILE *(*real)(const char *, const char *), const char *path, const char *mode)
{
  int counts = counts_path(path);
  FILE *f = fails(counts, "fopen", path) ? NULL : real(path, mode);
  if (f)
    mark(fileno(f), counts);
  return f;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
  REAL(fopen);
  return fopen_any(real, path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
  REAL(fopen64);
  return fopen_any(real, path, mode);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
  REAL(fdopen);
  return fails(counts_descriptor(fd), "fdopen", NULL) ? NULL : real(fd, mode);
}

/* From now on there is no room for what is written. */
static void fill_disk(FILE *f)
{
  int full = (int)syscall(SYS_openat, AT_FDCWD, "/dev/full", O_WRONLY | O_CLOEXEC);
  if (full >= 0 && dup2(full, fileno(f)) >= 0)
    syscall(SYS_close, full);
}

static int fails_writing(FILE *f, const char *name)
{
  int failed = fails(counts_descriptor(fileno(f)), name, NULL);
  if (failed)
    fill_disk(f);
  return failed;
}

EXPORT size_t fwrite(const void *data, size_t size, size_t n, FILE *f)
{
  REAL(fwrite);
  fails_writing(f, "fwrite");
  return real(data, size, n, f);
}

EXPORT int fputs(const char *text, FILE *f)
{
  REAL(fputs);
  fails_writing(f, "fputs");
  return real(text, f);
}

EXPORT int fputc(int c, FILE *f)
{
  REAL(fputc);
  fails_writing(f, "fputc");
  return real(c, f);
}

EXPORT int fprintf(FILE *f, const char *format, ...)
{
  REAL(vfprintf);
  va_list args;
  fails_writing(f, "fprintf");
  va_start(args, format);
  int n = real(f, format, args);
  va_end(args);
  return n;
}

EXPORT int fflush(FILE *f)
{
  REAL(fflush);
  if (!f || !fails_writing(f, "fflush"))
    return real(f);
  int failed = real(f);
  errno = ENOSPC;
  return failed ? failed : EOF; /* nothing was in the buffer */
}

EXPORT int fclose(FILE *f)
{
  REAL(fclose);
  int failed = fails_writing(f, "fclose");
  mark(fileno(f), 0);
  int result = real(f);
  if (failed)
    errno = ENOSPC;
  return failed ? EOF : result;
}
