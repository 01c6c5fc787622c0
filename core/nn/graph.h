/* SPDX-License-Identifier: MIT
 * graph.h - a network as a graph: the nodes, the functions that build it, and what a layer is.
 *
 * A network is a list of nodes in the order in which they run; node 0 is the input.  A file of models/ builds one with
 * the functions below.  A layer is described by a file of layers/: its builder function, shapes and parameters.  How it
 * is computed is up to each engine (for the CPU, cpu/layer.h).
 *
 * Tensors are [images][height][width][channels], float32.  The images of a mini-batch are adjacent, and so are the
 * mini-batches of a pass. */
#ifndef HO_GRAPH_H
#define HO_GRAPH_H

#include "compute/random.h"
#include "nn/net.h"

enum { HO_INPUTS = 4 };        /* most inputs of a node */
#define HO_ABSENT ((size_t)-1) /* offset of a parameter that the node does not have */

/* A window that slides over an image, in pixels, with its own padding on each side. */
struct ho_window {
  int kh, kw;                   /* rows, columns of the kernel */
  int sh, sw;                   /* strides */
  int top, bottom, left, right; /* padding */
};

/* An engine finds its functions for a layer by this number. */
enum ho_layer_kind {
  HO_LAYER_INPUT,
  HO_LAYER_ADD,
  HO_LAYER_AVERAGE_POOL,
  HO_LAYER_BATCH_NORM,
  HO_LAYER_CONCAT,
  HO_LAYER_CONV,
  HO_LAYER_DENSE,
  HO_LAYER_DROPOUT,
  HO_LAYER_MAX_POOL,
  HO_LAYER_PAD_CHANNELS,
  HO_LAYER_RELU,
  HO_LAYER_RESPONSE_NORM,
  HO_LAYERS
};

struct ho_node;

struct ho_layer {
  enum ho_layer_kind kind;
  const char *name;                                /* in messages and tables */
  double (*multiply_adds)(const struct ho_node *); /* of one image, forward; NULL: too few to count */
};

struct ho_node {
  const struct ho_layer *layer;
  int index, inputs, input[HO_INPUTS]; /* its own number; how many nodes it reads, and which */
  struct ho_shape in, out;             /* shapes of input[0] and of the result */
  size_t weight, bias;                 /* offsets in theta, or HO_ABSENT */
  size_t mean, variance;               /* offsets in stats, or HO_ABSENT */
  union {                              /* the layer's options, set by its builder function */
    struct ho_window window;           /* convolution, pools */
    struct {
      double eps, momentum;
    } norm;
    double rate; /* dropout */
    struct {
      int radius;
      double k, alpha, beta;
    } response;
    struct {
      int before, channels[HO_INPUTS]; /* zero channels in front; channels of each input */
    } join;                            /* concat, channel padding */
  } u;
};

struct ho_graph {
  struct ho_node *node;
  int nodes, room;
  struct ho_param *param, *stat;
  int nparams, nstats, param_room, stat_room;
  size_t parameters, statistics; /* P, S */
  struct ho_shape input;
  int classes, logits, features; /* K; numbers of the nodes */
  int failed;
  struct ho_error *err; /* gets the first error's message; used only while building */
};

static inline size_t ho_shape_size(struct ho_shape s)
{
  return (size_t)s.height * (size_t)s.width * (size_t)s.channels;
}

/* ---- building ----
 * Each function returns the number of the new node, or -1 after an error; then all later calls return -1 without doing
 * anything, so that only ho_graph_output need be checked.  `name' is the prefix of the names of the parameters. */

