/* SPDX-License-Identifier: MIT
 * conv_winograd_weights.c - the gradient of 3x3 filters of stride 1 by the transpose of Winograd's F(4x4,3x3).
 *
 * With V = transformed patches of x and D = transformed tiles of dy (kernels/winograd_lanes.h), the gradient of the
 * transformed filters of one mini-batch is dU_p = V_p' D_p at each of the 36 positions p, summed over its tiles.
 * The gradient of the filters themselves is G' dU G.  There are two ways to divide the work:
 *
 *     small filters: each task has some bands of a mini-batch, and a dU of its own, which stays in the cache;
 *     large filters: first V and D of all tiles; then each task has a panel of inputs and outputs, whose dU stays in
 *                    the cache. */
#include "compute/parallel.h"
#include "nn/cpu/layers/conv.h"
#include "nn/cpu/kernels/gemm.h"

enum {
  POINTS = 36,
  TILES = 64,      /* transformed at a time */
  SMALL = 1 << 15, /* most filters: their dU takes 4.5 megabytes */
  PANEL = 64,      /* inputs and outputs of a task */
  PIECE = 16,      /* tiles of a task that transforms */
  APART = 16       /* floats between planes, so that they do not map to the same cache lines */
};

struct work {
  const struct ho_conv *c;
  size_t across, bands; /* tiles of a band, bands of a mini-batch */
  size_t tiles;         /* that V and D have room for */
  /* small filters */
  size_t splits, each; /* tasks of a mini-batch, bands of each */
  size_t block;        /* bands transformed at a time */
  /* large filters */
  size_t piece; /* bands of a task that transforms */
  struct ho_panels inputs, outputs;
  float *v, *d;
};

static int small(const struct ho_conv *c)
{
  return c->in * c->out <= SMALL;
}

static size_t plane(size_t tiles, size_t channels)
{
  return tiles * channels + APART;
}

static size_t gathered(const struct work *w)
{
  size_t across = (size_t)w->across, x = 6 * (4 * across + 2) * w->c->in, dy = across * 4 * 4 * w->c->out;
  return x > dy ? x : dy;
}

static struct ho_panels panels_of(size_t n)
{
  size_t count = (n + PANEL - 1) / PANEL, width = ((n + count - 1) / count + 15) / 16 * 16;
  return (struct ho_panels){ (n + width - 1) / width, width };
}

static struct work work_make(const struct ho_conv *c)
{
  struct work w = { .c = c, .across = (c->line + HO_BAND - 1) / HO_BAND, .bands = c->bands * (size_t)c->call->size };
  w.splits = ho_conv_splits(c->call->groups, w.bands);
  w.each = (w.bands + w.splits - 1) / w.splits;
  w.block = w.across < TILES ? TILES / w.across : 1;
  w.piece = w.across < PIECE ? PIECE / w.across : 1;
  w.inputs = panels_of(c->in);
  w.outputs = panels_of(c->out);
  w.tiles = small(c) ? w.block * w.across : c->images * c->bands * w.across;
  return w;
}

static float *worker_room(const struct work *w, int worker)
{
  return (float *)(void *)(w->c->call->worker + (size_t)worker * w->c->call->worker_bytes);
}

/* V and D of n bands; `at' is the index of the first tile. */
static void transform(const struct work *w, size_t first, size_t n, float *z, float *v, float *d, size_t at)
{
  const struct ho_conv *c = w->c;
  const struct ho_window *window = &c->node->u.window;
  size_t columns = 4 * w->across + 2;
  for (size_t b = first; b < first + n; b++, at += w->across) {
    ptrdiff_t line = (ptrdiff_t)(b % c->bands * HO_BAND);
    ho_gather(&c->x, b / c->bands, line - window->top, 6, -window->left, columns, z);
    for (size_t t = 0; t < w->across; t++)
      ho_kernels()->winograd_input(c->in, z + 4 * t * c->in, columns * c->in, v + (at + t) * c->in,
                                   plane(w->tiles, c->in));
    ho_gather(&c->dy, b / c->bands, line, 4, 0, 4 * w->across, z);
    for (size_t t = 0; t < w->across; t++)
      ho_kernels()->winograd_gradient(c->out, z + 4 * t * c->out, 4 * w->across * c->out, d + (at + t) * c->out,
                                      plane(w->tiles, c->out));
  }
}

static float *gradient_of(const struct work *w, size_t g)
{
  return w->c->call->rows + g * w->c->call->ld_rows + w->c->node->weight;
}

/* ---- small filters ---- */

/* dU of one task: in the worker's memory if the mini-batch has no other task, else kept until all are added up. */
static float *small_sum(const struct work *w, size_t task, float *own)
{
  return w->splits == 1 ? own : (float *)w->c->call->shared + task * POINTS * w->c->in * w->c->out;
}

