/* SPDX-License-Identifier: MIT
 * holdout/optimizer.h - all that a plugin needs.  float32, row-major.  Hooks and services give 0, or -1 after fail().
 *
 * MEMORY   The host owns everything.  What draw() and scratch() give lives to the end of the step (in open, epoch: of
 *          the call); state() and theta live until close.  A plugin frees nothing and keeps no other pointer.  Options
 *          in self are read, not written.
 * WHEN     draw and passes: direction and epoch only, never within input or a pass's own hooks.  mix: in input, too, up
 *          to the first pass over a mini-batch.  pool, transition: open, epoch.
 * THREADS  One thread calls every hook, mini-batches in the order they are drawn or passed; only update runs on several
 *          tensors at once, and may call nothing but stream, vectors and fail.
 * RESUME   Checkpoints fall between steps: theta, slots, state(), sampler cursors; open() runs first, then they return.
 *          dir is not among them: direction writes all of it.
 * RANDOM   Only streams of h->stream(), keyed by step: nothing to save, nothing shifts when another draw is added. */
#ifndef HO_OPTIMIZER_H
#define HO_OPTIMIZER_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/* clang-format off: laid out in columns, by hand */
#define HO_ABI \
  1 /* ho_host and ho_optimizer only ever grow at their ends, ho_minibatch and ho_head too; all else stays.
                    A shorter or longer ho_optimizer of the same ABI is welcome */

enum ho_type { HO_INT, HO_REAL, HO_BOOL, HO_CHOICE, HO_TEXT }; /* int, double, int, int (position), const char * */
struct ho_option { /* the host parses, checks the range, and writes self + offset before open() */
  const char *name;
  enum ho_type type;
  size_t offset;
  const char *value, *range, *help; /* "0.01", "[0,inf)" or "soft|hard", one line */
};
/* A row of the table, for the field of that name in `self_type': HO_OPTION(struct sgd, momentum, HO_REAL, ...). */
#define HO_OPTION(self_type, field, type, value, range, help) \
  { #field, type, offsetof(self_type, field), value, range, help }
struct ho_tensor { /* a slice of theta */
  const char *name;
  size_t offset, size;
  double rate, decay; /* factor on lr; weight decay: in update this step's, with h->decay's factor */
};

enum { HO_TRAIN, HO_CLEAN, HO_VALIDATION }; /* pools; more from pool() */
struct ho_draw {                            /* zero what is not meant */
  int pool, count, size;                    /* count mini-batches of size images each */
  int matched;         /* all have this step's ordered list of given labels, whatever the draw: bilevel */
  const uint32_t *ids; /* or exactly these count*size samples */
  int view;            /* 1, 2..: other augmentations of the same images */
  int plain;           /* 1: not through the input hooks: neither mixed nor smoothed */
  uint64_t later[2];   /* 0 */
};
struct ho_minibatch {        /* sampled, augmented, through every input hook ONCE; the same at each later pass */
  int size, pool, index;     /* index: position within this step's draws */
  const uint32_t *id, *mate; /* [size] sample: h->samples to train on, then h->clean, then HO_VALIDATION's; partner
                                  mixed in (or itself) */
  const float *lambda;       /* [size] share of id, 1 if not mixed */
  const uint16_t *label;     /* [size] given label of id; of HO_CLEAN's samples the true one */
  float *x, *target;         /* [size][H][W][C] as the network sees it; [size][K], rows sum to 1: for input hooks to
                                  change, and for who drew it until the first pass */
};
struct ho_head { /* one mini-batch at the output; loss is linear in target: L(q) = sum_k q_k L(e_k), so
                                  that mixing composes */
  const float *logits, *features, *theta; /* [size][K], [size][F] last hidden layer, parameters of this pass */
  float *loss, *dlogits; /* out (in `own': in), never NULL: [size], [size][K] of each sample's own loss, not yet
                                  weighted */
  int first;             /* first training pass over it by this net at its parameters: only now state may advance */
  int net;
};
enum { HO_EVAL = 1, HO_SHARED_MASKS = 2, HO_KEEP_STATS = 4 }; /* running BN, no dropout | one mask for all | ... */
struct ho_pass {                                              /* zero is the usual one */
  int net;
  const float *theta; /* [P] evaluate here; NULL: at the network's parameters.  This is `perturb' */
  const float *w;     /* [n*size] sample coefficients instead of 1/size; factors of weigh hooks come on top */
  unsigned flags;     /* BN running statistics move at a mini-batch's first training pass at the network's own
                                  parameters that does not keep them, in order */
  uint64_t later[2];  /* 0 */
};
#ifndef HO_STREAM_DEFINED
#define HO_STREAM_DEFINED
struct ho_stream {
  uint64_t word[4];
};
#endif

struct ho_host {
  uint32_t abi, bytes;
  size_t samples, clean, parameters; /* N to train on, clean ones behind them; P, plugins' own parameters included: in
                                        open they are, too, but in that of the plugin which adds them */
  int classes, features, height, width, channels, tensors, nets, batch_size, epochs, epoch;
  uint64_t steps, step; /* step: the next one, in epoch's end */
  double lr;
  const uint16_t *label; /* [N] given labels */
  const struct ho_tensor *tensor;
  float *const *theta; /* [nets][P]; NULL in open; epoch may write it, and
                                                                    direction before its passes */
  void *host;
  /* in open only */
  void *(*state)(const struct ho_host *, const char *name, const char *dtype, size_t n); /* zeroed; "F32" "U8" ... */
  int (*parameter)(const struct ho_host *, const char *name, size_t n, double rate, double decay, size_t *offset);
  /* of the owner of `own'; factors on lr, weight decay; starts at 0 */
  /* data */
  int (*pool)(const struct ho_host *, int number, const uint32_t *ids, size_t n); /* -1: a new one, or refills one that
                                                         was made; gives its number, which is the plugin's to keep */
  int (*draw)(const struct ho_host *, const struct ho_draw *, struct ho_minibatch **mb);              /* mb[count] */
  int (*mix)(const struct ho_host *, struct ho_minibatch *, const int *partner, const float *lambda); /* x, target */
  /* network; n mini-batches run grouped: one pass, batch norm per mini-batch */
  int (*gradients)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n,
                   float *rows); /* rows[n][P]: gradient of each mini-batch's loss */
  int (*losses)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n, float *loss,
                float *logits); /* forward only; either may be NULL */
  int (*slopes)(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *mb, int n, const float *v,
                float *slope); /* [n*size] <grad loss_i, v>, by two forward passes: to some 0.5 % of the
                                 largest, 0.05 to 10 %; worst through batch norm in narrow, untrained networks */
  int (*evaluate)(const struct ho_host *, const struct ho_pass *, int pool, float *logits, float *features);
  /* whole pool, in order, HO_EVAL: net and theta of the pass */
  /* vectors: threaded, fixed order, same bits for any number of threads; n floats */
  double (*dot)(const struct ho_host *, size_t n, const float *a, const float *b); /* in double */
  void (*dots)(const struct ho_host *, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
               double *aa); /* va[r] = <v, a_r>, aa[r] = <a_r, a_r>: one walk */
  void (*combine)(const struct ho_host *, size_t n, float *out, int rows, const double *w, const float *a, size_t ld);
  void *(*scratch)(const struct ho_host *, size_t bytes); /* aligned to 64, not cleared; NULL after fail() */
  /* the rest */
  struct ho_stream (*stream)(const struct ho_host *, const char *purpose, uint64_t a, uint64_t b);
  double (*uniform)(struct ho_stream *), (*normal)(struct ho_stream *);
  double (*gamma)(struct ho_stream *, double shape); /* shape > 0, else NaN */
  void (*permute)(struct ho_stream *, int *p, int n);
  void (*decay)(const struct ho_host *, double factor); /* this step's weight decay times factor */
  void (*skip)(const struct ho_host *);                 /* no update in this step: parameters, slots stay */
  void (*weight)(const struct ho_host *, const struct ho_minibatch *, double w); /* this mini-batch's weight in a step:
                                                                   logged per epoch, kept per sample; changes nothing */
  void (*log)(const struct ho_host *, const char *name, double value);           /* mean and spread per epoch */
  int (*fail)(const struct ho_host *, const char *format, ...); /* the host adds the plugin's name; gives -1 */
  void (*log_softmax)(const struct ho_host *, const float *z, double *log_p); /* [K] logits, [K] */
  int (*transition)(const struct ho_host *, const char *source, double *T);   /* T[K][K], row k: P(given j | true k);
                                                          "known": as the run's labels are, an oracle; else a file */
  int (*invert)(const struct ho_host *, int n, const double *A, double *X, double *condition); /* X = A^-1, both
                                 [n][n]; condition number in the 1-norm.  0; k > 0: A is singular, its k-th pivot is 0 */
  double wrong; /* share of the N given labels that are not the true ones, an oracle; NaN: nobody knows */
};

