/* SPDX-License-Identifier: MIT
 * experiments.c - holdout experiments, holdout fetch: the scripts that are installed with the program. */
#include "cli/experiments.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/program.h"
#include "base/text.h"
#include "cli/help.h"
#include "places.h"

enum { MOST = 64 };

/* ---- where they are ---- */

static int is_program(const char *path)
{
  struct stat st;
  return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* In a build tree, as installed, as configured.  Links are resolved: a script finds others by the way to itself. */
static int find_folder(char folder[PATH_MAX], struct ho_error *err)
{
  static const char *const ways[] = { "source/experiments", HO_SHARE_DIR_FROM_BIN "/experiments" };
  char path[PATH_MAX] = HO_SHARE_DIR "/experiments", probe[PATH_MAX];
  for (size_t i = 0; i <= sizeof ways / sizeof *ways; i++) {
    if (i == sizeof ways / sizeof *ways)
      snprintf(path, sizeof path, "%s", HO_SHARE_DIR "/experiments");
    else if (ho_program_path(ways[i], path, sizeof path))
      continue;
    if (realpath(path, folder) && !ho_path_join(probe, sizeof probe, folder, "fetch-data", NULL) && is_program(probe))
      return 0;
  }
  return ho_error_set(err, "%s: not found; the experiments are installed with holdout, and are in its source folder",
                      path);
}

struct scripts {
  char folder[PATH_MAX];
  glob_t found; /* with paths, in order: those of the folder, then those of each paper */
  const char *path[MOST], *name[MOST];
  size_t n;
};

static void scripts_free(struct scripts *s)
{
  globfree(&s->found);
}

/* A script has no suffix. */
static int scripts_find(struct scripts *s, struct ho_error *err)
{
  char pattern[2][PATH_MAX + 8];
  *s = (struct scripts){ .n = 0 };
  if (find_folder(s->folder, err))
    return -1;
  snprintf(pattern[0], sizeof pattern[0], "%s/*", s->folder);
  snprintf(pattern[1], sizeof pattern[1], "%s/*/*", s->folder);
  if (glob(pattern[0], 0, NULL, &s->found) || glob(pattern[1], GLOB_APPEND, NULL, &s->found))
    return ho_error_set(err, "%s: cannot be read", s->folder);
  for (size_t i = 0; i < s->found.gl_pathc && s->n < MOST; i++) {
    const char *path = s->found.gl_pathv[i], *name = strrchr(path, '/') + 1;
    if (strchr(name, '.') || !is_program(path))
      continue;
    s->path[s->n] = path;
    s->name[s->n++] = name;
  }
  return 0;
}

/* ---- listing them ---- */

/* What a script says of itself in a line about='...'.  Returns 0 if there is none. */
static int about(const char *path, char *out, size_t size)
{
  static const char line[] = "\nabout='";
  unsigned char *text;
  size_t length;
  if (ho_file_read(path, 1 << 20, &text, &length, NULL))
    return 0;
  const char *at = strstr((const char *)text, line);
  if (at)
    snprintf(out, size, "%.*s", (int)strcspn(at + strlen(line), "'"), at + strlen(line));
  ho_free(text);
  return at != NULL;
}

static void each_of(const struct scripts *s, void (*each)(const char *, const char *, void *), void *arg)
{
  char text[512];
  for (size_t i = 0; i < s->n; i++)
    if (about(s->path[i], text, sizeof text))
      each(s->name[i], text, arg);
}

void ho_experiments_each(void (*each)(const char *name, const char *about, void *arg), void *arg)
{
  struct scripts s;
  if (!scripts_find(&s, NULL))
    each_of(&s, each, arg);
  scripts_free(&s);
}

static void print(const char *name, const char *about, void *arg)
{
  (void)arg;
  ho_say(stdout, "%-22s ", name);
  ho_help_wrapped(about, 23, 23);
}

static int list(struct ho_error *err)
{
  struct scripts s;
  int bad = scripts_find(&s, err);
  if (!bad) {
    ho_say(stdout, "%s\n\n", s.folder);
    each_of(&s, print, NULL);
  }
  scripts_free(&s);
  return bad;
}

/* ---- running one ---- */

/* Becomes the script.  It calls this very program. */
static int become(const char *script, const char *called, char **argv, struct ho_error *err)
{
  char self[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n > 0) {
    self[n] = 0;
    setenv("HOLDOUT", self, 1);
  }
  setenv("HOLDOUT_CALLED", called, 1);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  argv[0] = (char *)script;
  execv(script, argv);
  return ho_error_set(err, "%s: cannot be run: %s", script, strerror(errno));
}

static int run_named(char **argv, struct ho_error *err)
{
  struct scripts s;
  if (scripts_find(&s, err)) {
    scripts_free(&s);
    return HO_EXIT_FAILED;
  }
  for (size_t i = 0; i < s.n; i++)
    if (!strcmp(s.name[i], argv[0])) {
      become(s.path[i], argv[0], argv, err);
      scripts_free(&s);
      return HO_EXIT_FAILED;
    }
  const char *nearest = ho_text_nearest(argv[0], s.name, s.n);
  ho_error_set(err, "unknown experiment `%.100s'%s%s%s; `holdout experiments' lists them", argv[0],
               nearest ? " (did you mean `" : "", nearest ? nearest : "", nearest ? "'?)" : "");
  scripts_free(&s);
  return HO_EXIT_USAGE;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_error err = { 0 };
  if (argc > 1 && argv[1][0] != '-') {
    int status = run_named(argv + 1, &err);
    ho_fail(&err);
    return status;
  }
  struct ho_arguments a;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0)
    status = list(&err) ? ho_fail(&err) : HO_EXIT_OK;
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { NULL };

const struct ho_command ho_command_experiments = {
  .name = "experiments",
  .summary = "list the experiments of the paper, and run one",
  .usage = "[NAME [FLAGS]]",
  .text = "Without NAME, prints the folder of the experiments and what each of them does. With it, runs that one; all "
          "that follows is for the experiment, whose flags `holdout experiments NAME --help' explains. Results go to "
          "the folder `reproduced' in the working folder. Needs bash, jq, GNU parallel and, for figures, gnuplot.",
  .examples = "holdout experiments\n"
              "holdout experiments comparison --help\n"
              "holdout experiments comparison --scale quick\n"
              "holdout experiments noise-sweep --scale small --dry-run\n"
              "holdout experiments verify --cell co-teaching --seeds 3",
  .settings = settings,
  .run = run,
};

/* ---- fetch ---- */

static int fetch(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  char folder[PATH_MAX], script[PATH_MAX];
  int status = ho_arguments_parse(command, argc, argv, &a);
  ho_arguments_free(&a);
  if (status >= 0)
    return status;
  if (!find_folder(folder, &err) && !ho_path_join(script, sizeof script, folder, "fetch-data", &err))
    become(script, "holdout fetch", argv, &err);
  return ho_fail(&err);
}

static const struct ho_flag flags[] = {
  { "dir", 0, "DIR",
    "put them here (default: $HOLDOUT_DATA, or holdout in $XDG_DATA_HOME, which is ~/.local/share if it is not set)" },
  { "from", 0, "FILE",
    "download nothing; take a local archive, a folder, or one of the files; may be repeated, for one data set" },
  { "force", 0, NULL, "replace a data set that already exists" },
  { "list", 0, NULL, "names, folders, addresses; download nothing" },
  { 0 },
};

const struct ho_command ho_command_fetch = {
  .name = "fetch",
  .summary = "get well-known data sets, downloaded or from local files",
  .usage = "[FLAGS] NAME...",
  .text = "Puts data sets where holdout finds them: fashion-mnist, mnist, cifar10, cifar100, or all. Each download is "
          "checked against its published MD5 before it is unpacked, then the files by size and SHA-256; those that "
          "differ are refused, or reported if they are yours. A data set is in place whole or not at all. "
          "Interrupted downloads are resumed. $HOLDOUT_MIRRORS has addresses to try instead of the usual ones. Needs "
          "bash, and curl or wget.",
  .examples = "holdout fetch cifar10 fashion-mnist\n"
              "holdout fetch --from ~/Downloads/cifar-100-binary.tar.gz cifar100\n"
              "holdout fetch --dir /scratch/data --from /media/usb/mnist mnist",
  .settings = settings,
  .flags = flags,
  .max_positional = 16,
  .run = fetch,
};
