/* SPDX-License-Identifier: MIT
 * test_weights.c - weights read by name: bit for bit, whatever else the file holds; what does not fit is listed. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "../scratch.h"
#include "format/safetensors.h"
#include "run/weights.h"
#include "../twin.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_net *net;
static struct ho_arena *arena;
static struct ho_tensor_file *file;
static float *theta[2], *stats[2];

static void setup(void)
{
  scratch_make();
  net = ho_net_new("preact-resnet18:width=2", (struct ho_shape){ 8, 8, 3 }, 4, &err);
  ck_assert_msg(net != NULL, "%s", err.text);
  arena = ho_arena_new(&err);
  file = ho_tensor_file_new(&err);
  for (int k = 0; k < 2; k++) {
    theta[k] = random_floats(net->parameters, 5 + (uint64_t)k);
    stats[k] = random_floats(net->statistics, 15 + (uint64_t)k);
  }
}

static void teardown(void)
{
  for (int k = 0; k < 2; k++) {
    ho_free(theta[k]);
    ho_free(stats[k]);
  }
  ho_tensor_file_free(file);
  ho_arena_free(arena);
  ho_net_free(net);
  scratch_remove();
}

static void add(const char *name, const char *dtype, int rank, const size_t *shape, const void *data)
{
  ck_assert_msg(!ho_tensor_file_add(file, name, dtype, rank, shape, data, &err), "%s", err.text);
}

static void add_param(const char *prefix, const struct ho_param *p, const float *vector)
{
  char name[128];
  size_t shape[4];
  float *copy = ho_arena_get(arena, p->size, sizeof *copy, &err);
  ho_param_to_file(p, vector, copy);
  snprintf(name, sizeof name, "%s%s", prefix, p->name);
  add(name, "F32", ho_param_file_shape(p, shape), shape, copy);
}

/* All tensors, last first, but those whose name contains `but'. */
static void add_all(const char *prefix, int k, const char *but)
{
  for (int i = net->nstats - 1; i >= 0; i--)
    if (!but || !strstr(net->stat[i].name, but))
      add_param(prefix, &net->stat[i], stats[k]);
  for (int i = net->nparams - 1; i >= 0; i--)
    if (!but || !strstr(net->param[i].name, but))
      add_param(prefix, &net->param[i], theta[k]);
}

static int read_weights(int n, float **into, float **averages)
{
  const char *path = scratch_path("weights.safetensors");
  ck_assert_msg(!ho_tensor_file_write(file, path, &err), "%s", err.text);
  return ho_weights_read(net, path, n, into, averages, &err);
}

/* Reads n networks; network k must have the weights that from[k] says. */
static void ck_read(int n, const int *from)
{
  float *into[2], *averages[2];
  for (int k = 0; k < n; k++) {
    into[k] = random_floats(net->parameters, 99);
    averages[k] = random_floats(net->statistics, 98);
  }
  ck_assert_msg(!read_weights(n, into, averages), "%s", err.text);
  for (int k = 0; k < n; k++) {
    ck_assert_uint_eq(first_difference(net->parameters, into[k], theta[from[k]]), net->parameters);
    ck_assert_uint_eq(first_difference(net->statistics, averages[k], stats[from[k]]), net->statistics);
    ho_free(into[k]);
    ho_free(averages[k]);
  }
}

START_TEST(by_name)
{
  static const int64_t count = 7;
  static const float other[3];
  add("slot0/conv1.weight", "F32", 1, (size_t[]){ 3 }, other);
  add("state/bilevel/x", "F32", 1, (size_t[]){ 3 }, other);
  add("layer1.0.bn1.num_batches_tracked", "I64", 0, NULL, &count);
  add_all("", 0, NULL);
  add("run/step", "U64", 1, (size_t[]){ 1 }, &count);
  ck_read(1, (int[]){ 0 });
}
END_TEST

START_TEST(several_networks)
{
  add_all("", 0, NULL);
  if (_i) /* the file has a second network */
    add_all("net1/", 1, NULL);
  ck_read(2, (int[]){ 0, _i });
  ck_read(1, (int[]){ 0 });
}
END_TEST

