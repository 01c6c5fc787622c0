/* SPDX-License-Identifier: MIT
 * graph.h - for those who write networks and layers: the builder, the node, what a layer is.
 *
 * A network is a list of nodes in the order they run.  A file of models/ adds nodes by the builder functions below,
 * each of which gives the number of the new node; a layer is one file that defines its builder function and its table
 * of functions (struct ho_layer).  Tensors are [images][height][width][channels]; the images of a mini-batch are
 * neighbours, and so are the mini-batches of a pass. */
#ifndef HO_GRAPH_H
#define HO_GRAPH_H

#include "nn/cpu/kernels/kernels.h"
#include "nn/net.h"

enum { HO_INPUTS = 4 };        /* most inputs of a node */
#define HO_ABSENT ((size_t)-1) /* offset of a parameter that the node does not have */

/* A window that slides over an image, with its own padding on each side. */
struct ho_window {
  int kh, kw;                   /* rows, columns of the kernel */
  int sh, sw;                   /* strides */
  int top, bottom, left, right; /* padding */
};
struct ho_window ho_window_square(int kernel, int stride, int padding);

struct ho_node {
  const struct ho_layer *layer; /* NULL: the network's input, node 0 */
  int index, inputs, input[HO_INPUTS];
  struct ho_shape in, out; /* of input[0]; of the result */
  size_t weight, bias;     /* offsets in theta, or HO_ABSENT */
  size_t mean, variance;   /* offsets in stats, or HO_ABSENT */
  union {                  /* what the layer's builder was told */
    struct ho_window window;
    struct {
      double eps, momentum;
    } norm;
    double rate;
    struct {
      int radius;
      double k, alpha, beta;
    } response;
    struct {
      int before, channels[HO_INPUTS]; /* of zeros; of each input */
    } join;
  } u;
};

struct ho_graph {
  struct ho_node *node;
  int nodes, room;
  struct ho_param *param, *stat;
  int nparams, nstats, param_room, stat_room;
  size_t parameters, statistics;
  struct ho_shape input;
  int classes, logits, features; /* K; numbers of nodes */
  int failed;
  struct ho_error *err; /* the first failure's message; only while building */
};

/* TensorFlow's SAME on what node x gives: ceil(side/stride) results; of odd padding the larger half comes after. */
struct ho_window ho_window_same(const struct ho_graph *, int x, int kernel, int stride);

/* ---- building: each gives the new node's number, or -1 once anything has failed: check the end only ---- */

int ho_graph_input(struct ho_graph *);
int ho_graph_conv(struct ho_graph *, int x, const char *name, int out, struct ho_window, int bias);
int ho_graph_dense(struct ho_graph *, int x, const char *name, int out); /* over the whole input; with bias */
int ho_graph_batch_norm(struct ho_graph *, int x, const char *name, int scale, double eps, double momentum);
int ho_graph_relu(struct ho_graph *, int x);
int ho_graph_dropout(struct ho_graph *, int x, double rate);           /* rate 0 adds nothing and gives x */
int ho_graph_max_pool(struct ho_graph *, int x, struct ho_window);     /* padding counts as -inf */
int ho_graph_average_pool(struct ho_graph *, int x, struct ho_window); /* without padding */
int ho_graph_global_average_pool(struct ho_graph *, int x);
int ho_graph_add(struct ho_graph *, int a, int b);
int ho_graph_concat(struct ho_graph *, int n, const int *x);                /* channels of x[0], of x[1], ... */
int ho_graph_pad_channels(struct ho_graph *, int x, int before, int after); /* so many channels of zeros */
/* x/(k + alpha*sum)^beta, the sum being that of squares over the channels at most `radius' away: TensorFlow's meaning
 * of alpha, which other libraries divide by the number of channels. */
int ho_graph_response_norm(struct ho_graph *, int x, int radius, double k, double alpha, double beta);
int ho_graph_times(double width, int n); /* what becomes of n channels under a factor of widths: at least 1 */
/* The weight of node x starts by `init' with `value' (see enum ho_init) instead of PyTorch's default, its bias, if it
 * has one, at `bias'.  Gives x. */
int ho_graph_init(struct ho_graph *, int x, enum ho_init init, double value, double bias);
/* The end: logits has K numbers per image and nothing reads it; features is what the last trained layer reads.
 * 0, or -1 when anything failed. */
int ho_graph_output(struct ho_graph *, int logits, int features);

/* A network of a model that need not be in the table of ho_models(); `value' in the order of its options. */
struct ho_net *ho_net_build(const struct ho_model *, const double *value, struct ho_shape, int classes,
                            struct ho_error *);

/* ---- for layers ---- */

/* A node with these inputs and this result; its u is zero, its parameters absent.  NULL when the graph has failed. */
struct ho_node *ho_graph_node(struct ho_graph *, const struct ho_layer *, int inputs, const int *input,
                              struct ho_shape out);
/* A tensor named LAYER.SUFFIX, else like `like' (offset and size are computed); gives its offset in theta (stats). */
size_t ho_graph_param(struct ho_graph *, const char *layer, const char *suffix, const struct ho_param *like);
size_t ho_graph_stat(struct ho_graph *, const char *layer, const char *suffix, const struct ho_param *like);
int ho_graph_fail(struct ho_graph *, const char *format, ...) __attribute__((format(printf, 2, 3))); /* gives -1 */
/* Shape of what a window gives on node x, out channels; fails when the image is too small.  Gives 0 or -1. */
int ho_graph_slide(struct ho_graph *, int x, const char *name, const struct ho_window *, int out, struct ho_shape *);
static inline size_t ho_shape_size(struct ho_shape s)
{
  return (size_t)s.height * (size_t)s.width * (size_t)s.channels;
}

