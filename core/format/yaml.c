/* SPDX-License-Identifier: MIT
 * yaml.c - reads flat YAML through libyaml's events; see yaml.h. */
#include "format/yaml.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/memory.h"

enum { LARGEST = 1 << 20 };

struct ho_yaml {
  yaml_parser_t parser;
  yaml_event_t event; /* the current one; deleted before the next */
  const char *path;
  unsigned char *source;
  int depth; /* mappings that are open; 0: the document has ended, or is empty */
};

static size_t line_of(const struct ho_yaml *y)
{
  return y->event.start_mark.line + 1;
}

int ho_yaml_fail(const struct ho_yaml *y, struct ho_error *err, const char *format, ...)
{
  struct ho_error why;
  va_list args;
  va_start(args, format);
  vsnprintf(why.text, sizeof why.text, format, args);
  va_end(args);
  return ho_error_set(err, "%s:%zu: %s", y->path, line_of(y), why.text);
}

int ho_yaml_prefix(const struct ho_yaml *y, struct ho_error *err)
{
  return ho_error_prefix(err, "%s:%zu", y->path, line_of(y));
}

static int next(struct ho_yaml *y, struct ho_error *err)
{
  yaml_event_delete(&y->event);
  if (yaml_parser_parse(&y->parser, &y->event))
    return 0;
  const yaml_parser_t *p = &y->parser;
  memset(&y->event, 0, sizeof y->event);
  if (p->error == YAML_MEMORY_ERROR)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory", y->path);
  if (p->error == YAML_READER_ERROR)
    return ho_error_set(err, "%s: not a text file: %s at byte %zu", y->path, p->problem, p->problem_offset + 1);
  return ho_error_set(err, "%s:%zu: not YAML: %s", y->path, p->problem_mark.line + 1,
                      p->problem ? p->problem : "unknown reason");
}

/* A list or mapping that begins may have no anchor or tag. */
static int check_begin(const struct ho_yaml *y, struct ho_error *err)
{
  const yaml_event_t *e = &y->event;
  int list = e->type == YAML_SEQUENCE_START_EVENT && (e->data.sequence_start.anchor || e->data.sequence_start.tag);
  int mapping = e->type == YAML_MAPPING_START_EVENT && (e->data.mapping_start.anchor || e->data.mapping_start.tag);
  return list || mapping ? ho_yaml_fail(y, err, "anchors and tags are not supported") : 0;
}

const char *ho_yaml_scalar(struct ho_yaml *y, const char *what, struct ho_error *err)
{
  const yaml_event_t *e = &y->event;
  const char *text = (const char *)e->data.scalar.value;
  int bad = 0;
  if (e->type != YAML_SCALAR_EVENT)
    bad = ho_yaml_fail(y, err, "%s must be a plain value, not %s", what,
                       e->type == YAML_ALIAS_EVENT ? "an alias" : "a list or mapping");
  else if (e->data.scalar.anchor || e->data.scalar.tag)
    bad = ho_yaml_fail(y, err, "%s: anchors and tags are not supported", what);
  else if (strlen(text) != e->data.scalar.length)
    bad = ho_yaml_fail(y, err, "%s contains a zero byte", what);
  else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!*text || !strcmp(text, "~") || !strcmp(text, "null")))
    bad = ho_yaml_fail(y, err, "%s has no value: write \"\" for none, or leave the line out", what);
  return bad ? NULL : text;
}

/* After the document: the end of the stream. */
static int check_end(struct ho_yaml *y, struct ho_error *err)
{
  if (next(y, err) || next(y, err))
    return -1;
  return y->event.type == YAML_STREAM_END_EVENT ? 0 : ho_yaml_fail(y, err, "a second document is not supported");
}

int ho_yaml_key(struct ho_yaml *y, const char *what, const char **text, struct ho_error *err)
{
  if (!y->depth)
    return 0;
  if (check_begin(y, err) || next(y, err))
    return -1;
  if (y->event.type == YAML_MAPPING_END_EVENT)
    return --y->depth ? 0 : check_end(y, err);
  return (*text = ho_yaml_scalar(y, what, err)) ? 1 : -1;
}

int ho_yaml_item(struct ho_yaml *y, const char *what, const char **text, struct ho_error *err)
{
  if (check_begin(y, err) || next(y, err))
    return -1;
  if (y->event.type == YAML_SEQUENCE_END_EVENT)
    return 0;
  return (*text = ho_yaml_scalar(y, what, err)) ? 1 : -1;
}

int ho_yaml_value(struct ho_yaml *y, struct ho_error *err)
{
  if (next(y, err))
    return -1;
  switch (y->event.type) {
  case YAML_SCALAR_EVENT: return HO_YAML_SCALAR;
  case YAML_SEQUENCE_START_EVENT: return HO_YAML_LIST;
  case YAML_MAPPING_START_EVENT: y->depth++; return HO_YAML_MAPPING;
  default: return HO_YAML_OTHER;
  }
}

static int is_empty(const yaml_event_t *e)
{
  return e->type == YAML_SCALAR_EVENT && e->data.scalar.length == 0 &&
         e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !e->data.scalar.anchor;
}

/* Up to the start of the mapping. */
static int begin(struct ho_yaml *y, struct ho_error *err)
{
  if (next(y, err) || next(y, err)) /* the start of the stream, then of a document */
    return -1;
  if (y->event.type == YAML_STREAM_END_EVENT)
    return 0;
  if (next(y, err))
    return -1;
  if (is_empty(&y->event))
    return check_end(y, err);
  if (y->event.type != YAML_MAPPING_START_EVENT)
    return ho_yaml_fail(y, err, "expected lines of the form key: value");
  y->depth = 1;
  return 0;
}

struct ho_yaml *ho_yaml_open(const char *path, struct ho_error *err)
{
  size_t size;
  struct ho_yaml *y = ho_alloc(1, sizeof *y, "a configuration", err);
  if (!y)
    return NULL;
  y->path = path;
  if (ho_file_read(path, LARGEST, &y->source, &size, err))
    y->source = NULL;
  else if (!yaml_parser_initialize(&y->parser))
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory", path);
  else {
    yaml_parser_set_input_string(&y->parser, y->source, size);
    if (!begin(y, err))
      return y;
    ho_yaml_close(y);
    return NULL;
  }
  ho_free(y->source);
  ho_free(y);
  return NULL;
}

void ho_yaml_close(struct ho_yaml *y)
{
  if (!y)
    return;
  yaml_event_delete(&y->event);
  yaml_parser_delete(&y->parser);
  ho_free(y->source);
  ho_free(y);
}
