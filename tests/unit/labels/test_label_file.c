/* SPDX-License-Identifier: MIT
 * test_label_file.c - label files as holdout writes them: what is written reads back, and nothing malformed is taken
 * for labels.  Other tables: test_label_tables.c. */
#include "labels/label_file.h"

#include <math.h>

#include "base/file.h"
#include "compute/random.h"
#include "labels/noise.h"
#include "../data_fixtures.h"

enum { N = 12, CLASSES = 5 };
static struct ho_dataset data;
static uint32_t *id;

static uint16_t cyclic(size_t i)
{
  return (uint16_t)(i % CLASSES);
}

static void fill(void)
{
  make_folder();
  make_labels(&data, CLASSES, N, cyclic);
  id = all_ids(N);
}

static void empty(void)
{
  remove_folder();
  ho_dataset_free(&data);
  ho_free(id);
}

/* Labels that the file lacks become UINT16_MAX. */
static int read_file(const char *name, int sealed, uint16_t *given, struct ho_error *err)
{
  struct ho_file_labels l;
  if (ho_label_file_read(in_folder(name), &data, sealed, &l, err))
    return -1;
  for (size_t i = 0, n = 0; i < N; i++) {
    n += l.given[i] >= 0;
    given[i] = (uint16_t)l.given[i];
    ck_assert(i < N - 1 || n == l.n);
  }
  ho_file_labels_free(&l);
  return 0;
}

static int read_text(const char *text, size_t size, uint16_t *given, struct ho_error *err)
{
  put("labels.tsv", text, size);
  return read_file("labels.tsv", 0, given, err);
}

/* Rows for all images, given = 4 - true; line `replace' (0: the first row) is `with' instead. */
static size_t make_text(char *text, int replace, const char *with)
{
  size_t n = (size_t)sprintf(text, "index\ttrue\tgiven\n");
  for (int i = 0; i < N; i++)
    n += i == replace ? (size_t)sprintf(text + n, "%s", with)
                      : (size_t)sprintf(text + n, "%d\t%d\t%d\n", i, i % CLASSES, 4 - i % CLASSES);
  return n;
}

static void write_labels(const char *spec, const uint16_t *given)
{
  struct ho_noise noise;
  struct ho_error err;
  struct ho_label_file file = { N, id, data.train.label, given, NAN, HO_TRUTH_KNOWN };
  ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
  ck_assert_msg(!ho_label_file_write(in_folder("labels.tsv"), &file, noise.spec, noise.rate, &err), "%s", err.text);
}

START_TEST(what_is_written_reads_back)
{
  uint16_t given[N], back[N];
  struct ho_error err;
  for (int i = 0; i < N; i++)
    given[i] = (uint16_t)((i * 3 + 1) % CLASSES);
  write_labels("symmetric:0.4", given);
  for (int sealed = 0; sealed < 2; sealed++) {
    ck_assert_msg(!read_file("labels.tsv", sealed, back, &err), "%s", err.text);
    ck_assert_mem_eq(given, back, sizeof given);
  }
}
END_TEST

START_TEST(notes_tell_where_labels_come_from)
{
  uint16_t given[N];
  unsigned char *text;
  size_t size;
  char hash[HO_SHA256_TEXT], want[128];
  memcpy(given, data.train.label, sizeof given);
  given[0] = 3;
  given[1] = 3;
  given[2] = 3;
  write_labels("symmetric:0.4", given);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &text, &size, NULL), 0);
  const char *rows = strstr((char *)text, "given\n") + 6;
  ck_assert_int_eq(strncmp(rows, "0\t0\t3\n1\t1\t3\n2\t2\t3\n3\t3\t3\n", 24), 0);
  ck_assert_int_eq(ho_sha256(rows, size - (size_t)(rows - (char *)text), hash, NULL), 0);
  snprintf(want, sizeof want, "\n# rows 12 sha256 %s\nindex\ttrue\tgiven\n", hash);
  ck_assert_ptr_nonnull(strstr((char *)text, want));
  ck_assert_ptr_nonnull(strstr((char *)text, "\n# noise symmetric:0.4\n# rate nominal 0.4 realised 0.250000\n"));
  ho_free(text);
  struct ho_noise noise; /* what a model makes wrong on average */
  struct ho_label_file file = { N, id, data.train.label, given, 0.34, HO_TRUTH_KNOWN };
  ck_assert_int_eq(ho_noise_parse("symmetric-inclusive:0.4", &noise, NULL), 0);
  ck_assert_int_eq(ho_label_file_write(in_folder("labels.tsv"), &file, noise.spec, noise.rate, NULL), 0);
  snprintf(want, sizeof want, "\n# rate nominal 0.4 expected %.6f realised 0.250000\n", 0.34);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &text, &size, NULL), 0);
  ck_assert_ptr_nonnull(strstr((char *)text, want));
  ho_free(text);
  write_labels("file:x", given);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &text, &size, NULL), 0);
  ck_assert_ptr_nonnull(strstr((char *)text, "\n# noise file:x\n# rate nominal unknown realised 0.250000\n"));
  ho_free(text);
}
END_TEST

