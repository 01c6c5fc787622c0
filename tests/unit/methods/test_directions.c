/* SPDX-License-Identifier: MIT
 * test_directions.c - plugins/ that decide the direction, and adam: worked examples and formulas in double. */
#include <math.h>

#include "../rig.h"

static struct rig r;
static float dir[2][MOCK_P];

static void make(const char *name, const char *options)
{
  rig_make(&r, name, options);
  ck_assert_msg(!rig_open(&r), "%s", r.mock.message);
}

static void run(void)
{
  float *out[] = { dir[0], dir[1] };
  r.mock.drawn = r.mock.draws = r.mock.passes = 0;
  ck_assert_msg(!r.hooks->direction(r.self, &r.mock.host, out), "%s", r.mock.message);
}

/* ---- sam ---- */

/* L = (x^2 + 4 y^2) / 2 at (1, 0.5), rho = 0.05: at (1.022361, 0.544721) the gradient is (1.022361, 2.178885). */
static void valley(const float *theta, const float *w, float *row)
{
  (void)w;
  row[0] = theta[0];
  row[1] = 4 * theta[1];
}

START_TEST(sam_worked)
{
  const char *const options[] = { "", "sam.rho=0" };
  const double want[][2] = { { 1.022361, 2.178885 }, { 1, 2 } };
  make("sam", options[_i]);
  r.mock.host.parameters = 2;
  r.mock.gradient = valley;
  r.mock.theta[0] = 1;
  r.mock.theta[1] = 0.5f;
  run();
  ck_assert_int_eq(r.mock.draws, 1);
  ck_assert_int_eq(r.mock.passes, _i ? 1 : 2);
  for (int k = 0; k < 2; k++)
    ck_assert_double_eq_tol(dir[0][k], want[_i][k], 1e-6);
  ck_assert(r.mock.theta[0] == 1 && r.mock.theta[1] == 0.5f);
  rig_free(&r);
}
END_TEST

/* With weight decay in the loss both gradients have it, and update none; a direction is shortened to `clip'.  By hand: with
 * a decay of 0.5 for y alone, g = (1, 2.25), |g| = 2.462214, theta' = (1.020307, 0.545691), g' = (1.020307, 2.455608). */
START_TEST(sam_as_its_authors_have_it)
{
  const char *const options[] = { "sam.l2=true", "sam.l2=true;sam.clip=1", "sam.l2=true;sam.clip=3" };
  const double length = sqrt(1.020307 * 1.020307 + 2.455608 * 2.455608), scale = _i == 1 ? 1 / length : 1;
  const struct ho_tensor tensor[] = { { "x", 0, 1, 1, 0 }, { "y", 1, 1, 1, 0.5 } };
  make("sam", options[_i]);
  r.mock.host.parameters = 2;
  r.mock.host.tensor = tensor;
  r.mock.host.tensors = 2;
  r.mock.gradient = valley;
  r.mock.theta[0] = 1;
  r.mock.theta[1] = 0.5f;
  r.mock.decay = 1;
  run();
  ck_assert_double_eq_tol(dir[0][0], 1.020307 * scale, 1e-6);
  ck_assert_double_eq_tol(dir[0][1], 2.455608 * scale, 1e-6);
  ck_assert_double_eq(r.mock.decay, 0);
  rig_free(&r);
}
END_TEST

START_TEST(sam_at_a_minimum)
{
  make("sam", "");
  r.mock.host.parameters = 2;
  r.mock.gradient = valley;
  run();
  ck_assert(dir[0][0] == 0 && dir[0][1] == 0);
  rig_free(&r);
}
END_TEST

/* ---- l2rw ---- */

