/* SPDX-License-Identifier: MIT
 * plugin.c - loads one optimizer and checks everything it says before use. */
#define _GNU_SOURCE /* dladdr1 */
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/locale.h"
#include "base/memory.h"
#include "base/range.h"
#include "plugin/options.h"

enum {
  /* The first version of the struct in this ABI ended after predict; later ones are longer. */
  SMALLEST = offsetof(struct ho_optimizer, predict) + sizeof(((struct ho_optimizer *)0)->predict),
  MOST_OPTIONS = 256,
  MOST_NETS = 64
};

/* dlopen maps what the ELF headers claim, and touching pages beyond the end of a truncated file would end the program
 * by a signal.  So the headers are compared with the file's size first.  Files of other kinds are left to dlopen. */
static int elf_complete(FILE *in, unsigned long long size)
{
  ElfW(Ehdr) e;
  ElfW(Phdr) p;
  if (fread(&e, sizeof e, 1, in) != 1 || memcmp(e.e_ident, ELFMAG, SELFMAG))
    return 1;
  if (e.e_phentsize != sizeof p)
    return 1;
  if (e.e_shoff > size || size - e.e_shoff < (unsigned long long)e.e_shnum * e.e_shentsize)
    return 0;
  for (int i = 0; i < e.e_phnum; i++) {
    if (e.e_phoff > size || fseek(in, (long)(e.e_phoff + (size_t)i * sizeof p), SEEK_SET) ||
        fread(&p, sizeof p, 1, in) != 1)
      return 0;
    if (p.p_offset > size || size - p.p_offset < p.p_filesz)
      return 0;
  }
  return 1;
}

enum trust { CLOSED, OPEN_FILE, OPEN_FOLDER, OPEN_PARENT };

/* Can anyone replace the entry `path', of length n, in its folder?  If the folder has the sticky bit, as /tmp does,
 * only the owner of the entry can, so ours and root's are safe. */
static int replaceable(const char *path, size_t n, char folder[PATH_MAX])
{
  struct stat of, entry;
  char name[PATH_MAX];
  size_t cut = n;
  while (cut > 1 && path[cut - 1] != '/')
    cut--;
  snprintf(folder, PATH_MAX, "%.*s", (int)cut, path);
  snprintf(name, sizeof name, "%.*s", (int)n, path);
  if (stat(folder, &of) || !(of.st_mode & S_IWOTH))
    return 0;
  return !(of.st_mode & S_ISVTX) || lstat(name, &entry) || (entry.st_uid && entry.st_uid != geteuid());
}

/* Checks that neither the file nor its folder is world-writable, and that not everyone can replace a folder above.
 * Writes the offending path to `where'. */
static enum trust trust_of(const char *path, char where[PATH_MAX])
{
  struct stat st;
  const char *slash = strrchr(path, '/');
  snprintf(where, PATH_MAX, "%.*s", (int)(slash + 1 - path), path);
  if (!stat(where, &st) && st.st_mode & S_IWOTH)
    return OPEN_FOLDER;
  for (size_t n = (size_t)(slash - path); n > 0; n--)
    if (path[n - 1] != '/' && (path[n] == '/' || !path[n]) && replaceable(path, n, where))
      return OPEN_PARENT;
  snprintf(where, PATH_MAX, "%s", path);
  return !stat(path, &st) && st.st_mode & S_IWOTH ? OPEN_FILE : CLOSED;
}

/* Checks the path as given, from the root, and the path with links resolved. */
static int trust_check(const char *file, struct ho_error *err)
{
  static const char *const what[] = {
    [OPEN_FILE] = "file", [OPEN_FOLDER] = "folder", [OPEN_PARENT] = "folder above it"
  };
  const char *trusts = getenv("HOLDOUT_TRUST_PLUGINS");
  char here[PATH_MAX] = "", given[2 * PATH_MAX], meant[PATH_MAX], where[PATH_MAX];
  if (trusts && !strcmp(trusts, "1"))
    return 0;
  if (*file != '/' && !getcwd(here, sizeof here))
    return ho_error_set(err, "%s: cannot determine the working folder: %s", file, strerror(errno));
  if (snprintf(given, sizeof given, "%s%s%s", here, *here ? "/" : "", file) >= PATH_MAX)
    return ho_error_set(err, "%.400s...: the path is too long", given);
  const char *names[] = { given, realpath(file, meant) };
  for (int i = 0; i < 2 && names[i]; i++) {
    enum trust open = trust_of(names[i], where);
    if (open != CLOSED)
      return ho_error_set(err,
                          "%s: anyone may write to this %s, and a plugin is code: chmod o-w '%s', or set "
                          "HOLDOUT_TRUST_PLUGINS=1 to trust whoever did",
                          file, what[open], where);
  }
  return 0;
}