/* Transforms dU at u back to dW, for the filters of input c. */
static void filters(const struct work *w, size_t g, size_t c, const float *u)
{
  size_t out = w->c->out, all = w->c->in * out;
  ho_kernels()->winograd_filter_gradient(out, u + c * out, all, gradient_of(w, g) + c * out, all);
}

static void small_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t in = w->c->in, out = w->c->out, g = (size_t)i / w->splits, begin = (size_t)i % w->splits * w->each;
  size_t end = ho_least(begin + w->each, w->bands);
  float *z = worker_room(w, worker), *v = z + gathered(w), *d = v + POINTS * plane(w->tiles, in);
  float *u = small_sum(w, (size_t)i, d + POINTS * plane(w->tiles, out));
  for (size_t b = begin, n; b < end; b += n) {
    n = ho_least(w->block, end - b);
    transform(w, g * w->bands + b, n, z, v, d, 0);
    for (size_t p = 0; p < POINTS; p++)
      ho_gemm(HO_TRANSPOSED, HO_PLAIN, in, out, n * w->across, v + p * plane(w->tiles, in), in,
              d + p * plane(w->tiles, out), out, (float)(b > begin), u + p * in * out, out);
  }
  for (size_t k = 0; begin >= end && k < POINTS * in * out; k++)
    u[k] = 0;
  for (size_t c = 0; w->splits == 1 && c < in; c++)
    filters(w, g, c, u);
}

/* For the filters of input c: adds up the tasks' sums in order, then transforms back. */
static void small_sum_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t in = w->c->in, out = w->c->out, g = (size_t)i / in, c = (size_t)i % in;
  float *first = small_sum(w, g * w->splits, NULL);
  (void)worker;
  for (size_t s = 1; s < w->splits; s++)
    for (size_t p = 0; p < POINTS; p++) {
      float *restrict sum = first + p * in * out + c * out;
      const float *restrict more = small_sum(w, g * w->splits + s, NULL) + p * in * out + c * out;
      for (size_t k = 0; k < out; k++)
        sum[k] += more[k];
    }
  filters(w, g, c, first);
}

/* ---- large filters ---- */

static void transform_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t first = (size_t)i * w->piece, n = ho_least(w->piece, w->c->images * w->c->bands - first);
  transform(w, first, n, worker_room(w, worker), w->v, w->d, first * w->across);
}

static void panel_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t in = w->c->in, out = w->c->out, panels = w->inputs.panels * w->outputs.panels, g = (size_t)i / panels;
  size_t c = (size_t)i % panels / w->outputs.panels * w->inputs.width;
  size_t k = (size_t)i % w->outputs.panels * w->outputs.width;
  size_t rows = ho_least(w->inputs.width, in - c), columns = ho_least(w->outputs.width, out - k);
  size_t tiles = w->bands * w->across, at = g * tiles, u_plane = rows * columns + APART;
  float *u = worker_room(w, worker);
  for (size_t p = 0; p < POINTS; p++)
    ho_gemm(HO_TRANSPOSED, HO_PLAIN, rows, columns, tiles, w->v + p * plane(w->tiles, in) + at * in + c, in,
            w->d + p * plane(w->tiles, out) + at * out + k, out, 0, u + p * u_plane, columns);
  for (size_t r = 0; r < rows; r++)
    ho_kernels()->winograd_filter_gradient(columns, u + r * columns, u_plane, gradient_of(w, g) + (c + r) * out + k,
                                           in * out);
}

void ho_winograd_weights(const struct ho_conv *c)
{
  struct work w = work_make(c);
  int groups = c->call->groups;
  if (small(c)) {
    ho_parallel((int)((size_t)groups * w.splits), small_task, &w);
    if (w.splits > 1)
      ho_parallel((int)((size_t)groups * c->in), small_sum_task, &w);
  } else {
    w.v = c->call->shared;
    w.d = w.v + POINTS * plane(w.tiles, c->in);
    ho_parallel((int)((c->images * c->bands + w.piece - 1) / w.piece), transform_task, &w);
    ho_parallel((int)((size_t)groups * w.inputs.panels * w.outputs.panels), panel_task, &w);
  }
}

void ho_winograd_weights_needs(const struct ho_node *node, int images, struct ho_needs *n)
{
  struct ho_call call = { .groups = 1, .size = images };
  struct ho_conv c = ho_conv_make(node, &call);
  struct work w = work_make(&c);
  size_t planes = ho_size_mul(POINTS, plane(w.tiles, c.in) + plane(w.tiles, c.out)), u = POINTS * c.in * c.out;
  size_t shared = small(&c) ? ho_size_mul(HO_CONV_SUMS, u) : planes;
  size_t worker = gathered(&w) + (small(&c) ? planes + u : POINTS * (w.inputs.width * w.outputs.width + APART));
  shared = ho_size_mul(shared, sizeof(float));
  worker = ho_size_mul(worker, sizeof(float));
  n->shared = n->shared > shared ? n->shared : shared;
  n->worker = n->worker > worker ? n->worker : worker;
}
