/* SPDX-License-Identifier: MIT
 * compare.c - groups of runs and their paired differences; see compare.h. */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plugin/chain.h"

/* ---- equal but for the seed ---- */

static int is_seed(const struct ho_setting *d)
{
  return !strcmp(d->name, "seed") || !strcmp(d->name, "noise-seed");
}

static int items(const struct ho_settings *s, const struct ho_setting *d)
{
  return d->type == HO_SETTING_LIST ? *(const int *)((const char *)s + d->count_offset) : 1;
}

static int same_setting(const struct ho_settings *a, const struct ho_settings *b, const struct ho_setting *d)
{
  char x[4200], y[4200];
  if (items(a, d) != items(b, d))
    return 0;
  for (int k = 0; k < items(a, d); k++) {
    ho_settings_get(a, d, k, x, sizeof x);
    ho_settings_get(b, d, k, y, sizeof y);
    if (strcmp(x, y))
      return 0;
  }
  return 1;
}

static int same_data(const struct ho_run_record *a, const struct ho_run_record *b)
{
  return !*a->data_sha256 || !*b->data_sha256 || !strcmp(a->data_sha256, b->data_sha256);
}

static int same_group(const struct ho_run_record *a, const struct ho_run_record *b)
{
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if ((d->flags & HO_SETTING_RUN) && !is_seed(d) && !same_setting(&a->settings, &b->settings, d))
      return 0;
  return same_data(a, b);
}

static int same_seeds(const struct ho_run_record *a, const struct ho_run_record *b)
{
  return a->settings.seed == b->settings.seed && ho_run_noise_seed(a) == ho_run_noise_seed(b);
}

/* ---- names ---- */

static void append(char *out, size_t size, const char *before, const char *text)
{
  size_t used = strlen(out);
  snprintf(out + used, size - used, "%s%s", before, text);
}

/* Names a run by its chain and by the options that differ from their defaults, those of the first optimizer without its
 * name.  If an optimizer is no longer installed, every option is listed. */
static char *optimizer_text(const struct ho_settings *s, const struct ho_plugin_path *path)
{
  struct {
    char **text;
    int n;
  } defaults = { NULL, 0 };
  struct ho_chain chain;
  char out[1024] = "";
  size_t first = strcspn(s->optimizer, "+");
  if (!ho_chain_make(&chain, s->optimizer, path, NULL, 0, NULL)) {
    if (ho_chain_settings(&chain, &defaults.text, &defaults.n, NULL))
      memset(&defaults, 0, sizeof defaults);
    ho_chain_free(&chain);
  }
  append(out, sizeof out, "", s->optimizer);
  for (int i = 0; i < s->noptions; i++) {
    const char *option = s->option[i];
    int usual = 0;
    for (int k = 0; k < defaults.n; k++)
      usual |= !strcmp(option, defaults.text[k]);
    if (usual)
      continue;
    int own = !s->optimizer[first] && !strncmp(option, s->optimizer, first) && option[first] == '.';
    append(out, sizeof out, " ", own ? option + first + 1 : option);
  }
  if (defaults.text)
    ho_chain_settings_free(defaults.text, defaults.n);
  return strdup(out);
}

static void name_groups(struct ho_comparison *c)
{
  const struct ho_run_record *run = c->runs->run;
  char text[4200];
  for (int g = 0; g < c->groups; g++)
    append(c->group[g].name, sizeof c->group[g].name, "", c->optimizer[c->group[g].first]);
  for (const struct ho_setting *d = ho_setting_table; d->name; d++) {
    int differs = 0;
    if (!(d->flags & HO_SETTING_RUN) || is_seed(d) || d->type == HO_SETTING_LIST || !strcmp(d->name, "optimizer"))
      continue;
    for (int g = 1; g < c->groups; g++)
      differs |= !same_setting(&run[c->group[0].first].settings, &run[c->group[g].first].settings, d);
    for (int g = 0; g < c->groups && differs; g++) {
      append(c->group[g].name, sizeof c->group[g].name, " ", d->name);
      ho_settings_get(&run[c->group[g].first].settings, d, 0, text, sizeof text);
      append(c->group[g].name, sizeof c->group[g].name, "=", text);
    }
  }
  for (int g = 0; g < c->groups; g++) /* two versions of a data set under one name */
    for (int h = 0; h < c->groups; h++)
      if (g != h && !same_data(&run[c->group[g].first], &run[c->group[h].first]) &&
          !strcmp(run[c->group[g].first].settings.dataset, run[c->group[h].first].settings.dataset)) {
        snprintf(text, sizeof text, "%.8s", run[c->group[g].first].data_sha256);
        append(c->group[g].name, sizeof c->group[g].name, " data=", text);
        break;
      }
}