START_TEST(rows_may_be_in_any_order_and_lack_the_truth)
{
  char text[1024];
  uint16_t given[N];
  struct ho_error err;
  size_t n = (size_t)sprintf(text, "# by hand\n#\nindex\tgiven\n");
  for (int i = N - 1; i >= 0; i--)
    n += (size_t)sprintf(text + n, "%d\t%d\n", i, 4 - i % CLASSES);
  ck_assert_msg(!read_text(text, n, given, &err), "%s", err.text);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(given[i], 4 - i % CLASSES);
}
END_TEST

START_TEST(one_byte_per_image)
{
  char byte[N + 1];
  uint16_t given[N];
  struct ho_error err;
  for (int i = 0; i <= N; i++)
    byte[i] = (char)((i + 2) % CLASSES);
  ck_assert_msg(!read_text(byte, N, given, &err), "%s", err.text);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(given[i], (i + 2) % CLASSES);
  ck_assert_int_eq(read_text(byte, N - 1, given, &err), -1);
  assert_says(err, "one byte for each of 12 training images (it has 11)");
  ck_assert_int_eq(read_text(byte, N + 1, given, &err), -1);
  ck_assert_int_eq(read_text("", 0, given, &err), -1);
  assert_says(err, "labels.tsv: it has no label of a training image");
  byte[4] = CLASSES;
  ck_assert_int_eq(read_text(byte, N, given, &err), -1);
  assert_says(err, "image 4: label 5, but it must be below 5");
}
END_TEST

START_TEST(bad_rows_are_refused_by_line)
{
  static const char *const rows[][2] = {
    { "3\t3\t5\n", "label 5, but it must be below 5" },
    { "12\t2\t1\n", "index 12, but toy has 12 training images, numbered from 0 to 11" },
    { "3\t4\t1\n", "image 3 has true label 4 here, but 3 in toy" },
    { "2\t2\t1\n", "image 2 has label 1 here, but 2 in line 4: keep one" },
    { "3\n", "it has 1 field, but the first row has 3" },
    { "3\t3\n", "it has 2 fields, but the first row has 3" },
    { "3\t3\t\n", "the label is missing: write one, or delete the row" },
    { "3\t3\t1\t\n", "it has 4 fields, but the first row has 3" },
    { "+3\t3\t1\n", "`+3' is not the number of an image" },
    { "-3\t3\t1\n", "`-3'" },
    { "3 3 1\n", "it has 1 field" },
    { "3,3,1\n", "it has 1 field" },
    { "0x3\t3\t1\n", "`0x3'" },
    { "3.5\t3\t1\n", "`3.5'" },
    { "# a note\n", "it has 1 field" },
    { "index\ttrue\tgiven\n", "`index'" },
    { "4294967299\t3\t1\n", "`4294967299'" },
    { "00000000000003\t3\t1\n", "`00000000000003'" },
    { "99999999999999999999999999999999999\t3\t1\n", "`99999999999999999999999999999999999'" },
    { "3\t3\t65539\n", "label 65539" },
    { "3\t65539\t1\n", "true label 65539" },
    { "3\t3\tone\n", "label `one': the classes of toy are numbers from 0 to 4" },
    { "3\t3\t-1\n", "label `-1'" },
    { "3\t3\t\"1\n", "the quote that begins here does not end" },
  };
  char text[1024];
  uint16_t given[N];
  struct ho_error err;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t n = make_text(text, 3, rows[i][0]);
    ck_assert_msg(read_text(text, n, given, &err) == -1, "accepted: %s", rows[i][0]);
    assert_says(err, rows[i][1]);
    assert_says(err, "labels.tsv: line 5: ");
  }
  size_t n = make_text(text, -1, "");
  text[n - 8] = 0;
  ck_assert_int_eq(read_text(text, n, given, &err), -1);
  assert_says(err, "neither text, nor one byte for each of 12 training images");
}
END_TEST

START_TEST(images_may_be_missing)
{
  char text[1024];
  uint16_t given[N];
  struct ho_error err;
  size_t n = make_text(text, 3, "");
  ck_assert_msg(!read_text(text, n, given, &err), "%s", err.text);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(given[i], i == 3 ? UINT16_MAX : 4 - i % CLASSES);
  ck_assert_int_eq(read_file("nothing", 0, given, &err), -1);
  assert_says(err, in_folder("nothing"));
}
END_TEST

