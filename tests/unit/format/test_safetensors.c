/* SPDX-License-Identifier: MIT
 * test_safetensors.c - files of tensors: written the same each time, read back, refused for every lie they tell. */
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "compute/random.h"
#include "base/sha256.h"
#include "../scratch.h"
#include "format/safetensors.h"
#include "../unit.h"

static struct ho_error err;

static const float weight[6] = { 1, 2, 3, 4, 5, -6.5f };
static const uint8_t byte[3] = { 7, 8, 9 };
static const uint64_t cursor[2] = { 1, UINT64_MAX };
static const double scalar = 0.1;

/* Three bytes in the middle put what follows out of alignment. */
static const char *write_sample(const char *name)
{
  const char *path = scratch_path(name);
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  ck_assert_ptr_nonnull(f);
  ck_assert(!ho_tensor_file_add(f, "conv1.weight", "F32", 2, (size_t[]){ 2, 3 }, weight, &err));
  ck_assert(!ho_tensor_file_add(f, "b\"\\\xc3\xa9", "U8", 1, (size_t[]){ 3 }, byte, &err));
  ck_assert(!ho_tensor_file_add(f, "empty", "I16", 2, (size_t[]){ 4, 0 }, NULL, &err));
  ck_assert(!ho_tensor_file_add(f, "cursor", "U64", 1, (size_t[]){ 2 }, cursor, &err));
  ck_assert(!ho_tensor_file_add(f, "scalar", "F64", 0, NULL, &scalar, &err));
  ck_assert(!ho_tensor_file_note(f, "z", "last", &err));
  ck_assert(!ho_tensor_file_note(f, "a", "line\nline", &err));
  ck_assert_msg(!ho_tensor_file_write(f, path, &err), "%s", err.text);
  ho_tensor_file_free(f);
  return path;
}

START_TEST(round_trip)
{
  struct ho_tensor_file *f = ho_tensor_file_read(write_sample("t"), &err);
  ck_assert_msg(f != NULL, "%s", err.text);
  static const char *const names[] = { "conv1.weight", "b\"\\\xc3\xa9", "empty", "cursor", "scalar" };
  ck_assert_uint_eq(ho_tensor_file_count(f), 5);
  for (size_t i = 0; i < 5; i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(f, i);
    ck_assert_str_eq(e->name, names[i]);
    ck_assert_ptr_eq(ho_tensor_file_find(f, names[i]), e);
    ck_assert_uint_eq((uintptr_t)e->data % 8, 0);
  }
  const struct ho_tensor_entry *w = ho_tensor_file_at(f, 0), *c = ho_tensor_file_at(f, 3), *s = ho_tensor_file_at(f, 4);
  ck_assert(w->rank == 2 && w->shape[0] == 2 && w->shape[1] == 3 && w->bytes == 24);
  ck_assert_str_eq(w->dtype, "F32");
  ck_assert_mem_eq(w->data, weight, sizeof weight);
  ck_assert_mem_eq(ho_tensor_file_at(f, 1)->data, byte, sizeof byte);
  ck_assert(ho_tensor_file_at(f, 2)->bytes == 0 && ho_tensor_file_at(f, 2)->shape[0] == 4);
  ck_assert_mem_eq(c->data, cursor, sizeof cursor);
  ck_assert(s->rank == 0 && *(const double *)s->data == scalar);
  ck_assert_str_eq(ho_tensor_file_get_note(f, "a"), "line\nline");
  ck_assert_str_eq(ho_tensor_file_get_note(f, "z"), "last");
  ck_assert_ptr_null(ho_tensor_file_get_note(f, "b"));
  ck_assert_ptr_null(ho_tensor_file_find(f, "conv1"));
  ho_tensor_file_free(f);
}
END_TEST

