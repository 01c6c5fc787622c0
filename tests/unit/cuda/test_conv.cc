/* SPDX-License-Identifier: MIT
 * test_conv.cc - convolutions on the emulated GPU against plain loops in double.
 *
 * An error is measured against the sum of the absolute values of all products: rounding the operands changes it by
 * twice their relative precision at most. */
#include "device_rig.h"

#include "nn/cuda/layers/conv.h"

static const double tolerance[] = { 1e-6, 0x1p-10 + 1e-6, 0x1p-7 + 1e-6 };

struct kind {
  const char *what;
  int ih, iw, in, out, size;
  struct ho_window window;
};

static const struct kind kinds[] = {
  { "3x3", 8, 8, 8, 8, 2, { 3, 3, 1, 1, 1, 1, 1, 1 } },
  { "more channels than a step", 4, 5, 36, 72, 1, { 3, 3, 1, 1, 1, 1, 1, 1 } },
  { "3 channels", 6, 7, 3, 20, 2, { 3, 3, 1, 1, 1, 1, 1, 1 } },
  { "to 3 channels", 6, 5, 12, 3, 2, { 3, 3, 1, 1, 1, 1, 1, 1 } },
  { "one channel", 5, 5, 1, 1, 3, { 5, 5, 1, 1, 2, 2, 2, 2 } },
  { "odd channels", 5, 4, 5, 10, 2, { 3, 3, 2, 2, 1, 1, 1, 1 } },
  { "100 channels", 3, 3, 100, 6, 2, { 3, 3, 1, 1, 0, 0, 0, 0 } },
  { "stride 2", 8, 7, 8, 12, 2, { 3, 3, 2, 2, 1, 1, 1, 1 } },
  { "stride 2, padded after only", 8, 8, 4, 8, 2, { 3, 3, 2, 2, 0, 1, 0, 1 } },
  { "1x1", 5, 4, 16, 32, 2, { 1, 1, 1, 1, 0, 0, 0, 0 } },
  { "1x1, stride 2: some pixels get no gradient", 6, 5, 8, 16, 2, { 1, 1, 2, 2, 0, 0, 0, 0 } },
  { "2x2, stride 3", 8, 8, 4, 4, 2, { 2, 2, 3, 3, 0, 0, 0, 0 } },
  { "3x1, strides 1 and 2", 6, 7, 3, 4, 2, { 3, 1, 1, 2, 2, 1, 0, 0 } },
  { "1x4, strides 3 and 1", 7, 7, 4, 3, 2, { 1, 4, 3, 1, 0, 0, 3, 1 } },
  { "window larger than the image", 3, 2, 4, 4, 3, { 5, 5, 1, 1, 2, 2, 2, 2 } },
  { "stride larger than the image", 2, 1, 4, 4, 3, { 3, 3, 3, 4, 1, 1, 1, 1 } },
  { "one pixel", 1, 1, 40, 10, 5, { 1, 1, 1, 1, 0, 0, 0, 0 } },
};
enum { KINDS = sizeof kinds / sizeof *kinds, GROUPS = 2 };

/* A convolution with its data, on the host in double and on the device. */
struct bench {
  struct ho_conv_shape s;
  size_t nx, ny, nw, ld; /* floats; rows of dw are ld apart */
  float *x, *w, *bias, *plus, *dy;
  float *dev_x, *dev_w, *dev_bias, *dev_plus, *dev_dy, *work;
};

static struct ho_conv_shape shape_of(const struct kind *k, int groups)
{
  const struct ho_window *w = &k->window;
  int oh = (k->ih + w->top + w->bottom - w->kh) / w->sh + 1, ow = (k->iw + w->left + w->right - w->kw) / w->sw + 1;
  return { groups * k->size, k->in, k->out, k->ih, k->iw, oh, ow, groups, *w };
}

