/* MY-NAME.c - an optimizer for holdout that shortens unusually long gradients.
 *
 * It is a small working method; replace it with yours.  In each step
 *
 *    g <- g min(1, limit m / |g|),   m <- 0.9 m + 0.1 |g|,
 *
 * where |g| is the length of the gradient and m its running mean (Pascanu et al., On the Difficulty of Training
 * Recurrent Neural Networks, ICML 2013, clip at a multiple of the mean).  limit = 0 is sgd, bit for bit.
 *
 * holdout/optimizer.h is the complete interface; `man holdout-optimizer' describes each hook and service. */
#include <holdout/optimizer.h>
#include <math.h>

/* Each run has one of these, zeroed, then filled with the options.  Use no static variables: runs may share a process.
 * */
struct MY_NAME_self {
  double limit;
  double *mean; /* [nets] running mean of the gradient's length, owned by the host */
};

/* self type, field, type, default, range, help.  Users set -O MY-NAME.limit=3; the host checks type and range. */
static const struct ho_option options[] = {
  HO_OPTION(struct MY_NAME_self, limit, HO_REAL, "2", "[0,inf)",
            "longest gradient, as a multiple of the mean length; 0: any"),
  { 0 },
};

/* Runs before the first step.  What must survive from step to step comes from state(): the host saves it in checkpoints
 * and restores it after open. */
static int open(void *self, const struct ho_host *h)
{
  struct MY_NAME_self *o = (struct MY_NAME_self *)self;
  o->mean = (double *)h->state(h, "mean", "F64", (size_t)h->nets);
  return o->mean ? 0 : -1;
}

/* g <- g min(1, limit m / |g|) for one network.  Returns 1 if g was shortened, -1 if that failed. */
static int shorten(const struct MY_NAME_self *o, const struct ho_host *h, int net, float *g)
{
  double length = sqrt(h->dot(h, h->parameters, g, g)), *m = &o->mean[net], factor = o->limit * *m / length;
  int is_long = o->limit > 0 && h->step > 0 && factor < 1;
  if (is_long && h->blend(h, h->parameters, g, 1, &factor, (const float *const *)&g)) /* g <- factor g */
    return -1;
  *m = h->step > 0 ? 0.9 * *m + 0.1 * length : length;
  return is_long;
}

/* Computes the direction of a step, which update descends along: draw mini-batches, compute their gradients, and
 * combine them.  All of dir[net][0..parameters) must be written.
 *
 * The hooks that this plugin lacks (the loss, the update with momentum) are those of another plugin in the chain, at
 * last sgd. */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct MY_NAME_self *o = (const struct MY_NAME_self *)self;
  struct ho_draw want = { HO_TRAIN, 1, h->batch_size, 0, NULL, 0, 0, { 0, 0 } };
  struct ho_minibatch *mb;
  int is_long, shortened = 0;
  if (h->draw(h, &want, &mb))
    return -1; /* the service has recorded why; for errors of your own, return h->fail(h, "...") */
  for (int net = 0; net < h->nets; net++) {
    struct ho_pass pass = { net, NULL, NULL, 0, { 0, 0 } };
    if (h->gradients(h, &pass, &mb, 1, dir[net]) || (is_long = shorten(o, h, net, dir[net])) < 0)
      return -1;
    shortened += is_long;
  }
  h->log(h, "shortened", (double)shortened / h->nets); /* log.jsonl gets its mean over the epoch */
  return 0;
}

/* The only symbol that the file exports.  opaque: arrays such as dir[net] are passed to services and never looked into;
 * without it, hooks may read and write their elements. */
HO_PLUGIN(struct MY_NAME_self, .name = "MY-NAME", .summary = "shorten gradients of unusual length",
          .citation = "pascanu2013", .options = options, .open = open, .direction = direction, .opaque = 1);
