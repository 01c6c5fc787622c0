/* SPDX-License-Identifier: MIT
 * test_review.c - review tables: written, read back as spreadsheets of several countries save them, and refused. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/review.h"
#include "../scratch.h"
#include "../unit.h"

static struct ho_error err;

enum { N = 6 };
static const char *const names[] = { "cat", "big dog", "r\xc3\xa4v", "=1+1" };
static const char *files[N] = { "cat/1.png", "cat/2, left.png", "b\"/3.png", "=cmd.png", "r/5.png", "r/6.png" };
static uint16_t labels[N] = { 0, 0, 1, 1, 2, 3 };
static const int32_t given[N] = { 0, 0, 1, -1, 2, 3 }; /* the run does not have image 3 */

static struct ho_dataset data_set(void)
{
  return (struct ho_dataset){
    .name = "folder:pets", .classes = 4, .class_name = names, .train = { .n = N, .label = labels, .file = files }
  };
}

static const struct ho_review_row rows[] = { { 4, 2, 0, .9123 }, { 1, 0, 1, .5 }, { 2, 1, -1, 1 }, { 5, 3, 3, 0 } };

static char *written(const struct ho_dataset *data)
{
  unsigned char *text;
  size_t size;
  const char *path = scratch_path("review.csv");
  ck_assert_msg(!ho_review_write(path, data, rows, 4, &err) && !ho_file_read(path, 1 << 16, &text, &size, &err), "%s",
                err.text);
  return (char *)text;
}

START_TEST(what_is_written)
{
  struct ho_dataset data = data_set();
  char *text = written(&data);
  ck_assert_str_eq(text, "\xef\xbb\xbfindex,file,given,suggestion,probability,verdict\n"
                         "4,r/5.png,r\xc3\xa4v,cat,0.912,\n"
                         "1,\"cat/2, left.png\",cat,big dog,0.500,\n"
                         "2,\"b\"\"/3.png\",big dog,,1.000,\n"
                         "5,r/6.png,'=1+1,'=1+1,0.000,\n");
  ho_free(text);
  data.class_name = NULL;
  data.train.file = NULL;
  text = written(&data);
  ck_assert_str_eq(text, "index,given,suggestion,probability,verdict\n4,2,0,0.912,\n1,0,1,0.500,\n2,1,,1.000,\n"
                         "5,3,3,0.000,\n");
  ho_free(text);
}
END_TEST

static int read_text(const char *text, struct ho_decisions *d)
{
  struct ho_dataset data = data_set();
  const char *path = scratch_path("in.csv");
  FILE *f = fopen(path, "wb");
  fputs(text, f);
  fclose(f);
  return ho_review_read(path, &data, given, d, &err);
}

static void decided(const struct ho_decisions *d, size_t k, uint32_t image, int label, int is_wrong)
{
  ck_assert_msg(k < d->n && d->of[k].image == image && d->of[k].label == label && d->of[k].is_wrong == is_wrong,
                "%zu: image %u gets %d, %d", k, d->of[k].image, d->of[k].label, d->of[k].is_wrong);
}

/* The same verdicts with each separator, each line break, a mark, quotes and other columns. */
START_TEST(as_spreadsheets_save_it)
{
  static const char *const texts[] = {
    "index,file,given,suggestion,probability,verdict\n4,r/5.png,r\xc3\xa4v,cat,0.912,keep\n"
    "1,\"cat/2, left.png\",cat,big dog,0.500,suggestion\n2,x,big dog,,1.000,DROP\n5,r/6.png,'=1+1,'=1+1,0,2\n0,,,,,\n",
    "\xef\xbb\xbfindex;file;given;suggestion;probability;verdict\r\n4;r/5.png;r\xc3\xa4v;cat;0,912;keep\r\n"
    "1;\"cat/2, left.png\";cat;big dog;0,5;suggestion\r\n2;x;big "
    "dog;;1;Drop\r\n5;r/6.png;=1+1;=1+1;0;r\xc3\xa4v\r\n0;;;;;\r\n",
    "\"Verdict\"\t\"Index\"\t\"Suggestion\"\n\"keep\"\t\"4\"\t\"\"\nsuggestion\t1.0\tbig dog\n drop "
    "\t2\t\n2\t5\t\n\t0\t\n",
    "INDEX,VERDICT,note,suggestion\n4,r\xc3\xa4v,\"two\nlines\",\n1,big dog,,\n2,drop\n5,2,,\n0,,,",
  };
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    struct ho_decisions d;
    ck_assert_msg(!read_text(texts[k], &d), "%zu: %s", k, err.text);
    ck_assert(d.n == 4 && d.undecided == 1);
    decided(&d, 0, 4, 2, 0);
    decided(&d, 1, 1, 1, 1);
    decided(&d, 2, 2, -1, 1);
    decided(&d, 3, 5, 2, 1);
    ho_decisions_free(&d);
  }
}
END_TEST

START_TEST(what_was_written_is_read)
{
  struct ho_dataset data = data_set();
  struct ho_decisions d;
  ho_free(written(&data));
  ck_assert_msg(!ho_review_read(scratch_path("review.csv"), &data, given, &d, &err), "%s", err.text);
  ck_assert(d.n == 0 && d.undecided == 4);
  ho_decisions_free(&d);
}
END_TEST

START_TEST(what_is_refused)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
    { "", "in.csv: not a review: its first row has no column `index'; see --review" },
    { "index,label\n1,0\n", "not a review: its first row has no column `verdict'" },
    { "index,verdict,Verdict\n", "line 1: two columns are called `verdict'" },
    { "index,verdict\n1,keep\n\n9,keep\n", "line 4: index `9' is not that of an image that the run was trained with" },
    { "index,verdict\n3,keep\n", "line 2: index `3' is not that of an image" },
    { "index,verdict\ncat,keep\n", "line 2: index `cat' is not" },
    { "index,verdict\n1,keep\n1,drop\n", "line 3: image 1 stands in line 2, too" },
    { "index,verdict\n1,kep\n",
      "line 2: verdict `kep' is neither keep, drop, suggestion nor a class of folder:pets (did "
      "you mean `keep'?)" },
    { "index,verdict\n1,big dgo\n", "(did you mean `big dog'?)" },
    { "index,verdict\n1,4\n", "line 2: verdict `4' is neither" },
    { "index,verdict\n1,-1\n", "line 2: verdict `-1' is neither" },
    { "index,verdict\n1,suggestion\n", "line 2: the verdict is suggestion, but `' in that column is no class" },
    { "index,given,verdict\n1,big dog,keep\n",
      "line 2: image 1 has the given label `big dog' here, but cat in the run" },
    { "index,verdict\n1,\"keep\n", "in.csv" },
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    struct ho_decisions d;
    ck_assert_msg(read_text(bad[k].text, &d), "%zu", k);
    assert_has(err.text, bad[k].says);
    ck_assert(d.n == 0 && !d.of);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("review");
  TCase *c = tcase_create("review");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, what_is_written);
  tcase_add_test(c, as_spreadsheets_save_it);
  tcase_add_test(c, what_was_written_is_read);
  tcase_add_test(c, what_is_refused);
  suite_add_tcase(suite, c);
  return suite;
}
