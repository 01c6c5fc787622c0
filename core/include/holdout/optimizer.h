/* SPDX-License-Identifier: MIT
 * holdout/optimizer.h - the plugin interface.
 *
 * A plugin is one shared object, NAME.so, that exports one symbol: a struct ho_optimizer, defined with HO_PLUGIN.
 * It has options, a few declarations, and hooks: functions that holdout, the host, calls while it trains.  Hooks are
 * passed a struct ho_host, which has facts about the run and services, functions for the plugin to call.  A plugin
 * needs only this header and the C library.  This one is complete:
 *
 *     #include <holdout/optimizer.h>
 *     #include <math.h>
 *
 *     struct doubt { double tau; };
 *
 *     static const struct ho_option options[] = {
 *       HO_OPTION(struct doubt, tau, HO_REAL, "4", "(0,inf)", "loss at which the weight of an image is 1/e"),
 *       { 0 },
 *     };
 *
 *     static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
 *     {
 *       const struct doubt *o = self;
 *       for (int i = 0; i < mb->size; i++)
 *         w[i] *= exp(-loss[i] / o->tau);
 *       return 0;
 *     }
 *
 *     HO_PLUGIN(struct doubt, .name = "doubt", .summary = "images of large loss count less",
 *               .options = options, .weigh = weigh);
 *
 * `holdout optimizers --new NAME' writes a plugin to start from; `--check NAME.so' tests one against this contract.
 * See also holdout-optimizer(3).
 *
 * Arrays are row-major; their shapes are given in brackets, outermost dimension first:
 *   N  h->samples, the training images            K  h->classes
 *   P  h->parameters, those of plugins included   F  h->features, the width of the last hidden layer
 *
 * Errors.  Hooks and services that return int return 0 on success; services that return a pointer return NULL on
 * failure.  On failure a service has already recorded a message, so the hook just returns -1.  To report an error of
 * its own, a hook returns h->fail(h, "...").  The first message ends the run, even when the hook returns 0 later.
 *
 * Memory.  The host owns every array that it passes or returns, and frees it; plugins free none.  Pointers from
 * state(), h->theta and h->label stay valid until close.  Mini-batches and scratch memory are freed at the end of the
 * step, or when the hook returns in open, epoch and predict.  Keep no other pointer from one call to the next.
 *
 * Threads.  One thread calls all hooks, mini-batches in the order of draw() or of the pass.  Only update runs for
 * several tensors at once.
 *
 * Checkpoints.  They are written between steps and hold parameters, slots, batch-norm running statistics, pools and
 * the arrays from state(): whatever else a plugin remembers from step to step is lost.
 *
 * Random numbers.  Take them from stream() only, so that results depend on nothing but the seed. */
#ifndef HO_OPTIMIZER_H
#define HO_OPTIMIZER_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* holdout refuses plugins built for another ABI number.  Within one number, struct ho_host, ho_optimizer, ho_minibatch
 * and ho_head only grow at their ends, and nothing else changes.  A plugin may therefore be older or newer than the
 * program; before it uses a service that the program may lack, it compares h->bytes with the offset of that member. */
#define HO_ABI 1

struct ho_host;

/* ---- Options ----
 *
 * Set with -O NAME.option=value.  Before open, the host parses each value, checks its range, and writes it into the
 * plugin's own struct (self).  Hooks read options and do not write them.
 *
 *   type        stored as       range                                     written as
 *   HO_INT      int             an interval, or NULL for any value        3
 *   HO_REAL     double          an interval, or NULL for any value        0.01
 *   HO_BOOL     int, 0 or 1     NULL                                      true, false
 *   HO_CHOICE   int, from 0     the choices, as in "soft|hard"            soft
 *   HO_TEXT     const char *    NULL                                      any text; valid until close
 *
 * An interval is written as in "[0,1)" or "(0,inf)".  A row of zeros ends the table. */
enum ho_type { HO_INT, HO_REAL, HO_BOOL, HO_CHOICE, HO_TEXT };

struct ho_option {
  const char *name; /* letters, digits, - and _ */
  enum ho_type type;
  size_t offset;     /* of the field in self */
  const char *value; /* default; within range */
  const char *range;
  const char *help; /* one line */
};

