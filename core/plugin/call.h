/* SPDX-License-Identifier: MIT
 * call.h - the only way into a plugin's code: one function per hook.
 *
 * Each function notes which optimizer of the chain is running and in which phase, calls the hook, and restores both on
 * every way out.  A hook fails by its status, or by fail() in a service that cannot return one.  Either way the caller
 * gets -1 and one message, which names the optimizer: its own first message or, without one, the name of the hook. */
#ifndef HO_CALL_H
#define HO_CALL_H

#include <pthread.h>
#include <stdarg.h>

#include "plugin/chain.h"

/* What the outermost hook is: it decides which services there are. */
enum ho_phase { HO_IDLE, HO_OPEN, HO_EPOCH, HO_STEP, HO_UPDATE };
/* What the host is doing on behalf of that hook when it calls another one. */
enum ho_inside { HO_INSIDE_NOTHING, HO_INSIDE_DRAW, HO_INSIDE_PASS };

struct ho_caller {
  const struct ho_chain *chain; /* borrowed */
  const struct ho_host *host;   /* borrowed; every hook gets it */
  int current;                  /* link that is running, or that is being served */
  enum ho_phase phase;
  enum ho_inside inside;
  int in_turn;          /* update runs on one tensor after the other, on the calling thread */
  struct ho_error *err; /* where messages go; set by ho_call_begin */
  pthread_mutex_t lock; /* around err: update runs on several tensors at once */
};

void ho_caller_make(struct ho_caller *, const struct ho_chain *, const struct ho_host *);
void ho_caller_free(struct ho_caller *);

/* Clears *err, where messages go until the next ho_call_begin. */
void ho_call_begin(struct ho_caller *, struct ho_error *err);

/* Messages by the host on behalf of the running optimizer, or of any link with a code of its own.  The first message since
 * ho_call_begin is kept, others are dropped.  All return -1. */
int ho_call_fail(struct ho_caller *, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ho_call_fail_for(struct ho_caller *, int link, enum ho_error_code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int ho_call_fail_list(struct ho_caller *, const char *format, va_list); /* the same as ho_call_fail */
int ho_call_fail_as(struct ho_caller *, const struct ho_error *why);    /* with the text and the code of *why */
int ho_call_failed(const struct ho_caller *);                           /* is there a message? */

const char *ho_call_name(const struct ho_caller *); /* of the running optimizer */

/* The optimizer that runs or ran last, or the file of a plugin that is being loaded; NULL: none.  Tells who is to blame
 * when the program ends unexpectedly. */
const char *ho_call_latest(void);

/* ---- the hooks ----
 * link: index into the chain.  A hook that the plugin does not have is not called, and that is no failure.  Each returns
 * 0, or -1 with a message. */
int ho_call_open(struct ho_caller *, int link);
void ho_call_close(struct ho_caller *, int link);
int ho_call_epoch(struct ho_caller *, int link, int end);
int ho_call_direction(struct ho_caller *, int link, float *const *dir);
int ho_call_predict(struct ho_caller *, int link, int n, const float *logits, const float *features, float *out);
/* While another hook is running. */
int ho_call_input(struct ho_caller *, int link, struct ho_minibatch *);
int ho_call_loss(struct ho_caller *, int link, const struct ho_minibatch *, const struct ho_head *);
int ho_call_own(struct ho_caller *, int link, const struct ho_minibatch *, const struct ho_head *, const float *w,
                float *row);
int ho_call_weigh(struct ho_caller *, int link, const struct ho_minibatch *, const float *loss, float *w);

/* One tensor of one network, as the update hook gets it. */
struct ho_update {
  struct ho_tensor tensor; /* with this step's weight decay */
  float *theta;            /* [tensor.size] */
  const float *dir;        /* [tensor.size] */
  float *slot[HO_SLOTS_MAX];
};
/* The update hook on n tensors, several at once.  The message is that of the first tensor that fails, in their order
 * where the hook itself says nothing. */
int ho_call_update(struct ho_caller *, int link, const struct ho_update *, int n);

#endif
