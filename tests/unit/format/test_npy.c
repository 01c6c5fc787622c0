/* SPDX-License-Identifier: MIT
 * test_npy.c - NumPy's .npy files: every type, order and version; written and read back; refused for every lie they tell.
 * readers.bats compares with NumPy itself. */
#include "format/npy.h"

#include <limits.h>
#include <math.h>

#include "base/memory.h"
#include "../scratch.h"
#include "../unit.h"

static struct ho_error err;

/* A file of this version, header and array. */
static const char *make(int version, const char *header, const void *data, size_t size)
{
  static unsigned char bytes[1 << 17];
  size_t wide = version > 1 ? 4 : 2, length = strlen(header);
  memset(bytes, 0, 12);
  memcpy(bytes, "\x93NUMPY", 6);
  bytes[6] = (unsigned char)version;
  bytes[8] = (unsigned char)length;
  bytes[9] = (unsigned char)(length >> 8);
  bytes[10] = (unsigned char)(wide == 4 ? length >> 16 : 0);
  memcpy(bytes + 8 + wide, header, length);
  if (size)
    memcpy(bytes + 8 + wide + length, data, size);
  return scratch_write("a.npy", bytes, 8 + wide + length + size);
}

static void expect(struct ho_npy *a, const char *path)
{
  ck_assert_msg(!ho_npy_read(path, a, &err), "%s", err.text);
}

static void refuses(const char *path, const char *words)
{
  struct ho_npy a;
  ck_assert_int_eq(ho_npy_read(path, &a, &err), -1);
  assert_has(err.text, words);
  assert_has(err.text, path);
  ck_assert_ptr_null(a.file);
}

static const unsigned char plain[6] = { 0, 1, 127, 128, 254, 255 };
static const char simple[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";

START_TEST(versions_spaces_and_quotes)
{
  static const struct {
    int version;
    const char *header;
  } good[] = {
    { 1, simple },
    { 2, simple },
    { 3, simple },
    { 1, "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"|u1\"}" },
    { 1, "  { 'fortran_order' : False , 'descr':'|u1', 'shape': ( 2L , 3L ) , }      \n" },
    { 1, "{'descr': '<u1', 'fortran_order': False, 'shape': (2, 3)}" },
    { 1, "{'descr': '=u1', 'fortran_order': False, 'shape': (2, 3,)}" },
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct ho_npy a;
    expect(&a, make(good[i].version, good[i].header, plain, 6));
    ck_assert(a.kind == HO_NPY_UNSIGNED && a.width == 1 && a.rank == 2 && a.n == 6);
    ck_assert(a.shape[0] == 2 && a.shape[1] == 3 && a.stride[0] == 3 && a.stride[1] == 1);
    ck_assert_mem_eq(a.data, plain, 6);
    ho_npy_free(&a);
  }
}
END_TEST

START_TEST(integers_of_every_width)
{
  static const struct {
    const char *type;
    unsigned char bytes[8];
    long long value;
  } each[] = {
    { "|i1", { 0x80 }, -128 },
    { "|u1", { 0x80 }, 128 },
    { "|b1", { 1 }, 1 },
    { "|b1", { 7 }, 1 },
    { "<i2", { 0xfe, 0xff }, -2 },
    { ">i2", { 0xff, 0xfe }, -2 },
    { "<u2", { 0x34, 0x12 }, 0x1234 },
    { ">u2", { 0x12, 0x34 }, 0x1234 },
    { "<i4", { 0, 0, 0, 0x80 }, INT_MIN },
    { ">i4", { 0, 0, 1, 2 }, 258 },
    { "<u4", { 0xff, 0xff, 0xff, 0xff }, UINT32_MAX },
    { "<i8", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, -1 },
    { ">i8", { 0x80 }, LLONG_MIN },
    { ">i8", { 0, 0, 0, 0, 0, 0, 1, 0 }, 256 },
    { "<u8", { 0, 0, 0, 0, 0, 0, 0, 0x80 }, LLONG_MAX },
    { "<u8", { 5 }, 5 },
  };
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
    char header[128];
    struct ho_npy a;
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': ()}", each[i].type);
    expect(&a, make(1, header, each[i].bytes, (size_t)(each[i].type[2] - '0')));
    ck_assert(a.rank == 0 && a.n == 1);
    ck_assert_msg(ho_npy_integer(&a, 0) == each[i].value, "%s: %lld", each[i].type, ho_npy_integer(&a, 0));
    ho_npy_free(&a);
  }
}
END_TEST

