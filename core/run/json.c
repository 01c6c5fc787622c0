/* SPDX-License-Identifier: MIT
 * json.c - strict JSON; see json.h. */
#include "run/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum { LINE = 1 << 16, MOST_LINES = 1 << 24 }; /* bytes of a line at most; lines of a log */

int ho_json_wrong(const struct ho_json_place *p, struct ho_error *err, const char *key, const char *what)
{
  if (p->line)
    return ho_error_set(err, "%s:%d: damaged: `%s' %s", p->path, p->line, key, what);
  return ho_error_set(err, "%s: damaged: `%s' %s", p->path, key, what);
}

json_t *ho_json_object(const struct ho_json_place *p, const char *text, size_t size, struct ho_error *err)
{
  json_error_t why;
  json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
  if (json_is_object(o))
    return o;
  json_decref(o);
  if (!o && json_error_code(&why) == json_error_out_of_memory) {
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory: %zu bytes of JSON", p->path, size);
    return NULL;
  }
  int line = p->line ? p->line : o ? 1 : why.line;
  ho_error_set(err, "%s:%d: damaged: not a JSON object%s%.100s", p->path, line, o ? "" : ": ", o ? "" : why.text);
  return NULL;
}

int ho_json_whole(const struct ho_json_place *p, const json_t *o, const char *key, long long least, long long *out,
                  struct ho_error *err)
{
  const json_t *value = json_object_get(o, key);
  if (!json_is_integer(value) || json_integer_value(value) < least)
    return ho_json_wrong(p, err, key, value ? "is not a whole number in its range" : "is missing");
  *out = json_integer_value(value);
  return 0;
}

int ho_json_score(const struct ho_json_place *p, const json_t *o, const char *key, double most, double *out,
                  struct ho_error *err)
{
  const json_t *value = json_object_get(o, key);
  double number = json_number_value(value);
  *out = NAN;
  if (!value)
    return ho_json_wrong(p, err, key, "is missing");
  if (json_is_null(value))
    return 0;
  if (!json_is_number(value) || !(number >= 0 && number <= most))
    return ho_json_wrong(p, err, key, most == 1 ? "is not in [0,1]" : "is not a loss");
  *out = number;
  return 0;
}

static int log_line(const struct ho_json_place *p, const char *text, size_t size,
                    int (*line)(void *, const struct ho_json_place *, const json_t *, struct ho_error *), void *arg,
                    struct ho_error *err)
{
  long long epoch = 0;
  json_t *o = ho_json_object(p, text, size, err);
  int bad = !o || ho_json_whole(p, o, "epoch", 1, &epoch, err);
  if (!bad && epoch != p->line)
    bad = ho_json_wrong(p, err, "epoch", "is not the next epoch");
  bad = bad || line(arg, p, o, err);
  json_decref(o);
  return bad ? -1 : 0;
}

long long ho_json_log(const char *path, long long epochs,
                      int (*line)(void *, const struct ho_json_place *, const json_t *, struct ho_error *), void *arg,
                      struct ho_error *err)
{
  unsigned char *text;
  size_t size, length, lines = epochs < MOST_LINES ? (size_t)epochs + 1 : MOST_LINES;
  struct ho_json_place p = { path, 0 };
  int bad = 0;
  if (access(path, F_OK) && errno == ENOENT)
    return 0;
  if (ho_file_read(path, LINE * lines, &text, &size, err))
    return -1;
  for (size_t at = 0; at < size && !bad; at += length + 1) {
    const char *begin = (char *)text + at, *end = memchr(begin, '\n', size - at);
    length = end ? (size_t)(end - begin) : size - at;
    p.line++;
    bad = length > LINE ? ho_error_set(err, "%s:%d: damaged: a line has %zu bytes", path, p.line, length)
          : end         ? log_line(&p, begin, length, line, arg, err)
                        : ho_error_set(err, "%s:%d: damaged: the last line is incomplete", path, p.line);
  }
  ho_free(text);
  if (!bad && p.line > epochs)
    bad = ho_error_set(err, "%s: it has %d epochs, but config.yaml beside it has %lld: they are from different runs",
                       path, p.line, epochs);
  return bad ? -1 : p.line;
}
