/* SPDX-License-Identifier: MIT
 * timing.c - timing.jsonl: a line for each start of the program, with program and machine, and a line for each epoch,
 * with its speed.  Lines are appended, while the run's other files are replaced. */
#include "run/timing.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "nn/engine_load.h"
#include "run/provenance.h"
#include "run/whereabouts.h"

enum { DIGITS = JSON_REAL_PRECISION(6) | JSON_COMPACT, LARGEST = 1 << 30 };

/* Takes o; freed by free(). */
static char *line_of(json_t *o, struct ho_error *err)
{
  char *text = json_dumps(o, DIGITS);
  size_t size = text ? strlen(text) : 0;
  char *line = text ? realloc(text, size + 2) : NULL;
  json_decref(o);
  if (line)
    memcpy(line + size, "\n", 2);
  else {
    free(text);
    ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: a line of timing");
  }
  return line;
}

static const char *timing_path(const struct ho_run *run, char path[4096], struct ho_error *err)
{
  return ho_path_join(path, 4096, run->dir, "timing.jsonl", err) ? NULL : path;
}

/* ---- what it was begun with ---- */

static json_t *plugin_hash(const struct ho_plugin *p)
{
  unsigned char *bytes;
  size_t size;
  char hex[HO_SHA256_TEXT];
  if (ho_file_read(p->file, LARGEST, &bytes, &size, NULL))
    return json_null();
  int bad = ho_sha256(bytes, size, hex, NULL);
  ho_free(bytes);
  return bad ? json_null() : json_string(hex);
}

static json_t *start_of(const struct ho_run *run)
{
  const struct ho_chain *chain = &run->trainer->chain;
  struct ho_provenance_entry e[HO_PROVENANCE];
  char now[32], engine[512];
  time_t seconds = time(NULL);
  struct tm utc;
  json_t *o = json_object(), *plugins = json_object();
  ho_provenance(e);
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
  json_object_set_new(o, "start", json_string(now));
  json_object_set_new(o, "step", json_integer((json_int_t)run->trainer->host.step));
  for (int i = 0; i < HO_PROVENANCE; i++)
    json_object_set_new(o, e[i].key, json_string(e[i].value));
  for (int i = 0; i < chain->n; i++)
    json_object_set_new(plugins, chain->link[i].plugin->hooks.name, plugin_hash(chain->link[i].plugin));
  json_object_set_new(o, "plugins", plugins);
  ho_device_describe(run->trainer->network.device, engine, sizeof engine);
  json_object_set_new(o, "engine", json_string(engine));
  ho_whereabouts_note(o, run->trainer);
  return o;
}

/* The instructions that a start of the program computed with, such as "kernels avx2, OpenBLAS's core Haswell"; "" if
 * unknown. */
static const char *instructions(const json_t *start, char out[160])
{
  const char *kernels = json_string_value(json_object_get(start, "kernels"));
  const char *core = json_string_value(json_object_get(start, "core_type"));
  out[0] = 0;
  if (kernels && core)
    snprintf(out, 160, "kernels %.20s, OpenBLAS's core %.40s", kernels, core);
  return out;
}

/* "NVIDIA H200, ..." of "cuda:1 NVIDIA H200, ..." */
static const char *without_number(const char *device)
{
  return device + strcspn(device, " ");
}

/* On a GPU, results repeat only on the same kind of GPU with the same driver. */
static void compare_engines(const struct ho_run *run, const json_t *before, const json_t *now)
{
  const char *had = json_string_value(json_object_get(before, "engine")),
             *has = json_string_value(json_object_get(now, "engine"));
  if (had && has && strcmp(without_number(had), without_number(has)) != 0)
    ho_watch_warn(run->watch,
                  "%s: it was trained on %.200s and continues on %.200s: results may differ in the last "
                  "digits from those of an uninterrupted run",
                  run->dir, had, has);
}

static void compare_instructions(const struct ho_run *run, const json_t *before, const json_t *now)
{
  char had[160], has[160];
  if (*instructions(before, had) && *instructions(now, has) && strcmp(had, has) != 0)
    ho_watch_warn(run->watch,
                  "%s: it was trained with other instructions (%s) and continues with %s: results may differ in the "
                  "last digits from those of an uninterrupted run; with --arithmetic portable they never do",
                  run->dir, had, has);
}