START_TEST(reals)
{
  static const unsigned char half[] = { 0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b, 0, 0x7c, 1, 0x7e };
  static const double halves[] = { 1, -2, 0x1p-24, 65504, INFINITY };
  const float f[2] = { 0.1f, -1e30f };
  const double d[2] = { 0.1, 1e300 };
  struct ho_npy a;
  expect(&a, make(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (6,)}", half, sizeof half));
  for (size_t i = 0; i < 5; i++)
    ck_assert_double_eq(ho_npy_real(&a, i), halves[i]);
  ck_assert(isnan(ho_npy_real(&a, 5)));
  ho_npy_free(&a);
  expect(&a, make(1, "{'descr': '=f4', 'fortran_order': False, 'shape': (2,)}", f, sizeof f));
  ck_assert(ho_npy_real(&a, 0) == (double)f[0] && ho_npy_real(&a, 1) == (double)f[1]);
  ho_npy_free(&a);
  expect(&a, make(1, "{'descr': '=f8', 'fortran_order': False, 'shape': (2,)}", d, sizeof d));
  ck_assert(ho_npy_real(&a, 0) == d[0] && ho_npy_real(&a, 1) == d[1]);
  ho_npy_free(&a);
  expect(&a, make(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "\x3f\x80\0", 4));
  ck_assert_double_eq(ho_npy_real(&a, 0), 1);
  ho_npy_free(&a);
}
END_TEST

START_TEST(fortran_order)
{
  struct ho_npy a;
  expect(&a, make(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", plain, 6));
  ck_assert(a.stride[0] == 1 && a.stride[1] == 2);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 3; j++)
      ck_assert_int_eq(ho_npy_integer(&a, i * a.stride[0] + j * a.stride[1]), plain[i + 2 * j]);
  ho_npy_free(&a);
}
END_TEST

START_TEST(texts)
{
  static const uint32_t wide[9] = { 'a', 0xe4, 0, 0x20ac, 0x1f600, 'z', 0xd800, 'b', 0 };
  char out[16];
  struct ho_npy a;
  expect(&a, make(1, "{'descr': '=U3', 'fortran_order': False, 'shape': (3,)}", wide, sizeof wide));
  ck_assert(!ho_npy_text(&a, 0, out, sizeof out));
  ck_assert_str_eq(out, "a\xc3\xa4");
  ck_assert(!ho_npy_text(&a, 1, out, sizeof out));
  ck_assert_str_eq(out, "\xe2\x82\xac\xf0\x9f\x98\x80z");
  ck_assert_int_eq(ho_npy_text(&a, 1, out, 8), -1);
  ck_assert_int_eq(ho_npy_text(&a, 2, out, sizeof out), -1); /* half of a pair is no code point */
  ho_npy_free(&a);
  expect(&a, make(1, "{'descr': '|S3', 'fortran_order': False, 'shape': (4,)}", "cat\0\0\0x\0\0a\0b", 12));
  ck_assert(!ho_npy_text(&a, 0, out, 4) && !strcmp(out, "cat"));
  ck_assert_int_eq(ho_npy_text(&a, 0, out, 3), -1);
  ck_assert(!ho_npy_text(&a, 1, out, 1) && !*out);
  ck_assert(!ho_npy_text(&a, 2, out, sizeof out) && !strcmp(out, "x"));
  ck_assert_int_eq(ho_npy_text(&a, 3, out, sizeof out), -1); /* a zero within */
  ho_npy_free(&a);
}
END_TEST

START_TEST(lengths_must_agree)
{
  size_t header = strlen(simple);
  unsigned char bytes[256] = "\x93NUMPY\1";
  const char *path = scratch_path("a.npy");
  bytes[8] = (unsigned char)header;
  memcpy(bytes + 10, simple, header);
  memcpy(bytes + 10 + header, plain, 6);
  for (size_t n = 0; n < 10 + header + 6; n++) {
    scratch_write("a.npy", bytes, n);
    refuses(path, "truncated");
  }
  scratch_write("a.npy", bytes, 10 + header + 7);
  refuses(path, "oversized: the header announces");
  refuses(make(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 3)}", "x", 1), "oversized");
  struct ho_npy a;
  expect(&a, make(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 3)}", "", 0));
  ck_assert_uint_eq(a.n, 0);
  ho_npy_free(&a);
}
END_TEST

START_TEST(what_is_not_read)
{
  static const struct {
    const char *header, *says;
  } bad[] = {
    { "", "damaged: its header" },
    { "{", "damaged: its header" },
    { "{}", "damaged: its header" },
    { "{'descr': '|u1', 'shape': (2, 3)}", "damaged: its header" },
    { "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), 'more': 1}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (2, 3)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} x", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -3)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2 3)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3", "damaged: its header" },
    { "{'descr': '|u1, 'fortran_order': False, 'shape': (2, 3)}", "damaged: its header" },
    { "{'descr': '|u\\x31', 'fortran_order': False, 'shape': (2, 3)}", "damaged: its header" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 2, 3)}", "damaged: its header" },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", "array of Python objects" },
    { "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,)}", "array of several fields" },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", "type `<c8', which is not read" },
    { "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,)}", "type `<M8[ns]', which is not read" },
    { "{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", "type `<f16', which is not read" },
    { "{'descr': '<i3', 'fortran_order': False, 'shape': (2,)}", "type `<i3'" },
    { "{'descr': '<i', 'fortran_order': False, 'shape': (2,)}", "type `<i'" },
    { "{'descr': 'i4', 'fortran_order': False, 'shape': (2,)}", "type `i4'" },
    { "{'descr': '<i4 ', 'fortran_order': False, 'shape': (2,)}", "type `<i4 '" },
    { "{'descr': '<U0', 'fortran_order': False, 'shape': (999999999999,)}", "type `<U0'" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999,)}",
      "announces more than the 68719476736 bytes" },
    { "{'descr': '<i8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "announces more than" },
    { "{'descr': '<i8', 'fortran_order': False, 'shape': (2305843009213693952, 8)}", "announces more than" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999999,)}", "announces more than" },
    { "{'descr': '<U99999999999', 'fortran_order': False, 'shape': (99999999999,)}", "announces more than" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refuses(make(1, bad[i].header, plain, 6), bad[i].says);
  refuses(make(4, simple, plain, 6), "version 4.0 of the .npy format is not read");
  refuses(scratch_write("a.npy", "PK\3\4 and so on", 14), "looks like a .npz archive; save one array");
  refuses(scratch_write("a.npy", "index,label\n0,1\n", 16), "not a .npy file of NumPy");
  refuses(scratch_path("none.npy"), "No such file");
  refuses(scratch_write("a.npy", "\x93NUMPY\2\0\xff\xff\xff\xff", 12), "damaged: a header of 4294967295 bytes");
}
END_TEST

