/* SPDX-License-Identifier: MIT
 * bench_report.c - a benchmark as JSON and as tables; see bench_report.h. */
#include "cli/print/bench_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "compute/simd.h"
#include "base/text.h"
#include "cli/print/table.h"
#include "run/provenance.h"

static const char *const passes[HO_CLOCKS] = { "forward", "data", "weights" };

static const char *provenance(const struct ho_provenance_entry *e, const char *key)
{
  for (int i = 0; i < HO_PROVENANCE; i++)
    if (!strcmp(e[i].key, key))
      return e[i].value;
  return "unknown";
}

/* Two operations for each multiply-add; 0 where nothing is multiplied. */
static double gflops(const struct ho_bench_layer *layer, int pass, double images)
{
  return layer->seconds[pass] > 0 ? 2e-9 * layer->multiply_adds * images / layer->seconds[pass] : 0;
}

static double inside(const struct ho_bench *b, int pass)
{
  double sum = 0;
  for (int i = 0; i < b->layers; i++)
    sum += b->layer[i].seconds[pass];
  return sum;
}

/* Seconds of a step outside the layers. */
static double outside(const struct ho_bench *b)
{
  double rest = b->mean;
  for (int k = 0; k < HO_CLOCKS; k++)
    rest -= inside(b, k);
  return rest;
}

/* ---- JSON ---- */

static json_t *layer_json(const struct ho_bench *b, const struct ho_bench_layer *layer, double images)
{
  json_t *o =
      json_pack("{s:s, s:s, s:[i,i,i], s:f}", "name", layer->name, "kind", layer->kind, "output", layer->out.height,
                layer->out.width, layer->out.channels, "multiply_adds", layer->multiply_adds);
  for (int k = 0; k < HO_CLOCKS; k++)
    json_object_set_new(o, passes[k],
                        json_pack("{s:f, s:f, s:f}", "s", layer->seconds[k], "gflops_per_s", gflops(layer, k, images),
                                  "share", layer->seconds[k] / b->mean));
  return o;
}

static void set_work(json_t *o, const struct ho_bench *b, const struct ho_settings *s)
{
  json_object_set_new(o, "net", json_string(b->net));
  json_object_set_new(o, "parameters", json_integer((json_int_t)b->parameters));
  json_object_set_new(o, "input", json_pack("[i,i,i]", b->input.height, b->input.width, b->input.channels));
  json_object_set_new(o, "classes", json_integer(b->classes));
  json_object_set_new(o, "eval", json_boolean(b->eval));
  json_object_set_new(o, "optimizer", b->eval ? json_null() : json_string(s->optimizer));
  json_t *options = json_array();
  for (int i = 0; i < s->noptions; i++)
    json_array_append_new(options, json_string(s->option[i]));
  json_object_set_new(o, "options", options);
  json_object_set_new(o, "batch_size", json_integer(s->batch_size));
}

static void set_machine(json_t *o)
{
  static const char *const keys[][2] = {
    /* here, and as provenance.c calls it */
    { "version", "version" },
    { "commit", "commit" },
    { "compiler", "compiler" },
    { "flags", "flags" },
    { "blas", "blas" },
    { "blas_core", "core_type" },
    { "blas_core_chosen_by", "core_chosen_by" },
    { "cpu", "cpu" },
  };
  struct ho_provenance_entry e[HO_PROVENANCE];
  ho_provenance(e);
  json_object_set_new(o, "threads", json_integer(ho_parallel_workers()));
  json_object_set_new(o, "kernels", json_string(ho_simd_name(ho_simd())));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    json_object_set_new(o, keys[i][0], json_string(provenance(e, keys[i][1])));
}

int ho_bench_json(FILE *out, const struct ho_bench *b, const struct ho_settings *s, struct ho_error *err)
{
  json_t *o = json_pack("{s:f, s:f, s:f, s:f, s:f, s:i, s:I, s:I}", "images_per_s", (double)s->batch_size / b->median,
                        "median_step_s", b->median, "min_step_s", b->least, "max_step_s", b->most, "mean_step_s",
                        b->mean, "steps", b->steps, "peak_rss_bytes", (json_int_t)b->peak, "baseline_rss_bytes",
                        (json_int_t)b->baseline);
  set_work(o, b, s);
  json_object_set_new(o, "engine", json_string(b->engine));
  set_machine(o);
  if (b->by_layer) {
    json_t *layers = json_array();
    for (int i = 0; i < b->layers; i++)
      json_array_append_new(layers, layer_json(b, &b->layer[i], (double)s->batch_size));
    json_object_set_new(o, "layers", layers);
    json_object_set_new(o, "outside_s", json_real(outside(b)));
  }
  char *line = json_dumps(o, JSON_REAL_PRECISION(9) | JSON_COMPACT);
  json_decref(o);
  if (!line)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "cannot make JSON: out of memory, or a value is not UTF-8");
  fprintf(out, "%s\n", line);
  free(line);
  return 0;
}

/* ---- for people ---- */

