/* SPDX-License-Identifier: MIT
 * skeleton.c - holdout optimizers --new: the files of skeleton/, with a name put in; see skeleton.h.
 *
 * They are files of the source tree that can be read and compiled as they are; the build makes strings of them. */
#include "cli/skeleton.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/skeleton_texts.h"
#include "base/range.h"

enum { FILES = 3 };

struct work {
  const char *name, *folder;
  char identifier[80]; /* the name as C has it */
  char path[FILES][4096];
  int written, made;
};

static const char *const texts[FILES] = { ho_skeleton_optimizer, ho_skeleton_makefile, ho_skeleton_readme };

/* Hyphens become underscores, and no identifier begins with a digit. */
static void make_identifier(struct work *w)
{
  snprintf(w->identifier, sizeof w->identifier, "%s%s", *w->name >= '0' && *w->name <= '9' ? "n" : "", w->name);
  for (char *c = w->identifier; *c; c++)
    if (*c == '-')
      *c = '_';
}

static int check_name(const char *name, const struct ho_plugin_path *path, struct ho_error *err)
{
  char file[4096];
  if (!ho_name_good(name) || *name == '-')
    return ho_error_set(
        err,
        "--new %.100s: the name of an optimizer has at most 63 letters, digits, - and _, and does not begin with -",
        name);
  if (ho_plugin_where(path, name, file, sizeof file))
    return ho_error_set(err, "--new %s: an optimizer of this name already exists, %s; choose another name", name, file);
  return 0;
}

static int make_paths(struct work *w, struct ho_error *err)
{
  char source[80];
  const char *const names[FILES] = { source, "Makefile", "README.md" };
  snprintf(source, sizeof source, "%s.c", w->name);
  for (int i = 0; i < FILES; i++)
    if (ho_path_join(w->path[i], sizeof w->path[i], w->folder, names[i], err))
      return -1;
  return 0;
}

/* Checks that none of the files exists, and makes the folder. */
static int check_places(struct work *w, struct ho_error *err)
{
  w->made = access(w->folder, F_OK) != 0;
  for (int i = 0; i < FILES; i++)
    if (!access(w->path[i], F_OK))
      return ho_error_set(err, "%s: already exists; choose another folder with --dir, or another name", w->path[i]);
  return ho_folder_make(w->folder, err);
}

/* The text with MY-NAME and MY_NAME replaced. */
static void fill(const struct work *w, const char *text, FILE *out)
{
  enum { LENGTH = sizeof "MY-NAME" - 1 };
  while (*text) {
    int name = !strncmp(text, "MY-NAME", LENGTH), identifier = !strncmp(text, "MY_NAME", LENGTH);
    if (name || identifier) {
      fputs(name ? w->name : w->identifier, out);
      text += LENGTH;
    } else
      putc(*text++, out);
  }
}

static int write_files(struct work *w, struct ho_error *err)
{
  for (; w->written < FILES; w->written++) {
    struct ho_output out;
    if (ho_output_open(&out, w->path[w->written], err))
      return -1;
    fill(w, texts[w->written], out.stream);
    if (ho_output_commit(&out, err))
      return -1;
  }
  return 0;
}

/* Removes what was written.  The file that failed may already have its name. */
static void take_back(const struct work *w)
{
  for (int i = 0; i <= w->written && i < FILES; i++)
    unlink(w->path[i]);
  if (w->made)
    rmdir(w->folder);
}

int ho_skeleton_write(const char *name, const char *folder, const struct ho_plugin_path *path, struct ho_error *err)
{
  struct work w = { .name = name, .folder = folder ? folder : name };
  if (check_name(name, path, err) || make_paths(&w, err) || check_places(&w, err))
    return -1;
  make_identifier(&w);
  if (write_files(&w, err)) {
    take_back(&w);
    return -1;
  }
  for (int i = 0; i < FILES; i++)
    ho_say(stdout, "%s\n", w.path[i]);
  ho_say(stdout, "\nNext: make -C %s check\n", w.folder);
  return 0;
}
