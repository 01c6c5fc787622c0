/* SPDX-License-Identifier: MIT
 * conform_text.c - checks of what a plugin declares, texts and options, and of the functions it calls. */
#define _GNU_SOURCE /* dlinfo */
#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conform/conform_work.h"
#include "base/range.h"

enum ho_verdict ho_conform_texts(struct ho_conform_work *w, struct ho_error *why)
{
  const struct ho_optimizer *o = &w->plugin->hooks;
  if (!*o->summary)
    return ho_conform_failed(why, "it has no .summary: one line that says what the method does");
  for (int i = 0; i < w->plugin->noptions; i++)
    if (!*o->options[i].help)
      return ho_conform_failed(why, "option %s has no help: one line that says what it does", o->options[i].name);
  if (strchr(o->summary, '\n'))
    return ho_conform_failed(why, "its summary has more than one line");
  return HO_VERDICT_OK;
}

/* ---- options ---- */

/* The host refuses values outside the declared range, so options need one. */
enum ho_verdict ho_conform_ranges(struct ho_conform_work *w, struct ho_error *why)
{
  const struct ho_option *o = w->plugin->hooks.options;
  if (!w->plugin->noptions)
    return ho_conform_skipped(why, "it has no options");
  for (int i = 0; i < w->plugin->noptions; i++)
    if ((o[i].type == HO_INT || o[i].type == HO_REAL) && !o[i].range)
      return ho_conform_failed(why, "option %s takes any number: give it a range, as in [0,inf)", o[i].name);
  return HO_VERDICT_OK;
}

/* Writes the k-th value that an option must accept: the ends of its range, or each choice; an empty text if that end is
 * not to be tried.  Returns 0 if there are no more.  Large whole numbers are not tried, as they may be numbers of
 * rounds. */
static int insider(const struct ho_option *o, int k, char *out, size_t size)
{
  enum { MANY = 1000 };
  struct ho_range r;
  *out = 0;
  if (o->type == HO_CHOICE)
    return !ho_choice_at(o->range, k, out, size);
  if (o->type == HO_BOOL && k < 2)
    return snprintf(out, size, "%s", k ? "true" : "false");
  if ((o->type != HO_INT && o->type != HO_REAL) || k > 1 || ho_range_parse(o->range, &r))
    return 0;
  double end = k ? r.high : r.low;
  if (isfinite(end) && !(k ? r.high_open : r.low_open) && (o->type == HO_REAL || fabs(end) <= MANY))
    snprintf(out, size, "%.17g", end);
  return 1;
}

/* A plugin may refuse a value by fail(), but not without a message, and it may not compute numbers that are not finite.
 * */
static int is_answer(const struct ho_error *why)
{
  return why->code != HO_ERROR_SILENT && why->code != HO_ERROR_DIVERGED;
}

static int try_value(const struct ho_conform_work *w, const char *option, struct ho_error *why)
{
  struct ho_settings s = w->settings[0];
  char *list[s.noptions + 1];
  for (int i = 0; i < s.noptions; i++)
    list[i] = s.option[i];
  list[s.noptions++] = (char *)option;
  s.option = list;
  struct ho_trainer *t = ho_conform_trainer(w, &s, why);
  int bad = (!t || ho_conform_train(t, HO_CONFORM_STEPS + 1, why)) && !is_answer(why);
  ho_trainer_free(t);
  return bad ? ho_error_prefix(why, "with %s", option) : 0;
}

/* Trains for an epoch and a step with every value that a range names. */
enum ho_verdict ho_conform_values(struct ho_conform_work *w, struct ho_error *why)
{
  const struct ho_optimizer *o = &w->plugin->hooks;
  char value[64], option[256];
  int tried = 0;
  for (int i = 0; i < w->plugin->noptions; i++)
    for (int k = 0; insider(o->options + i, k, value, sizeof value); k++) {
      if (!*value)
        continue;
      tried++;
      snprintf(option, sizeof option, "%s.%s=%s", o->name, o->options[i].name, value);
      if (try_value(w, option, why))
        return HO_VERDICT_FAILED;
    }
  return tried ? HO_VERDICT_OK : ho_conform_skipped(why, "no option has choices or a range with an end");
}