/* Lines of results are worked on in bands of this many; statistics for batch norm are summed band by band. */
enum { HO_BAND = 4 };
static inline size_t ho_shape_bands(struct ho_shape s)
{
  return ((size_t)s.height + HO_BAND - 1) / HO_BAND;
}

/* One layer's part of one pass. */
struct ho_call {
  int groups, size, eval; /* as in struct ho_forward */
  const float *theta;
  float *stats;
  const unsigned char *advance;
  const struct ho_stream *mask;
  const float *x[HO_INPUTS];    /* what the node reads; in backward only what the layer keeps */
  const float *view[HO_INPUTS]; /* how x is to be read (ho_call_view); NULL: as it is */
  size_t ld, ld_dx;             /* floats from pixel to pixel of x[0], of dx[0]: for batch norm */
  float *y;                     /* what it gives; x[0] itself when HO_IN_PLACE was granted */
  size_t ld_y, ld_dy;           /* floats from pixel to pixel of y, of dy: HO_WRITES_SLICES */
  const float *residual;        /* to be added to the result, as wide as y; NULL: nothing */
  double *moments;              /* [images][bands][2][C]: sums of y, y^2 or NULL; batch norm: of x */
  int lazy, relu, summed;       /* batch norm: leave y to the readers; with ReLU; moments are there */
  double *products;             /* backward, [images][bands][2][products_wide], or NULL: sums over */
  size_t products_wide;         /* dx[0] that a convolution leaves for the batch norms before it */
  float *coefficients;          /* lazy: of what readers shall see; concat: of all channels, or NULL */
  size_t coefficients_wide;     /* channels of the tensor that they belong to */
  const float *dy;              /* backward: dL/dy */
  float *dx[HO_INPUTS];         /* dL/dx, NULL when nobody wants it; dy itself when granted */
  unsigned char add[HO_INPUTS]; /* add to dx (another reader of x has been there), not overwrite */
  float *rows;                  /* gradients of mini-batch g: rows + g*ld + offset; overwrite */
  size_t ld_rows;
  void *saved, *shared;  /* as asked for by needs(); aligned to 64 bytes */
  unsigned char *worker; /* that of worker w begins at worker + w*worker_bytes */
  size_t worker_bytes;
};

/* Coefficients are [groups][HO_COEFFICIENTS][channels]: mean, scale, shift, floor; `view' is those of the first channel
 * that matters. */
enum { HO_COEFFICIENTS = 4 };
static inline struct ho_affine ho_view_of(const float *view, size_t channels, size_t group)
{
  const float *mean = view + group * HO_COEFFICIENTS * channels;
  return (struct ho_affine){ mean, mean + channels, mean + 2 * channels, mean + 3 * channels };
}

struct ho_needs { /* bytes, enough for any pass of up to so many groups and images */
  size_t saved;   /* from forward to backward, one per node */
  size_t shared;  /* during one call of one layer */
  size_t worker;  /* likewise, for each worker */
};

enum {
  HO_KEEP_INPUT = 1,        /* backward reads x */
  HO_KEEP_OUTPUT = 2,       /* backward reads y */
  HO_IN_PLACE = 4,          /* forward can write y over x[0] */
  HO_GRADIENT_IN_PLACE = 8, /* backward can write dx[0] over dy */
  HO_READS_VIEWS = 16,      /* takes x[0] with coefficients */
  HO_WRITES_SLICES = 32,    /* y and dy may be some channels of a wider tensor */
  HO_ADDS_RESIDUAL = 64,    /* forward can add another tensor, and leave moments */
};

struct ho_layer {
  const char *name;
  unsigned flags;
  void (*needs)(const struct ho_node *, int groups, int images, int backward, struct ho_needs *); /* NULL: nothing */
  double (*multiply_adds)(const struct ho_node *);                                                /* NULL: none */
  void (*forward)(const struct ho_node *, const struct ho_call *);
  void (*weights)(const struct ho_node *, const struct ho_call *);  /* backward to rows, before that to data; or NULL */
  void (*backward)(const struct ho_node *, const struct ho_call *); /* to dx; and to rows when there is no `weights' */
};

/* What fusion and in-place work look for. */
extern const struct ho_layer ho_layer_add, ho_layer_batch_norm, ho_layer_concat, ho_layer_relu;

/* Element-wise work is cut into chunks of this many floats. */
enum { HO_CHUNK = 16384 };
static inline int ho_chunks(size_t n)
{
  return (int)((n + HO_CHUNK - 1) / HO_CHUNK);
}
static inline size_t ho_chunk_end(int i, size_t n)
{
  return ((size_t)i + 1) * HO_CHUNK < n ? ((size_t)i + 1) * HO_CHUNK : n;
}

static inline size_t ho_least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Sizes that stay at SIZE_MAX once they do not fit. */
static inline size_t ho_size_mul(size_t a, size_t b)
{
  size_t c;
  return __builtin_mul_overflow(a, b, &c) ? (size_t)-1 : c;
}
static inline size_t ho_size_add(size_t a, size_t b)
{
  size_t c;
  return __builtin_add_overflow(a, b, &c) ? (size_t)-1 : c;
}

/* Dropout's draws: the stream of one image at one node; its next n <= HO_DROPOUT_BLOCK factors, 0 or 1/(1-rate). */
enum { HO_DROPOUT_BLOCK = 1024 };
struct ho_stream ho_dropout_stream(const struct ho_stream *mask, int node, int image);
void ho_dropout_factors(struct ho_stream *, double rate, int n, float *factor);

/* The table of ho_models(): one file of models/ each. */
extern const struct ho_model ho_model_alexnet_small, ho_model_cifarnet, ho_model_inception_small, ho_model_lenet,
    ho_model_mlp, ho_model_preact_resnet18, ho_model_resnet32;

#endif
