/* SPDX-License-Identifier: MIT
 * yaml.c - reads settings from the flat part of YAML, through libyaml's events; see settings.h.
 *
 * What a flat file does not need (nested values, anchors, tags, several documents) is refused, by line. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "settings/settings.h"

enum { LARGEST = 1 << 20 };

struct reader {
  yaml_parser_t parser;
  yaml_event_t event; /* the current one; deleted before the next */
  const char *path;
  struct ho_settings *into, checked; /* what is given as a flag is only checked: set in the latter */
  unsigned char *source;
  unsigned char seen[HO_SETTINGS_MOST];
};

static int fail(struct reader *r, const char *what, struct ho_error *err)
{
  return ho_error_set(err, "%s:%zu: %s", r->path, r->event.start_mark.line + 1, what);
}

static int next(struct reader *r, struct ho_error *err)
{
  yaml_event_delete(&r->event);
  if (yaml_parser_parse(&r->parser, &r->event))
    return 0;
  const yaml_parser_t *p = &r->parser;
  memset(&r->event, 0, sizeof r->event);
  if (p->error == YAML_READER_ERROR)
    return ho_error_set(err, "%s: not a text file: %s at byte %zu", r->path, p->problem, p->problem_offset + 1);
  return ho_error_set(err, "%s:%zu: not YAML: %s", r->path, p->problem_mark.line + 1,
                      p->problem ? p->problem : "out of memory");
}

/* The scalar that is the current event: its text, or NULL. */
static const char *scalar(struct reader *r, const char *what, struct ho_error *err)
{
  const yaml_event_t *e = &r->event;
  if (e->type != YAML_SCALAR_EVENT) {
    ho_error_set(err, "%s:%zu: %s must be a plain value, not %s", r->path, e->start_mark.line + 1, what,
                 e->type == YAML_ALIAS_EVENT ? "an alias" : "a list or mapping");
    return NULL;
  }
  const char *text = (const char *)e->data.scalar.value;
  if (e->data.scalar.anchor || e->data.scalar.tag) {
    ho_error_set(err, "%s:%zu: %s: anchors and tags have no meaning here", r->path, e->start_mark.line + 1, what);
    return NULL;
  }
  if (strlen(text) != e->data.scalar.length) {
    ho_error_set(err, "%s:%zu: %s: a zero byte", r->path, e->start_mark.line + 1, what);
    return NULL;
  }
  if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!*text || !strcmp(text, "~") || !strcmp(text, "null"))) {
    ho_error_set(err, "%s:%zu: %s has no value: write \"\" for none, or leave the line out", r->path,
                 e->start_mark.line + 1, what);
    return NULL;
  }
  return text;
}

static int set(struct reader *r, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  int flag = r->source && r->source[d - ho_setting_table] == HO_FROM_FLAG && d->type != HO_SETTING_LIST;
  if (ho_settings_set(flag ? &r->checked : r->into, d, text, err))
    return ho_error_prefix(err, "%s:%zu", r->path, r->event.start_mark.line + 1);
  return 0;
}

static int sequence(struct reader *r, const struct ho_setting *d, struct ho_error *err)
{
  if (r->event.data.sequence_start.anchor || r->event.data.sequence_start.tag)
    return fail(r, "anchors and tags have no meaning here", err);
  for (;;) {
    if (next(r, err))
      return -1;
    if (r->event.type == YAML_SEQUENCE_END_EVENT)
      return 0;
    const char *text = scalar(r, d->name, err);
    if (!text || set(r, d, text, err))
      return -1;
  }
}

/* NAME.option: value, as NAME.option=value; `seen' has the names before it. */
static int pair(struct reader *r, const struct ho_setting *d, json_t *seen, struct ho_error *err)
{
  char name[160], text[4200];
  const char *given = scalar(r, "the name of an option", err), *value;
  if (!given)
    return -1;
  size_t length = strlen(given);
  if (length >= sizeof name || strchr(given, '='))
    return ho_error_set(err, "%s:%zu: `%.100s' is no name of an option", r->path, r->event.start_mark.line + 1, given);
  memcpy(name, given, length + 1);
  if (json_object_get(seen, name))
    return ho_error_set(err, "%s:%zu: option `%s' is there twice", r->path, r->event.start_mark.line + 1, name);
  if (json_object_set_new(seen, name, json_true()))
    return fail(r, "out of memory", err);
  if (next(r, err) || !(value = scalar(r, name, err)))
    return -1;
  if (snprintf(text, sizeof text, "%s=%s", name, value) >= (int)sizeof text)
    return fail(r, "the value is too long", err);
  return set(r, d, text, err);
}

