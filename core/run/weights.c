/* SPDX-License-Identifier: MIT
 * weights.c - reads weights by name; see weights.h. */
#include "run/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format/safetensors.h"

/* Names of one fault, as many as a message has room for. */
struct list {
  char text[200];
  int listed, more;
};

static void list_add(struct list *l, const char *item)
{
  size_t length = strlen(l->text), room = sizeof l->text - length;
  if (l->more || strlen(item) + 2 >= room)
    l->more++;
  else {
    snprintf(l->text + length, room, "%s%s", l->listed ? ", " : "", item);
    l->listed++;
  }
}

struct fit {
  const struct ho_net *net;
  const struct ho_tensor_file *file;
  struct list missing, unknown, other; /* other type or shape */
};

static void shape_text(int rank, const size_t *shape, char *out, size_t size)
{
  size_t length = (size_t)snprintf(out, size, "%s", rank ? "" : "scalar");
  for (int i = 0; i < rank && length < size; i++)
    length += (size_t)snprintf(out + length, size - length, "%s%zu", i ? "x" : "", shape[i]);
}

static const struct ho_tensor_entry *find(const struct fit *f, const char *prefix, const struct ho_param *p)
{
  char name[128];
  snprintf(name, sizeof name, "%s%s", prefix, p->name);
  return ho_tensor_file_find(f->file, name);
}

static int is_finite(const struct ho_tensor_entry *e)
{
  const float *value = e->data;
  for (size_t i = 0; i < e->bytes / sizeof *value; i++)
    if (!isfinite(value[i]))
      return 0;
  return 1;
}

static void check(struct fit *f, const char *prefix, const struct ho_param *p)
{
  const struct ho_tensor_entry *e = find(f, prefix, p);
  char item[256], have[48], need[48];
  size_t shape[4];
  int rank = ho_param_file_shape(p, shape);
  if (!e) {
    snprintf(item, sizeof item, "%s%s", prefix, p->name);
    list_add(&f->missing, item);
  } else if (strcmp(e->dtype, "F32")) {
    snprintf(item, sizeof item, "%s (%s, not F32)", e->name, e->dtype);
    list_add(&f->other, item);
  } else if (e->rank != rank || memcmp(e->shape, shape, (size_t)rank * sizeof *shape)) {
    shape_text(e->rank, e->shape, have, sizeof have);
    shape_text(rank, shape, need, sizeof need);
    snprintf(item, sizeof item, "%s (%s, not %s)", e->name, have, need);
    list_add(&f->other, item);
  } else if (!is_finite(e)) {
    snprintf(item, sizeof item, "%s (not finite)", e->name);
    list_add(&f->other, item);
  }
}

static int is_own(const struct ho_net *net, const char *name)
{
  for (int i = 0; i < net->nparams; i++)
    if (!strcmp(net->param[i].name, name))
      return 1;
  for (int i = 0; i < net->nstats; i++)
    if (!strcmp(net->stat[i].name, name))
      return 1;
  return 0;
}

/* PyTorch counts the mini-batches each batch norm has seen; nothing here reads that. */
static int is_count(const char *name)
{
  static const char suffix[] = ".num_batches_tracked";
  size_t length = strlen(name), n = sizeof suffix - 1;
  return length >= n && !strcmp(name + length - n, suffix);
}

static void describe(const struct list *l, const char *what, char *out, size_t size)
{
  size_t length = strlen(out);
  char more[32] = "";
  if (!l->listed && !l->more)
    return;
  if (l->more)
    snprintf(more, sizeof more, "%s%d more", l->listed ? " and " : "", l->more);
  snprintf(out + length, size - length, "; %s: %s%s", what, l->text, more);
}

static int verdict(const struct fit *f, const char *path, struct ho_error *err)
{
  char faults[3 * sizeof f->missing.text + 200] = "";
  describe(&f->missing, "missing in the file", faults, sizeof faults);
  describe(&f->unknown, "unknown to the network", faults, sizeof faults);
  describe(&f->other, "of another shape or type", faults, sizeof faults);
  if (!*faults)
    return 0;
  return ho_error_set(err, "%.160s does not fit network %.80s%s", path, f->net->spec, faults);
}

/* Is it the file of a trace, whose weights are those after its step? */
static int is_trace(const struct fit *f)
{
  return f->net->nparams && find(f, HO_UPDATED, &f->net->param[0]) && !find(f, "", &f->net->param[0]);
}

/* The prefix of the names of network k's weights: "" or "netK/"; in a trace "updated/" or "netK/updated/". */
static void prefix_of(const struct fit *f, int k, char *prefix, size_t size)
{
  const char *updated = is_trace(f) ? HO_UPDATED : "";
  snprintf(prefix, size, "net%d/", k);
  for (size_t i = 0; k && i < ho_tensor_file_count(f->file); i++)
    if (!strncmp(ho_tensor_file_at(f->file, i)->name, prefix, strlen(prefix))) {
      snprintf(prefix, size, "net%d/%s", k, updated);
      return;
    }
  snprintf(prefix, size, "%s", updated);
}

static void check_unknown(struct fit *f)
{
  if (is_trace(f)) /* it also has images, logits, ... */
    return;
  for (size_t i = 0; i < ho_tensor_file_count(f->file); i++) {
    const char *name = ho_tensor_file_at(f->file, i)->name;
    if (!strchr(name, '/') && !is_count(name) && !is_own(f->net, name))
      list_add(&f->unknown, name);
  }
}

static void take(const struct fit *f, const char *prefix, float *theta, float *stats)
{
  for (int i = 0; i < f->net->nparams; i++)
    ho_param_from_file(&f->net->param[i], find(f, prefix, &f->net->param[i])->data, theta);
  for (int i = 0; i < f->net->nstats; i++)
    ho_param_from_file(&f->net->stat[i], find(f, prefix, &f->net->stat[i])->data, stats);
}

int ho_weights_read(const struct ho_net *net, const char *path, int n, float *const *theta, float *const *stats,
                    struct ho_error *err)
{
  struct ho_tensor_file *file = ho_tensor_file_read(path, err);
  struct fit f = { .net = net, .file = file };
  char prefix[32];
  if (!file)
    return -1;
  for (int k = 0; k < n; k++) {
    prefix_of(&f, k, prefix, sizeof prefix);
    int apart = !k || !strncmp(prefix, "net", 3); /* otherwise it has what network 0 has */
    for (int i = 0; apart && i < net->nparams; i++)
      check(&f, prefix, &net->param[i]);
    for (int i = 0; apart && i < net->nstats; i++)
      check(&f, prefix, &net->stat[i]);
  }
  check_unknown(&f);
  int bad = verdict(&f, path, err);
  for (int k = 0; !bad && k < n; k++) {
    prefix_of(&f, k, prefix, sizeof prefix);
    take(&f, prefix, theta[k], stats[k]);
  }
  ho_tensor_file_free(file);
  return bad;
}