START_TEST(l2rw_worked)
{
  const float products[] = { 1, -1, 2, 4 }, want[] = { 1 / 7.0f, 0, 2 / 7.0f, 4 / 7.0f };
  make("l2rw", "");
  r.mock.host.batch_size = 4;
  r.mock.slope = products;
  for (int k = 0; k < 6; k++)
    r.mock.rows[k] = (float)(k + 1);
  run();
  ck_assert_mem_eq(r.mock.along, r.mock.rows + 3, 3 * sizeof(float)); /* g_v: V is drawn second */
  ck_assert(r.mock.flag[0] == HO_KEEP_STATS && r.mock.flag[1] == 0 && !r.mock.at[0] && !r.mock.at[1]);
  ck_assert_mem_eq(dir[0], r.mock.rows, 3 * sizeof(float));
  ck_assert(r.mock.draw[0].pool == HO_TRAIN && r.mock.draw[0].size == 4 && !r.mock.draw[0].plain);
  ck_assert(r.mock.draw[1].pool == HO_CLEAN && r.mock.draw[1].size == 4 && r.mock.draw[1].plain);
  ck_assert_int_eq(r.mock.passes, 2);
  ck_assert_ptr_null(r.mock.w[0]);
  for (int i = 0; i < 4; i++)
    ck_assert_float_eq_tol(r.mock.given[1][i], want[i], 1e-6);
  rig_free(&r);
}
END_TEST

START_TEST(l2rw_when_all_disagree)
{
  const float products[] = { -1, -1, 0, -4 };
  make("l2rw", "l2rw.labels=noisy;l2rw.validation=7");
  r.mock.host.batch_size = 4;
  r.mock.slope = products;
  run();
  ck_assert(r.mock.draw[1].pool == HO_TRAIN && r.mock.draw[1].size == 7);
  for (int i = 0; i < 4; i++)
    ck_assert_float_eq(r.mock.given[1][i], 0);
  rig_free(&r);
}
END_TEST

/* ---- meta-weight-net ---- */

/* V(l; Theta) from its formula. */
static double value(const double *theta, double l)
{
  double z = theta[300];
  for (int k = 0; k < 100; k++)
    z += theta[200 + k] * fmax(0, theta[k] * l + theta[100 + k]);
  return 1 / (1 + exp(-z));
}

/* The sum that Theta descends: -(lr / n) sum_i products_i V(l_i). */
static double objective(const double *theta, const float *l, const float *products)
{
  double sum = 0;
  for (int i = 0; i < 4; i++)
    sum -= 0.1 / 4 * products[i] * value(theta, l[i]);
  return sum;
}

/* The first step of Adam moves every parameter by lr against the sign of its gradient, which differences tell. */
START_TEST(meta_weights_descend)
{
  const float l[] = { 0.1f, 2, 1, 3 }, products[] = { 5, -7, 2, -1 };
  double before[301], after[301];
  int told = 0;
  make("meta-weight-net", "meta-weight-net.decay=0");
  float *theta = r.mock.memory[0];
  r.mock.host.batch_size = 4;
  r.mock.loss[0] = l;
  r.mock.slope = products;
  for (int k = 0; k < 301; k++) {
    before[k] = theta[k];
    ck_assert(fabsf(theta[k]) <= (k < 200 ? 1 : 0.1f));
  }
  run();
  for (int k = 0; k < 301; k++)
    after[k] = theta[k];
  for (int k = 0; k < 301; k++) {
    double moved[301], h = 1e-6, slope;
    memcpy(moved, before, sizeof moved);
    moved[k] += h;
    slope = objective(moved, l, products);
    moved[k] -= 2 * h;
    slope = (slope - objective(moved, l, products)) / (2 * h);
    if (fabs(slope) < 1e-6) /* a unit that is off for all four, or nearly nothing */
      continue;
    told++;
    if (!(fabs(after[k] - before[k] + copysign(0.001, slope)) < 2e-5))
      ck_abort_msg("Theta[%d] moved by %g, its slope is %g", k, after[k] - before[k], slope);
  }
  ck_assert_int_gt(told, 150);
  ck_assert(objective(after, l, products) < objective(before, l, products));
  rig_free(&r);
}
END_TEST