static void print_summary(FILE *out, const struct ho_bench *b, const struct ho_settings *s)
{
  struct ho_provenance_entry e[HO_PROVENANCE];
  char parameters[32], peak[32], more[32];
  ho_provenance(e);
  ho_text_from_count(b->parameters, parameters);
  ho_text_from_bytes((double)b->peak, peak);
  ho_text_from_bytes((double)b->peak - (double)b->baseline, more);
  fprintf(out, "network   %s, %s parameters, images of %dx%dx%d, %d classes\n", b->net, parameters, b->input.height,
          b->input.width, b->input.channels, b->classes);
  fprintf(out, b->eval ? "step      forward pass of %lld images\n" : "step      training on %lld images by %s\n",
          s->batch_size, s->optimizer);
  if (strcmp(s->engine, "cpu") != 0)
    fprintf(out, "engine    %s\n", b->engine);
  fprintf(out, "machine   %s, %d thread%s, %s kernels, BLAS for %s (chosen by %s)\n", provenance(e, "cpu"),
          ho_parallel_workers(), ho_parallel_workers() == 1 ? "" : "s", ho_simd_name(ho_simd()),
          provenance(e, "core_type"), provenance(e, "core_chosen_by"));
  fprintf(out, "program   %s, commit %s, %s, %s\n", provenance(e, "version"), provenance(e, "commit"),
          provenance(e, "compiler"), provenance(e, "flags"));
  fprintf(out, "speed     %.1f images/s\n", (double)s->batch_size / b->median);
  fprintf(out, "time      %.3f ms a step, median of %d (%.3f to %.3f)\n", 1e3 * b->median, b->steps, 1e3 * b->least,
          1e3 * b->most);
  fprintf(out, "memory    %s at the peak, %s more than before the network was made\n", peak, more);
}

/* Milliseconds, billions of operations a second, share of a step; `rate' 0: nothing is multiplied. */
static void cells(struct ho_table *t, const struct ho_bench *b, double seconds, double rate)
{
  ho_table_cell(t, seconds > 0 ? "%.3f" : "-", 1e3 * seconds);
  ho_table_cell(t, rate > 0 ? "%.1f" : "-", rate);
  ho_table_cell(t, seconds > 0 ? "%.1f %%" : "-", 100 * seconds / b->mean);
}

/* With forward passes alone, there are no other columns. */
static int columns(const struct ho_bench *b)
{
  return b->eval ? 1 : HO_CLOCKS;
}

static void layer_rows(struct ho_table *t, const struct ho_bench *b, double images)
{
  for (int i = 0; i < b->layers; i++) {
    const struct ho_bench_layer *layer = &b->layer[i];
    ho_table_cell(t, "%s", *layer->name ? layer->name : "-");
    ho_table_cell(t, "%s", layer->kind);
    ho_table_cell(t, "%dx%dx%d", layer->out.height, layer->out.width, layer->out.channels);
    ho_table_cell(t, layer->multiply_adds > 0 ? "%.3f" : "-", 1e-6 * layer->multiply_adds);
    for (int k = 0; k < columns(b); k++)
      cells(t, b, layer->seconds[k], gflops(layer, k, images));
  }
}

static void total_row(struct ho_table *t, const struct ho_bench *b, double images)
{
  double multiply_adds = 0;
  for (int i = 0; i < b->layers; i++)
    multiply_adds += b->layer[i].multiply_adds;
  ho_table_cell(t, "all");
  ho_table_cell(t, "-");
  ho_table_cell(t, "-");
  ho_table_cell(t, "%.3f", 1e-6 * multiply_adds);
  for (int k = 0; k < columns(b); k++) {
    double seconds = inside(b, k), operations = 0;
    for (int i = 0; i < b->layers; i++) /* the first layer, for one, has no pass to data */
      operations += gflops(&b->layer[i], k, images) * b->layer[i].seconds[k];
    cells(t, b, seconds, seconds > 0 ? operations / seconds : 0);
  }
}

static int print_layers(FILE *out, const struct ho_bench *b, double images, struct ho_error *err)
{
  static const char *const headings[HO_CLOCKS] = { "FORWARD ms", "TO DATA ms", "TO WEIGHTS ms" };
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = ho_table_terminal(out) };
  ho_table_column(&t, "LAYER", 0);
  ho_table_column(&t, "KIND", 0);
  ho_table_column(&t, "OUTPUT", 0);
  ho_table_column(&t, "M MULTIPLY-ADDS", 1);
  for (int k = 0; k < columns(b); k++) {
    ho_table_column(&t, headings[k], 1);
    ho_table_column(&t, "GFLOP/s", 1);
    ho_table_column(&t, "SHARE", 1);
  }
  layer_rows(&t, b, images);
  total_row(&t, b, images);
  fprintf(out, "\n");
  int bad = ho_table_print(&t, out, err);
  ho_table_free(&t);
  fprintf(out, "\noutside the layers: %.3f ms of %.3f ms a step, %.1f %%%s\n", 1e3 * outside(b), 1e3 * b->mean,
          100 * outside(b) / b->mean, b->eval ? "" : " (sampling, losses, the optimizer)");
  return bad;
}

int ho_bench_tables(FILE *out, const struct ho_bench *b, const struct ho_settings *s, struct ho_error *err)
{
  print_summary(out, b, s);
  return b->by_layer ? print_layers(out, b, (double)s->batch_size, err) : 0;
}