START_TEST(memory_is_limited)
{
  ho_memory_set_bound(64);
  refuses(make(1, simple, plain, 6), "memory limit");
  ho_memory_set_bound(0);
}
END_TEST

START_TEST(what_is_written_is_read)
{
  static const size_t shape[3] = { 2, 1, 3 };
  const float value[6] = { 0, -1.5f, 3e38f, 1e-40f, NAN, INFINITY };
  const char *path = scratch_path("out.npy");
  struct ho_npy_output out;
  struct ho_npy a;
  ck_assert_msg(!ho_npy_open(&out, path, "f4", 3, shape, &err), "%s", err.text);
  ho_npy_write(&out, value, 3);
  ck_assert_int_ne(access(path, F_OK), 0); /* not before it is complete */
  ho_npy_write(&out, value + 3, 3);
  ck_assert_msg(!ho_npy_commit(&out, &err), "%s", err.text);
  expect(&a, path);
  ck_assert(a.kind == HO_NPY_REAL && a.width == 4 && a.rank == 3 && a.n == 6 && a.shape[2] == 3);
  ck_assert_uint_eq((size_t)(a.data - a.file) % 64, 0);
  ck_assert_mem_eq(a.data, value, sizeof value);
  ho_npy_free(&a);
  ck_assert(!ho_npy_open(&out, path, "i8", 1, (size_t[]){ 1 }, &err));
  ho_npy_write(&out, (int64_t[]){ -7 }, 1);
  ck_assert(!ho_npy_commit(&out, &err));
  expect(&a, path);
  ck_assert(a.rank == 1 && ho_npy_integer(&a, 0) == -7);
  ho_npy_free(&a);
}
END_TEST

START_TEST(half_a_file_is_not_written)
{
  const char *path = scratch_path("out.npy");
  struct ho_npy_output out;
  ck_assert(!ho_npy_open(&out, path, "u2", 2, (size_t[]){ 4, 2 }, &err));
  ho_npy_write(&out, (uint16_t[]){ 1, 2, 3 }, 3);
  ck_assert_int_eq(ho_npy_commit(&out, &err), -1);
  assert_has(err.text, "5 elements are missing");
  ck_assert_int_ne(access(path, F_OK), 0);
  ck_assert(!ho_npy_open(&out, path, "u2", 1, (size_t[]){ 4 }, &err));
  ho_npy_abandon(&out);
  ck_assert_int_ne(access(path, F_OK), 0);
  ck_assert_int_eq(ho_npy_open(&out, path, "f8", 2, (size_t[]){ (size_t)1 << 40, (size_t)1 << 40 }, &err), -1);
  assert_has(err.text, "too large");
  ck_assert_int_eq(ho_npy_open(&out, scratch_path("no/where"), "f8", 0, NULL, &err), -1);
  assert_has(err.text, "cannot write");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("npy");
  TCase *t = tcase_create("npy");
  tcase_add_checked_fixture(t, scratch_make, scratch_remove);
  tcase_add_test(t, versions_spaces_and_quotes);
  tcase_add_test(t, integers_of_every_width);
  tcase_add_test(t, reals);
  tcase_add_test(t, fortran_order);
  tcase_add_test(t, texts);
  tcase_add_test(t, lengths_must_agree);
  tcase_add_test(t, what_is_not_read);
  tcase_add_test(t, memory_is_limited);
  tcase_add_test(t, what_is_written_is_read);
  tcase_add_test(t, half_a_file_is_not_written);
  suite_add_tcase(suite, t);
  return suite;
}
