/* MY-NAME.c - an optimizer for holdout: gradients of unusual length are shortened.
 *
 * This is a small method that works, to be replaced by yours.  In each step
 *
 *    g <- g min(1, limit m / |g|),   m <- 0.9 m + 0.1 |g|,
 *
 * where |g| is the length of the gradient and m its running mean (Pascanu et al., On the Difficulty of Training
 * Recurrent Neural Networks, ICML 2013, clip at a multiple of the mean).  limit = 0 is sgd, to the last bit.
 *
 * holdout/optimizer.h is the whole interface, `man holdout-optimizer' tells what each hook and service does. */
#include <holdout/optimizer.h>
#include <math.h>

/* One of these exists for each training, zeroed, then filled with the options.  Nothing may be static: trainings can
 * stand side by side. */
struct MY_NAME_self {
  double limit;
  double *mean; /* [nets] running mean of the gradient's length, in memory of the host */
};

/* name, type, place, default, range, help.  Set from outside by -O MY-NAME.limit=3; the host checks type and range. */
static const struct ho_option options[] = {
  HO_OPTION(struct MY_NAME_self, limit, HO_REAL, "2", "[0,inf)",
            "longest gradient, as a multiple of the mean length; 0: any"),
  { 0 },
};

/* Before the first step.  What is kept from step to step is asked of the host: it goes into checkpoints by itself, and
 * returns from them after open. */
static int open(void *self, const struct ho_host *h)
{
  struct MY_NAME_self *o = (struct MY_NAME_self *)self;
  o->mean = (double *)h->state(h, "mean", "F64", (size_t)h->nets);
  return o->mean ? 0 : -1;
}

/* g <- g min(1, limit m / |g|) for one network; gives whether it was shortened. */
static int shorten(const struct MY_NAME_self *o, const struct ho_host *h, int net, float *g)
{
  double length = sqrt(h->dot(h, h->parameters, g, g)), *m = &o->mean[net], longest = o->limit * *m;
  int is_long = o->limit > 0 && h->step > 0 && length > longest;
  for (size_t k = 0; k < h->parameters && is_long; k++)
    g[k] *= (float)(longest / length);
  *m = h->step > 0 ? 0.9 * *m + 0.1 * length : length;
  return is_long;
}

/* The direction of a step: the host goes against it, times the learning rate.  Gradients are pulled: draw mini-batches,
 * ask for their gradients, combine them as you like.  All of dir[net][0..parameters) must be written.
 *
 * What this plugin leaves out (the loss, the update with momentum) is sgd's, or that of another link in the chain. */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct MY_NAME_self *o = (const struct MY_NAME_self *)self;
  struct ho_draw want = { HO_TRAIN, 1, h->batch_size, 0, NULL, 0, 0, { 0, 0 } };
  struct ho_minibatch *mb;
  int shortened = 0;
  if (h->draw(h, &want, &mb))
    return -1; /* the service has told what is wrong; a plugin of its own accord returns h->fail(h, "...") */
  for (int net = 0; net < h->nets; net++) {
    struct ho_pass pass = { net, NULL, NULL, 0, { 0, 0 } };
    if (h->gradients(h, &pass, &mb, 1, dir[net]))
      return -1;
    shortened += shorten(o, h, net, dir[net]);
  }
  h->log(h, "shortened", (double)shortened / h->nets); /* its mean over the epoch stands in log.jsonl */
  return 0;
}

/* The one symbol of the file.  Hooks not named are somebody else's. */
HO_PLUGIN(struct MY_NAME_self, .name = "MY-NAME", .summary = "shorten gradients of unusual length",
          .citation = "pascanu2013", .options = options, .open = open, .direction = direction);