/* The bytes are fixed: header aligned by spaces, metadata sorted, tensors in the order added. */
START_TEST(bytes)
{
  static const char header[] = "{\"__metadata__\":{\"a\":\"line\\nline\",\"z\":\"last\"},"
                               "\"conv1.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                               "\"b\\\"\\\\\xc3\xa9\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]},"
                               "\"empty\":{\"dtype\":\"I16\",\"shape\":[4,0],\"data_offsets\":[27,27]},"
                               "\"cursor\":{\"dtype\":\"U64\",\"shape\":[2],\"data_offsets\":[27,43]},"
                               "\"scalar\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[43,51]}}";
  unsigned char *data;
  size_t size;
  uint64_t length;
  ck_assert(!ho_file_read(write_sample("t"), 1 << 20, &data, &size, &err));
  memcpy(&length, data, 8);
  ck_assert_uint_eq(length % 8, 0);
  ck_assert_uint_eq(size, 8 + length + 51);
  ck_assert_uint_lt(length - strlen(header), 8);
  ck_assert_mem_eq(data + 8, header, strlen(header));
  for (size_t i = strlen(header); i < length; i++)
    ck_assert_int_eq(data[8 + i], ' ');
  ck_assert_mem_eq(data + 8 + length, weight, 24);
  ho_free(data);
}
END_TEST

START_TEST(nothing_in_it)
{
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  const char *path = scratch_path("none");
  ck_assert_msg(!ho_tensor_file_write(f, path, &err), "%s", err.text);
  ho_tensor_file_free(f);
  f = ho_tensor_file_read(path, &err);
  ck_assert_msg(f != NULL, "%s", err.text);
  ck_assert_uint_eq(ho_tensor_file_count(f), 0);
  ho_tensor_file_free(f);
}
END_TEST

START_TEST(writer_refuses)
{
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  size_t one = 1, nine[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, vast[3] = { (size_t)1 << 40, (size_t)1 << 40, 0 };
  char name[200];
  memset(name, 'n', sizeof name);
  name[128] = 0;
  ck_assert(!ho_tensor_file_add(f, "x", "F32", 1, &one, weight, &err));
  ck_assert(ho_tensor_file_add(f, "x", "F32", 1, &one, weight, &err));
  assert_has(err.text, "twice");
  ck_assert(ho_tensor_file_add(f, "", "F32", 1, &one, weight, &err));
  ck_assert(ho_tensor_file_add(f, name, "F32", 1, &one, weight, &err));
  ck_assert(ho_tensor_file_add(f, "__metadata__", "F32", 1, &one, weight, &err));
  ck_assert(ho_tensor_file_add(f, "\xff", "F32", 1, &one, weight, &err));
  assert_has(err.text, "UTF-8");
  ck_assert(ho_tensor_file_add(f, "y", "F33", 1, &one, weight, &err));
  assert_has(err.text, "dtype");
  ck_assert(ho_tensor_file_add(f, "y", "F32", 9, nine, weight, &err));
  ck_assert(ho_tensor_file_add(f, "y", "F32", 2, vast, weight, &err));
  assert_has(err.text, "too large");
  ck_assert(!ho_tensor_file_note(f, "k", "v", &err));
  ck_assert(ho_tensor_file_note(f, "k", "w", &err));
  ck_assert(ho_tensor_file_note(f, "l", "\xff", &err));
  ck_assert_uint_eq(ho_tensor_file_count(f), 1);
  ck_assert(ho_tensor_file_write(f, "/nowhere/at/all", &err));
  name[127] = 0;
  ck_assert(!ho_tensor_file_add(f, name, "F32", 1, &one, weight, &err));
  ho_tensor_file_free(f);
}
END_TEST

/* A file of this header and `size' bytes of data. */
static struct ho_tensor_file *read_header(const char *header, size_t size)
{
  static unsigned char file[4096];
  uint64_t length = strlen(header);
  memcpy(file, &length, 8);
  memcpy(file + 8, header, length);
  memset(file + 8 + length, 1, size);
  return ho_tensor_file_read(scratch_write("h", file, 8 + length + size), &err);
}

#define T(name, dtype, shape, offsets) \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

/* What other programs write is read: any order in the header, spaces, data that nothing aligns. */
START_TEST(foreign_files)
{
  static const char *const good[] = {
    "{" T("a", "F32", "[1]", "[4,8]") "," T("b", "I32", "[1]", "[0,4]") "}",
    "{ " T("a", "U8", "[3]", "[0,3]") " , " T("b", "F32", "[1]", "[3,7]") "," T("c", "BF16", "[]", "[7,9]") "}   ",
    "{" T("a", "BOOL", "[8]", "[0,8]") ",\"__metadata__\":{\"format\":\"pt\"}}",
    "{" T("a", "F16", "[2,2]", "[0,8]") "," T("b", "U8", "[0]", "[8,8]") "," T("c", "U8", "[0]", "[0,0]") "}",
    "{\"a\":{\"data_offsets\":[0,8],\"shape\":[1,1,1,1,1,1,1,1],\"dtype\":\"F64\"}}"
  };
  static const size_t size[] = { 8, 9, 8, 8, 8 };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct ho_tensor_file *f = read_header(good[i], size[i]);
    ck_assert_msg(f != NULL, "%s: %s", good[i], err.text);
    for (size_t k = 0; k < ho_tensor_file_count(f); k++)
      ck_assert_uint_eq((uintptr_t)ho_tensor_file_at(f, k)->data % 8, 0);
    ho_tensor_file_free(f);
  }
}
END_TEST