/* A run that is resumed by another program or with another plugin may have other results than an uninterrupted one. */
static void compare(const struct ho_run *run, const json_t *before, const json_t *now)
{
  const char *name, *version[2], *commit[2];
  const json_t *value, *plugins = json_object_get(before, "plugins");
  for (int i = 0; i < 2; i++) {
    version[i] = json_string_value(json_object_get(i ? now : before, "version"));
    commit[i] = json_string_value(json_object_get(i ? now : before, "commit"));
  }
  if (version[0] && commit[0] && version[1] && commit[1] &&
      (strcmp(version[0], version[1]) != 0 || strcmp(commit[0], commit[1]) != 0))
    ho_watch_warn(run->watch,
                  "%s: it was trained by holdout %.40s (commit %.60s) and continues with %s (%s): results may differ "
                  "from those of either",
                  run->dir, version[0], commit[0], version[1], commit[1]);
  json_object_foreach (json_object_get(now, "plugins"), name, value) {
    const char *had = json_string_value(json_object_get(plugins, name)), *has = json_string_value(value);
    if (had && has && strcmp(had, has) != 0)
      ho_watch_warn(run->watch,
                    "%s: it was trained with another build of optimizer %s (SHA-256 %.12s..., now %.12s...): results "
                    "may differ from those of either",
                    run->dir, name, had, has);
  }
}

/* ---- lines ---- */

/* Moves the complete lines to the front of text; returns their size, and the last start among them.  A full disk or a
 * power failure may leave half a line. */
static size_t whole_lines(char *text, size_t size, json_t **start)
{
  size_t kept = 0;
  for (size_t at = 0, next; at < size; at = next) {
    const char *end = memchr(text + at, '\n', size - at);
    size_t length = end ? (size_t)(end - text) - at : size - at;
    json_t *o = end ? json_loadb(text + at, length, 0, NULL) : NULL;
    next = at + length + 1;
    if (json_is_object(o)) {
      memmove(text + kept, text + at, length + 1);
      kept += length + 1;
    }
    if (json_is_object(o) && json_object_get(o, "start")) {
      json_decref(*start);
      *start = json_incref(o);
    }
    json_decref(o);
  }
  return kept;
}

/* Each start of the program makes a new file, so that a hard link elsewhere to the old one keeps its contents. */
int ho_timing_start(const struct ho_run *run, struct ho_error *err)
{
  char path[4096], *line;
  unsigned char *text = NULL;
  size_t size = 0;
  json_t *before = NULL, *now;
  struct ho_output out;
  if (!timing_path(run, path, err) || (ho_file_exists(path) && ho_file_read(path, LARGEST, &text, &size, err)))
    return -1;
  size = whole_lines((char *)text, size, &before);
  now = start_of(run);
  compare(run, before, now);
  compare_instructions(run, before, now);
  compare_engines(run, before, now);
  json_decref(before);
  int bad = !(line = line_of(now, err)) || ho_output_open(&out, path, err);
  if (!bad) {
    fwrite(text ? (char *)text : "", 1, size, out.stream);
    fputs(line, out.stream);
    bad = ho_output_commit(&out, err);
  }
  free(line);
  ho_free(text);
  return bad ? -1 : 0;
}

int ho_timing_epoch(const struct ho_run *run, double seconds, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  double images = (double)ho_steps_per_epoch(t) * t->host.batch_size;
  char path[4096];
  json_t *o = json_object();
  json_object_set_new(o, "epoch", json_integer((json_int_t)(t->host.step / ho_steps_per_epoch(t))));
  json_object_set_new(o, "train_seconds", isfinite(seconds) ? json_real(seconds) : json_null());
  json_object_set_new(o, "images_per_s", isfinite(images / seconds) ? json_real(images / seconds) : json_null());
  char *line = line_of(o, err);
  int bad = !line || !timing_path(run, path, err) || ho_file_append(path, line, strlen(line), err);
  free(line);
  return bad ? -1 : 0;
}