static struct bench make(const struct ho_conv_shape *s, uint64_t seed)
{
  struct bench t = {};
  t.s = *s;
  t.nx = (size_t)(s->images * s->ih * s->iw * s->in);
  t.ny = (size_t)(s->images * s->oh * s->ow * s->out);
  t.nw = (size_t)(s->window.kh * s->window.kw * s->in * s->out);
  t.ld = t.nw + 1 + seed % 4;
  t.x = random_floats(t.nx, seed);
  t.w = random_floats(t.nw, seed + 1);
  t.bias = random_floats((size_t)s->out, seed + 2);
  t.plus = random_floats(t.ny > t.nx ? t.ny : t.nx, seed + 3);
  t.dy = random_floats(t.ny, seed + 4);
  t.dev_x = device_copy(t.nx, t.x);
  t.dev_w = device_copy(t.nw, t.w);
  t.dev_bias = device_copy((size_t)s->out, t.bias);
  t.dev_plus = device_copy(t.ny > t.nx ? t.ny : t.nx, t.plus);
  t.dev_dy = device_copy(t.ny, t.dy);
  t.work = device_floats(ho_conv_work(s, 1) / sizeof(float));
  return t;
}

static void drop(struct bench *t)
{
  float *const host[] = { t->x, t->w, t->bias, t->plus, t->dy };
  float *const device[] = { t->dev_x, t->dev_w, t->dev_bias, t->dev_plus, t->dev_dy, t->work };
  for (float *p : host)
    ho_free(p);
  for (float *p : device)
    cudaFree(p);
}

/* ---- the twin ---- */

struct sums {
  double *sum, *size; /* of products; of their absolute values */
  size_t n;
};

static struct sums sums_of(size_t n)
{
  return { (double *)ho_alloc(n, sizeof(double), "a test", NULL), (double *)ho_alloc(n, sizeof(double), "a test", NULL),
           n };
}

static void add(struct sums *s, size_t i, double a, double b)
{
  s->sum[i] += a * b;
  s->size[i] += fabs(a * b);
}

enum what { FORWARD, DATA, WEIGHTS, BIAS };

/* All products of a convolution, one by one. */
static struct sums twin(const struct bench *t, enum what what)
{
  const struct ho_conv_shape *s = &t->s;
  const struct ho_window *w = &s->window;
  size_t in = (size_t)s->in, out = (size_t)s->out, g = (size_t)s->groups;
  struct sums r = sums_of(what == FORWARD ? t->ny : what == DATA ? t->nx : what == WEIGHTS ? g * t->nw : g * out);
  for (int q = 0; q < s->images * s->oh * s->ow; q++) {
    int image = q / (s->oh * s->ow), oy = q / s->ow % s->oh, ox = q % s->ow;
    size_t group = (size_t)(image / (s->images / s->groups));
    for (size_t n = 0; n < out && what == BIAS; n++)
      add(&r, group * out + n, 1, t->dy[(size_t)q * out + n]);
    for (int tap = 0; tap < w->kh * w->kw && what != BIAS; tap++) {
      int y = oy * w->sh - w->top + tap / w->kw, x = ox * w->sw - w->left + tap % w->kw;
      if (y < 0 || x < 0 || y >= s->ih || x >= s->iw)
        continue;
      size_t from = (size_t)((image * s->ih + y) * s->iw + x) * in;
      for (size_t c = 0; c < in; c++)
        for (size_t n = 0; n < out; n++) {
          size_t weight = ((size_t)tap * in + c) * out + n, to = (size_t)q * out + n;
          if (what == FORWARD)
            add(&r, to, t->x[from + c], t->w[weight]);
          else if (what == DATA)
            add(&r, from + c, t->dy[to], t->w[weight]);
          else
            add(&r, group * t->nw + weight, t->x[from + c], t->dy[to]);
        }
    }
  }
  return r;
}

/* Compares row after row of n numbers, ld apart on the device. */
static void compare(const char *what, const struct sums *want, size_t n, size_t ld, const float *device, double most)
{
  size_t rows = want->n / n;
  float *got = host_copy((rows - 1) * ld + n, device);
  for (size_t i = 0; i < want->n; i++) {
    float v = got[i / n * ld + i % n];
    if (!(fabs(v - want->sum[i]) <= most * want->size[i] + 1e-30))
      ck_abort_msg("%s: %zu of %zu is %.9g, the twin has %.9g (products %g)", what, i, want->n, (double)v, want->sum[i],
                   want->size[i]);
  }
  ho_free(got);
}