struct ho_optimizer { /* NULL hook: the next in the chain, at last that of `sgd', which ends every chain */
  uint32_t abi, bytes;
  size_t self; /* HO_PLUGIN sets these */
  const char *name, *summary, *citation;
  const struct ho_option *options; /* ends with {0} */
  int nets, slots; /* networks it trains (0: 1), arrays of size P that update keeps for each: at most 4 */
  int horizon;     /* 1: what it does depends on h->epochs or h->steps: a resumed run cannot have more */
  int (*open)(void *self, const struct ho_host *);
  void (*close)(void *self);
  int (*epoch)(void *self, const struct ho_host *, int end); /* before (0) and after (1) each epoch; stacks */
  int (*input)(void *self, const struct ho_host *, struct ho_minibatch *); /* at each draw; stacks */
  int (*loss)(void *self, const struct ho_host *, const struct ho_minibatch *, const struct ho_head *);
  int (*own)(void *self, const struct ho_host *, const struct ho_minibatch *, const struct ho_head *, const float *w,
             float *row); /* after weigh: own parameters' gradient, add to row */
  int (*weigh)(void *self, const struct ho_host *, const struct ho_minibatch *, const float *loss, float *w);
  /* at the first gradients() over it, by whichever net; w starts 1/size: loss is
                                  sum_i w_i l_i; stacks */
  int (*direction)(void *self, const struct ho_host *, float *const *dir); /* dir[nets][P]; without weight decay */
  int (*update)(void *self, const struct ho_host *, const struct ho_tensor *, float *theta, const float *dir,
                float *const *slot); /* one tensor; adds t->decay * theta itself */
  int (*predict)(void *self, const struct ho_host *, int n, const float *logits, const float *features, float *out);
  /* logits[nets][n][K], features[nets][n][F] -> out[n][K]; default: net 0 */
  int late; /* 1: what predict needs is made in epoch's end of the last epoch; evaluations before it are told as the
                                  networks', and the run has no best epoch */
};

extern __attribute__((visibility("default"))) const struct ho_optimizer ho_plugin;
#define HO_PLUGIN(type, ...) \
  const struct ho_optimizer ho_plugin = { \
    .abi = HO_ABI, .bytes = sizeof(struct ho_optimizer), .self = sizeof(type), __VA_ARGS__ \
  }
#ifdef __cplusplus
}
#endif
#endif
