/* SPDX-License-Identifier: MIT
 * path.h - the folders in which optimizers are found by name.
 *
 * NAME is searched for as NAME.so in this order: the folders given (--plugin-dir), those of $HOLDOUT_PLUGIN_PATH
 * (separated by colons), the default folder; never in the working directory.  The default folder is found from the
 * program's own, so that both can be moved together: `plugins' beside it, as in a build tree, or the plugin folder of
 * the installed tree it is in.  If neither is there, it is the folder chosen by configure. */
#ifndef HO_PLUGIN_PATH_H
#define HO_PLUGIN_PATH_H

#include "plugin/plugin.h"

struct ho_plugin_path {
  char **folder; /* [n] */
  int n;
};

/* given: n folders of --plugin-dir.  Returns -1 if one of them cannot be searched. */
int ho_plugin_path_make(struct ho_plugin_path *, const char *const *given, int n, struct ho_error *err);
void ho_plugin_path_free(struct ho_plugin_path *);

/* Loads the first NAME.so.  NULL with *err set if there is none (an unknown name gets a suggestion) or it is refused.
 * */
struct ho_plugin *ho_plugin_find(const struct ho_plugin_path *, const char *name, struct ho_error *err);

/* Writes the path of the first NAME.so, which need not be a good plugin.  Returns 1, or 0 if there is none. */
int ho_plugin_where(const struct ho_plugin_path *, const char *name, char *file, size_t size);

/* Loads all plugins, the first of each name, sorted by name.  `refused' (or NULL) is called for those that are refused.
 * The caller owns the array and its elements: ho_plugin_free each, then ho_free the array. */
int ho_plugin_list(const struct ho_plugin_path *, struct ho_plugin ***list, int *n,
                   void (*refused)(const char *message, void *arg), void *arg, struct ho_error *err);

#endif
