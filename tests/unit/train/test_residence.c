/* SPDX-License-Identifier: MIT
 * test_residence.c - which copy of an array is true: of whole arrays, of parts, of plugins' own parameters, of scratch
 * memory from step to step, of memory that nobody entered. */
#include <math.h>
#include <string.h>

#include "../unit.h"
#include "nn/far.h"
#include "train/residence.h"

enum { N = 10, OWN = 8 };

static struct ho_device *device;
static struct ho_residence r;
static struct ho_error err;
static float theta[N], dir[N], scratch[3 * N], other[N];

static void works(int status)
{
  ck_assert_msg(status == 0, "%s", err.text);
}

static void setup(void)
{
  ck_assert_ptr_nonnull(device = ho_far_open(&err));
  ho_residence_make(&r, device);
  r.least = N;
  for (int k = 0; k < N; k++)
    theta[k] = dir[k] = other[k] = (float)k;
  works(ho_residence_keep(&r, theta, N, OWN, &err));
  works(ho_residence_keep(&r, dir, N, N, &err));
}

static void teardown(void)
{
  ho_residence_free(&r);
  ck_assert_int_eq(ho_far_arrays(device), 0);
  ho_device_close(device);
}

/* The device multiplies n floats at p by c. */
static void times(float *p, size_t n, double c)
{
  const float *from = ho_residence_read(&r, p, n, &err);
  float *to = ho_residence_write(&r, p, n, &err);
  ck_assert(from && from == to);
  works(r.vectors->blend(device, n, to, 1, &c, &from, &err));
  works(ho_residence_written(&r, p, n, &err));
}

START_TEST(whole_arrays)
{
  times(dir, N, 2);
  ck_assert(isnan(dir[3]));
  works(ho_residence_pull(&r, dir, N, &err));
  ck_assert_float_eq(dir[3], 6);
  dir[3] = 100;
  works(ho_residence_push(&r, dir, N, &err));
  times(dir, N, 2);
  works(ho_residence_pull(&r, dir, N, &err));
  ck_assert_float_eq(dir[3], 200);
  ck_assert_float_eq(dir[9], 36);
}
END_TEST

/* Neither side loses what it has beside the part. */
START_TEST(parts)
{
  times(dir + 2, 3, 2);
  ck_assert(isnan(dir[2]) && isnan(dir[4]));
  works(ho_residence_pull(&r, dir + 3, 1, &err));
  ck_assert_float_eq(dir[3], 6);
  dir[4] = 50;
  works(ho_residence_push(&r, dir + 4, 1, &err));
  dir[5] = (float)NAN; /* the truth is on the device */
  works(ho_residence_pull(&r, dir, N, &err));
  static const float expected[N] = { 0, 1, 4, 6, 50, 5, 6, 7, 8, 9 };
  ck_assert_mem_eq(dir, expected, sizeof expected);
}
END_TEST

/* They are read from host memory each time, and are true there after the device has written them. */
START_TEST(own_parameters)
{
  times(theta, N, 2);
  ck_assert(isnan(theta[OWN - 1]));
  ck_assert_float_eq(theta[OWN], 2 * OWN);
  theta[OWN] = 1; /* as a hook may */
  works(ho_residence_pull(&r, theta, N, &err));
  ck_assert_float_eq(theta[OWN], 1);
  ck_assert_float_eq(theta[OWN - 1], 2 * (OWN - 1));
  times(theta, N, 3);
  ck_assert_float_eq(theta[OWN], 3);
  ck_assert_float_eq(theta[OWN + 1], 6 * (OWN + 1));
  theta[OWN + 1] = 5;
  times(theta + OWN, 2, 2);
  ck_assert_float_eq(theta[OWN], 6);
  ck_assert_float_eq(theta[OWN + 1], 10);
}
END_TEST

/* A twin of scratch memory is used again at the same address, with what the host has there now, and ends with a step that
 * uses others only. */