static const struct {
  const char *header;
  size_t size;
  const char *says;
} bad[] = {
  { "", 0, "no header" },
  { "[]", 0, "no header" },
  { " {}", 0, "no header" },
  { "{", 0, "not JSON" },
  { "{}{}", 0, "not JSON" },
  { "{\"a\":1}", 0, "needs dtype, shape and data_offsets" },
  { "{\"a\":{}}", 0, "needs dtype" },
  { "{" T("a", "F32", "[1]", "[0,4]") "," T("a", "F32", "[1]", "[4,8]") "}", 8, "not JSON: duplicate" },
  { "{" T("a", "F32", "[2]", "[0,8]") "," T("b", "F32", "[1]", "[4,8]") "}", 8, "`b' overlaps" },
  { "{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[0,4]") "}", 4, "overlaps" },
  { "{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[8,12]") "}", 12, "`b' leaves a gap" },
  { "{" T("a", "F32", "[1]", "[4,8]") "}", 8, "`a' leaves a gap" },
  { "{" T("a", "F32", "[1]", "[0,4]") "}", 3, "beyond the end" },
  { "{" T("a", "F32", "[1]", "[0,4]") "}", 5, "1 bytes follow" },
  { "{}", 1, "1 bytes follow" },
  { "{" T("a", "F32", "[2]", "[0,4]") "}", 4, "it has 4 bytes of data, but its shape needs 8" },
  { "{" T("a", "F32", "[1]", "[4,0]") "}", 4, "two ascending" },
  { "{" T("a", "F32", "[1]", "[-4,0]") "}", 4, "two ascending" },
  { "{" T("a", "F32", "[1]", "[0.0,4]") "}", 4, "two ascending" },
  { "{" T("a", "F32", "[1]", "[0]") "}", 4, "needs dtype" },
  { "{" T("a", "F32", "[1]", "[0,4,8]") "}", 4, "needs dtype" },
  { "{" T("a", "F32", "[1]", "4") "}", 4, "needs dtype" },
  { "{" T("a", "F32", "[1]", "[0,9223372036854775807]") "}", 4, "but its shape needs 4" },
  { "{" T("a", "F32", "[1]", "[0,99999999999999999999]") "}", 4, "not JSON" },
  { "{" T("a", "F32", "[-1]", "[0,4]") "}", 4, "dimension 1" },
  { "{" T("a", "F32", "[1,true]", "[0,4]") "}", 4, "dimension 2" },
  { "{" T("a", "F32", "[1.0]", "[0,4]") "}", 4, "dimension 1" },
  { "{" T("a", "F32", "{}", "[0,4]") "}", 4, "needs dtype" },
  { "{" T("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "more than 8" },
  { "{" T("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "too large" },
  { "{" T("a", "F32", "[4611686018427387905]", "[0,4]") "}", 4, "too large" },
  { "{" T("a", "F31", "[1]", "[0,4]") "}", 4, "dtype is unknown" },
  { "{" T("a", "", "[1]", "[0,4]") "}", 4, "dtype is unknown" },
  { "{" T("", "F32", "[1]", "[0,4]") "}", 4, "not a name" },
  { "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "needs dtype" },
  { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", 1, "nothing else" },
  { "{\"__metadata__\":1}", 0, "__metadata__" },
  { "{\"__metadata__\":{\"a\":1}}", 0, "metadata `a' is not a string" },
};

START_TEST(reader_refuses)
{
  ck_assert_msg(!read_header(bad[_i].header, bad[_i].size), "took %s", bad[_i].header);
  assert_has(err.text, bad[_i].says);
  assert_has(err.text, "/h: ");
}
END_TEST

START_TEST(reader_refuses_lengths)
{
  static const uint64_t lengths[] = { 3, 100000001, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63 };
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    unsigned char file[10] = { 0 };
    memcpy(file, lengths + i, 8);
    memcpy(file + 8, "{}", 2);
    ck_assert_ptr_null(ho_tensor_file_read(scratch_write("h", file, sizeof file), &err));
    assert_has(err.text, "its header would have");
  }
  for (size_t size = 0; size < 8; size++) {
    ck_assert_ptr_null(ho_tensor_file_read(scratch_write("h", "\2\0\0\0\0\0\0\0", size), &err));
    assert_has(err.text, "not a safetensors file");
  }
  ck_assert_ptr_null(ho_tensor_file_read(scratch_path("missing"), &err));
  assert_has(err.text, "missing: No such file");
}
END_TEST

/* Random changes to a valid file: read or refused, every byte in bounds, nothing leaked. */
START_TEST(mutations)
{
  unsigned char *data, copy[2048];
  size_t size;
  int taken = 0, refused = 0;
  ck_assert(!ho_file_read(write_sample("t"), sizeof copy, &data, &size, &err));
  uint64_t length;
  memcpy(&length, data, 8);
  for (int round = 0; round < 4000; round++) {
    struct ho_stream r = ho_stream_make(2, "mutation", (uint64_t)round, 0);
    memcpy(copy, data, size);
    for (uint64_t k = 1 + ho_stream_below(&r, 3); k > 0; k--) {
      size_t at = ho_stream_below(&r, 8) ? 8 + ho_stream_below(&r, length) : ho_stream_below(&r, size);
      copy[at] = ho_stream_below(&r, 2) ? (unsigned char)ho_stream_below(&r, 256)
                                        : (unsigned char)"0123456789,[]{}:\""[ho_stream_below(&r, 17)];
    }
    size_t cut = ho_stream_below(&r, 4) ? size : ho_stream_below(&r, size + 1);
    struct ho_tensor_file *f = ho_tensor_file_read(scratch_write("m", copy, cut), &err);
    unsigned sum = 0;
    for (size_t i = 0; f && i < ho_tensor_file_count(f); i++)
      for (size_t k = 0; k < ho_tensor_file_at(f, i)->bytes; k++)
        sum += ((const unsigned char *)ho_tensor_file_at(f, i)->data)[k];
    taken += f != NULL;
    refused += f == NULL;
    ck_assert(!f || sum > 0);
    ho_tensor_file_free(f);
  }
  ho_free(data);
  ck_assert(taken > 100 && refused > 100);
}
END_TEST

/* ---- with a checksum ---- */

static const char *write_sealed(const char *name)
{
  const char *path = scratch_path(name);
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  ck_assert(!ho_tensor_file_add(f, "weight", "F32", 2, (size_t[]){ 2, 3 }, weight, &err));
  ck_assert(!ho_tensor_file_add(f, "byte", "U8", 1, (size_t[]){ 3 }, byte, &err));
  ck_assert(!ho_tensor_file_note(f, "a", "\"holdout_checksum\":\"text that looks like it\"", &err));
  ck_assert(!ho_tensor_file_seal(f, &err));
  ck_assert_msg(!ho_tensor_file_write(f, path, &err), "%s", err.text);
  ho_tensor_file_free(f);
  return path;
}

START_TEST(checksum_is_of_the_whole_file)
{
  unsigned char *data;
  size_t size;
  char hex[HO_SHA256_TEXT], want[HO_SHA256_TEXT];
  const char *path = write_sealed("s");
  struct ho_tensor_file *f = ho_tensor_file_read_sealed(path, &err);
  ck_assert_msg(f != NULL, "%s", err.text);
  snprintf(want, sizeof want, "%s", ho_tensor_file_get_note(f, "holdout_checksum"));
  ho_tensor_file_free(f);
  ck_assert(!ho_file_read(path, 1 << 20, &data, &size, &err));
  char *at = strstr((char *)data + 8, want); /* the header is JSON: no byte 0 before the data */
  ck_assert_ptr_nonnull(at);
  memset(at, '0', 64);
  ck_assert_int_eq(ho_sha256(data, size, hex, NULL), 0);
  ck_assert_str_eq(hex, want);
  ho_free(data);
}
END_TEST

/* Each bit of the file in turn. */
START_TEST(every_damage_is_seen)
{
  unsigned char *data;
  size_t size;
  ck_assert(!ho_file_read(write_sealed("s"), 1 << 20, &data, &size, &err));
  for (size_t bit = 0; bit < 8 * size; bit++) {
    data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    ck_assert_msg(!ho_tensor_file_read_sealed(scratch_write("d", data, size), &err), "bit %zu", bit);
    data[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  for (size_t cut = 0; cut < size; cut++)
    ck_assert_msg(!ho_tensor_file_read_sealed(scratch_write("d", data, cut), &err), "%zu bytes", cut);
  data[size - 1] ^= 1;
  ck_assert_ptr_null(ho_tensor_file_read(scratch_write("d", data, size), &err));
  assert_has(err.text, "damaged: its checksum does not match its contents");
  ho_free(data);
  ck_assert_ptr_null(ho_tensor_file_read_sealed(write_sample("t"), &err));
  assert_has(err.text, "it has no checksum");
}
END_TEST

/* A checksum that is not one. */
START_TEST(checksum_has_64_digits)
{
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  const char *path = scratch_path("short");
  ck_assert(!ho_tensor_file_add(f, "byte", "U8", 1, (size_t[]){ 3 }, byte, &err));
  ck_assert(!ho_tensor_file_seal(f, &err));
  ck_assert_int_ne(ho_tensor_file_seal(f, &err), 0); /* once is enough */
  ck_assert_msg(!ho_tensor_file_write(f, path, &err), "%s", err.text);
  ho_tensor_file_free(f);
  unsigned char *data;
  size_t size;
  ck_assert(!ho_file_read(path, 1 << 20, &data, &size, &err));
  char *digits = strstr((char *)data + 8, "\"holdout_checksum\":\"") + strlen("\"holdout_checksum\":\"");
  digits[10] = '"'; /* ends it early, and the JSON goes on with another member */
  memcpy(digits + 11, ",\"x\":\"", 6);
  ck_assert_ptr_null(ho_tensor_file_read(scratch_write("short", data, size), &err));
  assert_has(err.text, "damaged: its checksum does not have 64 digits");
  ho_free(data);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("safetensors");
  TCase *c = tcase_create("safetensors");
  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, round_trip);
  tcase_add_test(c, bytes);
  tcase_add_test(c, nothing_in_it);
  tcase_add_test(c, writer_refuses);
  tcase_add_test(c, foreign_files);
  tcase_add_loop_test(c, reader_refuses, 0, sizeof bad / sizeof *bad);
  tcase_add_test(c, reader_refuses_lengths);
  tcase_add_test(c, mutations);
  tcase_add_test(c, checksum_is_of_the_whole_file);
  tcase_add_test(c, every_damage_is_seen);
  tcase_add_test(c, checksum_has_64_digits);
  suite_add_tcase(suite, c);
  return suite;
}