START_TEST(what_was_cut_off_shows_by_the_checksum)
{
  uint16_t given[N];
  unsigned char *text;
  size_t size;
  struct ho_error err;
  memcpy(given, data.train.label, sizeof given);
  write_labels("none", given);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &text, &size, NULL), 0);
  for (size_t k = 0; k < size; k++)
    if (!read_text((char *)text, k, given, &err))
      ck_abort_msg("cut to %zu bytes, it is accepted", k);
  ck_assert_int_eq(read_text((char *)text, size - 7, given, &err), -1);
  assert_says(err, "damaged: its 11 rows are not the 12 rows");
  ho_free(text);
}
END_TEST

START_TEST(what_holdout_wrote_must_have_its_checksum)
{
  char text[1024];
  uint16_t given[N];
  struct ho_error err;
  size_t n = make_text(text, -1, "");
  ck_assert_int_eq(read_text(text, n, given, &err), 0);
  ck_assert_int_eq(read_file("labels.tsv", 1, given, &err), -1);
  assert_says(err, "damaged: the note `# rows' with its checksum is missing");
}
END_TEST

START_TEST(the_noted_checksum_is_checked)
{
  uint16_t given[N];
  unsigned char *text;
  size_t size;
  struct ho_error err;
  memcpy(given, data.train.label, sizeof given);
  write_labels("none", given);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &text, &size, NULL), 0);
  text[size - 2] = text[size - 2] == '0' ? '1' : '0'; /* a valid file, another label */
  ck_assert_int_eq(read_text((char *)text, size, given, &err), -1);
  assert_says(err, "damaged");
  assert_says(err, "delete that note");
  memcpy(strstr((char *)text, "# rows"), "# Rows", 6);
  ck_assert_int_eq(read_text((char *)text, size, given, &err), 0);
  ho_free(text);
}
END_TEST

/* Whatever is done to a file: it is refused, or its labels are in range and, with a checksum, the ones written. */
START_TEST(mutations_do_no_harm)
{
  struct ho_stream s = ho_stream_make(1, "test-labels", 0, 0);
  uint16_t written[N], given[N];
  unsigned char *original;
  size_t size;
  int accepted = 0;
  for (int i = 0; i < N; i++)
    written[i] = (uint16_t)(i * 2 % CLASSES);
  write_labels("symmetric:0.4", written);
  ck_assert_int_eq(ho_file_read(in_folder("labels.tsv"), 1 << 20, &original, &size, NULL), 0);
  for (int round = 0; round < 1000; round++) {
    char text[2048];
    size_t n = size, from = round % 2 ? 0 : (size_t)(strstr((char *)original, "index\ttrue") - (char *)original);
    memcpy(text, original + from, n -= from); /* every other time without the notes */
    for (uint64_t k = 1 + ho_stream_below(&s, 3); k; k--) {
      size_t at = ho_stream_below(&s, n);
      switch (ho_stream_below(&s, 4)) {
      case 0: text[at] = (char)ho_stream_below(&s, 256); break;
      case 1: text[at] = "0123456789\t\n#-\r"[ho_stream_below(&s, 15)]; break;
      case 2: memmove(text + at, text + at + 1, --n - at); break;
      default: memmove(text + at + 1, text + at, n++ - at);
      }
    }
    text[n] = 0;
    memset(given, 255, sizeof given);
    if (read_text(text, n, given, NULL))
      continue;
    accepted++;
    for (int i = 0; i < N; i++)
      if ((given[i] >= CLASSES && given[i] != UINT16_MAX) ||
          (strstr(text, "\n# rows 12 sha256 ") && given[i] != written[i]))
        ck_abort_msg("round %d: label %d of %d", round, given[i], i);
  }
  ck_assert_int_gt(accepted, 100); /* else this shows nothing */
  ho_free(original);
}
END_TEST

START_TEST(writing_fails_whole)
{
  struct ho_noise noise;
  struct ho_error err;
  struct ho_label_file file = { N, id, data.train.label, data.train.label, NAN, HO_TRUTH_KNOWN };
  ck_assert_int_eq(ho_noise_parse("none", &noise, NULL), 0);
  ck_assert_int_eq(ho_label_file_write(in_folder("no/such/labels.tsv"), &file, noise.spec, noise.rate, &err), -1);
  assert_says(err, "no/such/labels.tsv: cannot write");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("label file");
  TCase *t = tcase_create("label file");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, what_is_written_reads_back);
  tcase_add_test(t, notes_tell_where_labels_come_from);
  tcase_add_test(t, rows_may_be_in_any_order_and_lack_the_truth);
  tcase_add_test(t, one_byte_per_image);
  tcase_add_test(t, bad_rows_are_refused_by_line);
  tcase_add_test(t, images_may_be_missing);
  tcase_add_test(t, what_was_cut_off_shows_by_the_checksum);
  tcase_add_test(t, what_holdout_wrote_must_have_its_checksum);
  tcase_add_test(t, the_noted_checksum_is_checked);
  tcase_add_test(t, mutations_do_no_harm);
  tcase_add_test(t, writing_fails_whole);
  suite_add_tcase(suite, t);
  return suite;
}
