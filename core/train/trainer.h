/* SPDX-License-Identifier: MIT
 * trainer.h - one training in memory: data, network, optimizer chain, and the host that plugins talk to.
 *
 * trainer.c puts it together; host_*.c are the services behind struct ho_host; step.c does one step; score.c evaluates;
 * checkpoint.c saves and restores; run.c gives it a folder and a loop. */
#ifndef HO_TRAINER_H
#define HO_TRAINER_H

#include <pthread.h>

#include "base/memory.h"
#include "data/augment.h"
#include "labels/labelled.h"
#include "labels/noise.h"
#include "data/sampler.h"
#include "data/split.h"
#include "nn/engine.h"
#include "train/batch.h"
#include "plugin/chain.h"
#include "train/schedule.h"
#include "settings/settings.h"
#include "train/tally.h"

enum { HO_NETS_MAX = 4, HO_SLOTS_MAX = 4, HO_SCORE_BATCH = 64, HO_LIMIT_TOLD = 128 };

/* What a plugin registered with state() or parameter(). */
struct ho_state {
  char name[128]; /* PLUGIN/NAME */
  char dtype[4];
  size_t n, bytes;
  void *data;
};

struct ho_pool_entry {
  struct ho_sampler *pool;
  uint32_t *id; /* [n] samples, by position in the pool */
  size_t n;
};

/* Which hooks are running: it decides which services there are. */
enum ho_phase { HO_IDLE, HO_OPEN, HO_EPOCH, HO_STEP, HO_UPDATE };

/* A mini-batch as the host keeps it; plugins see the first member. */
struct ho_drawn {
  struct ho_minibatch pub;
  float *w; /* [size] sample weights, once weighed */
  int weighed;
  float *given;   /* [size] weights that the plugin gave instead, at the last of its passes that moves parameters */
  unsigned seen;  /* bit k: network k has made its first training pass over it */
  unsigned moved; /* bit k: it has moved the running averages of network k */
  int first;      /* the pass now running is the first */
  int reported;   /* a plugin told its weight */
  double weight;
  /* by network, while a step is recorded: of its first pass, by preference at the network's own parameters; NULL before */
  float *logits[HO_NETS_MAX], *loss[HO_NETS_MAX], *gradient[HO_NETS_MAX];
  struct ho_drawn *next; /* in order of drawing */
};

/* Accuracies and losses of one evaluation; NaN where there is nothing to score. */
struct ho_scores {
  double epoch, test_loss, test_accuracy, train_loss, train_accuracy_noisy, train_accuracy_clean, validation_loss,
      validation_accuracy;
};

struct ho_trainer {
  const struct ho_settings *settings;
  uint64_t seed;

  /* data: samples 0..N-1 are the training part, then come the clean and the validation part */
  struct ho_dataset data;
  struct ho_noise noise;
  struct ho_labelled labelled;
  struct ho_split test;         /* its training part: the test images that are scored */
  size_t samples, clean, known; /* of the training and clean part, of all */
  uint32_t *image;              /* [known] index into data.train */
  uint16_t *label;              /* [known] */
  double noise_rate_realised;   /* NaN: the true labels are not known */
  char labels_sha256[HO_SHA256_TEXT];
  const struct ho_augment *augment;
  int restored;                 /* a checkpoint will bring the plugins' state */
  const char *kept_labels;      /* file that takes the place of a label file; or NULL */
  const struct ho_batch *batch; /* the only mini-batches there are; NULL: they come from data */

  /* network and optimizer */
  struct ho_net *net;
  struct ho_chain chain;
  struct ho_schedule schedule;
  int current; /* link whose hook is running: fail() and stream() name it */
  enum ho_phase phase;
  int passing;     /* a pass is running: its hooks cannot start another */
  int drawing;     /* input hooks are running: they cannot draw */
  int skip;        /* a plugin asked for no update in this step */
  unsigned opened; /* bit l: link l is to be closed */
  struct ho_host host;
  struct ho_tensor *tensor;
  int tensors;
  double decay_factor;
  float *theta[HO_NETS_MAX], *stats[HO_NETS_MAX], *dir[HO_NETS_MAX], *slot[HO_NETS_MAX][HO_SLOTS_MAX];
  struct ho_state *state;
  int states;

  /* sampling */
  struct ho_pool_entry *pool;
  int pools;
  struct ho_class_list *classes;
  uint16_t *step_label; /* this step's list of labels, once somebody asked for it */
  int step_labels;

  /* running */
  struct ho_engine *engine, *scorer;
  int engine_groups, engine_images;
  float *score_x;         /* [HO_SCORE_BATCH] images */
  struct ho_arena *arena; /* what lives for one step (or one open or epoch hook) */
  struct ho_drawn *drawn, **drawn_end;
  int ndrawn, handed; /* mini-batches of this step; those of them out of `batch' */
  int recording;      /* keep what passes give in struct ho_drawn */
  size_t limit, fixed_bytes, step_bytes;
  char limit_told[HO_LIMIT_TOLD]; /* for messages */
  struct ho_error *err;           /* where the services of the hook now running put their messages */
  pthread_mutex_t lock;           /* around err: update hooks run on several tensors at once */

