/* SPDX-License-Identifier: MIT
 * settings_yaml.c - settings as a YAML file, read and written; see settings.h. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "format/yaml.h"
#include "settings/settings.h"

struct reader {
  struct ho_yaml *yaml;
  struct ho_settings *into, checked; /* settings given as flags are only checked, by setting them in the second */
  unsigned char *source;
  unsigned char seen[HO_SETTINGS_MOST];
};

static int set(struct reader *r, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  int flag = r->source && r->source[d - ho_setting_table] == HO_FROM_FLAG && d->type != HO_SETTING_LIST;
  return ho_settings_set(flag ? &r->checked : r->into, d, text, err) ? ho_yaml_prefix(r->yaml, err) : 0;
}

static int sequence(struct reader *r, const struct ho_setting *d, struct ho_error *err)
{
  const char *text;
  int found;
  while ((found = ho_yaml_item(r->yaml, d->name, &text, err)) > 0)
    if (set(r, d, text, err))
      return -1;
  return found;
}

/* NAME.option: value, as NAME.option=value; `seen' has the names before it. */
static int pair(struct reader *r, const struct ho_setting *d, const char *given, json_t *seen, struct ho_error *err)
{
  char name[160], text[4200];
  const char *value;
  size_t length = strlen(given);
  if (length >= sizeof name || strchr(given, '='))
    return ho_yaml_fail(r->yaml, err, "`%.100s' is not the name of an option", given);
  memcpy(name, given, length + 1);
  if (json_object_get(seen, name))
    return ho_yaml_fail(r->yaml, err, "option `%s' is given twice", name);
  if (json_object_set_new(seen, name, json_true()))
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: the names of options");
  if (ho_yaml_value(r->yaml, err) < 0 || !(value = ho_yaml_scalar(r->yaml, name, err)))
    return -1;
  if (snprintf(text, sizeof text, "%s=%s", name, value) >= (int)sizeof text)
    return ho_yaml_fail(r->yaml, err, "the value is too long");
  return set(r, d, text, err);
}

static int mapping(struct reader *r, const struct ho_setting *d, struct ho_error *err)
{
  const char *name;
  json_t *seen = json_object();
  int found = seen ? 1 : ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: the names of options");
  while (found > 0 && (found = ho_yaml_key(r->yaml, "the name of an option", &name, err)) > 0)
    if (pair(r, d, name, seen, err))
      found = -1;
  json_decref(seen);
  return found;
}

static int unknown(struct reader *r, const char *key, struct ho_error *err)
{
  const char *names[HO_SETTINGS_MOST];
  size_t n = 0;
  for (; ho_setting_table[n].name; n++)
    names[n] = ho_setting_table[n].name;
  const char *nearest = ho_text_nearest(key, names, n);
  if (nearest)
    return ho_yaml_fail(r->yaml, err, "unknown setting `%.100s' (did you mean `%s'?)", key, nearest);
  return ho_yaml_fail(r->yaml, err, "unknown setting `%.100s'; `holdout train --help' lists them", key);
}

/* Settings that only the command line gives. */
static const struct {
  const char *name, *reason;
} never[] = {
  { "resume", "as it changes an existing run: give --resume" }, /* reading a file must not change somebody's runs */
  { "plugin-dir", "as plugins are programs: give --plugin-dir, or set HOLDOUT_PLUGIN_PATH" }, /* nor load programs */
  { "time-limit", "as it is for one process, not for a run: give --time-limit" },
};

static int entry(struct reader *r, const char *key, struct ho_error *err)
{
  const struct ho_setting *d = ho_setting_find(key);
  if (!d)
    return unknown(r, key, err);
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    if (!strcmp(d->name, never[i].name))
      return ho_yaml_fail(r->yaml, err, "%s is not read from files, %s", d->name, never[i].reason);
  size_t index = (size_t)(d - ho_setting_table);
  if (r->seen[index]++)
    return ho_yaml_fail(r->yaml, err, "`%s' is given twice", d->name);
  int kind = ho_yaml_value(r->yaml, err), failed;
  if (kind < 0)
    return -1;
  if (kind == HO_YAML_LIST && d->type == HO_SETTING_LIST)
    failed = sequence(r, d, err);
  else if (kind == HO_YAML_MAPPING && !strcmp(d->name, "option"))
    failed = mapping(r, d, err);
  else {
    const char *text = ho_yaml_scalar(r->yaml, d->name, err);
    failed = !text || set(r, d, text, err);
  }
  if (!failed && r->source && r->source[index] != HO_FROM_FLAG)
    r->source[index] = HO_FROM_FILE;
  return failed ? -1 : 0;
}

int ho_settings_read_yaml(struct ho_settings *s, const char *path, unsigned char *source, struct ho_error *err)
{
  struct reader r = { .yaml = ho_yaml_open(path, err), .into = s, .source = source };
  const char *key;
  int found = r.yaml ? 1 : -1;
  while (found > 0 && (found = ho_yaml_key(r.yaml, "a key", &key, err)) > 0)
    if (entry(&r, key, err))
      found = -1;
  ho_settings_free(&r.checked);
  ho_yaml_close(r.yaml);
  return found;
}

static void list(FILE *out, char *const *item, int n)
{
  if (n == 0)
    fputs(" []", out);
  for (int i = 0; i < n; i++) {
    fputs("\n  - ", out);
    ho_yaml_write_text(out, item[i]);
  }
}

int ho_settings_write_yaml(const struct ho_settings *s, const char *path, char *const *options, int noptions,
                           struct ho_error *err)
{
  struct ho_output out;
  char text[4200];
  const char *group = "";
  if (ho_output_open(&out, path, err))
    return -1;
  fputs("# Every setting that decides this run.  `holdout train -c' with this file repeats it; flags override it.\n",
        out.stream);
  for (const struct ho_setting *d = ho_setting_table; d->name; d++) {
    if (!(d->flags & HO_SETTING_RUN) || !ho_settings_record(s, d, 0, text, sizeof text))
      continue;
    if (strcmp(group, d->group))
      fprintf(out.stream, "\n# %s\n", d->group);
    group = d->group;
    fprintf(out.stream, "%s:", d->name);
    if (d->type == HO_SETTING_LIST)
      list(out.stream, options, noptions);
    else {
      fputc(' ', out.stream);
      if (d->type == HO_SETTING_REAL)
        ho_yaml_write_real(out.stream, text);
      else if (d->type == HO_SETTING_INT || d->type == HO_SETTING_BOOL)
        fputs(text, out.stream);
      else
        ho_yaml_write_text(out.stream, text);
    }
    fputc('\n', out.stream);
  }
  return ho_output_commit(&out, err);
}
