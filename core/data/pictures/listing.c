/* SPDX-License-Identifier: MIT
 * listing.c - walks through a folder of pictures; see listing.h. */
#include "data/pictures/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"

static const char *const test_folders[] = { "test", "val", "valid", "validation", NULL };

/* ---- arrays that grow ---- */

static int grow(void **memory, size_t size, size_t need, size_t *room, struct ho_error *err)
{
  if (need <= *room)
    return 0;
  size_t larger = need + need / 2 + 64;
  void *moved = realloc(*memory, ho_size_mul(larger, size));
  if (!moved)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for the names of %zu files", need);
  *memory = moved;
  *room = larger;
  return 0;
}

static int add_text(struct ho_listing *l, const char *text, size_t *at, struct ho_error *err)
{
  size_t size = strlen(text) + 1;
  if (grow((void **)&l->text, 1, l->used + size, &l->text_room, err))
    return -1;
  *at = l->used;
  memcpy(l->text + l->used, text, size);
  l->used += size;
  return 0;
}

/* ---- one folder ---- */

/* What systems leave behind, besides hidden files. */
static int is_hidden(const char *name)
{
  static const char *const left[] = { "Thumbs.db", "ehthumbs.db", "desktop.ini", "__MACOSX", "@eaDir" };
  for (size_t i = 0; i < sizeof left / sizeof *left; i++)
    if (!strcmp(name, left[i]))
      return 1;
  return *name == '.';
}

struct walk {
  const char *folder; /* the data set's */
  struct ho_listing *l;
  int class, is_test;
};

enum { DEEPEST = 100 /* folders below that of a class; each takes some of the stack */ };

/* The folders that lead to one: a link that leads back to one of them is a circle. */
struct trail {
  const struct trail *up;
  int depth;
  dev_t device;
  ino_t inode;
};

static int is_on(const struct trail *t, const struct stat *st)
{
  for (; t; t = t->up)
    if (t->device == st->st_dev && t->inode == st->st_ino)
      return 1;
  return 0;
}

static DIR *open_folder(const char *path, struct ho_error *err)
{
  DIR *dir = opendir(path);
  if (!dir)
    ho_error_set_as(err, HO_ERROR_FILE, "%s: cannot read this folder: %s", path, strerror(errno));
  return dir;
}

static int add_file(struct walk *w, const char *name, const struct stat *st, struct ho_error *err)
{
  struct ho_listing *l = w->l;
  struct ho_listed_file f = { .class = w->class,
                              .is_test = w->is_test,
                              .size = (uint64_t)st->st_size,
                              .seconds = st->st_mtim.tv_sec,
                              .nanoseconds = st->st_mtim.tv_nsec };
  if (add_text(l, name, &f.name, err) || grow((void **)&l->file, sizeof f, l->n + 1, &l->room, err))
    return -1;
  l->file[l->n++] = f;
  return 0;
}

/* name: the folder, relative to the data set's. */
static int list_class(struct walk *w, const char *name, const struct trail *up, struct ho_error *err)
{
  char path[4096], below[4096];
  struct stat st = { 0 };
  struct dirent *e;
  int result = 0;
  DIR *dir = ho_path_join(path, sizeof path, w->folder, name, err) ? NULL : open_folder(path, err);
  if (!dir)
    return -1;
  if (fstat(dirfd(dir), &st) || is_on(up, &st)) {
    closedir(dir);
    return 0;
  }
  struct trail here = { up, up ? up->depth + 1 : 0, st.st_dev, st.st_ino };
  if (here.depth > DEEPEST)
    result = ho_error_set(err, "%.300s: more than %d folders, one within the other", path, DEEPEST);
  while (!result && (e = readdir(dir))) {
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
      continue;
    if (is_hidden(e->d_name)) {
      w->l->hidden++;
      continue;
    }
    struct stat of = { .st_mode =
                           S_IFREG }; /* a link that leads nowhere: the file cannot be read, which is told then */
    int is_there = !fstatat(dirfd(dir), e->d_name, &of, 0);
    result = ho_path_join(below, sizeof below, name, e->d_name, err);
    if (!result && is_there && S_ISDIR(of.st_mode))
      result = list_class(w, below, &here, err);
    else if (!result)
      result = add_file(w, below, &of, err);
  }
  closedir(dir);
  return result;
}

