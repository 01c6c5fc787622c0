/* SPDX-License-Identifier: MIT
 * conv_winograd.c - 3x3 convolution of stride 1 by Winograd's F(4x4,3x3), forward and backward to data.
 *
 * Lavin and Gray 2016; the transforms and their mathematics are in kernels/winograd_lanes.h.  Results are cut into
 * tiles of 4x4; a band of lines is a row of tiles.  With U = transformed filters [36][in][out], a task
 *
 *     1. gathers the lines under its bands and transforms their patches to V [36][tiles][in],
 *     2. multiplies M_p = V_p U_p for each of the 36 positions p,
 *     3. transforms M [36][tiles][out] back to pixels, and adds a residual, if there is one.
 *
 * Deep in a network there are too few bands for tasks of a good size, and U is large.  There, the three stages run
 * one after the other, each shared among the workers, the second by position, so that each U_p is read only once.
 * Backward to data is the same with filters rotated by 180 degrees, a product by U_p', and dy instead of x. */
#include "compute/parallel.h"
#include "nn/cpu/layers/conv.h"
#include "nn/cpu/kernels/gemm.h"

enum {
  POINTS = 36,
  TILES = 64,    /* of a task, about: their V and M fit into level 2 */
  FEW_TASKS = 4, /* with fewer tasks than this, each stage is shared among the workers */
  PIECE = 16,    /* tiles of a task of a shared stage */
  APART = 16     /* floats between planes, so that they do not map to the same cache lines */
};

/* Forward or backward to data, which differ only in these numbers. */
struct pass {
  const struct ho_conv *c;
  struct ho_images_of from;
  int top, left, turned;
  enum ho_transpose transpose; /* of U */
  size_t in, out;              /* channels read and written; U is [36][rows of theta][columns of theta] */
  size_t lines, line, bands;   /* of what is written */
  size_t across;               /* tiles of a band */
  float *y;
  const float *residual;
  size_t ld, ld_residual;
  size_t block, piece; /* bands of a task, of a task of a shared stage */
  size_t tiles;        /* that V and M have room for */
  float *u, *v, *m;    /* v, m: the shared ones; else each worker has its own */
};

static size_t plane(size_t tiles, size_t channels)
{
  return tiles * channels + APART;
}

static size_t gathered(const struct pass *p)
{
  return 6 * (4 * p->across + 2) * p->in;
}

static int is_shared(const struct pass *p, size_t images)
{
  return images * p->bands <= (FEW_TASKS - 1) * p->block;
}

static void pass_cut(struct pass *p, size_t images)
{
  p->bands = (p->lines + HO_BAND - 1) / HO_BAND;
  p->across = (p->line + HO_BAND - 1) / HO_BAND;
  p->block = p->across < TILES ? TILES / p->across : 1;
  p->piece = p->across < PIECE ? PIECE / p->across : 1;
  p->tiles = p->block * p->across;
  if (is_shared(p, images))
    p->tiles = images * p->bands * p->across;
}

static struct pass pass_make(const struct ho_conv *c, int backward)
{
  const struct ho_window *w = &c->node->u.window;
  const struct ho_call *call = c->call;
  struct pass p;
  if (backward)
    p = (struct pass){ .c = c,
                       .from = c->dy,
                       .top = 2 - w->top,
                       .left = 2 - w->left,
                       .turned = 1,
                       .transpose = HO_TRANSPOSED,
                       .in = c->out,
                       .out = c->in,
                       .lines = (size_t)c->node->in.height,
                       .line = (size_t)c->node->in.width,
                       .y = call->dx[0],
                       .residual = call->add[0] ? call->dx[0] : NULL,
                       .ld = c->in,
                       .ld_residual = c->in };
  else
    p = (struct pass){ .c = c,
                       .from = c->x,
                       .top = w->top,
                       .left = w->left,
                       .transpose = HO_PLAIN,
                       .in = c->in,
                       .out = c->out,
                       .lines = c->lines,
                       .line = c->line,
                       .y = call->y,
                       .residual = call->residual,
                       .ld = call->ld_y,
                       .ld_residual = call->residual == call->y ? call->ld_y : c->out };
  pass_cut(&p, c->images);
  return p;
}

static float *worker_room(const struct pass *p, int worker)
{
  return (float *)(void *)(p->c->call->worker + (size_t)worker * p->c->call->worker_bytes);
}

/* ---- stages; `at' is the index of the first tile in V and M ---- */

static void input_stage(const struct pass *p, size_t first, size_t n, float *z, float *v, size_t at)
{
  size_t columns = 4 * p->across + 2;
  for (size_t b = first; b < first + n; b++) {
    ho_gather(&p->from, b / p->bands, (ptrdiff_t)(b % p->bands * HO_BAND) - p->top, 6, -p->left, columns, z);
    for (size_t t = 0; t < p->across; t++, at++)
      ho_kernels()->winograd_input(p->in, z + 4 * t * p->in, columns * p->in, v + at * p->in, plane(p->tiles, p->in));
  }
}