  /* the epoch so far */
  struct ho_tally tally;
  double *weight_sum;     /* [N] weights of the draws since the last evaluation, 1 = as in plain SGD */
  uint32_t *weight_count; /* [N] */

  struct ho_scores *score; /* every evaluation so far */
  int scores;
};

/* Loads data and plugins, draws labels and initial weights, runs the open hooks.  NULL with *err set. */
struct ho_trainer *ho_trainer_new(const struct ho_settings *, const struct ho_plugin_path *, struct ho_error *);
/* The same on the mini-batches of a batch (borrowed) in their order instead of a data set; its images are all of a
 * step, as settings->batch_size must say.  NULL: ho_trainer_new. */
struct ho_trainer *ho_trainer_new_on(const struct ho_settings *, const struct ho_plugin_path *, const struct ho_batch *,
                                     struct ho_error *);
/* The same on these data, whatever settings->dataset says; they are the trainer's from now on, even when it fails. */
struct ho_trainer *ho_trainer_new_with(const struct ho_settings *, const struct ho_plugin_path *,
                                       struct ho_dataset *data, struct ho_error *);
/* The same for a checkpoint to fill: state returns from there, so the files that plugins make it from need not be there
 * any more; `labels' (or NULL), the labels.tsv of the run, takes the place of a label file. */
struct ho_trainer *ho_trainer_new_restored(const struct ho_settings *, const struct ho_plugin_path *,
                                           const char *labels, struct ho_error *);
void ho_trainer_free(struct ho_trainer *); /* runs the close hooks */

/* --memory-limit, or without it nine tenths of what this process can still take; `told' is the number, with what bounds
 * it where nobody chose it. */
size_t ho_memory_limit(const struct ho_settings *, char told[HO_LIMIT_TOLD]);

/* Reserves `bytes' of the memory limit for good, or -1 with the numbers. */
int ho_trainer_reserve(struct ho_trainer *, size_t bytes, const char *what, struct ho_error *);
void *ho_trainer_alloc(struct ho_trainer *, size_t n, size_t size, const char *what, struct ho_error *); /* + reserve */

/* The services; host.c fills the table. */
void ho_host_fill(struct ho_trainer *);
int ho_host_fail(struct ho_trainer *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Pool `number' gets these samples; it may be the next one. */
int ho_host_set_pool(struct ho_trainer *, int number, const uint32_t *ids, size_t n, struct ho_error *);
int ho_host_pool(const struct ho_host *, int number, const uint32_t *ids, size_t n);
int ho_host_draw(const struct ho_host *, const struct ho_draw *, struct ho_minibatch **);
int ho_host_mix(const struct ho_host *, struct ho_minibatch *, const int *partner, const float *lambda);
int ho_host_gradients(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, float *rows);
int ho_host_losses(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, float *loss,
                   float *logits);
int ho_host_slopes(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, const float *v,
                   float *slope);
int ho_host_evaluate(const struct ho_host *, const struct ho_pass *, int pool, float *logits, float *features);
void *ho_host_scratch(const struct ho_host *, size_t bytes);
double ho_host_dot(const struct ho_host *, size_t n, const float *a, const float *b);
void ho_host_dots(const struct ho_host *, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                  double *aa);
void ho_host_combine(const struct ho_host *, size_t n, float *out, int rows, const double *w, const float *a,
                     size_t ld);
void ho_host_log_softmax(const struct ho_host *, const float *z, double *log_p);
int ho_host_transition(const struct ho_host *, const char *source, double *T);
int ho_host_invert(const struct ho_host *, int n, const double *A, double *X, double *condition);

/* Forgets the drawn mini-batches and the scratch of the last step. */
void ho_trainer_begin(struct ho_trainer *);

/* One step, or the epoch hooks (end: 0 before an epoch, 1 after).  -1: stop training, *err says why. */
int ho_trainer_step(struct ho_trainer *, struct ho_error *);
int ho_trainer_epoch(struct ho_trainer *, int end, struct ho_error *);

/* The optimizer whose hook runs or ran last, or the file of a plugin that is being loaded; NULL when there is none: for
 * whoever has to say what ended the program. */
const char *ho_trainer_running(void);

/* The link whose predictions are made only behind the last epoch, which has not come yet: what is scored until then are the
 * networks.  NULL when there is none. */
const struct ho_link *ho_trainer_late(const struct ho_trainer *);

/* Scores images `image' [n] of `from' in evaluation mode through the chain's predict hook, against `label': mean
 * cross-entropy and accuracy; per image loss, margin (logit of the label minus the largest other), prediction and
 * its probability where not NULL. */
struct ho_score_request {
  const struct ho_images *from;
  const uint32_t *image;
  const uint16_t *label;
  size_t n;
};
struct ho_score_result {
  double loss, accuracy;
  float *each_loss, *margin, *probability; /* the last: of the prediction */
  uint16_t *prediction;
};
int ho_trainer_score(struct ho_trainer *, const struct ho_score_request *, struct ho_score_result *, struct ho_error *);

/* Forward in evaluation mode, at theta or, NULL, at the network's parameters: logits [n][K], features [n][F] (or NULL) of
 * images.  Returns 0 or -1. */
int ho_trainer_forward(struct ho_trainer *, int net, const float *theta, const struct ho_images *,
                       const uint32_t *image, size_t n, float *logits, float *features, struct ho_error *);

#endif
