/* SPDX-License-Identifier: MIT
 * child.c - see child.h. */
#define _GNU_SOURCE /* pipe2 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* This program ignores SIGPIPE and SIGXFSZ; the other one shall not. */
static int start(const char *const *argv, int in, int out, pid_t *child)
{
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t usual;
  int bad = posix_spawn_file_actions_init(&files);
  if (bad)
    return bad;
  if ((bad = posix_spawnattr_init(&attributes))) {
    posix_spawn_file_actions_destroy(&files);
    return bad;
  }
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  if (!(bad = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO)) &&
      !(bad = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO)) &&
      !(bad = posix_spawnattr_setsigdefault(&attributes, &usual)) &&
      !(bad = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF)))
    bad = posix_spawnp(child, argv[0], &files, &attributes, (char *const *)argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return bad;
}

/* 0, or errno. */
static int write_all(int fd, const char *text, size_t size)
{
  while (size) {
    ssize_t n = write(fd, text, size);
    if (n < 0 && errno != EINTR)
      return errno;
    text += n > 0 ? n : 0;
    size -= n > 0 ? (size_t)n : 0;
  }
  return 0;
}

int ho_child_run(const char *const *argv, const char *text, size_t size, int out, const char *remedy,
                 struct ho_error *err)
{
  int end[2], status = 0;
  pid_t child;
  if (pipe2(end, O_CLOEXEC))
    return ho_error_set(err, "cannot start %s: %s", argv[0], strerror(errno));
  int bad = start(argv, end[0], out, &child);
  close(end[0]);
  if (bad) {
    close(end[1]);
    return bad == ENOENT ? ho_error_set(err, "%s is not installed: %s", argv[0], remedy)
                         : ho_error_set(err, "cannot start %s: %s", argv[0], strerror(bad));
  }
  bad = write_all(end[1], text, size);
  close(end[1]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    return ho_error_set(err, "%s was ended by signal %d", argv[0], WTERMSIG(status));
  if (WEXITSTATUS(status))
    return ho_error_set(err, "%s failed with status %d", argv[0], WEXITSTATUS(status));
  return bad ? ho_error_set(err, "%s did not read all that it was given: %s", argv[0], strerror(bad)) : 0;
}
