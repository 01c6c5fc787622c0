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

#include "base/folder.h"
#include "base/memory.h"

enum { TEMPORARY = 100 }; /* names that are tried */

static int too_large(const char *path, size_t limit, struct ho_error *err)
{
  size_t room = ho_memory_room();
  if (room < limit)
    return ho_error_set_as(err, HO_ERROR_MEMORY,
                           "%s: more than %zu bytes, all that is left of the memory limit; use a larger --memory-limit",
                           path, room);
  return ho_error_set(err, "%s: more than %zu bytes, the most that such a file can have", path, limit);
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
      return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory after %zu bytes", path, have);
    unsigned ask = room - have - 1 > (1u << 30) ? 1u << 30 : (unsigned)(room - have - 1);
    int got = gzread(in, data + have, ask);
    if (got < 0) {
      int number;
      const char *why = gzerror(in, &number), *text = strstr(why, ">: "); /* behind "<fd:7>" */
      if (text)
        why = text + 3;
      ho_error_set_as(err, HO_ERROR_FILE, "%s: cannot read: %s", path, number == Z_ERRNO ? strerror(errno) : why);
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

/* Why ho_spot_open failed. */
static int cannot_open(const struct ho_spot *spot, const char *path, const char *what, struct ho_error *err)
{
  const char *why = strerror(errno);
  if (errno == EINVAL)
    why = "not a regular file";
  else if (errno == ELOOP && spot->held)
    why = "a link, and links in a run folder are not followed; put the file itself there";
  return ho_error_set_as(err, HO_ERROR_FILE, "%s: %s%s", path, what, why);
}

int ho_file_read(const char *path, size_t limit, unsigned char **out, size_t *size, struct ho_error *err)
{
  return ho_file_read_looking(path, limit, NULL, out, size, err);
}

int ho_file_read_looking(const char *path, size_t limit, struct ho_file_look *look, unsigned char **out, size_t *size,
                         struct ho_error *err)
{
  struct ho_spot spot = ho_spot_find(path);
  int fd = ho_spot_open(&spot, O_RDONLY, 0);
  if (fd < 0)
    return cannot_open(&spot, path, "", err);
  gzFile in = gzdopen(fd, "rb");
  if (!in) {
    close(fd);
    return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory", path);
  }
  gzbuffer(in, 1 << 17);
  int result = slurp(in, path, limit, look, out, size, err);
  int closed = gzclose_r(in); /* Z_BUF_ERROR: the compressed stream ends too early */
  if (result == 0 && closed != Z_OK) {
    ho_free(*out);
    return ho_error_set(err, "%s: truncated: the gzip stream has no end", path);
  }
  return result;
}

int ho_file_exists(const char *path)
{
  struct stat st;
  struct ho_spot spot = ho_spot_find(path);
  int missing = fstatat(spot.folder, spot.name, &st, spot.held ? AT_SYMLINK_NOFOLLOW : 0);
  return !missing || (errno != ENOENT && errno != ENOTDIR);
}

int ho_file_own(const char *path, struct ho_error *err)
{
  struct stat st;
  struct ho_spot spot = ho_spot_find(path);
  if (fstatat(spot.folder, spot.name, &st, AT_SYMLINK_NOFOLLOW))
    return errno == ENOENT ? 0 : ho_error_set(err, "%s: %s", path, strerror(errno));
  errno = S_ISLNK(st.st_mode) ? ELOOP : EINVAL;
  return S_ISREG(st.st_mode) ? 0 : cannot_open(&spot, path, "", err);
}

int ho_file_delete(const char *path, struct ho_error *err)
{
  struct ho_spot spot = ho_spot_find(path);
  if (spot.held && ho_folder_check(spot.held, err))
    return -1;
  if (unlinkat(spot.folder, spot.name, 0) && errno != ENOENT)
    return ho_error_set(err, "%s: cannot delete: %s", path, strerror(errno));
  return 0;
}

/* A folder that vanished between the look at it and the call is the reason that helps. */
static int cannot_write(const char *path, int why, struct ho_error *err)
{
  struct ho_spot spot = ho_spot_find(path);
  if (spot.held && ho_folder_check(spot.held, err))
    return -1;
  return ho_error_set(err, "%s: cannot write: %s", path, strerror(why));
}

int ho_file_append(const char *path, const char *text, size_t size, struct ho_error *err)
{
  struct ho_spot spot = ho_spot_find(path);
  if (spot.held && ho_folder_check(spot.held, err))
    return -1;
  int fd = ho_spot_open(&spot, O_WRONLY | O_APPEND | O_CREAT, 0666);
  if (fd < 0)
    return errno == ENOENT ? cannot_write(path, errno, err) : cannot_open(&spot, path, "cannot write: ", err);
  off_t before = lseek(fd, 0, SEEK_END);
  FILE *stream = fdopen(fd, "a");
  if (!stream) {
    close(fd);
    return ho_error_set(err, "%s: cannot write: %s", path, strerror(errno));
  }
  int bad = fwrite(text, 1, size, stream) != size || fflush(stream), why = errno;
  if (bad && before >= 0 && ftruncate(fd, before)) /* no half a line, if that can be had */
    bad = 1;
  if (fclose(stream) && !bad) {
    bad = 1;
    why = errno;
  }
  return bad ? ho_error_set(err, "%s: cannot write: %s", path, strerror(why)) : 0;
}

/* What takes the place of a device or a pipe would do away with it. */
static int check_place(const char *path, struct ho_error *err)
{
  struct stat st;
  struct ho_spot spot = ho_spot_find(path);
  if (fstatat(spot.folder, spot.name, &st, 0))
    return errno == ENOENT ? 0 : ho_error_set(err, "%s: cannot write: %s", path, strerror(errno));
  if (S_ISREG(st.st_mode))
    return 0;
  return ho_error_set(err, "%s: cannot write: %s; name a file", path,
                      S_ISDIR(st.st_mode) ? "it is a folder" : "not a regular file");
}

/* The folder of a path, for what is written to it. */
static int open_folder(const struct ho_spot *spot, const char *path)
{
  char copy[4096];
  if (spot->held)
    return fcntl(spot->folder, F_DUPFD_CLOEXEC, 0);
  snprintf(copy, sizeof copy, "%s", path);
  return open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name that a file has until it is complete: the `n'th that this process tries.  (Processes of two machines, or of
 * two containers, may have one number.) */
static int temporary_name(char *out, size_t size, const char *name, int n)
{
  int length = n ? snprintf(out, size, "%s.tmp.%ld.%d", name, (long)getpid(), n)
                 : snprintf(out, size, "%s.tmp.%ld", name, (long)getpid());
  return length < (int)size ? 0 : -1;
}

int ho_file_is_temporary(const char *file, const char *name)
{
  size_t n = strlen(name);
  if (strncmp(file, name, n) || strncmp(file + n, ".tmp.", 5))
    return 0;
  const char *digits = file + n + 5;
  size_t process = strspn(digits, "0123456789"), again = 0;
  if (digits[process] == '.' && !(again = strspn(digits + process + 1, "0123456789")))
    return 0;
  return process && !digits[process + (again ? again + 1 : 0)];
}

static int standard = -1; /* a descriptor for what `-' stands for */

int ho_output_standard(struct ho_error *err)
{
  standard = fflush(stdout) ? -1 : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  return standard < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? cannot_write("standard output", errno, err) : 0;
}

static int is_standard(const char *path)
{
  return standard >= 0 && !strcmp(path, "-");
}

static int standard_open(struct ho_output *o, struct ho_error *err)
{
  *o = (struct ho_output){ .stream = fdopen(standard, "wb"), .folder = -1 };
  return o->stream ? 0 : cannot_write("standard output", errno, err);
}

/* What was written stays written, so there is nothing to take back. */
static int standard_commit(FILE *stream, struct ho_error *err)
{
  int bad = ferror(stream) || fflush(stream), why = errno;
  standard = -1;
  if (fclose(stream) && !bad) {
    bad = 1;
    why = errno;
  }
  if (bad && why == EPIPE)
    return ho_error_set_as(err, HO_ERROR_CLOSED, "standard output was closed");
  return bad ? cannot_write("standard output", why, err) : 0;
}

int ho_output_open(struct ho_output *o, const char *path, struct ho_error *err)
{
  if (is_standard(path))
    return standard_open(o, err);
  if (snprintf(o->path, sizeof o->path, "%s", path) >= (int)sizeof o->path)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  struct ho_spot spot = ho_spot_find(path);
  if (check_place(path, err) || (spot.held && ho_folder_check(spot.held, err)))
    return -1;
  if ((o->folder = open_folder(&spot, path)) < 0)
    return ho_error_set(err, "%s: cannot write: %s", path, strerror(errno));
  const char *slash = strrchr(o->path, '/');
  o->name = slash ? slash + 1 : o->path;
  int fd = -1;
  for (int n = 0; n < TEMPORARY && fd < 0 && (n == 0 || errno == EEXIST); n++) {
    temporary_name(o->temporary, sizeof o->temporary, o->name, n);
    fd = openat(o->folder, o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  }
  o->stream = fd < 0 ? NULL : fdopen(fd, "wb");
  if (o->stream)
    return 0;
  int why = errno;
  if (fd >= 0) {
    close(fd);
    unlinkat(o->folder, o->temporary, 0);
  }
  close(o->folder);
  return cannot_write(o->path, why, err);
}

int ho_output_open_binary(struct ho_output *o, const char *path, struct ho_error *err)
{
  if (is_standard(path) && isatty(standard))
    return ho_error_set(err, "this file is not text, and standard output is a terminal: name a file, or send it to "
                             "another program with |");
  return ho_output_open(o, path, err);
}

int ho_output_check(const char *path, int replace, struct ho_error *err)
{
  char folder[4096];
  struct stat st;
  if (is_standard(path))
    return 0;
  if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  if (!replace && !lstat(path, &st))
    return ho_error_set(err, "%s: already exists; choose another file, or give --force to replace it", path);
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
  if (o->folder < 0)
    return;
  unlinkat(o->folder, o->temporary, 0);
  close(o->folder);
}

/* A rename is on disk only once its folder is. */
static int sync_folder(int folder)
{
  return fsync(folder) && errno != EINVAL && errno != ENOTSUP ? -1 : 0;
}

int ho_output_commit(struct ho_output *o, struct ho_error *err)
{
  FILE *stream = o->stream;
  o->stream = NULL;
  if (o->folder < 0)
    return standard_commit(stream, err);
  int bad = ferror(stream) || fflush(stream) || fsync(fileno(stream)), why = errno;
  if (fclose(stream) && !bad) {
    bad = 1;
    why = errno;
  }
  if (!bad && renameat(o->folder, o->temporary, o->folder, o->name)) {
    bad = 1;
    why = errno;
  }
  if (bad)
    unlinkat(o->folder, o->temporary, 0);
  int lost = !bad && sync_folder(o->folder) ? errno : 0;
  close(o->folder);
  if (bad)
    return cannot_write(o->path, why, err);
  return lost ? ho_error_set(err, "%s: cannot flush its folder to disk: %s", o->path, strerror(lost)) : 0;
}

int ho_file_keep(const char *path, const char *as, struct ho_error *err)
{
  char temporary[4096 + 32];
  struct ho_spot from = ho_spot_find(path), to = ho_spot_find(as);
  if (to.held && ho_folder_check(to.held, err))
    return -1;
  int linked = -1;
  for (int n = 0; n < TEMPORARY && linked && (n == 0 || errno == EEXIST); n++) {
    if (temporary_name(temporary, sizeof temporary, to.name, n))
      return ho_error_set(err, "%.100s...: the path is too long", as);
    linked = linkat(from.folder, from.name, to.folder, temporary, 0);
  }
  if (linked) {
    if (errno == ENOENT && !ho_file_exists(path))
      return to.held ? ho_folder_check(to.held, err) : 0;
    if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) &&
        !renameat(from.folder, from.name, to.folder, to.name))
      return 0;
    return ho_error_set(err, "%s: cannot keep it as %s: %s", path, as, strerror(errno));
  }
  int bad = renameat(to.folder, temporary, to.folder, to.name), why = errno;
  unlinkat(to.folder, temporary, 0); /* still there when both were one file already */
  if (bad && to.held && ho_folder_check(to.held, err))
    return -1;
  return bad ? ho_error_set(err, "%s: cannot keep it as %s: %s", path, as, strerror(why)) : 0;
}

int ho_folder_exists(const char *path, struct ho_error *err)
{
  struct stat st;
  if (stat(path, &st))
    return ho_error_set(err, "%s: %s", path, errno == ENOENT ? "there is no such folder" : strerror(errno));
  return S_ISDIR(st.st_mode) ? 0 : ho_error_set(err, "%s: not a folder", path);
}

int ho_folder_make(const char *path, struct ho_error *err)
{
  char copy[4096];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
    return ho_error_set(err, "%.100s...: the path is too long", path);
  for (char *c = copy + 1; *copy && *c; c++)
    if (*c == '/') {
      *c = 0;
      if (mkdir(copy, 0777) && errno != EEXIST)
        return ho_error_set(err, "%s: cannot make this folder: %s", copy, strerror(errno));
      *c = '/';
    }
  if (!mkdir(copy, 0777))
    return 0;
  if (errno != EEXIST)
    return ho_error_set(err, "%s: cannot make this folder: %s", copy, strerror(errno));
  return ho_folder_exists(copy, err);
}

int ho_path_join(char *out, size_t size, const char *folder, const char *name, struct ho_error *err)
{
  size_t length = strlen(folder);
  const char *slash = length && folder[length - 1] == '/' ? "" : "/";
  if (snprintf(out, size, "%s%s%s", folder, slash, name) >= (int)size)
    return ho_error_set(err, "%.100s.../%.100s: the path is too long", folder, name);
  return 0;
}
