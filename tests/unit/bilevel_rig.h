/* SPDX-License-Identifier: MIT
 * bilevel_rig.h - plugins/bilevel.c on the mock host, whose rows of gradients the test chooses. */
#ifndef HO_BILEVEL_RIG_H
#define HO_BILEVEL_RIG_H

#include <math.h>

#include "mock_host.h"
#include "plugin/chain.h"
#include "unit.h"

static struct ho_chain chain;
static struct ho_link *bilevel;
static struct mock m;
static float dir[MOCK_P];

/* The plugin with options `a=1 b=2' (without its name). */
static inline void setup(int n, const char *const *options)
{
  struct ho_plugin_path path;
  struct ho_error err;
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_chain_make(&chain, "bilevel", &path, options, n, &err), "%s", err.text);
  ho_plugin_path_free(&path);
  bilevel = &chain.link[0];
}

static inline void teardown(void)
{
  mock_free(&m);
  ho_chain_free(&chain);
}

static inline int run(void)
{
  float *out = dir;
  m.drawn = m.draws = 0;
  memset(m.has_weight, 0, sizeof m.has_weight);
  if (bilevel->plugin->hooks.open(bilevel->self, &m.host))
    return -1;
  return bilevel->plugin->hooks.direction(bilevel->self, &m.host, &out);
}

static inline void fill_random(int rows, size_t P, uint64_t seed)
{
  struct ho_stream s = ho_stream_make(seed, "test", 0, 0);
  for (size_t i = 0; i < (size_t)rows * P; i++)
    m.rows[i] = (float)ho_stream_normal(&s);
}

/* w and sum w g straight from the formulas, in double, for one validation row. */
static inline void expect(int rows, size_t P, double mu, double *w, double *G)
{
  double sum = 0;
  for (int i = 1; i < rows; i++) {
    const float *g = m.rows + (size_t)i * P;
    w[i] = mock_dot(NULL, P, m.rows, g) / (mock_dot(NULL, P, g, g) + mu);
    sum += fabs(w[i]);
  }
  for (size_t k = 0; k < P; k++)
    G[k] = 0;
  for (int i = 1; i < rows; i++) {
    w[i] /= sum;
    for (size_t k = 0; k < P; k++)
      G[k] += w[i] * m.rows[(size_t)i * P + k];
  }
}

__attribute__((unused)) static const float example[] = { 1, 0, 1, 1, 1, 0, -1, 0, 0, 0, 0, 2, 2, 0, 2 };
__attribute__((unused)) static const char *const five[] = { "bilevel.minibatches=5" };

#endif