/* Fails with all these texts; nothing has been changed. */
static void ck_refused(int n, const char *const *text)
{
  float *into[2] = { random_floats(net->parameters, 99), random_floats(net->parameters, 97) };
  float *averages[2] = { random_floats(net->statistics, 98), random_floats(net->statistics, 96) };
  float *before = random_floats(net->parameters, 99), *averages_before = random_floats(net->statistics, 98);
  ck_assert_int_eq(read_weights(n, into, averages), -1);
  for (int i = 0; text[i]; i++)
    ck_assert_msg(strstr(err.text, text[i]) != NULL, "`%s' is not in: %s", text[i], err.text);
  ck_assert_uint_eq(first_difference(net->parameters, into[0], before), net->parameters);
  ck_assert_uint_eq(first_difference(net->statistics, averages[0], averages_before), net->statistics);
  for (int k = 0; k < 2; k++) {
    ho_free(into[k]);
    ho_free(averages[k]);
  }
  ho_free(before);
  ho_free(averages_before);
}

START_TEST(faults_are_listed_together)
{
  static const float data[64];
  add_all("", 0, "linear");
  add("linear.weight", "F32", 2, (size_t[]){ 3, 16 }, data);
  add("linear.bias", "F16", 1, (size_t[]){ 4 }, data);
  add("fc.weight", "F32", 2, (size_t[]){ 4, 16 }, data);
  add("num_batches_tracked.x", "F32", 1, (size_t[]){ 1 }, data);
  ck_refused(
      1,
      (const char *[]){
          "weights.safetensors does not fit network preact-resnet18:width=2; unknown to the network: fc.weight, "
          "num_batches_tracked.x; of another shape or type: linear.weight (3x16, not 4x16), linear.bias (F16, not F32)",
          NULL });
}
END_TEST

START_TEST(missing_tensors)
{
  add_all("", 0, "layer3.0.bn1");
  ck_refused(
      1, (const char *[]){ "missing in the file: layer3.0.bn1.weight, layer3.0.bn1.bias, layer3.0.bn1.running_mean, "
                           "layer3.0.bn1.running_var",
                           NULL });
  ck_assert_ptr_null(strstr(err.text, "unknown"));
}
END_TEST

/* A scalar and a tensor of one element are different shapes; ranks count. */
START_TEST(ranks)
{
  static const float data[64];
  add_all("", 0, "linear.bias");
  add("linear.bias", "F32", _i ? 2 : 0, (size_t[]){ 4, 1 }, data);
  ck_refused(1, (const char *[]){ _i ? "linear.bias (4x1, not 4)" : "linear.bias (scalar, not 4)", NULL });
}
END_TEST

/* Too many for a message: the first, and how many more. */
START_TEST(long_lists)
{
  static const float data[1];
  add("a", "F32", 1, (size_t[]){ 1 }, data);
  ck_refused(1,
             (const char *[]){ "missing in the file: conv1.weight, layer1.0.bn1.weight, ", " more; unknown to", NULL });
  const char *more = strstr(err.text, " and ");
  int listed = 1;
  for (const char *c = strstr(err.text, "conv1.weight"); c < more; c++)
    listed += *c == ',';
  ck_assert_int_eq(listed + atoi(more + 5), net->nparams + net->nstats);
}
END_TEST

START_TEST(second_network_lacks_some)
{
  add_all("", 0, NULL);
  add_all("net1/", 1, "linear.bias");
  ck_refused(2, (const char *[]){ "missing in the file: net1/linear.bias", NULL });
  ck_read(1, (int[]){ 0 });
}
END_TEST

START_TEST(no_such_file)
{
  const char *path = scratch_path("nothing");
  ck_assert_int_eq(ho_weights_read(net, path, 1, theta, stats, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("weights");
  TCase *tc = tcase_create("weights");
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, by_name);
  tcase_add_loop_test(tc, several_networks, 0, 2);
  tcase_add_test(tc, faults_are_listed_together);
  tcase_add_test(tc, missing_tensors);
  tcase_add_loop_test(tc, ranks, 0, 2);
  tcase_add_test(tc, long_lists);
  tcase_add_test(tc, second_network_lacks_some);
  tcase_add_test(tc, no_such_file);
  suite_add_tcase(suite, tc);
  return suite;
}
