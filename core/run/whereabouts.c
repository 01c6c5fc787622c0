/* SPDX-License-Identifier: MIT
 * whereabouts.c - where a run found its data; see whereabouts.h. */
#include "run/whereabouts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/locate.h"

enum { LARGEST = 1 << 30 };

static void note(json_t *start, const char *key, const char *path)
{
  char whole[PATH_MAX];
  json_t *value = *path && realpath(path, whole) ? json_string(whole) : NULL; /* NULL, too, when it is not UTF-8 */
  if (value)
    json_object_set_new(start, key, value);
}

void ho_whereabouts_note(json_t *start, const struct ho_trainer *t)
{
  const struct ho_dataset *data = &t->source.data;
  char base[4096];
  if (*data->folder && !ho_data_base(t->settings->data_dir, data->folder, base)) {
    note(start, "data_folder", data->folder);
    note(start, "data_dir", base);
  }
  if (!t->source.noise.sealed) /* else it is the run's own */
    note(start, "label_file", t->source.noise.path);
}

static void take(const json_t *o, const char *key, char out[4096])
{
  const char *path = json_string_value(json_object_get(o, key));
  if (path && *path == '/' && strlen(path) < 4096)
    memcpy(out, path, strlen(path) + 1);
}

void ho_whereabouts_read(const char *run, struct ho_whereabouts *w)
{
  char path[4096];
  unsigned char *text;
  size_t size;
  *w = (struct ho_whereabouts){ "", "", "" };
  if (ho_path_join(path, sizeof path, run, "timing.jsonl", NULL) || ho_file_read(path, LARGEST, &text, &size, NULL))
    return;
  for (char *line = (char *)text, *next; *line; line = next) {
    size_t length = strcspn(line, "\n");
    next = line + length + (line[length] == '\n');
    line[length] = 0; /* so that the search ends with the line */
    json_t *o = strstr(line, "\"start\"") ? json_loadb(line, length, 0, NULL) : NULL;
    take(o, "data_folder", w->data_folder);
    take(o, "data_dir", w->data_dir);
    take(o, "label_file", w->label_file);
    json_decref(o);
  }
  ho_free(text);
}

int ho_whereabouts_recall(const char *run, struct ho_settings *s, struct ho_error *err)
{
  struct ho_whereabouts w;
  if (s->data_dir)
    return 0;
  ho_whereabouts_read(run, &w);
  if (!*w.data_dir || access(w.data_folder, F_OK))
    return 0;
  return ho_settings_set(s, ho_setting_find("data-dir"), w.data_dir, err);
}

int ho_whereabouts_explain(const char *run, struct ho_error *err)
{
  struct ho_whereabouts w;
  ho_whereabouts_read(run, &w);
  if (*w.data_folder && access(w.data_folder, F_OK))
    ho_error_append(err,
                    "; this run was trained on the data in %.400s, which is not there any more: give the new folder "
                    "with --data-dir",
                    w.data_folder);
  return -1;
}

struct ho_labels_origin ho_whereabouts_labels(const char *run, struct ho_whereabouts *w, char path[4096])
{
  ho_whereabouts_read(run, w);
  if (*w->label_file && !access(w->label_file, R_OK))
    return (struct ho_labels_origin){ w->label_file, 0 };
  int kept = !ho_path_join(path, 4096, run, "labels.tsv", NULL) && !access(path, F_OK);
  return (struct ho_labels_origin){ kept ? path : NULL, kept };
}
