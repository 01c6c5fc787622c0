/* SPDX-License-Identifier: MIT
 * main.c - the program: finds the subcommand, and sees that what it printed has arrived; see cli.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compute/arithmetic.h"
#include "compute/blas.h"
#include "base/locale.h"
#include "compute/parallel.h"
#include "base/text.h"
#include "cli/print/reading.h"
#include "cli/help.h"
#include "plugin/call.h"

const char *ho_program;

int ho_machine_setup(const struct ho_settings *s, struct ho_device **device, struct ho_error *err)
{
  *device = NULL;
  ho_parallel_setup((int)s->threads);
  if (ho_arithmetic_setup(s->arithmetic, err) || ho_blas_room(ho_parallel_workers(), err))
    return -1;
  if (ho_blas()->warning[0])
    fprintf(stderr, "holdout: warning: %s\n", ho_blas()->warning);
  *device = ho_device_open(s->engine, s->precision, err);
  return *device ? 0 : -1;
}

int ho_fail(const struct ho_error *err)
{
  if (err->code == HO_ERROR_CLOSED)
    return HO_EXIT_CLOSED;
  fprintf(stderr, "holdout: %s\n", err->text);
  return HO_EXIT_FAILED;
}

void ho_print_warnings(const struct ho_warnings *warnings)
{
  for (const char *at = warnings->text; *at; at += strcspn(at, "\n") + 1)
    fprintf(stderr, "holdout: warning: %.*s\n", (int)strcspn(at, "\n"), at);
}

void ho_say(FILE *out, const char *format, ...)
{
  char text[16384]; /* three paths */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ho_text_clean(text, "\n\t");
  fputs(text, out);
}

/* If standard input, output or error is closed, a file opened later would get its number.  So these are filled with
 * descriptors on which the program's reads and writes fail. */
static void standard_files(void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
      _exit(HO_EXIT_FAILED);
}

/* Is standard output a pipe that nobody reads any more? */
static int closed(void)
{
  struct pollfd out = { .fd = STDOUT_FILENO };
  return poll(&out, 1, 0) == 1 && out.revents & POLLERR;
}

/* A full disk is a failure, even if only a listing was lost.  A reader that has seen enough is none. */
static int output_finished(int status)
{
  int bad = ferror(stdout);
  if (fflush(stdout) || bad) {
    if (closed())
      return status == HO_EXIT_OK ? HO_EXIT_CLOSED : status;
    fprintf(stderr, "holdout: cannot write to standard output: %s\n",
            errno ? strerror(errno) : "an earlier write failed");
    return status == HO_EXIT_OK ? HO_EXIT_FAILED : status;
  }
  return status;
}

/* main() always returns.  If the program ends otherwise, a plugin or a library called exit(), and its status says
 * nothing about the run. */
static int returns;

static void left(int status, const char *what)
{
  const char *plugin = ho_call_latest();
  if (returns)
    return;
  fprintf(stderr, "holdout: %s%s ended the program by %s%d): the command was not completed\n",
          plugin ? "optimizer " : "a library", plugin ? plugin : "", what, status);
  _exit(HO_EXIT_FAILED);
}

static void left_by_exit(int status, void *arg)
{
  (void)arg;
  left(status, "exit(");
}

static void left_quickly(void)
{
  left(0, "quick_exit(");
}

static const struct ho_command *command_find(const char *name)
{
  struct ho_error err;
  const char *names[32];
  size_t n = 0;
  for (; ho_commands[n]; n++) {
    names[n] = ho_commands[n]->name;
    if (!strcmp(names[n], name))
      return ho_commands[n];
  }
  names[n++] = "help";
  const char *nearest = ho_text_nearest(name, names, n);
  if (nearest)
    ho_error_set(&err, "unknown command `%.200s' (did you mean `%s'?); see `holdout --help'", name, nearest);
  else
    ho_error_set(&err, "unknown command `%.200s'; see `holdout --help'", name);
  ho_fail(&err);
  return NULL;
}

static int help(int argc, char **argv)
{
  if (argc > 1) {
    struct ho_error err;
    ho_error_set(&err, "help: unexpected argument `%.200s'; see `holdout --help'", argv[1]);
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  if (argc == 0) {
    ho_help_program();
    return HO_EXIT_OK;
  }
  const struct ho_command *c = command_find(argv[0]);
  if (!c)
    return HO_EXIT_USAGE;
  ho_help_command(c);
  return HO_EXIT_OK;
}

/* Flags of the program itself; nothing else may follow them. */
static int program_flag(int argc, char **argv)
{
  static const char *const names[] = { "--help", "--version" };
  struct ho_error err;
  int version = !strcmp(argv[1], "--version") || !strcmp(argv[1], "-V");
  if (!version && strcmp(argv[1], "--help") && strcmp(argv[1], "-h")) {
    const char *nearest = ho_text_nearest(argv[1], names, 2);
    ho_error_set(&err, "unknown flag `%.200s'", argv[1]);
    if (nearest)
      ho_error_append(&err, " (did you mean `%s'?)", nearest);
    ho_error_append(&err, ": flags of a command follow its name; see `holdout --help'");
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  if (argc > 2) {
    ho_error_set(&err, "unexpected argument `%.200s' after %s", argv[2], argv[1]);
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  if (version)
    ho_help_version();
  else
    ho_help_program();
  return HO_EXIT_OK;
}

int main(int argc, char **argv)
{
  int status;
  struct ho_error err;
  (void)on_exit(left_by_exit, NULL); /* they fail only without memory, and then only a message is lost */
  (void)at_quick_exit(left_quickly);
  ho_locale_plain();
  ho_parallel_setup(0);
  ho_reading_show();
  standard_files();
  signal(SIGPIPE, SIG_IGN); /* a closed pipe becomes a failed write, and a training continues to its checkpoint */
  signal(SIGXFSZ, SIG_IGN); /* and so does a file beyond the size limit */
  ho_program = argc ? argv[0] : "holdout";
  if (ho_arithmetic_setup("native", &err)) {
    status = ho_fail(&err);
  } else if (argc < 2) {
    fprintf(stderr, "holdout: no command given; see `holdout --help'\n");
    status = HO_EXIT_USAGE;
  } else if (argv[1][0] == '-') {
    status = program_flag(argc, argv);
  } else if (!strcmp(argv[1], "help")) {
    status = help(argc - 2, argv + 2);
  } else {
    const struct ho_command *c = command_find(argv[1]);
    status = c ? c->run(c, argc - 1, argv + 1) : HO_EXIT_USAGE;
  }
  status = output_finished(status);
  returns = 1;
  return status;
}