/* ---- sub-folders ---- */

struct names {
  struct ho_listing text; /* for its text */
  size_t *at, n, room;
  size_t files;
};

static const char *name_of(const struct names *s, size_t i)
{
  return s->text.text + s->at[i];
}

static void free_names(struct names *s)
{
  ho_listing_free(&s->text);
  free(s->at);
}

/* By insertion: there are few. */
static void sort_names(struct names *s)
{
  for (size_t i = 1; i < s->n; i++) {
    size_t one = s->at[i], k = i;
    for (; k > 0 && strcmp(s->text.text + s->at[k - 1], s->text.text + one) > 0; k--)
      s->at[k] = s->at[k - 1];
    s->at[k] = one;
  }
}

/* The sub-folders of a folder, without the hidden ones, and the number of its files. */
static int list_subfolders(const char *path, struct names *s, size_t *hidden, struct ho_error *err)
{
  struct dirent *e;
  int result = 0;
  *s = (struct names){ .n = 0 };
  DIR *dir = open_folder(path, err);
  if (!dir)
    return -1;
  while (!result && (e = readdir(dir))) {
    struct stat st;
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
      continue;
    if (is_hidden(e->d_name))
      ++*hidden;
    else if (fstatat(dirfd(dir), e->d_name, &st, 0) || !S_ISDIR(st.st_mode))
      s->files++;
    else if (s->n == HO_CLASSES_MOST)
      result = ho_error_set(err, "%s: more than %d sub-folders, the largest number of classes", path, HO_CLASSES_MOST);
    else if (!(result = grow((void **)&s->at, sizeof *s->at, s->n + 1, &s->room, err) ||
                                add_text(&s->text, e->d_name, &s->at[s->n], err)
                            ? -1
                            : 0))
      s->n++;
  }
  closedir(dir);
  sort_names(s);
  return result;
}

static int has(const struct names *s, const char *name)
{
  for (size_t i = 0; i < s->n; i++)
    if (!strcmp(name_of(s, i), name))
      return 1;
  return 0;
}

/* ---- parts and classes ---- */

static int class_of(const struct ho_listing *l, const char *name)
{
  for (int c = 0; c < l->classes; c++)
    if (!strcmp(ho_listing_class(l, c), name))
      return c;
  return -1;
}

static int set_classes(struct ho_listing *l, const struct names *s, struct ho_error *err)
{
  size_t room = 0;
  if (grow((void **)&l->class_name, sizeof *l->class_name, s->n + 1, &room, err))
    return -1;
  for (size_t i = 0; i < s->n; i++)
    if (add_text(l, name_of(s, i), &l->class_name[i], err))
      return -1;
  l->classes = (int)s->n;
  return 0;
}

/* part: the folder of training or test images, relative to the data set's; "": that folder itself. */
static int list_part(const char *folder, const char *part, const struct names *classes, int is_test,
                     struct ho_listing *l, struct ho_error *err)
{
  for (size_t i = 0; i < classes->n; i++) {
    char name[4096];
    struct walk w = { folder, l, class_of(l, name_of(classes, i)), is_test };
    if (w.class < 0)
      return ho_error_set(err, "%s/%s/%s: a class of the test images that train/ does not have", folder, part,
                          name_of(classes, i));
    if (*part ? ho_path_join(name, sizeof name, part, name_of(classes, i), err)
              : snprintf(name, sizeof name, "%s", name_of(classes, i)) < 0)
      return -1;
    if (list_class(&w, name, NULL, err))
      return -1;
  }
  l->outside += classes->files;
  return 0;
}

static int list_test(const char *folder, struct ho_listing *l, struct ho_error *err)
{
  char path[4096];
  struct names classes;
  int result = ho_path_join(path, sizeof path, folder, l->test, err);
  if (result)
    return -1;
  result = list_subfolders(path, &classes, &l->hidden, err) || list_part(folder, l->test, &classes, 1, l, err);
  free_names(&classes);
  return result ? -1 : 0;
}

