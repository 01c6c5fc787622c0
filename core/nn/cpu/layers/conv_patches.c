/* SPDX-License-Identifier: MIT
 * conv_patches.c - convolution by patches and matrix products: Y = P W, dP = dY W', dW = P' dY.  A row of P is the
 * patch under one result pixel, in the order of the weights [kh][kw][in]; dX is the sum of the patches in dP.
 *
 * Forward: a task makes the patches of some bands and multiplies once.  Backward to data: a task does whole images,
 * because patches overlap.  Backward to weights: a task does some bands of one mini-batch, with a sum of its own. */
#include <string.h>

#include "compute/parallel.h"
#include "nn/cpu/layers/conv.h"
#include "nn/cpu/kernels/gemm.h"

enum { ROWS = 256 }; /* of a matrix product, about: with fewer, packing costs too much; more do not fit into level 2 */

struct plan {
  struct ho_conv c;
  struct ho_window w;
  int direct;               /* a patch is a pixel: 1x1, stride 1 */
  size_t block, rows;       /* bands of a task, and at most so many rows of patches */
  size_t columns, span;     /* pixels, floats of a gathered line */
  size_t gathered, patches; /* floats of worker memory */
  size_t splits, each;      /* backward to weights: tasks of a mini-batch, bands of each */
  size_t images;            /* backward to data: images of a task */
};

static struct plan plan_make(const struct ho_conv *c)
{
  struct plan p = { .c = *c, .w = c->node->u.window };
  size_t band = HO_BAND * c->line, all = c->bands * (size_t)c->call->size;
  p.direct = p.w.kh == 1 && p.w.kw == 1 && p.w.sh == 1 && p.w.sw == 1;
  p.block = band < ROWS ? ROWS / band : 1;
  p.rows = p.block * band;
  p.columns = (c->line - 1) * (size_t)p.w.sw + (size_t)p.w.kw;
  p.span = p.columns * c->in;
  p.gathered = ((HO_BAND - 1) * (size_t)p.w.sh + (size_t)p.w.kh) * p.span;
  p.patches = p.rows * c->k;
  p.splits = ho_conv_splits(c->call->groups, all);
  p.each = (all + p.splits - 1) / p.splits;
  p.images = c->lines * c->line < ROWS ? ROWS / (c->lines * c->line) : 1;
  return p;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  struct ho_call call = { .groups = groups, .size = images };
  struct ho_conv c = ho_conv_make(node, &call);
  struct plan p = plan_make(&c);
  n->worker = ho_size_mul(p.gathered + 16 + p.patches, sizeof(float));
  n->shared = backward ? ho_size_mul(ho_size_mul(HO_CONV_SUMS, c.k * c.out), sizeof(float)) : 0;
}

/* The patches of one band, from gathered lines. */
static void cut_patches(const struct plan *p, size_t lines, const float *z, float *to)
{
  size_t piece = (size_t)p->w.kw * p->c.in, step = (size_t)p->w.sw * p->c.in;
  for (size_t y = 0; y < lines; y++)
    for (size_t x = 0; x < p->c.line; x++)
      for (size_t ky = 0; ky < (size_t)p->w.kh; ky++, to += piece)
        memcpy(to, z + (y * (size_t)p->w.sh + ky) * p->span + x * step, piece * sizeof *to);
}

