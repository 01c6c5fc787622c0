/* SPDX-License-Identifier: MIT
 * test_conv.c - convolutions of every kind against the naive twin: results, and all gradients by differences. */
#include <math.h>

#include "base/memory.h"
#include "compute/random.h"
#include "compute/simd.h"
#include "nn/cpu/kernels/gather.h"
#include "../twin.h"
#include "../unit.h"

/* The convolution under test stands between two others, so that its gradient to data is seen in the first one's
 * weights, and its own input is no network input. */
struct kind {
  const char *what;
  int height, width, channels, out;
  struct ho_window window;
  int bias, size;
};

static const struct kind kinds[] = {
  { "3x3", 7, 6, 3, 4, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 2 },
  { "3x3 with bias", 5, 5, 2, 5, { 3, 3, 1, 1, 1, 1, 1, 1 }, 1, 2 },
  { "3x3 without padding", 6, 6, 3, 4, { 3, 3, 1, 1, 0, 0, 0, 0 }, 0, 2 },
  { "3x3 stride 2", 8, 7, 3, 4, { 3, 3, 2, 2, 1, 1, 1, 1 }, 0, 2 },
  { "3x3 stride 2, padded after only", 8, 8, 3, 4, { 3, 3, 2, 2, 0, 1, 0, 1 }, 0, 2 },
  { "5x5", 6, 7, 2, 3, { 5, 5, 1, 1, 2, 2, 2, 2 }, 1, 2 },
  { "5x5 larger than the image", 3, 2, 2, 3, { 5, 5, 1, 1, 2, 2, 2, 2 }, 0, 3 },
  { "1x1", 5, 4, 6, 5, { 1, 1, 1, 1, 0, 0, 0, 0 }, 0, 2 },
  { "1x1 with bias", 5, 4, 6, 5, { 1, 1, 1, 1, 0, 0, 0, 0 }, 1, 2 },
  { "1x1 stride 2", 5, 6, 6, 5, { 1, 1, 2, 2, 0, 0, 0, 0 }, 0, 2 },
  { "2x2 stride 3", 8, 8, 3, 4, { 2, 2, 3, 3, 0, 0, 0, 0 }, 0, 2 },
  { "3x1, strides 1 and 2, padding 2, 1, 0, 0", 6, 7, 3, 4, { 3, 1, 1, 2, 2, 1, 0, 0 }, 0, 2 },
  { "1x4", 3, 7, 3, 4, { 1, 4, 1, 1, 0, 0, 3, 1 }, 0, 2 },
  { "many lines and panels", 20, 20, 30, 3, { 3, 3, 1, 1, 1, 1, 1, 1 }, 1, 5 },
  { "many images of few pixels", 3, 3, 9, 8, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 65 },
  { "lines longer than a block", 2, 300, 2, 2, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 2 },
  { "one pixel, one channel", 1, 1, 1, 1, { 3, 3, 1, 1, 1, 1, 1, 1 }, 1, 3 },
  /* from 8 channels on, 3x3 goes through Winograd's filtering */
  { "tiles that fit", 8, 12, 8, 16, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 2 },
  { "tiles that do not, with bias", 7, 9, 9, 11, { 3, 3, 1, 1, 1, 1, 1, 1 }, 1, 2 },
  { "tiles without padding", 10, 7, 17, 8, { 3, 3, 1, 1, 0, 0, 0, 0 }, 0, 2 },
  { "tiles padded after only", 6, 5, 8, 8, { 3, 3, 1, 1, 0, 2, 0, 2 }, 0, 2 },
  { "tiles padded before only", 6, 5, 8, 8, { 3, 3, 1, 1, 2, 0, 1, 0 }, 1, 2 },
  { "tiles of one pixel", 1, 1, 8, 8, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 3 },
  { "tiles for many tasks", 17, 33, 8, 9, { 3, 3, 1, 1, 1, 1, 1, 1 }, 1, 9 },
  { "a line of tiles longer than a task", 2, 300, 8, 8, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 1 },
  { "large filters", 5, 4, 190, 180, { 3, 3, 1, 1, 1, 1, 1, 1 }, 0, 3 },
};

static const struct kind *current;

static int build(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_conv(g, ho_graph_input(g), "before", current->channels, ho_window_square(1, 1, 0), 1);
  x = ho_graph_conv(g, x, "conv", current->out, current->window, current->bias);
  return ho_graph_output(g, ho_graph_conv(g, x, "after", 2, ho_window_square(1, 1, 0), 0), x);
}