/* A row for the option that is stored in the field of the same name:
 * HO_OPTION(struct sgd, momentum, HO_REAL, "0.9", "[0,1)", "share of the velocity that is kept"). */
/* clang-format off */
#define HO_OPTION(self_type, field, type, value, range, help) \
  { #field, type, offsetof(self_type, field), value, range, help }
/* clang-format on */

/* ---- The life of a run ----
 *
 * Plugins are chained, as in --optimizer bilevel+mixup; sgd ends every chain.  open, close, epoch, input and weigh are
 * called for every plugin of the chain, in order ("all" below).  loss, own, direction, update and predict are called
 * for one ("one"): the plugin that has the hook, else sgd.  If two plugins besides sgd have it, the chain is refused.
 *
 *   open                  all    once; first the plugin with own, then the others in order
 *     (resuming)                 here a checkpoint restores parameters, slots, state and pools
 *     epoch(0)            all    before each epoch; not again when a run resumes within the epoch
 *       direction         one    each step; it calls draw(), losses() and gradients(), which call these:
 *         draw()
 *           input         all    each mini-batch, once
 *         losses(), gradients()
 *           loss          one    each mini-batch, at each pass
 *           weigh         all    each mini-batch, at its first gradients() only
 *           own           one    each mini-batch, gradients() only
 *       update            one    each tensor of each network, several at once
 *     epoch(1)            all    after each epoch
 *     predict             one    each evaluation
 *   close                 all    once
 *
 * An epoch has floor(N / batch size) steps, however many mini-batches a step draws.
 *
 * "Any hook" below means any but close and update.  Hooks called by draw() or during a pass (input, loss, weigh, own)
 * cannot draw mini-batches or start a pass themselves. */

/* One tensor of the parameters theta [P], or one parameter array of a plugin. */
struct ho_tensor {
  const char *name;
  size_t offset, size; /* theta[offset] to theta[offset + size - 1] */
  double rate;         /* factor on the learning rate */
  double decay;        /* weight decay, 0 for none; in update it includes the factor set with decay() */
};

/* ---- Mini-batches ---- */

/* Pools of samples to draw from.  HO_TRAIN has given labels.  HO_CLEAN has true labels and is empty without
 * --clean-size.  HO_VALIDATION has given labels and is empty without --validation-size; it is for choosing a model,
 * not for training.  pool() makes more. */
enum { HO_TRAIN, HO_CLEAN, HO_VALIDATION };

/* What draw() is asked for.  Zero unused fields. */
struct ho_draw {
  int pool;
  int count, size; /* number of mini-batches, images in each */
  /* 1: all matched mini-batches of a step have the same list of labels in the same order, taken in turn from the
   * shuffled labels of HO_TRAIN (Jenni and Favaro, ECCV 2018).  They need equal sizes. */
  int matched;
  const uint32_t *ids; /* [count*size] take these samples, of whatever pool; or NULL */
  int view;            /* 0, 1, 2, ...: independent augmentations of the same image in the same step */
  int plain;           /* 1: do not call input hooks, so images are neither mixed nor smoothed */
  uint64_t later[2];   /* reserved */
};

/* A mini-batch: images after augmentation and after all input hooks, computed once.  Every pass over it sees the same
 * pixels and the same dropout masks.  Input hooks may write to x and target, and so may the hook that drew it until
 * the first pass over it; everything else is read-only. */
struct ho_minibatch {
  int size;                  /* images */
  int pool;                  /* as drawn */
  int index;                 /* position among the draws of this step, from 0 */
  const uint32_t *id, *mate; /* [size] sample number; number of the sample mixed into it, or id itself.  Numbers below N
                              * are HO_TRAIN, the next h->clean are HO_CLEAN, the rest HO_VALIDATION */
  const float *lambda;       /* [size] share of id in the mixture, 1 if not mixed */
  const uint16_t *label;     /* [size] given label of id; true label if id is in HO_CLEAN */
  float *x;                  /* [size][height][width][channels] input of the network */
  float *target;             /* [size][K] class probabilities, one-hot at first; each row sums to 1 */
};

/* ---- Passes ---- */

/* How losses(), gradients(), slopes() and evaluate() run the network.  All zero: an ordinary training pass of network 0
 * at its own parameters. */
struct ho_pass {
  int net;            /* which network */
  const float *theta; /* [P] run at these parameters, as in SAM; NULL: at h->theta[net] */
  const float *w;     /* [n*size] weights of the images in gradients(), instead of 1/size; weigh hooks still scale them.
                       * NULL: those of the weigh hooks */
  unsigned flags;     /* HO_EVAL etc. */
  uint64_t later[2];  /* reserved: 0 */
};

/* HO_EVAL          evaluation mode: batch norm uses its running statistics, and there is no dropout
 * HO_SHARED_MASKS  all mini-batches use the same dropout mask
 * HO_KEEP_STATS    batch-norm running statistics are not updated
 *
 * Running statistics are updated once per mini-batch and network, in order, in its first training pass (without
 * HO_EVAL) at the network's own parameters (theta NULL) without HO_KEEP_STATS. */
enum { HO_EVAL = 1, HO_SHARED_MASKS = 2, HO_KEEP_STATS = 4 };

/* The output layer for one mini-batch. */
struct ho_head {
  const float *logits;   /* [size][K] */
  const float *features; /* [size][F] last hidden layer */
  const float *theta;    /* [P] parameters of this pass; a plugin's own parameters are at its offset */
  float *loss;           /* [size] loss of each image, not weighted; written by loss, read by own */
  float *dlogits;        /* [size][K] its derivative by the logits; likewise */
  int first;             /* 1 in the first training pass of this network over the mini-batch at its own parameters.
                          * Only then may loss change state() */
  int net;               /* which network */
};

/* ---- Hooks: what a plugin defines ---- */

struct ho_optimizer {
  uint32_t abi, bytes; /* set by HO_PLUGIN */
  /* Size of the plugin's own struct, set by HO_PLUGIN.  Each run has one, zeroed before options are written.  A plugin
   * has no static variables, as several runs may share a process. */
  size_t self;

  const char *name;     /* file name without .so: letters, digits, - and _ */
  const char *summary;  /* one line */
  const char *citation; /* BibTeX key, or NULL */
  const struct ho_option *options;

  int nets;    /* networks to train, at most 4; 0 means 1.  A chain trains the largest number asked for */
  int slots;   /* arrays [P] that update keeps for each network, at most 4 */
  int horizon; /* 1: training depends on h->epochs or h->steps, so a resumed run cannot be given more epochs */

  /* Checks options against each other and against h, registers state and parameters, makes pools.  May call state(),
   * parameter(), pool(), transition(), scratch(), the arithmetic services, stream() and fail().  h->theta is NULL and
   * h->lr is 0.  h->parameters is final, except in the plugin with own, which is opened first and may add some. */
  int (*open)(void *self, const struct ho_host *);

  /* Frees what did not come from the host.  Calls no service.  Runs only if open succeeded. */
  void (*close)(void *self);

  /* Called before (end = 0) and after (end = 1) epoch h->epoch.  May call every service but state() and parameter(),
   * and may write to h->theta. */
  int (*epoch)(void *self, const struct ho_host *, int end);

  /* Changes x and target of a mini-batch just drawn; rows of target must still sum to 1.  mix() does so for pairs. */
  int (*input)(void *self, const struct ho_host *, struct ho_minibatch *);

  /* Writes the loss of each image to head->loss and its derivative to head->dlogits, neither weighted nor divided by
   * the number of images.  The loss must be linear in the target, L(q) = sum_k q_k L(e_k), so that it composes with
   * mixup (Zhang et al., ICLR 2018), and the loss of an image must not depend on the other images.  Ids at or above N
   * are not training images: arrays indexed by sample must allow for them. */
  int (*loss)(void *self, const struct ho_host *, const struct ho_minibatch *, const struct ho_head *head);

  /* Adds sum_i w_i dL_i/dtheta for the plugin's own parameters to row [P], at their offsets, which are 0 before the
   * call.  w [size] are the final weights of the images.  Required by parameter(). */
  int (*own)(void *self, const struct ho_host *, const struct ho_minibatch *, const struct ho_head *head,
             const float *w, float *row);

  /* Multiplies or replaces the weights w [size] of the images; they start at 1/size, and the loss of the mini-batch is
   * sum_i w_i l_i.  Weights must be finite and may be negative.  Called once per mini-batch, with the losses [size] of
   * the network that first computes gradients() over it.  When the pass gives weights of its own, size * w multiplies
   * them. */
  int (*weigh)(void *self, const struct ho_host *, const struct ho_minibatch *, const float *loss, float *w);

  /* Writes all of dir [nets][P], the gradient to descend along, without weight decay.  Draws as many mini-batches and
   * runs as many passes as it likes.  May call every service but state(), parameter(), pool() and transition(), and may
   * write to h->theta before its first pass. */
  int (*direction)(void *self, const struct ho_host *, float *const *dir);

  /* Moves one tensor.  theta, dir and each slot point to the t->size floats of this tensor; slots start at 0.  The step
   * size is h->lr * t->rate, and update adds t->decay * theta to dir itself.  Called for several tensors at once: it
   * must not write to memory shared between them.  May call stream() and the functions on streams, dot(), dots(),
   * combine(), blend(), momentum(), adam() and fail().  theta may be a copy, so remember its values in slots only. */
  int (*update)(void *self, const struct ho_host *, const struct ho_tensor *t, float *theta, const float *dir,
                float *const *slot);

  /* Writes out [n][K], logits or their equivalent, for n images from logits [nets][n][K] and features [nets][n][F] of
   * all networks.  The output for an image must not depend on the others.  May call scratch(), the arithmetic services,
   * stream(), log() and fail().  Without this hook the prediction is the logits of network 0. */
  int (*predict)(void *self, const struct ho_host *, int n, const float *logits, const float *features, float *out);

  /* 1: predict needs what epoch(1) of the last epoch computes.  Earlier evaluations are reported as those of the
   * network, and the run has no best epoch. */
  int late;

  /* 1: the hooks only pass arrays of P floats - theta, dir, rows, slots - to services, which is all that most methods
   * need, and neither read nor write their elements, except for the plugin's own parameters in h->theta, head->theta
   * and own's row.  The host may then keep the arrays elsewhere.  This includes scratch memory of P floats or more that
   * has been passed to gradients(), blend(), combine(), dot() or dots(). */
  int opaque;

  /* The learning rate of a run that is given none; 0 means the program's own.  In a chain, the first link that has one
   * counts. */
  double lr;
};

extern __attribute__((visibility("default"))) const struct ho_optimizer ho_plugin;

/* Defines the plugin; `type' is its own struct, char if it needs none.  C++20 wants members in the order above. */
#define HO_PLUGIN(type, ...) \
  const struct ho_optimizer ho_plugin = { \
    .abi = HO_ABI, .bytes = sizeof(struct ho_optimizer), .self = sizeof(type), __VA_ARGS__ \
  }

/* ---- Services: what a plugin calls ---- */

/* A stream of random numbers.  It is a value: copying it copies its position. */
#ifndef HO_STREAM_H /* holdout itself defines it in compute/random.h */
#define HO_STREAM_H
struct ho_stream {
  uint64_t word[4];
};
#endif

struct ho_host {
  uint32_t abi, bytes; /* HO_ABI and sizeof(struct ho_host) of the program */

  /* Facts about the run. */
  size_t samples;       /* N */
  size_t clean;         /* images in HO_CLEAN */
  size_t parameters;    /* P: those of the network, then those of plugins */
  int classes;          /* K */
  int features;         /* F */
  int height, width;    /* of the network's input, after augmentation */
  int channels;         /* likewise */
  int tensors;          /* length of the array tensor */
  int nets;             /* networks */
  int batch_size;       /* --batch-size: the images of a step; direction divides them into mini-batches */
  int epochs;           /* --epochs */
  int epoch;            /* now, from 0 */
  uint64_t steps, step; /* in the whole run; now, from 0.  In epoch, the next step */
  double lr; /* learning rate of this step; in epoch, of the epoch's first (end = 0) or last step (end = 1) */
  const uint16_t *label; /* [N] given labels */
  const struct ho_tensor *tensor;
  /* [nets][P] parameters; NULL in open.  Written by update; epoch may write to it, and direction before its passes. */
  float *const *theta;
  void *host; /* private */

  /* -- Registration: open only -- */

  /* Returns an array of n zeroed elements that lives until close and is saved in checkpoints.  dtype is F32, F64, U8,
   * I8, U16, I16, U32, I32, U64 or I64.  Names are letters, digits, - and _, each used once in a plugin.  A checkpoint
   * restores the array after open. */
  void *(*state)(const struct ho_host *, const char *name, const char *dtype, size_t n);

  /* Adds n parameters to every network, at h->theta[net] + *offset, initially 0.  rate and decay are factors on the
   * learning rate and on --weight-decay.  Only for a plugin with the hook own, which computes their gradient. */
  int (*parameter)(const struct ho_host *, const char *name, size_t n, double rate, double decay, size_t *offset);

  /* -- Data -- */

  /* Makes a pool of n >= 1 samples and returns its number, or -1 on failure.  number is -1 for a new pool, or the
   * number of a pool made earlier, to replace its samples.  ids [n] are copied.  Pools are saved in checkpoints; their
   * numbers are not, so keep one made in epoch with state().  open and epoch. */
  int (*pool)(const struct ho_host *, int number, const uint32_t *ids, size_t n);

  /* Draws want->count mini-batches into mb [count] and calls the input hooks on each.  A pool is walked in random
   * order, and no image comes twice before all have come; a remainder too small for a mini-batch is skipped.  Matched
   * draws walk each class in this way.  Fails if the pool is smaller than a mini-batch or lacks a label that a matched
   * draw needs.  direction and epoch. */
  int (*draw)(const struct ho_host *, const struct ho_draw *want, struct ho_minibatch **mb);

  /* x_i <- lambda_i x_i + (1 - lambda_i) x_partner(i), and likewise for targets, all from the values before the call
   * (mixup: Zhang et al., ICLR 2018).  partner and lambda [size], 0 <= lambda <= 1.  Sets mate and lambda.  input,
   * direction and epoch, before the first pass over the mini-batch. */
  int (*mix)(const struct ho_host *, struct ho_minibatch *, const int *partner, const float *lambda);

  /* -- The network: direction and epoch --
   *
   * The n mini-batches of a pass are distinct and have equal sizes.  They run together, but batch norm normalises each
   * separately.  Images are numbered g * size + i, for image i of mini-batch g. */

  /* rows [n][P]: gradients of the losses of mini-batches, sum_i w_i l_i, without weight decay.  May be dir[net] if
   * n is 1. */
  int (*gradients)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n, float *rows);

  /* Forward only: loss [n*size] and logits [n*size][K], either of which may be NULL.  Ignores pass->w. */
  int (*losses)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n, float *loss,
                float *logits);

  /* slope [n*size]: <grad l_i, v> for each image, v [P].  Computed as (l_i(theta + r v) - l_i(theta - r v)) / 2r with
   * r |v| = 0.0003, so it costs two forward passes.  Ignores pass->w; leaves running statistics alone.  The error is
   * typically 0.5 % of the largest slope in the mini-batch, 0.05 % without batch norm and pooling, and up to 10 % with
   * batch norm in narrow, untrained networks.  Small slopes may have the wrong sign. */
  int (*slopes)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n, const float *v,
                float *slope);

  /* logits [n][K] and features [n][F] of all n images of a pool, in order, not augmented, in evaluation mode.  Either
   * may be NULL.  Of the pass, net and theta are used. */
  int (*evaluate)(const struct ho_host *, const struct ho_pass *, int pool, float *logits, float *features);

  /* -- Vectors: any hook, and update --
   *
   * Threaded, with results that do not depend on the number of threads.  Vectors have n floats; row r of a matrix a is
   * at a + r * ld. */

  double (*dot)(const struct ho_host *, size_t n, const float *a, const float *b); /* <a, b>, summed in double */
  /* va[r] = <v, a_r> and aa[r] = <a_r, a_r>, each [rows], reading a once. */
  void (*dots)(const struct ho_host *, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
               double *aa);
  /* out = sum_r w[r] a_r; out may be one of the rows. */
  void (*combine)(const struct ho_host *, size_t n, float *out, int rows, const double *w, const float *a, size_t ld);

  /* -- Memory: any hook -- */

  /* Returns memory aligned to 64 bytes, not cleared.  It counts against --memory-limit until it is freed. */
  void *(*scratch)(const struct ho_host *, size_t bytes);

  /* -- Random numbers: any hook, and update -- */

  /* Returns the stream for this purpose of this plugin at the point (a, b), usually h->step and mb->index.  Streams of
   * different seeds, plugins, purposes or points are independent, and equal ones repeat, so nothing needs to be saved.
   * Philox4x64-10 (Salmon et al., SC 2011). */
  struct ho_stream (*stream)(const struct ho_host *, const char *purpose, uint64_t a, uint64_t b);
  double (*uniform)(struct ho_stream *);              /* in [0, 1) */
  double (*normal)(struct ho_stream *);               /* N(0, 1) */
  double (*gamma)(struct ho_stream *, double shape);  /* scale 1; NaN unless shape > 0 (Marsaglia and Tsang, 2000) */
  void (*permute)(struct ho_stream *, int *p, int n); /* p [n] becomes a random permutation of 0 to n - 1 */

  /* -- The step: direction, and the hooks it leads to -- */

  /* Multiplies the weight decay of this step; factors accumulate. */
  void (*decay)(const struct ho_host *, double factor);
  /* No update in this step: parameters and slots stay.  The step still counts. */
  void (*skip)(const struct ho_host *);
  /* Reports the weight of a mini-batch in this step for log.jsonl and samples.safetensors; 1/n each means n equal ones.
   * Training does not change. */
  void (*weight)(const struct ho_host *, const struct ho_minibatch *, double w);

  /* -- Reporting -- */

  /* Logs a value: mean and standard deviation over the epoch go to log.jsonl as NAME.name.mean and NAME.name.spread.  At
   * most 60 names per run.  Any hook but open. */
  void (*log)(const struct ho_host *, const char *name, double value);

  /* Records why the run cannot go on, as printf does, after the plugin's name.  Say what is wrong, with option and
   * value, and what to do.  Returns -1.  Any hook, and update. */
  int (*fail)(const struct ho_host *, const char *format, ...);

  /* -- More arithmetic -- */

  /* log_p [K] = z - log sum_k exp z_k, in double, without overflow; z [K] are logits.  Any hook. */
  void (*log_softmax)(const struct ho_host *, const float *z, double *log_p);

  /* T [K][K] with T[k][j] = P(given label j | true label k) (Patrini et al., CVPR 2017).  source is "known", for the
   * frequencies among the run's own labels (an oracle), or a file.  A run that resumes does not read the file again and
   * gets the identity: keep what you derive from T in state().  open and epoch. */
  int (*transition)(const struct ho_host *, const char *source, double *T);

  /* X = A^-1, both [n][n], and the condition number of A in the 1-norm, by LAPACK.  Returns k > 0 if A is singular
   * because its k-th pivot is 0.  Any hook. */
  int (*invert)(const struct ho_host *, int n, const double *A, double *X, double *condition);

  double wrong; /* share of the N given labels that are wrong (an oracle); NaN if unknown */

  /* -- More vectors: any hook, and update -- */

  /* out = c[0] x[0] + c[1] x[1] + ..., element by element, terms >= 1 in order, in float32, with c rounded to float32
   * first; out may be one of x.  Threaded. */
  int (*blend)(const struct ho_host *, size_t n, float *out, int terms, const double *c, const float *const *x);

  /* -- Steps of a tensor: update only.  Here lr = h->lr * t->rate, and d = g + t->decay theta -- */

  /* a <- momentum a + d,  theta <- theta - lr a;  with nesterov, theta <- theta - lr (d + momentum a).  In float32. */
  int (*momentum)(const struct ho_host *, const struct ho_tensor *t, float *theta, const float *g, float *a,
                  double momentum, int nesterov);

  /* m <- beta1 m + (1 - beta1) d,  v <- beta2 v + (1 - beta2) d^2,  theta <- theta - lr m' / (sqrt(v') + epsilon), where
   * m' = m / (1 - beta1^s),  v' = v / (1 - beta2^s),  s = h->step + 1 (Kingma and Ba, ICLR 2015).  m and v are in float32,
   * the rest in double. */
  int (*adam)(const struct ho_host *, const struct ho_tensor *t, float *theta, const float *g, float *m, float *v,
              double beta1, double beta2, double epsilon);
};

#ifdef __cplusplus
}
#endif
#endif