static void multiply(const struct pass *p, size_t position, size_t tiles, const float *v, float *m)
{
  ho_gemm(HO_PLAIN, p->transpose, tiles, p->out, p->in, v + position * plane(p->tiles, p->in), p->in,
          p->u + position * p->in * p->out, p->transpose ? p->in : p->out, 0, m + position * plane(p->tiles, p->out),
          p->out);
}

static void output_stage(const struct pass *p, size_t first, size_t n, const float *m, size_t at)
{
  for (size_t b = first; b < first + n; b++) {
    size_t line = b % p->bands * HO_BAND, pixel = (b / p->bands * p->lines + line) * p->line;
    struct ho_tile tile = { .row = p->line * p->ld,
                            .pixel = p->ld,
                            .from_row = p->line * p->ld_residual,
                            .from_pixel = p->ld_residual,
                            .rows = (int)ho_least(HO_BAND, p->lines - line) };
    for (size_t t = 0; t < p->across; t++, at++) {
      tile.y = p->y + (pixel + 4 * t) * p->ld;
      tile.from = p->residual ? p->residual + (pixel + 4 * t) * p->ld_residual : NULL;
      tile.columns = (int)ho_least(4, p->line - 4 * t);
      ho_kernels()->winograd_output(p->out, m + at * p->out, plane(p->tiles, p->out), &tile);
    }
  }
  if (p->turned)
    ho_conv_finish_data(p->c, first, n);
  else
    ho_conv_finish(p->c, first, n);
}

/* ---- tasks ---- */

static void block_task(int i, int worker, void *arg)
{
  const struct pass *p = arg;
  float *z = worker_room(p, worker), *v = z + gathered(p), *m = v + POINTS * plane(p->tiles, p->in);
  size_t first = (size_t)i * p->block, n = ho_least(p->block, p->c->images * p->bands - first);
  input_stage(p, first, n, z, v, 0);
  for (size_t position = 0; position < POINTS; position++)
    multiply(p, position, n * p->across, v, m);
  output_stage(p, first, n, m, 0);
}

static void input_task(int i, int worker, void *arg)
{
  const struct pass *p = arg;
  size_t first = (size_t)i * p->piece, n = ho_least(p->piece, p->c->images * p->bands - first);
  input_stage(p, first, n, worker_room(p, worker), p->v, first * p->across);
}

static void multiply_task(int i, int worker, void *arg)
{
  const struct pass *p = arg;
  (void)worker;
  multiply(p, (size_t)i, p->tiles, p->v, p->m);
}

static void output_task(int i, int worker, void *arg)
{
  const struct pass *p = arg;
  size_t first = (size_t)i * p->piece, n = ho_least(p->piece, p->c->images * p->bands - first);
  (void)worker;
  output_stage(p, first, n, p->m, first * p->across);
}

static void filter_task(int i, int worker, void *arg)
{
  const struct pass *p = arg;
  size_t in = p->c->in, out = p->c->out, row = (size_t)i;
  (void)worker;
  ho_kernels()->winograd_filter(out, p->c->call->theta + p->c->node->weight + row * out, in * out, p->turned,
                                p->u + row * out, in * out);
}

static void run(struct pass *p)
{
  size_t bands = p->c->images * p->bands;
  p->u = p->c->call->shared;
  ho_parallel((int)p->c->in, filter_task, p);
  if (is_shared(p, p->c->images)) {
    p->v = p->u + POINTS * p->c->in * p->c->out;
    p->m = p->v + POINTS * plane(p->tiles, p->in);
    ho_parallel((int)((bands + p->piece - 1) / p->piece), input_task, p);
    ho_parallel(POINTS, multiply_task, p);
    ho_parallel((int)((bands + p->piece - 1) / p->piece), output_task, p);
  } else
    ho_parallel((int)((bands + p->block - 1) / p->block), block_task, p);
}

static void forward(const struct ho_conv *c)
{
  struct pass p = pass_make(c, 0);
  run(&p);
}

static void data(const struct ho_conv *c)
{
  struct pass p = pass_make(c, 1);
  run(&p);
}

/* ---- memory ---- */

/* A pass with fewer images may share its stages even if the largest pass does not. */
static void pass_needs(const struct ho_conv *c, int backward, struct ho_needs *n)
{
  struct pass p = pass_make(c, backward);
  size_t most = ho_least(c->images * p.bands, (FEW_TASKS - 1) * p.block) * p.across, block = p.block * p.across;
  size_t u = ho_size_mul(POINTS * c->in, c->out);
  size_t shared = ho_size_mul(POINTS, plane(most, p.in) + plane(most, p.out));
  size_t worker = gathered(&p) + POINTS * (plane(block, p.in) + plane(block, p.out));
  shared = ho_size_mul(ho_size_add(u, shared), sizeof(float));
  n->shared = n->shared > shared ? n->shared : shared;
  n->worker = n->worker > worker * sizeof(float) ? n->worker : worker * sizeof(float);
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  struct ho_call call = { .groups = 1, .size = images };
  struct ho_conv c = ho_conv_make(node, &call);
  (void)groups;
  pass_needs(&c, 0, n);
  if (backward) {
    pass_needs(&c, 1, n);
    ho_winograd_weights_needs(node, images, n);
  }
}

const struct ho_conv_method ho_conv_winograd = { needs, forward, data, ho_winograd_weights };