/* The patches of bands first .. first+n-1, [pixels][k]; may be the tensor itself. */
static const float *patches(const struct plan *p, size_t first, size_t n, int worker, size_t *rows)
{
  const struct ho_conv *c = &p->c;
  float *z = (float *)(void *)(c->call->worker + (size_t)worker * c->call->worker_bytes), *out = z + p->gathered;
  size_t start, pixel, lines;
  ho_conv_band(c, first, &start);
  *rows = 0;
  for (size_t b = first; b < first + n; b++) {
    lines = ho_conv_band(c, b, &pixel);
    size_t line = b % c->bands * HO_BAND, inputs = (lines - 1) * (size_t)p->w.sh + (size_t)p->w.kh;
    if (p->direct && c->x.view)
      ho_gather(&c->x, b / c->bands, (ptrdiff_t)line, lines, 0, c->line, out + *rows * c->k);
    else if (!p->direct) {
      ho_gather(&c->x, b / c->bands, (ptrdiff_t)line * p->w.sh - p->w.top, inputs, -p->w.left, p->columns, z);
      cut_patches(p, lines, z, out + *rows * c->k);
    }
    *rows += lines * c->line;
  }
  return p->direct && !c->x.view ? c->x.x + start * c->in : out;
}

/* ---- forward ---- */

static void add_residual(const struct ho_conv *c, size_t pixel, size_t rows)
{
  const struct ho_call *call = c->call;
  if (call->residual != call->y)
    for (size_t r = pixel; r < pixel + rows; r++)
      memcpy(call->y + r * call->ld_y, call->residual + r * c->out, c->out * sizeof(float));
}

static void forward_task(int i, int worker, void *arg)
{
  const struct plan *p = arg;
  const struct ho_conv *c = &p->c;
  const struct ho_call *call = c->call;
  size_t first = (size_t)i * p->block, n = ho_least(p->block, c->images * c->bands - first), rows, pixel;
  const float *from = patches(p, first, n, worker, &rows);
  ho_conv_band(c, first, &pixel);
  if (call->residual)
    add_residual(c, pixel, rows);
  ho_gemm(HO_PLAIN, HO_PLAIN, rows, c->out, c->k, from, c->k, call->theta + c->node->weight, c->out,
          (float)(call->residual != NULL), call->y + pixel * call->ld_y, call->ld_y);
  ho_conv_finish(c, first, n);
}

static void forward(const struct ho_conv *c)
{
  struct plan p = plan_make(c);
  ho_parallel((int)((c->images * c->bands + p.block - 1) / p.block), forward_task, &p);
}

/* ---- backward to data ---- */

/* Adds n floats to a line, starting at `at', and skips those outside the line. */
static void add_piece(float *restrict line, ptrdiff_t width, const float *restrict from, ptrdiff_t at, ptrdiff_t n)
{
  ptrdiff_t lo = at < 0 ? -at : 0, hi = at + n > width ? width - at : n;
  for (ptrdiff_t i = lo; i < hi; i++)
    line[at + i] += from[i];
}

/* Adds the patches of `lines' result lines, starting at `first', to one image. */
static void add_patches(const struct plan *p, size_t first, size_t lines, const float *from, float *image)
{
  const struct ho_shape in = p->c.node->in;
  ptrdiff_t width = (ptrdiff_t)in.width * in.channels, piece = (ptrdiff_t)p->w.kw * in.channels;
  for (size_t y = first; y < first + lines; y++)
    for (size_t x = 0; x < p->c.line; x++)
      for (int ky = 0; ky < p->w.kh; ky++, from += piece) {
        ptrdiff_t line = (ptrdiff_t)y * p->w.sh - p->w.top + ky;
        if (line >= 0 && line < in.height)
          add_piece(image + line * width, width, from, ((ptrdiff_t)x * p->w.sw - p->w.left) * in.channels, piece);
      }
}

static void data_image(const struct plan *p, size_t image, float *room)
{
  const struct ho_conv *c = &p->c;
  const struct ho_call *call = c->call;
  float *dx = call->dx[0] + image * ho_shape_size(c->node->in);
  if (!call->add[0])
    memset(dx, 0, ho_shape_size(c->node->in) * sizeof *dx);
  size_t most = ho_least(p->rows / c->line, c->lines);
  for (size_t first = 0, lines; first < c->lines; first += lines) {
    lines = ho_least(most, c->lines - first);
    ho_gemm(HO_PLAIN, HO_TRANSPOSED, lines * c->line, c->k, c->out,
            call->dy + (image * c->lines + first) * c->line * call->ld_dy, call->ld_dy, call->theta + c->node->weight,
            c->out, 0, room, c->k);
    add_patches(p, first, lines, room, dx);
  }
}