START_TEST(scratch_memory)
{
  works(ho_residence_lend(&r, scratch, sizeof *scratch * (N - 1), &err)); /* too small */
  ck_assert(!ho_residence_away(&r, scratch, 2));
  works(ho_residence_lend(&r, scratch, sizeof *scratch * 2 * N, &err));
  ck_assert(ho_residence_away(&r, scratch + 3, N) && !ho_residence_away(&r, scratch + N, N + 1));
  scratch[0] = 1;
  times(scratch, 2 * N, 2);
  ck_assert_int_eq(ho_far_arrays(device), 1);
  const float *twin = ho_residence_read(&r, scratch, N, &err);
  ho_residence_begin(&r);
  ck_assert(!ho_residence_away(&r, scratch, N));
  ho_residence_begin(&r); /* a step that uses none changes nothing */
  works(ho_residence_lend(&r, scratch, sizeof *scratch * 2 * N, &err));
  memset(scratch, 0, sizeof scratch);
  ck_assert_ptr_eq(ho_residence_read(&r, scratch, N, &err), twin);
  works(r.vectors->down(device, other, twin, 1, &err));
  ck_assert_float_eq(other[0], 0);
  ho_residence_begin(&r);
  works(ho_residence_lend(&r, scratch + 2, sizeof *scratch * N, &err)); /* in the way of the idle one */
  times(scratch + 2, N, 1);
  ck_assert_int_eq(ho_far_arrays(device), 1);
  ho_residence_begin(&r);
  works(ho_residence_lend(&r, scratch + 2 * N, sizeof *scratch * N, &err));
  times(scratch + 2 * N, N, 1);
  ck_assert_int_eq(ho_far_arrays(device), 2);
  ho_residence_begin(&r);
  ck_assert_int_eq(ho_far_arrays(device), 1);
}
END_TEST

START_TEST(guests)
{
  times(other, N, 2);
  ck_assert(!ho_residence_away(&r, other, N));
  ck_assert_float_eq(other[3], 6);
  other[3] = 1;
  times(other, N, 2);
  ck_assert_float_eq(other[3], 2);
}
END_TEST

START_TEST(arrays_at_home)
{
  r.at_home = 1;
  ck_assert(!ho_residence_away(&r, theta, N));
  works(ho_residence_lend(&r, scratch, sizeof scratch, &err));
  ck_assert(!ho_residence_away(&r, scratch, N));
  const float *twin = ho_residence_read(&r, theta, OWN, &err);
  theta[0] = 7;
  works(r.vectors->down(device, other, ho_residence_read(&r, theta, OWN, &err), 1, &err));
  ck_assert_float_eq(other[0], 0); /* nobody could have written it */
  ho_residence_doubt(&r);
  ck_assert_ptr_eq(ho_residence_read(&r, theta, OWN, &err), twin);
  works(r.vectors->down(device, other, twin, 1, &err));
  ck_assert_float_eq(other[0], 7);
  times(dir, N, 2);
  ck_assert_float_eq(dir[3], 6);
}
END_TEST

START_TEST(the_cpu_has_no_twins)
{
  struct ho_residence cpu;
  ho_residence_make(&cpu, &ho_cpu);
  works(ho_residence_keep(&cpu, theta, N, OWN, &err));
  works(ho_residence_lend(&cpu, scratch, sizeof scratch, &err));
  ck_assert_ptr_eq(ho_residence_read(&cpu, theta + 1, 2, &err), theta + 1);
  ck_assert_ptr_eq(ho_residence_write(&cpu, scratch, 2, &err), scratch);
  works(ho_residence_written(&cpu, scratch, 2, &err));
  ck_assert(!ho_residence_away(&cpu, theta, N));
  ck_assert_int_eq(cpu.twins, 0);
  ho_residence_free(&cpu);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("residence");
  TCase *c = tcase_create("residence");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, whole_arrays);
  tcase_add_test(c, parts);
  tcase_add_test(c, own_parameters);
  tcase_add_test(c, scratch_memory);
  tcase_add_test(c, guests);
  tcase_add_test(c, arrays_at_home);
  tcase_add_test(c, the_cpu_has_no_twins);
  suite_add_tcase(suite, c);
  return suite;
}