int ho_graph_input(struct ho_graph *);
int ho_graph_conv(struct ho_graph *, int x, const char *name, int out, struct ho_window, int bias);
int ho_graph_dense(struct ho_graph *, int x, const char *name, int out); /* over the whole input, with bias */
int ho_graph_batch_norm(struct ho_graph *, int x, const char *name, int scale, double eps, double momentum);
int ho_graph_relu(struct ho_graph *, int x);
int ho_graph_dropout(struct ho_graph *, int x, double rate);           /* rate 0 adds no node and returns x */
int ho_graph_max_pool(struct ho_graph *, int x, struct ho_window);     /* padding counts as -inf */
int ho_graph_average_pool(struct ho_graph *, int x, struct ho_window); /* without padding */
int ho_graph_global_average_pool(struct ho_graph *, int x);
int ho_graph_add(struct ho_graph *, int a, int b);
int ho_graph_concat(struct ho_graph *, int n, const int *x);                /* channels of x[0], of x[1], ... */
int ho_graph_pad_channels(struct ho_graph *, int x, int before, int after); /* adds channels of zeros */
/* x/(k + alpha*sum)^beta, where sum is that of squares over the channels at most `radius' away.  Alpha as in
 * TensorFlow; other libraries divide it by the number of channels. */
int ho_graph_response_norm(struct ho_graph *, int x, int radius, double k, double alpha, double beta);

/* Initialises the weight of node x by `init' with `value' (see enum ho_init) instead of PyTorch's default, and its
 * bias, if it has one, to `bias'.  Returns x. */
int ho_graph_init(struct ho_graph *, int x, enum ho_init init, double value, double bias);

/* Ends the graph.  logits is a node with K numbers per image that no node reads; features is the input of the last
 * layer with parameters.  Returns 0, or -1 if this or any earlier call has failed. */
int ho_graph_output(struct ho_graph *, int logits, int features);

struct ho_window ho_window_square(int kernel, int stride, int padding);
/* TensorFlow's SAME padding for node x: ceil(side/stride) results; if padding is odd, the larger half comes after. */
struct ho_window ho_window_same(const struct ho_graph *, int x, int kernel, int stride);
int ho_graph_times(double width, int n); /* n channels scaled by width: rounded, at least 1 */

/* A network of a model that need not be in the table of ho_models(); `value' in the order of the model's options.
 * Returns NULL after an error; freed by ho_net_free. */
struct ho_net *ho_net_build(const struct ho_model *, const double *value, struct ho_shape, int classes,
                            struct ho_error *);

/* ---- for the files of layers/ ---- */

/* Adds a node with these inputs and result shape, without parameters; its u is zero.  NULL if the graph has failed.
 * The pointer is valid until the next node is added. */
struct ho_node *ho_graph_node(struct ho_graph *, const struct ho_layer *, int inputs, const int *input,
                              struct ho_shape out);
/* Adds a tensor LAYER.SUFFIX to theta (param) or stats (stat), otherwise like `like'; its offset and size are
 * computed.  Returns the offset. */
size_t ho_graph_param(struct ho_graph *, const char *layer, const char *suffix, const struct ho_param *like);
size_t ho_graph_stat(struct ho_graph *, const char *layer, const char *suffix, const struct ho_param *like);
/* Marks the graph as failed, with a message unless it has one.  Returns -1. */
int ho_graph_fail(struct ho_graph *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sets *shape to the result of sliding a window over node x, with `out' channels.  Returns 0, or -1 if the image is too
 * small or the window makes no sense. */
int ho_graph_slide(struct ho_graph *, int x, const char *name, const struct ho_window *, int out, struct ho_shape *);

/* ---- dropout's factors, the same for every engine (layers/dropout.c) ---- */

/* The stream of image number `image' of a mini-batch at a node; `mask' is the mini-batch's stream. */
struct ho_stream ho_dropout_stream(const struct ho_stream *mask, int node, int image);
/* The next n <= HO_DROPOUT_BLOCK factors of that stream: 0 or 1/(1 - rate).  All blocks but the last must be whole. */
enum { HO_DROPOUT_BLOCK = 1024 };
void ho_dropout_factors(struct ho_stream *, double rate, int n, float *factor);

#endif
