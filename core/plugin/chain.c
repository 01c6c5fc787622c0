/* SPDX-License-Identifier: MIT
 * chain.c - loads the optimizers of a run in order and finds the owner of each hook. */
#include "plugin/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "plugin/options.h"

static const char *name_of(const struct ho_chain *c, int i)
{
  return c->link[i].plugin->hooks.name;
}

static int add(struct ho_chain *c, const char *name, const struct ho_plugin_path *path, struct ho_error *err)
{
  for (int i = 0; i < c->n; i++)
    if (!strcmp(name_of(c, i), name))
      return ho_error_set(err, "chain names `%s' twice", name);
  struct ho_link *link = &c->link[c->n];
  link->plugin = ho_plugin_find(path, name, err);
  if (!link->plugin)
    return -1;
  c->n++;
  const struct ho_optimizer *hooks = &link->plugin->hooks;
  link->self = ho_alloc(1, hooks->self, "the options of a plugin", err);
  if (!link->self)
    return ho_error_prefix(err, "%s", link->plugin->file);
  for (int i = 0; i < link->plugin->noptions; i++)
    if (ho_option_set(hooks->options + i, link->self, hooks->options[i].value, err))
      return -1;
  return 0;
}

/* Links in the order written; sgd, wherever it is written or not, goes last. */
static int add_all(struct ho_chain *c, const char *spec, const struct ho_plugin_path *path, struct ho_error *err)
{
  char name[64];
  int sgd = 0;
  for (const char *at = spec;;) {
    size_t length = strcspn(at, "+");
    if (length == 0)
      return ho_error_set(err, "chain `%.200s' has an empty name: write names with + between them", spec);
    if (length >= sizeof name)
      return ho_error_set(err, "chain `%.200s': a name is too long", spec);
    memcpy(name, at, length);
    name[length] = 0;
    if (!strcmp(name, "sgd")) {
      if (sgd++)
        return ho_error_set(err, "chain names `sgd' twice");
    } else {
      if (c->n == HO_CHAIN_MAX - 1)
        return ho_error_set(err, "chain `%.200s' has too many optimizers: at most %d, sgd included", spec,
                            HO_CHAIN_MAX);
      if (add(c, name, path, err))
        return -1;
    }
    if (!at[length])
      break;
    at += length + 1;
  }
  if (add(c, "sgd", path, err))
    return sgd ? -1 : ho_error_prefix(err, "sgd ends every chain");
  for (int i = 0; i < c->n - (c->n > 1); i++) {
    size_t used = strlen(c->spec);
    if (snprintf(c->spec + used, sizeof c->spec - used, "%s%s", i ? "+" : "", name_of(c, i)) >=
        (int)(sizeof c->spec - used))
      return ho_error_set(err, "chain `%.100s...' is too long", spec);
  }
  return 0;
}

/* A function for each hook with one owner, as their types differ. */
#define HAS(hook) \
  static int has_##hook(const struct ho_optimizer *o) \
  { \
    return o->hook != NULL; \
  }
HAS(loss)
HAS(own)
HAS(direction)
HAS(update)
HAS(predict)

static int owner(const struct ho_chain *c, const char *hook, int (*has)(const struct ho_optimizer *), int needed,
                 int *index, struct ho_error *err)
{
  int last = c->n - 1;
  *index = -1;
  for (int i = 0; i < last; i++)
    if (has(&c->link[i].plugin->hooks)) {
      if (*index >= 0)
        return ho_error_set(err, "chain `%s': `%s' and `%s' both have the hook %s, and only one may", c->spec,
                            name_of(c, *index), name_of(c, i), hook);
      *index = i;
    }
  if (*index < 0 && has(&c->link[last].plugin->hooks))
    *index = last;
  if (*index < 0 && needed)
    return ho_error_set(err, "chain `%s': no optimizer has the hook %s, not even %s", c->spec, hook,
                        c->link[last].plugin->file);
  return 0;
}

static int owners(struct ho_chain *c, struct ho_error *err)
{
  if (owner(c, "loss", has_loss, 1, &c->loss, err) || owner(c, "own", has_own, 0, &c->own, err) ||
      owner(c, "direction", has_direction, 1, &c->direction, err) ||
      owner(c, "update", has_update, 1, &c->update, err) || owner(c, "predict", has_predict, 0, &c->predict, err))
    return -1;
  c->nets = c->opaque = 1;
  for (int i = 0; i < c->n; i++) {
    const struct ho_optimizer *o = &c->link[i].plugin->hooks;
    c->nets = o->nets > c->nets ? o->nets : c->nets;
    c->opaque = c->opaque && o->opaque;
  }
  c->slots = c->link[c->update].plugin->hooks.slots;
  return 0;
}

double ho_chain_lr(const struct ho_chain *c)
{
  int i = 0;
  while (i < c->n - 1 && c->link[i].plugin->hooks.lr == 0)
    i++;
  return c->link[i].plugin->hooks.lr;
}