static int file_check(const char *file, struct ho_error *err)
{
  struct stat st;
  if (stat(file, &st))
    return ho_error_set(err, "%s: %s", file, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return ho_error_set(err, "%s: not a regular file", file);
  if (trust_check(file, err))
    return -1;
  FILE *in = fopen(file, "rbe");
  if (!in)
    return ho_error_set(err, "%s: %s", file, strerror(errno));
  int complete = elf_complete(in, (unsigned long long)st.st_size);
  fclose(in);
  return complete ? 0 : ho_error_set(err, "%s: the file is cut short", file);
}

/* Reports dlerror's text, without the path, with which our messages start anyway. */
static int dl_failed(const char *file, struct ho_error *err)
{
  const char *why = dlerror();
  size_t length = strlen(file);
  if (!why)
    why = "cannot be loaded";
  else if (!strncmp(why, file, length) && !strncmp(why + length, ": ", 2))
    why += length + 2;
  return ho_error_set(err, "%s: cannot load this plugin: %s", file, why);
}

/* Copies the part of the struct that both sides know. */
static int hooks_copy(struct ho_plugin *p, const struct ho_optimizer *given, struct ho_error *err)
{
  Dl_info info;
  const ElfW(Sym) *symbol = NULL;
  if (!dladdr1(given, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
    return ho_error_set(err, "%s: the symbol ho_plugin cannot be looked up", p->file);
  if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_size < 2 * sizeof(uint32_t))
    return ho_error_set(err, "%s: ho_plugin was not made by HO_PLUGIN", p->file);
  if (given->abi != HO_ABI)
    return ho_error_set(err,
                        "%s: made for plugin ABI %u, but this program has %u; compile it again with this "
                        "program's holdout/optimizer.h",
                        p->file, (unsigned)given->abi, (unsigned)HO_ABI);
  if (given->bytes < SMALLEST)
    return ho_error_set(err, "%s: its struct has %u bytes; plugin ABI %u requires at least %zu", p->file,
                        (unsigned)given->bytes, (unsigned)HO_ABI, (size_t)SMALLEST);
  if (given->bytes > symbol->st_size)
    return ho_error_set(err, "%s: its struct says it has %u bytes, but the file has %zu", p->file,
                        (unsigned)given->bytes, (size_t)symbol->st_size);
  memcpy(&p->hooks, given, given->bytes < sizeof p->hooks ? given->bytes : sizeof p->hooks);
  return 0;
}

static int name_check(const struct ho_plugin *p, struct ho_error *err)
{
  const char *name = p->hooks.name, *base = strrchr(p->file, '/') ? strrchr(p->file, '/') + 1 : p->file;
  if (!name || !*name)
    return ho_error_set(err, "%s: this plugin has no name", p->file);
  if (!ho_name_good(name))
    return ho_error_set(err, "%s: `%.80s' is not a name for a plugin: use letters, digits, - and _, at most 63",
                        p->file, name);
  size_t length = strlen(name);
  if (strncmp(base, name, length) || strcmp(base + length, ".so"))
    return ho_error_set(err, "%s: the plugin's name is `%s', so its file must be %s.so", p->file, name, name);
  if (p->hooks.nets < 0 || p->hooks.nets > MOST_NETS || p->hooks.slots < 0 || p->hooks.slots > MOST_NETS)
    return ho_error_set(err, "%s: nets is %d and slots %d: both must be between 0 and %d", p->file, p->hooks.nets,
                        p->hooks.slots, MOST_NETS);
  if (!(p->hooks.lr >= 0 && isfinite(p->hooks.lr)))
    return ho_error_set(err, "%s: lr is %g: a learning rate is a finite number, at least 0", p->file, p->hooks.lr);
  return 0;
}

static int options_check(struct ho_plugin *p, struct ho_error *err)
{
  const struct ho_option *o = p->hooks.options;
  while (o && o[p->noptions].name)
    if (++p->noptions > MOST_OPTIONS)
      return ho_error_set(err, "%s: its table of options does not end: close it with { 0 }", p->file);
  if (ho_options_check(o, p->noptions, p->hooks.self, err))
    return ho_error_prefix(err, "%s", p->file);
  return 0;
}

/* All strings of the plugin are copied into one block, after a copy of its table of options. */
static size_t text_bytes(const struct ho_plugin *p)
{
  const struct ho_optimizer *h = &p->hooks;
  size_t sum =
      strlen(h->name) + 1 + (h->summary ? strlen(h->summary) : 0) + 1 + (h->citation ? strlen(h->citation) : 0) + 1;
  for (int i = 0; i < p->noptions; i++) {
    const struct ho_option *o = h->options + i;
    sum += strlen(o->name) + 1 + strlen(o->value) + 1 + (o->range ? strlen(o->range) + 1 : 0) +
           (o->help ? strlen(o->help) : 0) + 1;
  }
  return sum;
}

static const char *keep(char **room, const char *text)
{
  const char *copy = *room;
  size_t bytes = strlen(text) + 1;
  memcpy(*room, text, bytes);
  *room += bytes;
  return copy;
}

static int texts_copy(struct ho_plugin *p, struct ho_error *err)
{
  struct ho_optimizer *h = &p->hooks;
  size_t table = ((size_t)p->noptions + 1) * sizeof(struct ho_option);
  struct ho_option *o = ho_alloc(1, table + text_bytes(p), "the options of a plugin", err);
  if (!o)
    return -1;
  char *room = (char *)o + table;
  h->name = keep(&room, h->name);
  h->summary = keep(&room, h->summary ? h->summary : "");
  h->citation = keep(&room, h->citation ? h->citation : "");
  for (int i = 0; i < p->noptions; i++) {
    o[i] = h->options[i];
    o[i].name = keep(&room, o[i].name);
    o[i].value = keep(&room, o[i].value);
    o[i].range = o[i].range ? keep(&room, o[i].range) : NULL;
    o[i].help = keep(&room, o[i].help ? o[i].help : "");
  }
  h->options = o;
  return 0;
}

const char *ho_plugin_loading;

static int load(struct ho_plugin *p, struct ho_error *err)
{
  if (file_check(p->file, err))
    return -1;
  ho_plugin_loading = p->file;
  p->handle = dlopen(p->file, RTLD_NOW | RTLD_LOCAL);
  ho_plugin_loading = NULL;
  ho_locale_plain();
  if (!p->handle)
    return dl_failed(p->file, err);
  const struct ho_optimizer *given = dlsym(p->handle, "ho_plugin");
  if (!given)
    return ho_error_set(
        err, "%s: not an optimizer of holdout: it has no symbol ho_plugin, which the macro HO_PLUGIN defines", p->file);
  return hooks_copy(p, given, err) || name_check(p, err) || options_check(p, err) || texts_copy(p, err) ? -1 : 0;
}

struct ho_plugin *ho_plugin_load(const char *file, struct ho_error *err)
{
  struct ho_plugin *p = ho_alloc(1, sizeof *p, "a plugin", err);
  if (!p)
    return NULL;
  /* without a slash dlopen would search the system's library folders */
  if (snprintf(p->file, sizeof p->file, "%s%s", strchr(file, '/') ? "" : "./", file) >= (int)sizeof p->file) {
    ho_error_set(err, "%.100s...: the path is too long", file);
    ho_free(p);
    return NULL;
  }
  if (load(p, err)) {
    if (p->handle)
      dlclose(p->handle);
    ho_free(p);
    return NULL;
  }
  return p;
}

void ho_plugin_free(struct ho_plugin *p)
{
  if (!p)
    return;
  ho_free((void *)p->hooks.options);
  dlclose(p->handle);
  ho_free(p);
}