/* ---- what it calls ---- */

static const struct {
  const char *name, *reason;
} unwelcome[] = {
  { "rand", "it does not depend on the run's seed; use h->stream()" },
  { "rand_r", "its numbers depend on the order of calls; use h->stream()" },
  { "random", "it does not depend on the run's seed; use h->stream()" },
  { "srand", "it sets state of the whole process; use h->stream()" },
  { "srandom", "it sets state of the whole process; use h->stream()" },
  { "drand48", "it does not depend on the run's seed; use h->stream()" },
  { "lrand48", "it does not depend on the run's seed; use h->stream()" },
  { "mrand48", "it does not depend on the run's seed; use h->stream()" },
  { "getrandom", "it does not depend on the run's seed; use h->stream()" },
  { "getentropy", "it does not depend on the run's seed; use h->stream()" },
  { "arc4random", "it does not depend on the run's seed; use h->stream()" },
  { "time", "equal runs would differ by the clock" },
  { "clock", "equal runs would differ by the clock" },
  { "clock_gettime", "equal runs would differ by the clock" },
  { "gettimeofday", "equal runs would differ by the clock" },
  { "getpid", "equal runs would differ by it" },
  { "exit", "it ends the program without a checkpoint; return h->fail() instead" },
  { "_exit", "it ends the program without a checkpoint; return h->fail() instead" },
};

/* An address from the dynamic section, to which some loaders have already added the base. */
static const void *at(const struct link_map *m, ElfW(Addr) address)
{
  return (const void *)(address < m->l_addr ? address + m->l_addr : address);
}

struct imports {
  const ElfW(Sym) * symbol;
  const char *text;
  const ElfW(Rela) * table[2];
  size_t bytes[2];
};

static void read_dynamic(const struct link_map *m, struct imports *in)
{
  for (const ElfW(Dyn) *d = m->l_ld; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_SYMTAB)
      in->symbol = at(m, d->d_un.d_ptr);
    else if (d->d_tag == DT_STRTAB)
      in->text = at(m, d->d_un.d_ptr);
    else if (d->d_tag == DT_RELA)
      in->table[0] = at(m, d->d_un.d_ptr);
    else if (d->d_tag == DT_RELASZ)
      in->bytes[0] = d->d_un.d_val;
    else if (d->d_tag == DT_JMPREL)
      in->table[1] = at(m, d->d_un.d_ptr);
    else if (d->d_tag == DT_PLTRELSZ)
      in->bytes[1] = d->d_un.d_val;
  }
}

/* Finds the functions of other libraries that the plugin refers to, from the relocations of the loaded file. */
enum ho_verdict ho_conform_calls(struct ho_conform_work *w, struct ho_error *why)
{
  struct link_map *m;
  struct imports in = { .symbol = NULL };
  if (dlinfo(w->plugin->handle, RTLD_DI_LINKMAP, &m))
    return ho_conform_skipped(why, "this system does not list them");
  read_dynamic(m, &in);
  if (!in.symbol || !in.text)
    return ho_conform_skipped(why, "this system does not list them");
  for (int t = 0; t < 2; t++)
    for (size_t i = 0; in.table[t] && i < in.bytes[t] / sizeof *in.table[t]; i++) {
      const ElfW(Sym) *s = in.symbol + (in.table[t][i].r_info >> (sizeof(void *) == 8 ? 32 : 8));
      for (size_t k = 0; k < sizeof unwelcome / sizeof *unwelcome && s->st_shndx == SHN_UNDEF; k++)
        if (!strcmp(in.text + s->st_name, unwelcome[k].name))
          return ho_conform_failed(why, "it calls %s(): %s", unwelcome[k].name, unwelcome[k].reason);
    }
  return HO_VERDICT_OK;
}