START_TEST(meta_weights_weigh)
{
  const float l[] = { 0.1f, 2, 1, 3 }, products[] = { 5, -7, 2, -1 };
  double theta[301];
  make("meta-weight-net", "");
  float *Theta = r.mock.memory[0];
  r.mock.host.batch_size = 4;
  r.mock.loss[0] = l;
  r.mock.slope = products;
  for (int k = 0; k < 301; k++)
    theta[k] = Theta[k];
  for (int k = 0; k < 6; k++)
    r.mock.rows[k] = (float)(k + 1);
  r.mock.theta[1] = 7;
  run();
  ck_assert_int_eq(r.mock.passes, 3); /* look ahead, meta, direction */
  ck_assert(!r.mock.at[0] && r.mock.at[1] && !r.mock.at[2]);
  for (int k = 0; k < 3; k++) /* theta' = theta - lr g */
    ck_assert_double_eq_tol(r.mock.where[1][k], (k == 1 ? 7 : 0) - 0.1 * r.mock.rows[k], 1e-6);
  ck_assert_mem_eq(r.mock.along, r.mock.rows + 3, 3 * sizeof(float)); /* the meta gradient there */
  ck_assert_mem_eq(dir[0], r.mock.rows, 3 * sizeof(float));
  ck_assert(r.mock.draw[1].pool == HO_CLEAN && r.mock.draw[1].plain);
  for (int i = 0; i < 4; i++)
    ck_assert_double_eq_tol(r.mock.given[0][i], value(theta, l[i]) / 4, 1e-6);
  for (int k = 0; k < 301; k++)
    theta[k] = Theta[k];
  for (int i = 0; i < 4; i++)
    ck_assert_double_eq_tol(r.mock.given[2][i], value(theta, l[i]) / 4, 1e-6);
  rig_free(&r);
}
END_TEST

/* One network each: another in the chain would silently stand still. */
START_TEST(one_network_only)
{
  const char *const names[] = { "bilevel", "l2rw", "meta-weight-net" };
  rig_make(&r, names[_i], "");
  r.mock.host.nets = 2;
  ck_assert_int_eq(rig_open(&r), -1);
  ck_assert_ptr_nonnull(strstr(r.mock.message, "one network"));
  rig_free(&r);
}
END_TEST

/* ---- co-teaching ---- */

/* R over ten epochs is linspace(0, 0.4, 10); of 128 samples 76 are kept at 0.4. */
START_TEST(co_teaching_schedule)
{
  float loss[128];
  make("co-teaching", "co-teaching.forget=0.4");
  r.mock.host.batch_size = 128;
  r.mock.loss[0] = r.mock.loss[1] = loss;
  for (int i = 0; i < 128; i++)
    loss[i] = (float)(i * 37 % 128);
  for (r.mock.host.epoch = 0; r.mock.host.epoch < 12; r.mock.host.epoch++) {
    double R = r.mock.host.epoch < 9 ? 0.4 * r.mock.host.epoch / 9 : 0.4;
    r.mock.logged = 0;
    run();
    ck_assert_double_eq(r.mock.logged * 128, floor((1 - R) * 128 + 1e-9));
  }
  ck_assert_double_eq(r.mock.logged * 128, 76);
  rig_free(&r);
}
END_TEST

/* The authors' loop begins at the second epoch of the plan. */
START_TEST(co_teaching_ahead)
{
  float loss[128];
  make("co-teaching", "co-teaching.forget=0.4;co-teaching.skip=1");
  r.mock.host.batch_size = 128;
  r.mock.loss[0] = r.mock.loss[1] = loss;
  for (int i = 0; i < 128; i++)
    loss[i] = (float)i;
  for (r.mock.host.epoch = 0; r.mock.host.epoch < 12; r.mock.host.epoch++) {
    double R = r.mock.host.epoch < 8 ? 0.4 * (r.mock.host.epoch + 1) / 9 : 0.4;
    r.mock.logged = 0;
    run();
    ck_assert_double_eq(r.mock.logged * 128, floor((1 - R) * 128 + 1e-9));
  }
  rig_free(&r);
}
END_TEST

