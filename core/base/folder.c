/* SPDX-License-Identifier: MIT
 * folder.c - folders held open, and files opened with care; see folder.h. */
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ho_folder *held;

int ho_folder_hold(struct ho_folder *f, const char *path, struct ho_error *err)
{
  *f = (struct ho_folder){ .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .path = path, .next = held };
  if (f->fd < 0)
    return ho_error_set(err, "%s: cannot open this folder: %s", path, strerror(errno));
  held = f;
  return 0;
}

void ho_folder_release(struct ho_folder *f)
{
  for (struct ho_folder **at = &held; *at; at = &(*at)->next)
    if (*at == f) {
      *at = f->next;
      close(f->fd);
      f->fd = -1;
      return;
    }
}

int ho_folder_check(const struct ho_folder *f, struct ho_error *err)
{
  struct stat mine, there;
  const char *what = "moved or deleted";
  if (fstat(f->fd, &mine))
    return ho_error_set(err, "%s: %s", f->path, strerror(errno));
  if (!stat(f->path, &there)) {
    if (mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
      return 0;
    what = "replaced by another";
  } else if (errno != ENOENT)
    return ho_error_set(err, "%s: %s", f->path, strerror(errno));
  return ho_error_set(err, "%s: cannot write: this folder was %s while this process worked in it", f->path, what);
}

/* Without the slashes at its end. */
static size_t length_of(const char *path, size_t n)
{
  while (n && path[n - 1] == '/')
    n--;
  return n;
}

struct ho_spot ho_spot_find(const char *path)
{
  struct ho_spot spot = { AT_FDCWD, path, NULL };
  const char *slash = strrchr(path, '/');
  size_t n = slash ? length_of(path, (size_t)(slash - path)) : 0;
  for (const struct ho_folder *f = slash && slash[1] ? held : NULL; f; f = f->next)
    if (n == length_of(f->path, strlen(f->path)) && !memcmp(path, f->path, n))
      return (struct ho_spot){ f->fd, slash + 1, f };
  return spot;
}

int ho_spot_open(const struct ho_spot *spot, int flags, mode_t mode)
{
  struct stat st;
  int fd =
      openat(spot->folder, spot->name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (spot->held ? O_NOFOLLOW : 0), mode);
  if (fd < 0) {
    if (errno == ENXIO || errno == EISDIR) /* a pipe without a reader, a socket; a folder */
      errno = EINVAL;
    return -1;
  }
  int bad = fstat(fd, &st), why = bad ? errno : EINVAL;
  if (!bad && S_ISREG(st.st_mode))
    return fd;
  close(fd);
  errno = why;
  return -1;
}
