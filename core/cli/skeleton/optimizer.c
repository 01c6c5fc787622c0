/* MY-NAME.c - an optimizer for holdout that leaves out images of unusually large loss, as wrong labels have it.
 *
 * It is a small working method; replace it with yours.  In each mini-batch, image i has the weight
 *
 *    w_i <- 0 if l_i > limit m, else w_i,   and then m <- 0.9 m + 0.1 mean(l),
 *
 * where l_i is its loss and m a running mean (Shen and Sanghavi, Learning with Bad Training Data via Iterative Trimmed
 * Loss Minimization, ICML 2019, leave out a share of the images).  limit = 0 is sgd, bit for bit.
 *
 * holdout/optimizer.h is the complete interface; `man holdout-optimizer' describes each hook and service. */
#include <holdout/optimizer.h>

/* Each run has one of these, zeroed, then filled with the options.  Use no static variables: runs may share a process.
 * */
struct MY_NAME_self {
  double limit;
  double *mean; /* running mean of the losses, owned by the host; 0 before the first mini-batch */
};

/* self type, field, type, default, range, help.  Users set -O MY-NAME.limit=3; the host checks type and range. */
static const struct ho_option options[] = {
  HO_OPTION(struct MY_NAME_self, limit, HO_REAL, "2", "[0,inf)",
            "largest loss of an image that counts, as a multiple of the mean loss; 0: any"),
  { 0 },
};

/* Runs before the first step.  What must survive from step to step comes from state(): the host saves it in checkpoints
 * and restores it after open. */
static int open(void *self, const struct ho_host *h)
{
  struct MY_NAME_self *o = (struct MY_NAME_self *)self;
  o->mean = (double *)h->state(h, "mean", "F64", 1);
  return o->mean ? 0 : -1; /* the service has recorded why; for errors of your own, return h->fail(h, "...") */
}

/* Changes the weights of the images of a mini-batch; they start at 1/size.  Many methods may have this hook, so that a
 * chain such as bilevel+MY-NAME works.
 *
 * The hooks that this plugin lacks (the loss, the direction of a step, the update with momentum) are those of another
 * plugin in the chain, at last sgd. */
static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  const struct MY_NAME_self *o = (const struct MY_NAME_self *)self;
  double sum = 0, most = o->limit * *o->mean;
  int trimmed = 0;
  for (int i = 0; i < mb->size; i++) {
    sum += loss[i];
    if (most > 0 && loss[i] > most) {
      w[i] = 0;
      trimmed++;
    }
  }
  *o->mean = *o->mean > 0 ? 0.9 * *o->mean + 0.1 * sum / mb->size : sum / mb->size;
  h->log(h, "trimmed", (double)trimmed / mb->size); /* log.jsonl gets its mean over the epoch */
  return 0;
}

/* The only symbol that the file exports.  opaque: no hook looks into the arrays of parameters and gradients; without it,
 * hooks may read and write their elements. */
HO_PLUGIN(struct MY_NAME_self, .name = "MY-NAME", .summary = "leave out images of unusually large loss",
          .citation = "shen2019", .options = options, .open = open, .weigh = weigh, .opaque = 1);
