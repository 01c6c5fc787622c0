/* SPDX-License-Identifier: MIT
 * chain.h - the optimizers of a run, written as in `bilevel+mixup'.  sgd ends every chain, named or not.
 *
 * open, close, epoch, input and weigh are called for every link, in order.  Each other hook has one owner: the link
 * that defines it, or sgd.  A chain with two such links besides sgd is refused, naming both. */
#ifndef HO_CHAIN_H
#define HO_CHAIN_H

#include "plugin/path.h"

enum { HO_CHAIN_MAX = 8, HO_NETS_MAX = 4, HO_SLOTS_MAX = 4 };

struct ho_link {
  struct ho_plugin *plugin;
  void *self; /* [hooks.self] bytes, zeroed, then filled with the options */
};

struct ho_chain {
  char spec[256]; /* names joined by +, without the final sgd unless that is all */
  struct ho_link link[HO_CHAIN_MAX];
  int n; /* links, including sgd, which is last */
  /* owners, as indices into link; own and predict are -1 if no link has them */
  int loss, own, direction, update, predict;
  int nets;    /* networks to train, at least 1: the most that any link asks for */
  int slots;   /* arrays [P] that the owner of update keeps for each network */
  int opaque;  /* all links declare that they are */
  char **text; /* [ntexts] values set by users; options of type HO_TEXT point into them */
  int ntexts;
};

/* Loads the links of `spec' and sets their options: first the defaults, then `count' settings NAME.option=value, of
 * which later ones win.  Unknown names and options get a suggestion. */
int ho_chain_make(struct ho_chain *, const char *spec, const struct ho_plugin_path *, const char *const *settings,
                  int count, struct ho_error *err);
void ho_chain_free(struct ho_chain *); /* does not call the close hooks */

/* The learning rate that the first link with one of its own asks for, or 0. */
double ho_chain_lr(const struct ho_chain *);

/* Lists every option of every link with its current value, as NAME.option=value, in order.  Free the list with
 * ho_chain_settings_free. */
int ho_chain_settings(const struct ho_chain *, char ***list, int *count, struct ho_error *err);
void ho_chain_settings_free(char **list, int count);

#endif
