/* SPDX-License-Identifier: MIT
 * conv_choice.cu - tiles and parts by a simple model of an H100's time.  They depend on the shape alone, so that equal
 * passes have equal sums everywhere.
 *
 * A multiprocessor needs about 8 warps to be busy; blocks are dealt to 132 of them.  Larger tiles read less per product,
 * smaller ones share out better; more parts make more blocks, and cost their writing and reading. */
#include "nn/cuda/layers/conv.h"

const int ho_tile_rows[HO_TILES] = { 128, 128, 64 }, ho_tile_columns[HO_TILES] = { 128, 64, 64 };

static const struct {
  int warps;   /* of a block */
  double cost; /* of a product, against that in the largest tile */
} tiles[HO_TILES] = { { 8, 1 }, { 4, 1.1 }, { 4, 1.4 } };

enum { PROCESSORS = 132, BUSY = 8, MOST_PARTS = 64, FILL = 3 };

static const double products_per_clock = 512; /* of a multiprocessor, TF32 */
static const double bytes_per_clock = 2500;   /* of the device, from its cache */
static const double launch = 4000;            /* clocks of one more kernel */
static const double most_floats = 8 << 20;    /* of all parts */

static int ceil_div(int a, int b)
{
  return (a + b - 1) / b;
}

static double least(double a, double b)
{
  return a < b ? a : b;
}

/* `batch' products of rows x columns by `depth'; classes are as many products of a share of the rows. */
struct product {
  double batch, result; /* result: floats of all */
  int rows, columns, depth;
};

static double clocks(const struct product *p, int tile, int parts, double slow)
{
  double area = (double)ho_tile_rows[tile] * ho_tile_columns[tile];
  double blocks = ceil_div(p->rows, ho_tile_rows[tile]) * (double)ceil_div(p->columns, ho_tile_columns[tile]);
  double each = (double)(long)((blocks * p->batch * parts + PROCESSORS - 1) / PROCESSORS);
  double busy =
      least(1, least(each, ho_resident(ho_tile_rows[tile], ho_tile_columns[tile])) * tiles[tile].warps / BUSY);
  int steps = ceil_div(ceil_div(p->depth, HO_STEP), parts) + FILL;
  double time = each * area * HO_STEP * steps * tiles[tile].cost * slow / products_per_clock / busy;
  return parts > 1 ? time + launch + 2 * parts * p->result * sizeof(float) / bytes_per_clock : time;
}

static struct ho_conv_choice choose(const struct product *p, enum ho_precision precision)
{
  static const int parts[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, MOST_PARTS };
  struct ho_conv_choice best = { HO_TILE_64_64, 1 };
  double slow = precision == HO_FLOAT32 ? 2.5 : precision == HO_BF16 ? 0.7 : 1, least_clocks = 0;
  for (int tile = 0; tile < HO_TILES; tile++)
    for (int n : parts) {
      if (n > 1 && (n * p->result > most_floats || n > ceil_div(p->depth, HO_STEP)))
        break;
      double c = clocks(p, tile, n, slow);
      if (least_clocks == 0 || c < least_clocks) {
        best = { tile, n };
        least_clocks = c;
      }
    }
  return best;
}

struct ho_conv_choice ho_conv_choose_forward(const struct ho_conv_shape *c, enum ho_precision precision)
{
  int rows = c->images * c->oh * c->ow;
  struct product p = { 1, (double)rows * c->out, rows, c->out, c->window.kh * c->window.kw * c->in };
  return choose(&p, precision);
}

struct ho_conv_choice ho_conv_choose_data(const struct ho_conv_shape *c, enum ho_precision precision)
{
  int classes = c->window.sh * c->window.sw, rows = c->images * c->ih * c->iw;
  struct product p = { (double)classes, (double)rows * c->in, ceil_div(rows, classes), c->in,
                       ceil_div(c->window.kh * c->window.kw, classes) * c->out };
  return choose(&p, precision);
}

struct ho_conv_choice ho_conv_choose_weights(const struct ho_conv_shape *c, enum ho_precision precision)
{
  int rows = c->window.kh * c->window.kw * c->in;
  struct product p = { (double)c->groups, (double)c->groups * rows * c->out, rows, c->out,
                       c->images / c->groups * c->oh * c->ow };
  return choose(&p, precision);
}

size_t ho_conv_work(const struct ho_conv_shape *c, int backward)
{
  size_t y = ho_size_mul((size_t)c->images, (size_t)c->oh * (size_t)c->ow * (size_t)c->out);
  size_t x = ho_size_mul((size_t)c->images, (size_t)c->ih * (size_t)c->iw * (size_t)c->in);
  size_t w = (size_t)(c->window.kh * c->window.kw) * (size_t)c->in * (size_t)c->out;
  size_t rows = ho_size_mul((size_t)c->groups, w), most = y;
  if (backward && x > most)
    most = x;
  if (backward && rows > most)
    most = rows;
  most = ho_size_mul(most, MOST_PARTS);
  size_t parts = (most < (size_t)most_floats ? most : (size_t)most_floats) * sizeof(float);
  size_t bias = backward ? ho_conv_bias_work(c) : 0;
  return parts > bias ? parts : bias;
}
