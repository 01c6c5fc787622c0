/* SPDX-License-Identifier: MIT
 * locate.c - where data are looked for; see locate.h. */
#include "data/locate.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char packages[] = "/usr/share/datasets"; /* of Debian's dataset-* packages */

/* Without HOME, as under some daemons, the user database has the home folder. */
static const char *home_folder(void)
{
  const char *home = getenv("HOME");
  const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());
  return user ? user->pw_dir : home;
}

int ho_data_folders(const char *directory, char folder[HO_DATA_FOLDERS][4096])
{
  const char *variable = getenv("HOLDOUT_DATA"), *share = getenv("XDG_DATA_HOME"), *home = home_folder();
  int n = 0;
  if (directory && *directory) { /* the user chose it, so look nowhere else */
    snprintf(folder[0], sizeof folder[0], "%s", directory);
    return 1;
  }
  if (variable && *variable)
    snprintf(folder[n++], sizeof folder[0], "%s", variable);
  if (share && *share)
    snprintf(folder[n++], sizeof folder[0], "%s/holdout", share);
  else if (home && *home)
    snprintf(folder[n++], sizeof folder[0], "%s/.local/share/holdout", home);
  snprintf(folder[n++], sizeof folder[0], "%s", packages);
  return n;
}

int ho_data_cache_folder(char *folder, size_t size)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = home_folder();
  int length = cache && *cache == '/' ? snprintf(folder, size, "%s/holdout", cache) /* other paths are to be ignored */
               : home && *home        ? snprintf(folder, size, "%s/.cache/holdout", home)
                                      : -1;
  return length >= 0 && length < (int)size ? 0 : -1;
}

/* Finds folder/name, or folder/name.gz, that can be read.  folder NULL: the name is the path. */
static int find(const char *folder, const char *name, char *path, size_t size)
{
  for (int packed = 0; packed < 2; packed++)
    if (snprintf(path, size, "%s%s%s%s", folder ? folder : "", folder ? "/" : "", name, packed ? ".gz" : "") <
            (int)size &&
        !access(path, R_OK))
      return 0;
  return -1;
}

int ho_data_file(const char *folder, const char *name, char *path, size_t size, struct ho_error *err)
{
  struct stat st;
  if (!find(folder, name, path, size) && (stat(path, &st) || !S_ISDIR(st.st_mode)))
    return 0;
  return ho_error_set(err, "%s: neither %s nor %s.gz can be read", folder, name, name);
}

/* here: look in the working folder first. */
static int locate(const char *path, const char *directory, int here, char *found, size_t size, struct ho_error *err)
{
  char folder[HO_DATA_FOLDERS][4096], list[640] = "";
  int n = ho_data_folders(directory, folder);
  if (*path == '/' || here) {
    if (!find(NULL, path, found, size))
      return 0;
    if (*path == '/')
      return ho_error_set(err, "neither %s nor %s.gz can be read", path, path);
    snprintf(list, sizeof list, "the working folder");
  }
  for (int i = 0; i < n; i++) {
    if (!find(folder[i], path, found, size))
      return 0;
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.200s", *list ? ", " : "", folder[i]);
  }
  return ho_error_set(err, "neither %s nor %s.gz can be read: looked in %s%s", path, path, list,
                      *path == '~' ? "; the shell did not expand ~: write $HOME" : "");
}

int ho_data_locate(const char *path, const char *directory, char *found, size_t size, struct ho_error *err)
{
  return locate(path, directory, !directory || !*directory, found, size, err);
}

int ho_data_locate_beside(const char *path, const char *directory, char *found, size_t size, struct ho_error *err)
{
  return locate(path, directory, 1, found, size, err);
}

int ho_data_base(const char *directory, const char *found, char base[4096])
{
  char folder[HO_DATA_FOLDERS][4096], path[PATH_MAX];
  int n = ho_data_folders(directory, folder), i = 0;
  for (; i < n; i++) {
    size_t length = strlen(folder[i]);
    if (directory && *directory)
      break;
    if (!strncmp(found, folder[i], length) && (found[length] == '/' || !found[length]))
      break;
  }
  return realpath(i < n ? folder[i] : ".", path) && snprintf(base, 4096, "%s", path) < 4096 ? 0 : -1;
}
