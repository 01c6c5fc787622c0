/* SPDX-License-Identifier: MIT
 * file.c - reading whole files and writing them atomically; see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"

static int too_large(const char *path, size_t limit, struct ho_error *err)
{
  size_t room = ho_memory_room();
  if (room < limit)
    return ho_error_set(err, "%s: more than %zu bytes, all that the memory limit leaves; a larger --memory-limit helps",
                        path, room);
  return ho_error_set(err, "%s: more than %zu bytes: not what it should be", path, limit);
}

/* Reads the rest of an open gzFile into a buffer that grows by half. */
static int slurp(gzFile in, const char *path, size_t limit, struct ho_file_look *look, unsigned char **out,
                 size_t *size, struct ho_error *err)
{
  size_t have = 0, room = 1 << 16, most = ho_memory_room();
  int looking = look != NULL;
  unsigned char *data = malloc(room);
  for (;;) {
    if (!data)
      return ho_error_set(err, "%s: out of memory after %zu bytes", path, have);
    unsigned ask = room - have - 1 > (1u << 30) ? 1u << 30 : (unsigned)(room - have - 1);
    int got = gzread(in, data + have, ask);
    if (got < 0) {
      int number;
      const char *why = gzerror(in, &number);
      ho_error_set(err, "%s: cannot read: %s", path, number == Z_ERRNO ? strerror(errno) : why);
      free(data);
      return -1;
    }
    have += (size_t)got;
    if (looking && (looking = look->look(look, data, have, &limit, err)) < 0) {
      free(data);
      return -1;
    }
    if (have > limit || have > most) {
      free(data);
      return too_large(path, limit, err);
    }
    if (got == 0)
      break;
    if (room - have < 2) {
      size_t larger_room = room + room / 2,
             enough = limit < most ? limit + 2 : most + 2; /* to see that there is more */
      room = larger_room < enough || room >= enough ? larger_room : enough;
      unsigned char *larger = realloc(data, room);
      if (!larger)
        free(data);
      data = larger;
    }
  }
  data[have] = 0;
  *out = data;
  *size = have;
  return 0;
}

int ho_file_read(const char *path, size_t limit, unsigned char **out, size_t *size, struct ho_error *err)
{
  return ho_file_read_looking(path, limit, NULL, out, size, err);
}

int ho_file_read_looking(const char *path, size_t limit, struct ho_file_look *look, unsigned char **out, size_t *size,
                         struct ho_error *err)
{
  struct stat st;
  if (stat(path, &st))
    return ho_error_set(err, "%s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return ho_error_set(err, "%s: not a regular file", path);
  gzFile in = gzopen(path, "rbe");
  if (!in)
    return ho_error_set(err, "%s: %s", path, strerror(errno));
  gzbuffer(in, 1 << 17);
  int result = slurp(in, path, limit, look, out, size, err);
  int closed = gzclose_r(in); /* Z_BUF_ERROR: the compressed stream ends too early */
  if (result == 0 && closed != Z_OK) {
    ho_free(*out);
    return ho_error_set(err, "%s: truncated: the gzip stream has no end", path);
  }
  return result;
}

/* What takes the place of a device or a pipe would do away with it. */
static int check_place(const char *path, struct ho_error *err)
{
  struct stat st;
  if (stat(path, &st) || S_ISREG(st.st_mode))
    return 0;
  return ho_error_set(err, "%s: cannot write: it is %s; name a file", path,
                      S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
}

int ho_output_open(struct ho_output *o, const char *path, struct ho_error *err)
{
  if (snprintf(o->path, sizeof o->path, "%s", path) >= (int)sizeof o->path)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  if (check_place(path, err))
    return -1;
  snprintf(o->temporary, sizeof o->temporary, "%s.tmp.%ld", o->path, (long)getpid());
  o->stream = fopen(o->temporary, "wbe");
  if (!o->stream)
    return ho_error_set(err, "%s: cannot write: %s", path, strerror(errno));
  return 0;
}

int ho_output_check(const char *path, int replace, struct ho_error *err)
{
  char folder[4096];
  struct stat st;
  if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  if (!replace && !lstat(path, &st))
    return ho_error_set(err, "%s: it is there already; choose another file, or give --force to replace it", path);
  if (check_place(path, err))
    return -1;
  if (access(dirname(folder), W_OK))
    return ho_error_set(err, "%s: cannot write: %s", path, strerror(errno));
  return 0;
}

void ho_output_abandon(struct ho_output *o)
{
  if (o->stream)
    fclose(o->stream);
  o->stream = NULL;
  unlink(o->temporary);
}

/* A rename is on disk only once its folder is. */
static int sync_folder(const char *path)
{
  char copy[4096];
  snprintf(copy, sizeof copy, "%s", path);
  int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return -1;
  int result = fsync(folder);
  close(folder);
  return result && errno != EINVAL && errno != ENOTSUP ? -1 : 0;
}

int ho_output_commit(struct ho_output *o, struct ho_error *err)
{
  FILE *stream = o->stream;
  o->stream = NULL;
  int bad = ferror(stream) || fflush(stream) || fsync(fileno(stream)), why = errno;
  if (fclose(stream) && !bad) {
    bad = 1;
    why = errno;
  }
  if (!bad && rename(o->temporary, o->path)) {
    bad = 1;
    why = errno;
  }
  if (bad) {
    unlink(o->temporary);
    return ho_error_set(err, "%s: cannot write: %s", o->path, strerror(why));
  }
  if (sync_folder(o->path))
    return ho_error_set(err, "%s: cannot flush its folder to disk: %s", o->path, strerror(errno));
  return 0;
}

int ho_file_keep(const char *path, const char *as, struct ho_error *err)
{
  char temporary[4096 + 16];
  snprintf(temporary, sizeof temporary, "%s.tmp.%ld", as, (long)getpid());
  unlink(temporary);
  if (link(path, temporary)) {
    if (errno == ENOENT)
      return 0;
    if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) && !rename(path, as))
      return 0;
    return ho_error_set(err, "%s: cannot keep it as %s: %s", path, as, strerror(errno));
  }
  int bad = rename(temporary, as), why = errno;
  unlink(temporary); /* still there when both were one file already */
  return bad ? ho_error_set(err, "%s: cannot keep it as %s: %s", path, as, strerror(why)) : 0;
}

int ho_folder_make(const char *path, struct ho_error *err)
{
  char copy[4096];
  struct stat st;
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  for (char *c = copy + 1; *copy && *c; c++)
    if (*c == '/') {
      *c = 0;
      if (mkdir(copy, 0777) && errno != EEXIST)
        return ho_error_set(err, "%s: cannot make this folder: %s", copy, strerror(errno));
      *c = '/';
    }
  if (mkdir(copy, 0777) && errno != EEXIST)
    return ho_error_set(err, "%s: cannot make this folder: %s", copy, strerror(errno));
  if (stat(copy, &st) || !S_ISDIR(st.st_mode))
    return ho_error_set(err, "%s: not a folder", copy);
  return 0;
}

int ho_path_join(char *out, size_t size, const char *folder, const char *name, struct ho_error *err)
{
  size_t length = strlen(folder);
  const char *slash = length && folder[length - 1] == '/' ? "" : "/";
  if (snprintf(out, size, "%s%s%s", folder, slash, name) >= (int)size)
    return ho_error_set(err, "%.100s.../%.100s: the path is too long", folder, name);
  return 0;
}
