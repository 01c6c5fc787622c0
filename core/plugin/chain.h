/* SPDX-License-Identifier: MIT
 * chain.h - the optimizers of a run, written `bilevel+mixup'; `sgd' ends every chain, named or not.
 *
 * Stacking hooks (open, close, epoch, input, weigh) run in the order written.  Every other hook has one owner: the one
 * link that has it, else sgd; two owners are refused, naming both. */
#ifndef HO_CHAIN_H
#define HO_CHAIN_H

#include "plugin/plugin.h"

enum { HO_CHAIN_MAX = 8, HO_NETS_MAX = 4, HO_SLOTS_MAX = 4 };

struct ho_link {
  struct ho_plugin *plugin;
  void *self; /* [hooks.self] zeroed, options written */
};

struct ho_chain {
  char spec[256]; /* normalised: without the implicit sgd, unless that is all */
  struct ho_link link[HO_CHAIN_MAX];
  int n; /* sgd included, always last */
  /* the owners: indices into link; own, predict = -1: none */
  int loss, own, direction, update, predict;
  int nets, slots; /* networks the run trains (at least 1); arrays of size P that update keeps */
  char **text;     /* values of options that are texts point here */
  int ntexts;
};

/* settings: `count' texts NAME.option=value, later ones win; unknown names and options name the nearest. */
int ho_chain_make(struct ho_chain *, const char *spec, const struct ho_plugin_path *, const char *const *settings,
                  int count, struct ho_error *);
void ho_chain_free(struct ho_chain *); /* does not call close hooks */

/* Every option of every link with its value in force, as NAME.option=value, in order: *list of *count texts, one
 * allocation each plus the array, freed with ho_chain_settings_free. */
int ho_chain_settings(const struct ho_chain *, char ***list, int *count, struct ho_error *);
void ho_chain_settings_free(char **list, int count);

#endif