static int mapping(struct reader *r, const struct ho_setting *d, struct ho_error *err)
{
  if (r->event.data.mapping_start.anchor || r->event.data.mapping_start.tag)
    return fail(r, "anchors and tags have no meaning here", err);
  json_t *seen = json_object();
  int bad = seen ? 0 : fail(r, "out of memory", err);
  while (!bad && !(bad = next(r, err)) && r->event.type != YAML_MAPPING_END_EVENT)
    bad = pair(r, d, seen, err);
  json_decref(seen);
  return bad;
}

static int unknown(struct reader *r, const char *key, struct ho_error *err)
{
  const char *names[HO_SETTINGS_MOST];
  size_t n = 0;
  for (; ho_setting_table[n].name; n++)
    names[n] = ho_setting_table[n].name;
  const char *nearest = ho_text_nearest(key, names, n);
  size_t line = r->event.start_mark.line + 1;
  if (nearest)
    return ho_error_set(err, "%s:%zu: unknown setting `%.100s' (did you mean `%s'?)", r->path, line, key, nearest);
  return ho_error_set(err, "%s:%zu: unknown setting `%.100s'; `holdout train --help' lists them", r->path, line, key);
}

static int entry(struct reader *r, struct ho_error *err)
{
  const char *key = scalar(r, "a key", err);
  if (!key)
    return -1;
  const struct ho_setting *d = ho_setting_find(key);
  if (!d)
    return unknown(r, key, err);
  if (!strcmp(d->name, "resume")) /* nor change the runs of who reads it */
    return fail(r, "resume is in no file, as it changes a run that is there: give --resume", err);
  if (!strcmp(d->name, "plugin-dir")) /* a run of somebody else must not bring programs along */
    return fail(r, "plugin-dir is in no file, as plugins are programs: give --plugin-dir, or set HOLDOUT_PLUGIN_PATH",
                err);
  size_t index = (size_t)(d - ho_setting_table);
  if (r->seen[index]++)
    return ho_error_set(err, "%s:%zu: `%s' is there twice", r->path, r->event.start_mark.line + 1, d->name);
  if (next(r, err))
    return -1;
  int list = d->type == HO_SETTING_LIST, failed;
  if (list && r->event.type == YAML_SEQUENCE_START_EVENT)
    failed = sequence(r, d, err);
  else if (!strcmp(d->name, "option") && r->event.type == YAML_MAPPING_START_EVENT)
    failed = mapping(r, d, err);
  else {
    const char *text = scalar(r, d->name, err);
    failed = !text || set(r, d, text, err);
  }
  if (!failed && r->source && r->source[index] != HO_FROM_FLAG)
    r->source[index] = HO_FROM_FILE;
  return failed ? -1 : 0;
}

static int document(struct reader *r, struct ho_error *err)
{
  if (next(r, err) || next(r, err)) /* the start of the stream, then of a document */
    return -1;
  if (r->event.type == YAML_STREAM_END_EVENT)
    return 0;
  if (next(r, err))
    return -1;
  int empty = r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0 &&
              r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !r->event.data.scalar.anchor;
  if (!empty) {
    if (r->event.type != YAML_MAPPING_START_EVENT)
      return fail(r, "expected lines of the form key: value", err);
    if (r->event.data.mapping_start.anchor || r->event.data.mapping_start.tag)
      return fail(r, "anchors and tags have no meaning here", err);
    for (;;) {
      if (next(r, err))
        return -1;
      if (r->event.type == YAML_MAPPING_END_EVENT)
        break;
      if (entry(r, err))
        return -1;
    }
  }
  if (next(r, err) || next(r, err))
    return -1;
  return r->event.type == YAML_STREAM_END_EVENT ? 0 : fail(r, "a second document begins", err);
}

int ho_settings_read_yaml(struct ho_settings *s, const char *path, unsigned char *source, struct ho_error *err)
{
  unsigned char *text;
  size_t size;
  struct reader *r = ho_alloc(1, sizeof *r, "a configuration", err);
  int failed = !r || ho_file_read(path, LARGEST, &text, &size, err);
  if (!failed) {
    r->path = path;
    r->into = s;
    r->source = source;
    failed = !yaml_parser_initialize(&r->parser);
    if (failed)
      ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory", path);
    else {
      yaml_parser_set_input_string(&r->parser, text, size);
      failed = document(r, err);
      yaml_event_delete(&r->event);
      yaml_parser_delete(&r->parser);
    }
    ho_settings_free(&r->checked);
    ho_free(text);
  }
  ho_free(r);
  return failed ? -1 : 0;
}