static void forget(struct sums *s)
{
  ho_free(s->sum);
  ho_free(s->size);
}

/* ---- trials ---- */

static void check_forward(const struct bench *t, struct ho_conv_choice choice, int precision, int bias, int plus)
{
  struct sums want = twin(t, FORWARD);
  for (size_t i = 0; i < t->ny && bias; i++)
    add(&want, i, 1, t->bias[i % (size_t)t->s.out]);
  for (size_t i = 0; i < t->ny && plus; i++)
    add(&want, i, 1, t->plus[i]);
  float *y = device_floats(t->ny);
  ho_conv_forward(&t->s, choice, (enum ho_precision)precision, NULL, t->dev_x, t->dev_w, bias ? t->dev_bias : NULL,
                  plus ? t->dev_plus : NULL, y, t->work);
  compare("forward", &want, t->ny, t->ny, y, tolerance[precision]);
  cudaFree(y);
  forget(&want);
}

static void check_data(const struct bench *t, struct ho_conv_choice choice, int precision, int more)
{
  struct sums want = twin(t, DATA);
  for (size_t i = 0; i < t->nx && more; i++)
    add(&want, i, 1, t->plus[i]);
  float *dx = more ? device_copy(t->nx, t->plus) : device_floats(t->nx);
  ho_conv_data(&t->s, choice, (enum ho_precision)precision, NULL, t->dev_dy, t->dev_w, more, dx, t->work);
  compare("gradient to data", &want, t->nx, t->nx, dx, tolerance[precision]);
  cudaFree(dx);
  forget(&want);
}

/* Rows begin `shift' floats after an aligned address. */
static void check_weights(const struct bench *t, struct ho_conv_choice choice, int precision, size_t shift)
{
  struct sums want = twin(t, WEIGHTS);
  float *dw = device_floats(shift + (size_t)t->s.groups * t->ld);
  ho_conv_weights(&t->s, choice, (enum ho_precision)precision, NULL, t->dev_x, t->dev_dy, dw + shift, t->ld, t->work);
  compare("gradient to weights", &want, t->nw, t->ld, dw + shift, tolerance[precision]);
  cudaFree(dw);
  forget(&want);
}

static void check_bias(const struct bench *t)
{
  size_t out = (size_t)t->s.out, ld = out + 3;
  struct sums want = twin(t, BIAS);
  float *db = device_floats((size_t)t->s.groups * ld);
  ho_conv_bias(&t->s, NULL, t->dev_dy, db, ld, t->work);
  compare("gradient to the bias", &want, out, ld, db, 1e-7);
  cudaFree(db);
  forget(&want);
}

/* Every kind in every precision, the other choices in turns. */
START_TEST(like_the_twin)
{
  const struct kind *k = &kinds[_i / 3];
  int precision = _i % 3, parts = 1 + (_i & 1);
  struct ho_conv_shape s = shape_of(k, GROUPS);
  run_in_way(_i / 3 % WAYS);
  struct bench t = make(&s, 10 + (uint64_t)_i);
  check_forward(&t, { HO_TILE_64_64, parts }, precision, _i >> 1 & 1, _i >> 2 & 1);
  check_data(&t, { HO_TILE_64_64, parts }, precision, _i >> 1 & 1);
  check_weights(&t, { HO_TILE_64_64, parts }, precision, (size_t)_i % 5);
  check_bias(&t);
  drop(&t);
}
END_TEST

/* Every tile in every precision and way of running; more rows, columns and steps than a tile and its stages have. */
START_TEST(every_tile)
{
  static const struct kind k = { "tiles", 7, 7, 20, 132, 2, { 3, 3, 1, 1, 1, 1, 1, 1 } };
  struct ho_conv_shape s = shape_of(&k, GROUPS);
  int precision = _i % 3, way = _i / 3 % WAYS, tile = _i / 3 / WAYS;
  run_in_way(way);
  struct bench t = make(&s, 100 + (uint64_t)_i);
  struct ho_conv_choice choice = { tile, 1 + way % 3 };
  check_forward(&t, choice, precision, 1, 1);
  check_data(&t, choice, precision, 1);
  check_weights(&t, choice, precision, (size_t)_i % 5);
  drop(&t);
}
END_TEST