static void data_task(int i, int worker, void *arg)
{
  const struct plan *p = arg;
  const struct ho_conv *c = &p->c;
  const struct ho_call *call = c->call;
  size_t first = (size_t)i * p->images, n = ho_least(p->images, c->images - first), pixels = c->lines * c->line;
  float *room = (float *)(void *)(call->worker + (size_t)worker * call->worker_bytes);
  if (p->direct)
    ho_gemm(HO_PLAIN, HO_TRANSPOSED, n * pixels, c->in, c->out, call->dy + first * pixels * call->ld_dy, call->ld_dy,
            call->theta + c->node->weight, c->out, call->add[0], call->dx[0] + first * pixels * c->in, c->in);
  else
    for (size_t image = first; image < first + n; image++)
      data_image(p, image, room);
  size_t bands = ho_shape_bands(c->node->in);
  ho_conv_finish_data(c, first * bands, n * bands);
}

static void data(const struct ho_conv *c)
{
  struct plan p = plan_make(c);
  ho_parallel((int)((c->images + p.images - 1) / p.images), data_task, &p);
}

/* ---- backward to weights ---- */

static float *partial(const struct plan *p, size_t task)
{
  const struct ho_call *call = p->c.call;
  if (p->splits == 1)
    return call->rows + task * call->ld_rows + p->c.node->weight;
  return (float *)call->shared + task * p->c.k * p->c.out;
}

static void weights_task(int i, int worker, void *arg)
{
  const struct plan *p = arg;
  const struct ho_conv *c = &p->c;
  const struct ho_call *call = c->call;
  size_t all = c->bands * (size_t)call->size, g = (size_t)i / p->splits, begin = (size_t)i % p->splits * p->each;
  size_t end = ho_least(begin + p->each, all);
  float *dw = partial(p, (size_t)i);
  if (begin >= end)
    memset(dw, 0, c->k * c->out * sizeof *dw);
  for (size_t b = begin, n; b < end; b += n) {
    size_t rows, pixel;
    n = ho_least(p->block, end - b);
    const float *from = patches(p, g * all + b, n, worker, &rows);
    ho_conv_band(c, g * all + b, &pixel);
    ho_gemm(HO_TRANSPOSED, HO_PLAIN, c->k, c->out, rows, from, c->k, call->dy + pixel * call->ld_dy, call->ld_dy,
            (float)(b > begin), dw, c->out);
  }
}

/* Adds up the tasks' sums of each mini-batch, in order. */
static void sum_task(int i, int worker, void *arg)
{
  const struct plan *p = arg;
  const struct ho_call *call = p->c.call;
  size_t n = p->c.k * p->c.out, chunks = (size_t)ho_chunks(n), g = (size_t)i / chunks, chunk = (size_t)i % chunks;
  float *restrict dw = call->rows + g * call->ld_rows + p->c.node->weight;
  const float *restrict from = partial(p, g * p->splits);
  (void)worker;
  for (size_t k = chunk * HO_CHUNK; k < ho_chunk_end((int)chunk, n); k++)
    dw[k] = from[k];
  for (size_t s = 1; s < p->splits; s++)
    for (size_t k = chunk * HO_CHUNK; k < ho_chunk_end((int)chunk, n); k++)
      dw[k] += from[s * n + k];
}

static void weights(const struct ho_conv *c)
{
  struct plan p = plan_make(c);
  ho_parallel((int)((size_t)c->call->groups * p.splits), weights_task, &p);
  if (p.splits > 1)
    ho_parallel(c->call->groups * ho_chunks(c->k * c->out), sum_task, &p);
}

const struct ho_conv_method ho_conv_patches = { needs, forward, data, weights };