static struct ho_link *link_find(struct ho_chain *c, const char *name, const char *setting, struct ho_error *err)
{
  const char *names[HO_CHAIN_MAX];
  for (int i = 0; i < c->n; i++) {
    names[i] = name_of(c, i);
    if (!strcmp(names[i], name))
      return &c->link[i];
  }
  const char *nearest = ho_text_nearest(name, names, (size_t)c->n);
  if (nearest)
    ho_error_set(err, "option `%.200s': the chain `%s' has no optimizer `%s' (did you mean `%s'?)", setting, c->spec,
                 name, nearest);
  else
    ho_error_set(err, "option `%.200s': the chain `%s' has no optimizer `%s'", setting, c->spec, name);
  return NULL;
}

static const struct ho_option *option_find(const struct ho_plugin *p, const char *name, struct ho_error *err)
{
  const char *names[256];
  for (int i = 0; i < p->noptions; i++) {
    names[i] = p->hooks.options[i].name;
    if (!strcmp(names[i], name))
      return p->hooks.options + i;
  }
  const char *nearest = ho_text_nearest(name, names, (size_t)p->noptions);
  if (nearest)
    ho_error_set(err, "`%s' has no option `%s' (did you mean `%s'?)", p->hooks.name, name, nearest);
  else
    ho_error_set(err, "`%s' has no option `%s'; `holdout optimizers %s' lists them", p->hooks.name, name,
                 p->hooks.name);
  return NULL;
}

/* Applies NAME.option=value.  Text options keep a pointer into the copy, which the chain owns. */
static int set(struct ho_chain *c, const char *setting, struct ho_error *err)
{
  char plugin[64], name[64];
  size_t first = strcspn(setting, ".="), second = setting[first] == '.' ? strcspn(setting + first + 1, "=") : 0;
  if (setting[first] != '.' || setting[first + 1 + second] != '=' || first == 0 || second == 0 ||
      first >= sizeof plugin || second >= sizeof name)
    return ho_error_set(err, "option `%.200s' is not of the form NAME.option=value, as in sgd.momentum=0.5", setting);
  snprintf(plugin, sizeof plugin, "%.*s", (int)first, setting);
  snprintf(name, sizeof name, "%.*s", (int)second, setting + first + 1);
  struct ho_link *link = link_find(c, plugin, setting, err);
  const struct ho_option *o = link ? option_find(link->plugin, name, err) : NULL;
  char **larger = o ? realloc(c->text, ((size_t)c->ntexts + 1) * sizeof *larger) : NULL;
  if (larger)
    c->text = larger;
  char *copy = larger ? strdup(setting + first + second + 2) : NULL;
  if (!copy)
    return o ? ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for options") : -1;
  c->text[c->ntexts++] = copy;
  struct ho_error why;
  if (ho_option_set(o, link->self, copy, &why))
    return ho_error_set(err, "option %s.%s", plugin, why.text);
  return 0;
}

int ho_chain_make(struct ho_chain *c, const char *spec, const struct ho_plugin_path *path, const char *const *settings,
                  int count, struct ho_error *err)
{
  *c = (struct ho_chain){ 0 };
  int failed = add_all(c, spec, path, err) || owners(c, err);
  for (int i = 0; i < count && !failed; i++)
    failed = set(c, settings[i], err);
  if (failed)
    ho_chain_free(c);
  return failed ? -1 : 0;
}

void ho_chain_free(struct ho_chain *c)
{
  for (int i = 0; i < c->n; i++) {
    ho_free(c->link[i].self);
    ho_plugin_free(c->link[i].plugin);
  }
  for (int i = 0; i < c->ntexts; i++)
    free(c->text[i]);
  free(c->text);
  *c = (struct ho_chain){ 0 };
}

/* Returns NAME.option=value, allocated; NULL if there is no memory. */
static char *setting_text(const struct ho_link *link, const struct ho_option *o)
{
  char value[64], *text;
  const char *shown = value;
  if (o->type == HO_TEXT) {
    memcpy(&shown, (const char *)link->self + o->offset, sizeof shown);
    shown = shown ? shown : "";
  } else
    ho_option_get(o, link->self, value, sizeof value);
  size_t bytes = strlen(link->plugin->hooks.name) + strlen(o->name) + strlen(shown) + 3;
  text = malloc(bytes);
  if (text)
    snprintf(text, bytes, "%s.%s=%s", link->plugin->hooks.name, o->name, shown);
  return text;
}

int ho_chain_settings(const struct ho_chain *c, char ***list, int *count, struct ho_error *err)
{
  int n = 0;
  for (int i = 0; i < c->n; i++)
    n += c->link[i].plugin->noptions;
  *count = 0;
  *list = calloc((size_t)n + 1, sizeof **list);
  for (int i = 0; *list && i < c->n; i++)
    for (int k = 0; k < c->link[i].plugin->noptions; k++) {
      char *text = setting_text(&c->link[i], c->link[i].plugin->hooks.options + k);
      if (!text) {
        ho_chain_settings_free(*list, *count);
        return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for options");
      }
      (*list)[(*count)++] = text;
    }
  return *list ? 0 : ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for options");
}

void ho_chain_settings_free(char **list, int count)
{
  for (int i = 0; i < count; i++)
    free(list[i]);
  free(list);
}