/* Each is trained on what the other finds easy; ties go to the earlier sample. */
START_TEST(co_teaching_exchanges)
{
  const float a[] = { 1, 2, 3, 4 }, b[] = { 9, 9, 9, 1 };
  const float easy_for_b[] = { 0.5f, 0, 0, 0.5f }, easy_for_a[] = { 0.5f, 0.5f, 0, 0 };
  make("co-teaching", "co-teaching.forget=0.5;co-teaching.gradual=1");
  r.mock.host.nets = 2;
  r.mock.host.batch_size = 4;
  r.mock.loss[0] = a;
  r.mock.loss[1] = b;
  run();
  ck_assert_mem_eq(r.mock.given[0], easy_for_b, sizeof easy_for_b);
  ck_assert_mem_eq(r.mock.given[1], easy_for_a, sizeof easy_for_a);
  rig_free(&r);
}
END_TEST

START_TEST(co_teaching_asks_for_the_rate)
{
  float loss[30] = { 0 };
  rig_make(&r, "co-teaching", "co-teaching.gradual=1");
  r.mock.host.wrong = 0.3;
  ck_assert_int_eq(rig_open(&r), 0);
  r.mock.host.batch_size = 30;
  r.mock.loss[0] = r.mock.loss[1] = loss;
  run();
  ck_assert_double_eq_tol(r.mock.logged, 0.7, 1e-9);
  r.mock.host.wrong = NAN;
  ck_assert_int_eq(rig_open(&r), -1);
  ck_assert_ptr_nonnull(strstr(r.mock.message, "the share of wrong labels, but true labels are unknown here: set it"));
  rig_free(&r);
}
END_TEST

/* ---- adam ---- */

START_TEST(adam_by_hand)
{
  float theta[] = { 1, -2 }, m[2] = { 0 }, v[2] = { 0 }, *slot[] = { m, v };
  double x[] = { 1, -2 }, a[2] = { 0 }, b[2] = { 0 };
  struct ho_tensor t = { "w", 0, 2, 0.5, 0.01 };
  make("adam", "");
  ck_assert_int_eq(r.hooks->slots, 2);
  for (r.mock.host.step = 0; r.mock.host.step < 20; r.mock.host.step++) {
    double n = (double)r.mock.host.step + 1;
    float g[] = { (float)sin(n), (float)(0.01 * cos(n)) };
    ck_assert_int_eq(r.hooks->update(r.self, &r.mock.host, &t, theta, g, slot), 0);
    for (int k = 0; k < 2; k++) {
      double d = g[k] + 0.01 * x[k];
      a[k] = 0.9 * a[k] + 0.1 * d;
      b[k] = 0.999 * b[k] + 0.001 * d * d;
      x[k] -= 0.1 * 0.5 * (a[k] / (1 - pow(0.9, n))) / (sqrt(b[k] / (1 - pow(0.999, n))) + 1e-8);
      ck_assert_double_eq_tol(theta[k], x[k], 1e-6);
      ck_assert_double_eq_tol(m[k], a[k], 1e-6 * (k ? 0.03 : 1));
      ck_assert_double_eq_tol(v[k], b[k], 4e-6 * b[k]); /* 1 - (float)0.999 is 1.3e-5 off */
    }
  }
  rig_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("directions");
  TCase *c = tcase_create("directions");
  tcase_add_loop_test(c, sam_worked, 0, 2);
  tcase_add_loop_test(c, sam_as_its_authors_have_it, 0, 3);
  tcase_add_test(c, sam_at_a_minimum);
  tcase_add_test(c, l2rw_worked);
  tcase_add_test(c, l2rw_when_all_disagree);
  tcase_add_test(c, meta_weights_descend);
  tcase_add_test(c, meta_weights_weigh);
  tcase_add_loop_test(c, one_network_only, 0, 3);
  tcase_add_test(c, co_teaching_schedule);
  tcase_add_test(c, co_teaching_ahead);
  tcase_add_test(c, co_teaching_exchanges);
  tcase_add_test(c, co_teaching_asks_for_the_rate);
  tcase_add_test(c, adam_by_hand);
  suite_add_tcase(suite, c);
  return suite;
}