/* Every kind on every path that this processor runs. */
START_TEST(like_the_twin)
{
  enum { KINDS = sizeof kinds / sizeof *kinds };
  enum ho_simd path = (enum ho_simd)(_i / KINDS);
  current = &kinds[_i % KINDS];
  if (!ho_simd_has(path))
    return;
  ho_simd_setup(ho_simd_name(path), NULL);
  const struct ho_window *w = &current->window;
  int oh = (current->height + w->top + w->bottom - w->kh) / w->sh + 1;
  int ow = (current->width + w->left + w->right - w->kw) / w->sw + 1;
  struct ho_net *net = twin_net(build, NULL, (struct ho_shape){ current->height, current->width, 2 }, oh * ow * 2);
  struct trial *t = trial_new(net, 2, current->size, 0, 10 + (uint64_t)(_i % KINDS));
  trial_check(t, current->channels > 100 ? 2 : current->size > 2 || current->channels > 7 ? 6 : 40);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

/* Without a layer before it: no gradient to data is computed. */
static int build_first(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_input(g);
  return ho_graph_output(g, ho_graph_conv(g, x, "conv", 3, ho_window_square(3, 2, 1), 1), x);
}

START_TEST(as_first_layer)
{
  struct ho_net *net = twin_net(build_first, NULL, (struct ho_shape){ 7, 7, 3 }, 48);
  struct trial *t = trial_new(net, 3, 2, 0, 5);
  trial_check(t, 100);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

/* Two readers of one tensor: the gradients to it are added, by 1x1 and by other convolutions. */
static int build_fork(struct ho_graph *g, const double *value)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "stem", 3, ho_window_square(1, 1, 0), 0);
  int a = ho_graph_conv(g, x, "a", 4, ho_window_square(3, 1, 1), 0);
  int b = ho_graph_conv(g, x, "b", 4, ho_window_square(1, 1, 0), 0);
  return ho_graph_output(g, value[0] > 0 ? ho_graph_add(g, a, b) : ho_graph_add(g, b, a), x);
}

START_TEST(gradients_add_up)
{
  struct ho_net *net = twin_net(build_fork, (double[]){ _i }, (struct ho_shape){ 4, 5, 2 }, 80);
  struct trial *t = trial_new(net, 2, 2, 0, 6);
  trial_check(t, 100);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

/* By hand: 1 channel, 2x2 image 1 2 / 3 4, kernel 3x3 of 1..9 in OIHW order, padding 1. */
static int build_hand(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_input(g);
  return ho_graph_output(g, ho_graph_conv(g, x, "conv", 1, ho_window_square(3, 1, 1), 0), x);
}

START_TEST(by_hand)
{
  struct ho_net *net = twin_net(build_hand, NULL, (struct ho_shape){ 2, 2, 1 }, 4);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 0, NULL);
  float theta[9];
  const float file[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, image[4] = { 1, 2, 3, 4 }, *x = image;
  /* top left: 5*1 + 6*2 + 8*3 + 9*4 = 77; and so on */
  const float want[4] = { 77, 67, 47, 37 };
  ho_param_from_file(&net->param[0], file, theta);
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = 1, .x = &x, .theta = theta });
  ck_assert_uint_eq(first_difference(4, engine_logits(e), want), 4);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* Gathered lines against their definition: anywhere around the images, dense or some channels of more, as they are or
 * through coefficients, which differ from mini-batch to mini-batch. */
START_TEST(gathered)
{
  enum { IMAGES = 4, H = 5, W = 6, C = 19, LINES = 4, COLUMNS = 7 };
  size_t ld = _i & 1 ? C + 3 : C;
  float *x = random_floats(IMAGES * H * W * ld, 1), *view = random_floats(2 * HO_COEFFICIENTS * C, 2);
  float *out = ho_alloc(LINES * COLUMNS * C, sizeof *out, "a test", NULL);
  struct ho_images_of from = { x, ld, { H, W, C }, _i & 2 ? view : NULL, 2 };
  for (size_t image = 0; image < IMAGES; image++)
    for (int top = -LINES - 1; top < H + 2; top++)
      for (int left = -COLUMNS - 1; left < W + 2; left++) {
        ho_gather(&from, image, top, LINES, left, COLUMNS, out);
        for (int k = 0; k < LINES * COLUMNS * C; k++) {
          int y = top + k / C / COLUMNS, column = left + k / C % COLUMNS, c = k % C;
          const float *a = view + image / 2 * HO_COEFFICIENTS * C + c;
          double want = 0;
          if (y >= 0 && column >= 0 && y < H && column < W) {
            want = x[((image * H + (size_t)y) * W + (size_t)column) * ld + (size_t)c];
            want = _i & 2 ? fmax(a[3 * C], a[C] * (want - a[0]) + a[2 * C]) : want;
          }
          if (!(fabs(out[k] - want) < 1e-5))
            ck_abort_msg("image %zu, (%d, %d, %d) is %g, not %g", image, y, column, c, (double)out[k], want);
        }
      }
  ho_free(x);
  ho_free(view);
  ho_free(out);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("conv");
  TCase *tc = tcase_create("conv");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, like_the_twin, 0, HO_SIMD_PATHS * sizeof kinds / sizeof *kinds);
  tcase_add_test(tc, as_first_layer);
  tcase_add_loop_test(tc, gradients_add_up, 0, 2);
  tcase_add_test(tc, by_hand);
  tcase_add_loop_test(tc, gathered, 0, 4);
  suite_add_tcase(suite, tc);
  return suite;
}