/* Weights that are not aligned to 16 bytes. */
START_TEST(weights_anywhere)
{
  struct ho_conv_shape s = shape_of(&kinds[0], GROUPS);
  run_in_way(_i);
  struct bench t = make(&s, 3);
  float *room = device_floats(t.nw + 1), *aligned = t.dev_w;
  cudaMemcpy(room + 1, t.w, t.nw * sizeof *room, cudaMemcpyHostToDevice);
  t.dev_w = room + 1;
  for (int precision = 0; precision < 3; precision++) {
    check_forward(&t, { HO_TILE_128_64, 1 }, precision, 0, 0);
    check_data(&t, { HO_TILE_128_128, 1 }, precision, 0);
  }
  t.dev_w = aligned;
  cudaFree(room);
  drop(&t);
}
END_TEST

/* Random shapes with the choices that the layer makes. */
START_TEST(random_shapes)
{
  struct ho_stream r = ho_stream_make(7, "shapes", (uint64_t)_i, 0);
  auto below = [&](int n) { return (int)ho_stream_below(&r, (uint64_t)n); };
  struct kind k = { "random", 1 + below(9), 1 + below(9), 1 + below(40), 1 + below(40), 1 + below(3), {} };
  k.window = { 1 + below(4), 1 + below(4), 1 + below(3), 1 + below(3), below(3), below(3), below(3), below(3) };
  if (k.ih + k.window.top + k.window.bottom < k.window.kh || k.iw + k.window.left + k.window.right < k.window.kw)
    return;
  struct ho_conv_shape s = shape_of(&k, 1 + below(3));
  enum ho_precision precision = (enum ho_precision)below(3);
  run_in_way(below(WAYS));
  struct bench t = make(&s, 200 + (uint64_t)_i);
  check_forward(&t, ho_conv_choose_forward(&s, precision), precision, below(2), below(2));
  check_data(&t, ho_conv_choose_data(&s, precision), precision, below(2));
  check_weights(&t, ho_conv_choose_weights(&s, precision), precision, (size_t)below(4));
  check_bias(&t);
  drop(&t);
}
END_TEST

/* Parts of any pass with fewer images or mini-batches fit into the memory asked for. */
START_TEST(work_is_enough)
{
  static const struct ho_window windows[] = { { 3, 3, 1, 1, 1, 1, 1, 1 },
                                              { 3, 3, 2, 2, 1, 1, 1, 1 },
                                              { 1, 1, 2, 2, 0, 0, 0, 0 } };
  for (const struct ho_window &w : windows)
    for (int side = 1; side <= 32; side *= 2)
      for (int channels = 3; channels < 600; channels *= 3)
        for (int groups = 1; groups <= 8; groups++) {
          struct kind k = { "", side, side, channels, 512 / side, 64 / groups, w };
          struct ho_conv_shape most = shape_of(&k, groups), s = most;
          size_t room = ho_conv_work(&most, 1) / sizeof(float), forward = ho_conv_work(&most, 0) / sizeof(float);
          for (s.groups = 1; s.groups <= groups; s.groups++)
            for (int size = 1; size * s.groups <= most.images; size++) {
              s.images = size * s.groups;
              size_t x = (size_t)(s.images * s.ih * s.iw * s.in), y = (size_t)(s.images * s.oh * s.ow * s.out);
              size_t rows = (size_t)(s.groups * w.kh * w.kw * s.in * s.out);
              for (int p = 0; p < 3; p++) {
                int a = ho_conv_choose_forward(&s, (enum ho_precision)p).parts;
                int b = ho_conv_choose_data(&s, (enum ho_precision)p).parts;
                int c = ho_conv_choose_weights(&s, (enum ho_precision)p).parts;
                if ((a > 1 && (size_t)a * y > forward) || (b > 1 && (size_t)b * x > room) ||
                    (c > 1 && (size_t)c * rows > room) || ho_conv_bias_work(&s) > room * sizeof(float))
                  ck_abort_msg("side %d, channels %d, %d images in %d", side, channels, s.images, s.groups);
              }
            }
        }
}
END_TEST

/* ---- the layers ---- */