/* ---- groups ---- */

/* The group of run i, which is made if there is none yet. */
static int group_of(struct ho_comparison *c, int i)
{
  const struct ho_run_record *run = c->runs->run;
  for (int g = 0; g < c->groups; g++)
    if (same_group(&run[c->group[g].first], &run[i])) {
      if (!*run[c->group[g].first].data_sha256)
        c->group[g].first = i; /* one that knows its data, if there is one */
      return g;
    }
  c->group[c->groups].first = i;
  return c->groups++;
}

static int before(const struct ho_run_record *a, const struct ho_run_record *b)
{
  if (a->settings.seed != b->settings.seed)
    return a->settings.seed < b->settings.seed;
  return ho_run_noise_seed(a) < ho_run_noise_seed(b);
}

/* Inserts a finished run in the order of seeds. */
static void insert(struct ho_comparison *c, struct ho_run_group *g, int i)
{
  const struct ho_run_record *run = c->runs->run;
  int at = g->n;
  for (int k = 0; k < g->n; k++)
    if (same_seeds(&run[g->member[k]], &run[i])) {
      c->repeats[i] = g->member[k];
      return;
    }
  for (; at > 0 && before(&run[i], &run[g->member[at - 1]]); at--)
    g->member[at] = g->member[at - 1];
  g->member[at] = i;
  g->n++;
}

int ho_comparison_make(struct ho_comparison *c, const struct ho_run_list *runs, const struct ho_plugin_path *path,
                       struct ho_error *err)
{
  size_t n = (size_t)runs->n;
  *c = (struct ho_comparison){ .runs = runs };
  c->group = ho_alloc(n, sizeof *c->group, "groups", err);
  c->of = ho_alloc(n, sizeof *c->of, "groups", err);
  c->repeats = ho_alloc(n, sizeof *c->repeats, "groups", err);
  c->optimizer = ho_alloc(n, sizeof *c->optimizer, "groups", err);
  if (!c->group || !c->of || !c->repeats || !c->optimizer)
    return -1;
  for (int i = 0; i < runs->n; i++) {
    struct ho_run_group *g = &c->group[c->of[i] = group_of(c, i)];
    c->repeats[i] = -1;
    if (!(c->optimizer[i] = optimizer_text(&runs->run[i].settings, path)) ||
        (!g->member && !(g->member = ho_alloc(n, sizeof *g->member, "groups", err))))
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d runs", runs->n);
    if (runs->run[i].state == HO_RUN_FINISHED)
      insert(c, g, i);
  }
  name_groups(c);
  return 0;
}

void ho_comparison_free(struct ho_comparison *c)
{
  for (int g = 0; g < c->groups; g++)
    ho_free(c->group[g].member);
  for (int i = 0; c->optimizer && i < c->runs->n; i++)
    free(c->optimizer[i]);
  ho_free(c->optimizer);
  ho_free(c->group);
  ho_free(c->of);
  ho_free(c->repeats);
  *c = (struct ho_comparison){ 0 };
}

/* ---- numbers ---- */

int ho_group_mean(const struct ho_comparison *c, int group, int metric, struct ho_mean *out, struct ho_error *err)
{
  const struct ho_run_group *g = &c->group[group];
  double *x = ho_alloc((size_t)g->n, sizeof *x, "a mean", err);
  for (int i = 0; x && i < g->n; i++)
    x[i] = c->runs->run[g->member[i]].metric[metric];
  if (x)
    *out = ho_mean_of(x, g->n);
  ho_free(x);
  return x ? 0 : -1;
}

int ho_groups_comparable(const struct ho_comparison *c, int a, int b)
{
  static const char *const names[] = { "dataset", "noise" };
  const struct ho_run_record *one = &c->runs->run[c->group[a].first], *other = &c->runs->run[c->group[b].first];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!same_setting(&one->settings, &other->settings, ho_setting_find(names[i])))
      return 0;
  return same_data(one, other);
}

int ho_paired_difference(const struct ho_comparison *c, int a, int b, int metric, struct ho_mean *out,
                         struct ho_error *err)
{
  const struct ho_run_group *one = &c->group[a], *other = &c->group[b];
  const struct ho_run_record *run = c->runs->run;
  double *x = ho_alloc((size_t)one->n, sizeof *x, "differences", err);
  int n = 0;
  if (!x)
    return -1;
  for (int i = 0; i < one->n; i++)
    for (int k = 0; k < other->n; k++) {
      double d = run[one->member[i]].metric[metric] - run[other->member[k]].metric[metric];
      if (same_seeds(&run[one->member[i]], &run[other->member[k]]) && !isnan(d))
        x[n++] = d;
    }
  *out = ho_mean_of(x, n);
  ho_free(x);
  return 0;
}