static int check_classes(const char *folder, const char *part, const struct names *s, struct ho_error *err)
{
  const char *slash = *part ? "/" : "";
  if (s->n > 1)
    return 0;
  if (s->n == 1)
    return ho_error_set(err,
                        "%s%s%s: `%s' is the only sub-folder, but there must be one for each of at least two classes",
                        folder, slash, part, name_of(s, 0));
  return ho_error_set(err,
                      "%s%s%s: it has no sub-folder: the pictures of each class must be in a folder of their own%s",
                      folder, slash, part, s->files ? ", and not side by side" : "");
}

/* train/ is the training images' folder, and no class, if it has sub-folders only. */
static int list_train(const char *folder, const struct names *top, struct names *classes, int *is_part,
                      struct ho_listing *l, struct ho_error *err)
{
  char path[4096];
  size_t hidden = 0;
  *is_part = 0;
  if (!has(top, "train"))
    return 0;
  if (ho_path_join(path, sizeof path, folder, "train", err) || list_subfolders(path, classes, &hidden, err))
    return -1;
  *is_part = classes->n > 0 && !classes->files;
  l->hidden += *is_part ? hidden : 0;
  return 0;
}

static void choose_test(const struct names *top, struct ho_listing *l)
{
  for (const char *const *name = test_folders; *name && !*l->test; name++)
    if (has(top, *name))
      snprintf(l->test, sizeof l->test, "%s", *name);
  for (size_t i = 0; i < top->n && !*l->unused; i++)
    if (strcmp(name_of(top, i), "train") && strcmp(name_of(top, i), l->test))
      snprintf(l->unused, sizeof l->unused, "%s", name_of(top, i));
}

static int list_all(const char *folder, const struct names *top, struct names *classes, struct ho_listing *l,
                    struct ho_error *err)
{
  int is_part;
  if (list_train(folder, top, classes, &is_part, l, err))
    return -1;
  if (!is_part)
    return check_classes(folder, "", top, err) || set_classes(l, top, err) ? -1 : list_part(folder, "", top, 0, l, err);
  choose_test(top, l);
  l->outside += top->files;
  if (check_classes(folder, "train", classes, err) || set_classes(l, classes, err) ||
      list_part(folder, "train", classes, 0, l, err))
    return -1;
  return *l->test ? list_test(folder, l, err) : 0;
}

/* ---- order ---- */

static _Thread_local const char *sorted_text; /* qsort hands nothing on */

/* By folder, then by name within it, as torchvision's ImageFolder does. */
static int compare(const void *a, const void *b)
{
  const struct ho_listed_file *f = a, *g = b;
  const char *x = sorted_text + f->name, *y = sorted_text + g->name;
  size_t n = (size_t)(strrchr(x, '/') - x), m = (size_t)(strrchr(y, '/') - y);
  if (f->is_test != g->is_test)
    return f->is_test - g->is_test;
  if (f->class != g->class)
    return f->class - g->class;
  int by_folder = memcmp(x, y, n < m ? n : m);
  if (by_folder || n != m)
    return by_folder ? by_folder : n < m ? -1 : 1;
  return strcmp(x + n, y + n);
}

int ho_listing_make(const char *folder, struct ho_listing *l, struct ho_error *err)
{
  struct names top, classes = { .n = 0 };
  *l = (struct ho_listing){ .n = 0 };
  int result = list_subfolders(folder, &top, &l->hidden, err) || list_all(folder, &top, &classes, l, err);
  free_names(&top);
  free_names(&classes);
  if (result)
    return -1;
  if (!l->n)
    return ho_error_set(err, "%s: there are no files in the %d folders of classes", folder, l->classes);
  sorted_text = l->text;
  qsort(l->file, l->n, sizeof *l->file, compare);
  return 0;
}

void ho_listing_free(struct ho_listing *l)
{
  free(l->file);
  free(l->text);
  free(l->class_name);
  *l = (struct ho_listing){ .n = 0 };
}
