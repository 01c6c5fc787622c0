/* SPDX-License-Identifier: MIT
 * trace_start.c - what a traced step starts from; see trace_start.h. */
#include "report/trace_start.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "run/store.h"
#include "run/weights.h"

const char *ho_trace_network(int k, char prefix[16])
{
  *prefix = 0;
  if (k)
    snprintf(prefix, 16, "net%d/", k);
  return prefix;
}

static int has_prefix(const struct ho_tensor_file *f, const char *prefix)
{
  for (size_t i = 0; i < ho_tensor_file_count(f); i++)
    if (!strncmp(ho_tensor_file_at(f, i)->name, prefix, strlen(prefix)))
      return 1;
  return 0;
}

/* Slots of an earlier step, under the names of a trace or of a checkpoint, all of one kind or none.  A step that
 * continues needs all. */
static int read_slots(struct ho_store *s, struct ho_trainer *t, int on)
{
  char net[16], name[2][48];
  for (int k = 0; k < t->chain.nets; k++)
    for (int j = 0; j < t->chain.slots; j++) {
      snprintf(name[0], sizeof name[0], "%sslot/%d/", ho_trace_network(k, net), j);
      snprintf(name[1], sizeof name[1], "slot%d/%s", j, net);
      const char *found = has_prefix(s->file, name[1]) ? name[1] : name[0];
      if ((on || has_prefix(s->file, found)) && ho_store_vector(s, found, t, t->network.slot[k][j]))
        return -1;
    }
  return 0;
}

/* Parameters of plugins, if the file has them; a step that continues needs all. */
static int read_own(struct ho_store *s, struct ho_trainer *t, int on)
{
  char net[16], name[2][256];
  for (int k = 0; k < t->chain.nets; k++)
    for (int i = t->network.net->nparams; i < t->network.tensors; i++) {
      const struct ho_tensor *own = &t->network.tensor[i];
      snprintf(name[0], sizeof name[0], "%s" HO_UPDATED "%s", ho_trace_network(k, net), own->name);
      snprintf(name[1], sizeof name[1], "%s%s", net, own->name);
      const char *found = ho_tensor_file_find(s->file, name[0]) ? name[0] : name[1];
      if ((on || ho_tensor_file_find(s->file, found)) &&
          ho_store_flat(s, found, "F32", own->size, sizeof(float), t->network.theta[k] + own->offset))
        return -1;
    }
  return 0;
}

/* The line of a text of settings that has the same key as `line' (up to = or, for a flag, the blank); NULL if there is
 * none. */
static const char *same_key(const char *text, const char *line)
{
  size_t key = strcspn(line, "=\n");
  key = line[key] == '=' ? key + 1 : strcspn(line, " \n") + 1;
  for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
    if (!strncmp(text, line, key))
      return text;
  return NULL;
}

/* Saved state depends on the options of its chain, so the options must be the same. */
static int check_options(struct ho_store *s, const struct ho_trainer *t)
{
  const char *have = ho_tensor_file_get_note(s->file, "settings"), *want = ho_store_settings(s, t);
  if (!want)
    return -1;
  for (size_t n; *want; want += n + (want[n] == '\n')) {
    n = strcspn(want, "\n");
    const char *line = strncmp(want, "-O ", 3) && strncmp(want, "--epochs ", 9) ? NULL : same_key(have, want);
    size_t m = line ? strcspn(line, "\n") : 0;
    if (line && (m != n || memcmp(line, want, n)))
      return ho_error_set(s->err, "%s was written with %.*s, this step has %.*s", s->path, (int)m, line, (int)n, want);
  }
  return 0;
}

/* What the file's step and this one must have in common for this one to continue it. */
static int check_origin(struct ho_store *s, const struct ho_trainer *t)
{
  const struct {
    const char *note, *what, *want;
  } each[] = {
    { "optimizer", "optimizer", t->chain.spec },
    { "data_sha256", "data's SHA-256", ho_source_data_sha256(&t->source) },
    { "labels_sha256", "labels' SHA-256", ho_source_labels_sha256(&t->source) },
  };
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
    const char *have = ho_tensor_file_get_note(s->file, each[i].note);
    if (each[i].want && have && strcmp(have, each[i].want))
      return ho_error_set(s->err, "%s: its %s is `%.80s', this step's is `%.80s'", s->path, each[i].what, have,
                          each[i].want);
  }
  return check_options(s, t);
}

/* Reads which step comes next.  After the last one there is another only if nothing depends on the number of epochs. */
static int read_step(struct ho_store *s, struct ho_trainer *t)
{
  struct ho_host *h = &t->host;
  if (ho_store_number(s, "run/step", &h->step))
    return -1;
  uint64_t epoch = h->step / ho_steps_per_epoch(t);
  if (epoch > INT_MAX / 2)
    return ho_error_set(s->err, "%s: `run/step' is %" PRIu64, s->path, h->step);
  h->epoch = (int)epoch;
  if (h->step < h->steps || (!ho_store_planner(t) && !ho_schedule_depends_on_epochs(&t->schedule)))
    return 0;
  return ho_error_set(
      s->err,
      "%s: %" PRIu64
      " steps are done, all of --epochs %d, and the steps after them depend on that number; give a larger --epochs",
      s->path, h->step, h->epochs);
}

/* Restores the positions of sampling.  Given mini-batches replace the host's pools, but not those of plugins. */
static int read_sampling(struct ho_store *s, struct ho_trainer *t)
{
  const struct ho_source *source = &t->source;
  uint64_t pools = 0;
  if (!source->kind->is_data_set && ho_tensor_file_find(s->file, "pool/count") &&
      ho_store_number(s, "pool/count", &pools))
    return -1;
  return !source->kind->is_data_set && pools <= HO_VALIDATION + 1 ? 0 : ho_store_sampling(s, t);
}

/* Restores everything that the file's step left, from a trace or from a training. */
static int go_on(struct ho_store *s, struct ho_trainer *t)
{
  int bad = check_origin(s, t) || read_step(s, t) || read_slots(s, t, 1) || read_own(s, t, 1) ||
            ho_store_states(s, t) || read_sampling(s, t);
  if (bad)
    ho_error_append(s->err,
                    "; this step cannot continue from there; --init %.200s takes only its weights, for a first step",
                    s->path);
  return bad ? -1 : 0;
}

static int read_weights(struct ho_trainer *t, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .reading = 1, .err = err };
  if (ho_weights_read(t->network.net, path, t->chain.nets, t->network.theta, t->network.stats, err))
    return -1;
  int bad = !(s.file = ho_tensor_file_read(path, err)) || !(s.arena = ho_arena_new(err));
  const char *format = bad ? NULL : ho_tensor_file_get_note(s.file, "format");
  if (!bad)
    bad = format && !strncmp(format, "holdout ", 8) ? go_on(&s, t) : read_slots(&s, t, 0) || read_own(&s, t, 0);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

int ho_trace_start(struct ho_trainer *t, const struct ho_trace *what, struct ho_error *err)
{
  int bad = 0;
  if (what->weights)
    bad = read_weights(t, what->weights, err);
  else if (what->init &&
           ho_weights_read(t->network.net, what->init, t->chain.nets, t->network.theta, t->network.stats, err))
    bad = ho_error_prefix(err, "--init");
  return bad || ho_network_changed(&t->network, err) ? -1 : 0;
}