static int build(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_conv(g, ho_graph_input(g), "first", 8, ho_window_square(3, 1, 1), 1);
  x = ho_graph_conv(g, x, "second", 6, ho_window_square(3, 2, 1), 0);
  return ho_graph_output(g, ho_graph_dense(g, x, "dense", 10), x);
}

/* A convolution with bias, one without and a dense layer, called as an engine calls them, like the CPU's. */
START_TEST(layers_like_the_cpu_s)
{
  static const struct ho_cuda_layer *const layer[] = { NULL, &ho_cuda_conv, &ho_cuda_conv, &ho_cuda_dense };
  enum { SIZE = 3, NODES = 4 };
  struct ho_net *net = twin_net(build, NULL, { 6, 5, 3 }, 10);
  struct trial *t = trial_new(net, GROUPS, SIZE, 0, 5);
  struct ho_engine *cpu = ho_engine_new(&ho_cpu, net, GROUPS, GROUPS * SIZE, 1, NULL);
  const struct ho_node *node = net->graph->node;
  size_t images = GROUPS * SIZE, p = net->parameters;
  float *y[NODES], *dy[NODES], *theta = device_copy(p, t->theta), *rows = device_floats(GROUPS * p);
  trial_forward(t, cpu, 0, GROUPS);
  trial_backward(t, cpu, 0, t->rows);
  run_in_way(_i);
  y[0] = device_copy(images * ho_shape_size(net->input), t->x);
  for (int i = 1; i < NODES; i++) {
    y[i] = device_floats(images * ho_shape_size(node[i].out));
    dy[i] = i + 1 < NODES ? device_floats(images * ho_shape_size(node[i].out)) : device_copy(images * 10, t->dlogits);
  }
  dy[0] = NULL;
  for (int back = 0; back < 2; back++)
    for (int i = back ? NODES - 1 : 1; i > 0 && i < NODES; i += back ? -1 : 1) {
      struct ho_gpu_needs needs = {};
      struct ho_gpu_call call = {};
      layer[i]->needs(&node[i], GROUPS, (int)images, 1, &needs);
      call.groups = GROUPS;
      call.size = SIZE;
      call.theta = theta;
      call.x[0] = y[i - 1];
      call.y = y[i];
      call.dy = dy[i];
      call.dx[0] = dy[i - 1];
      call.rows = rows;
      call.ld = p;
      call.work = device_floats(needs.work / sizeof(float));
      (back ? layer[i]->backward : layer[i]->forward)(&node[i], &call);
      cudaFree(call.work);
    }
  float *logits = host_copy(images * 10, y[NODES - 1]), *got = host_copy(GROUPS * p, rows);
  const float *want = engine_logits(cpu);
  for (size_t i = 0; i < images * 10; i++)
    if (!(fabsf(logits[i] - want[i]) < 1e-5f))
      ck_abort_msg("logit %zu is %g, not %g", i, (double)logits[i], (double)want[i]);
  for (size_t i = 0; i < GROUPS * p; i++)
    if (!(fabsf(got[i] - t->rows[i]) < 1e-4f))
      ck_abort_msg("gradient %zu of %zu is %g, not %g", i, p, (double)got[i], (double)t->rows[i]);
  for (int i = 0; i < NODES; i++) {
    cudaFree(y[i]);
    cudaFree(dy[i]);
  }
  cudaFree(theta);
  cudaFree(rows);
  ho_free(logits);
  ho_free(got);
  trial_free(t);
  ho_engine_free(cpu);
  ho_net_free(net);
}
END_TEST

extern "C" Suite *ho_suite(void)
{
  Suite *suite = suite_create("conv");
  TCase *tc = tcase_create("conv");
  tcase_add_loop_test(tc, like_the_twin, 0, 3 * KINDS);
  tcase_add_loop_test(tc, every_tile, 0, 3 * WAYS * HO_TILES);
  tcase_add_loop_test(tc, weights_anywhere, 0, WAYS);
  tcase_add_loop_test(tc, random_shapes, 0, 40);
  tcase_add_test(tc, work_is_enough);
  tcase_add_loop_test(tc, layers_like_the_cpu_s, 0, WAYS);
  suite_add_tcase(suite, tc);
  return suite;
}
