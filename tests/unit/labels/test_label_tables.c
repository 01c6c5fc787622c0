/* SPDX-License-Identifier: MIT
 * test_label_tables.c - label files made elsewhere: columns of many names, images by number, by file or in order, labels
 * by number or by name; and what is said of those that cannot be understood. */
#include "labels/label_file.h"

#include "../data_fixtures.h"

enum { N = 6, CLASSES = 3 };
static struct ho_dataset data;
static struct ho_file_labels labels;
static struct ho_error err;
static const char *const names[] = { "cat", "dog", "great auk" };
static const char *files[] = { "cat/1.png", "cat/2.png", "dog/1.png", "dog/3.png", "great auk/7.jpeg", "x/y/8.png" };
static const char *test_files[] = { "cat/9.png", "dog/2.png" };
static uint16_t test_label[2];

static uint16_t cyclic(size_t i)
{
  return (uint16_t)(i % CLASSES);
}

static void fill(void)
{
  make_folder();
  make_labels(&data, CLASSES, N, cyclic);
}

static void fill_named(void)
{
  fill();
  data.class_name = names;
  data.train.file = files;
  data.test = (struct ho_images){ .n = 2, .label = test_label, .file = test_files };
}

static void empty(void)
{
  remove_folder();
  data.train.file = NULL;
  data.test = (struct ho_images){ .n = 0 };
  ho_dataset_free(&data);
}

static int reads(const void *text, size_t size)
{
  put("l.csv", text, size);
  return !ho_label_file_read(in_folder("l.csv"), &data, 0, &labels, &err);
}

/* The labels as digits, `-' for none. */
static void gives(const char *text, const char *wanted)
{
  char got[N + 1] = "";
  ck_assert_msg(reads(text, strlen(text)), "%s: %s", text, err.text);
  for (int i = 0; i < N; i++)
    got[i] = labels.given[i] < 0 ? '-' : (char)('0' + labels.given[i]);
  ck_assert_msg(!strcmp(got, wanted), "%s gives %s, not %s", text, got, wanted);
  ho_file_labels_free(&labels);
}

static void refuses(const char *text, const char *why)
{
  ck_assert_msg(!reads(text, strlen(text)), "accepted: %s", text);
  assert_says(err, why);
  assert_says(err, "l.csv: ");
}

START_TEST(by_number)
{
  gives("index,label\n0,1\n2,2\n", "1-2---");
  gives("\xef\xbb\xbfID;Noisy-Label\r\n5;0\r\n\r\n0;2\r\n", "2----0");
  gives("label\tid\n1\t3\n", "---1--");
  gives("idx,name,confidence,given label\n1,\"a,b\",0.5,2\n", "-2----");
  gives(",label\n0,1\n1,2\n", "12----"); /* pandas without a name for its index */
  gives("0,1\n1,2\n", "12----");
  gives("3.0,2.0\n", "---2--");
  gives("image,label\n4,1\n", "----1-"); /* no image has a name */
  gives("file,id,label\nq.png,4,1\n", "----1-");
  gives("klasse,index\n1,0\n", "1-----");
  gives("index,label,given\n0,1,2\n", "2-----");
  gives("index,label\n0,1\n0,1\n", "1-----");
}
END_TEST

START_TEST(in_order)
{
  gives("0\n1\n2\n2\n1\n0\n", "012210");
  gives("label\n0\n1\n2\n2\n1\n0", "012210");
  gives("# label\n0\n1\n2\n2\n1\n0\n\n", "012210"); /* as numpy.savetxt writes a header */
  refuses("0\n1\n2\n", "3 labels for the 6 training images of toy: labels alone are in the order of the images");
  refuses("label\n0\n1\n2\n2\n1\n0\n1\n", "line 8: more labels than the 6 images of toy");
  refuses("0\n1\n\n2\n2\n1\n0\n", "line 3 is empty: which image has no label?");
}
END_TEST

START_TEST(by_name)
{
  gives("file,label\ncat/1.png,dog\ngreat auk/7.jpeg,great auk\n", "1---2-");
  gives("Filename;Class\n3.png;cat\n8.png;0\n", "---0-0"); /* base names that only one has; numbers, too */
  gives("path,label\n./dog/1.png,cat\n/home/me/pets/train/dog/3.png,cat\n", "--00--");
  gives("image,label\ndog\\1.png,cat\ny/8.png,dog\n", "--0--1");
  gives("id,label\n7.jpeg,cat\n", "----0-"); /* a name in a column for numbers */
  gives("id,label\n4,cat\n", "----0-");
  gives("image,label\n4,cat\n", "----0-");            /* no image is called 4 */
  gives("index,file,given\n0,3.png,dog\n", "---1--"); /* names outlast numbers */
  gives("dog/1.png,cat\n", "--0---");
  gives("cat\ndog\ngreat auk\ncat\ndog\ncat\n", "012010");
  gives("bild,label\ncat/2.png,dog\n", "-1----");
  refuses("file,label\ncat/9.png,cat\n1.png,dog\n", "line 3: `1.png' may be several");
  ck_assert(reads("file,label\ncat/9.png,cat\ncat/2.png,dog\n", 39));
  ck_assert_uint_eq(labels.test_rows, 1);
  ck_assert_uint_eq(labels.n, 1);
  ho_file_labels_free(&labels);
}
END_TEST

START_TEST(names_that_are_not_known)
{
  refuses("file,label\n1.png,cat\n", "line 2: `1.png' may be several files of toy: write its folder, too");
  refuses("file,label\ncat/1.png,dgo\n", "line 2: unknown class `dgo': did you mean `dog'?");
  refuses("file,label\ncat/1.png,zebra crossing\n",
          "unknown class `zebra crossing': the classes of toy are cat, ..., great auk");
  refuses("file,label\ncat/1.png,3\n", "line 2: label 3, but it must be below 3");
  refuses("file,label\ndog/2.pn,cat\n", "line 2: `dog/2.pn' is not a file of toy, which has, for example, cat/1.png");
  refuses("file,label\ncat/3.png,cat\n", "line 2: `cat/3.png' is not a file of toy"); /* dog has a 3.png */
  refuses("file,label\ncat/9.png,cat\n", "it has no label of a training image");
  refuses("file,label\ncat/1.png,cat\ncat/2.png,cat\ncat/1.png,dog\n",
          "line 4: image 0 (cat/1.png) has label 1 here, but 0 in line 2: keep one");
  refuses("file,true,given\ncat/1.png,dog,cat\n", "image 0 has true label dog here, but 0 in toy");
}
END_TEST

START_TEST(class_names_that_are_numbers)
{
  static const char *const tens[] = { "10", "20", "2" };
  data.class_name = tens;
  gives("index,label\n0,10\n1,2\n", "02----");
  refuses("index,label\n0,0\n", "unknown class `0': did you mean"); /* never class 0 = "10" */
  static const char *const digits[] = { "0", "1", "2" };
  data.class_name = digits;
  gives("index,label\n0,2\n", "2-----");
}
END_TEST

START_TEST(what_cannot_be_understood)
{
  refuses("", "it has no label");
  refuses("index,label\n", "it has no label");
  refuses("what is this",
          "line 1: label `what is this': the classes of toy are numbers from 0 to 2; if this line is a header, ");
  refuses("bild,klasse\n0,1\n", "`bild' is not the number of an image, and the images of toy have no names");
  refuses("0,1,2\n", "line 1: 3 columns, and no header line that names them");
  refuses("index,a,b\n0,1,2\n", "line 1: which column has the labels? Name it label");
  refuses("label,a,b\n0,1,2\n", "line 1: which column has the images? Name it index or file");
  refuses("file,label\na.png,1\n", "`a.png' is not the number of an image, and the images of toy have no names");
  refuses("index,label\n0,1\n1\n", "line 3: it has 1 field, but the first row has 2");
  refuses("index,label\n0,\n", "line 2: the label is missing");
  refuses("index,label\n6,0\n",
          "index 6, but toy has 6 training images, numbered from 0 to 5: if the file counts from 1, subtract 1");
  refuses("index,label\n0,1\n0,2\n", "line 3: image 0 has label 2 here, but 1 in line 2: keep one");
  refuses("index,label\n0,1\n1,3\n2,2\n",
          "line 3: label 3, but it must be below 3: its labels are numbered from 1, those of the data set from 0");
  ck_assert(!reads("\xff\xfei\0n\0", 6));
  assert_says(err, "UTF-16: save it as UTF-8");
}
END_TEST

/* A .npy file: `descr' and the bytes of the array. */
static int reads_array(const char *descr, const char *shape, const void *bytes, size_t size)
{
  char file[512] = "\x93NUMPY\x01\x00\x76\x00";
  snprintf(file + 10, 119, "%-117s\n", "");
  char dict[118];
  int n = snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }", descr, shape);
  memcpy(file + 10, dict, (size_t)n);
  memcpy(file + 128, bytes, size);
  put("l.npy", file, 128 + size);
  return !ho_label_file_read(in_folder("l.npy"), &data, 0, &labels, &err);
}

START_TEST(numpy_arrays)
{
  static const int64_t wide[N] = { 0, 1, 2, 2, 1, 0 }, negative[N] = { 0, 1, -1, 2, 1, 0 },
                       high[N] = { 1, 2, 3, 3, 2, 1 };
  static const float real[N] = { 0, 1, 2, 2, 1, 0.5f };
  ck_assert_msg(reads_array("<i8", "6", wide, sizeof wide), "%s", err.text);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(labels.given[i], wide[i]);
  ck_assert_str_eq(labels.form, "a NumPy array; images in their order, labels by number");
  ho_file_labels_free(&labels);
  ck_assert(!reads_array("<i8", "6", negative, sizeof negative));
  assert_says(err, "l.npy: element 2: `-1' is not a class of toy");
  ck_assert(!reads_array("<i8", "6", high, sizeof high));
  assert_says(err, "image 2: label 3, but it must be below 3: its labels are numbered from 1");
  ck_assert(!reads_array("<f4", "6", real, sizeof real));
  assert_says(err, "element 5: `0.5' is not a class");
  ck_assert(!reads_array("<i8", "5", wide, 5 * sizeof *wide));
  assert_says(err, "it has 5 numbers in 1 dimension, not one label for each of 6 training images");
  data.class_name = names;
  ck_assert_msg(reads_array("|S9", "6",
                            "cat\0\0\0\0\0\0dog\0\0\0\0\0\0great aukcat\0\0\0\0\0\0cat\0\0\0\0\0\0"
                            "dog\0\0\0\0\0",
                            54),
                "%s", err.text);
  ck_assert(labels.given[2] == 2 && labels.given[5] == 1 && !labels.numbered);
  ho_file_labels_free(&labels);
}
END_TEST

/* Of eight images, 1 and 4 were taken for testing: numbers and orders are those of all eight. */
START_TEST(images_keep_their_numbers_when_test_images_are_taken_from_them)
{
  static const int64_t wide[N + 2] = { 0, 9, 1, 2, 9, 2, 1, 0 };
  static uint32_t left[N] = { 0, 2, 3, 5, 6, 7 }, taken[2] = { 1, 4 };
  data.train.number = left;
  data.test = (struct ho_images){ .n = 2, .label = test_label, .number = taken };
  gives("index,label\n2,1\n1,0\n7,2\n", "-1---2");
  gives("0\n1\n2\n0\n1\n2\n0\n1\n", "020201");
  refuses("0\n1\n2\n0\n1\n2\n", "6 labels for the 8 images of toy");
  refuses("index,label\n8,1\n", "index 8, but toy has 8 images, numbered from 0 to 7: if the file counts from 1");
  refuses("index,label\n7,0\n7,1\n", "line 3: image 7 has label 1 here, but 0 in line 2");
  ck_assert_msg(reads_array("<i8", "8", wide, sizeof wide), "%s", err.text);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(labels.given[i], wide[left[i]]);
  ck_assert_uint_eq(labels.test_rows, 2);
  ho_file_labels_free(&labels);
  ck_assert(reads("\0\0\1\1\0\2\2\2", 8));
  ck_assert(labels.given[1] == 1 && labels.given[3] == 2 && labels.n == N);
  ho_file_labels_free(&labels);
  data.train.number = NULL;
}
END_TEST

static const char *warned(const char *text)
{
  static struct ho_warnings warnings;
  warnings.text[0] = 0;
  ck_assert_msg(reads(text, strlen(text)), "%s", err.text);
  ck_assert_int_eq(ho_label_file_warn("l.csv", &labels, &data, &warnings, &err), 0);
  ho_file_labels_free(&labels);
  return warnings.text;
}

START_TEST(labels_that_begin_at_1_are_told)
{
  ck_assert_str_eq(warned("index,label\n0,1\n1,2\n3,1\n4,2\n"),
                   "l.csv: no label is 0, and more of them are the data set's plus 1 than equal: if they are numbered "
                   "from 1, subtract 1 from each, as classes are numbered from 0\n");
  ck_assert_str_eq(warned("index,label\n0,0\n1,2\n3,1\n4,2\n"), ""); /* a 0; and too few for a test of chance */
  ck_assert_str_eq(warned("index,label\n1,1\n2,2\n4,1\n5,2\n"), "");
}
END_TEST

/* Numbers and names of 60 images, all of them and half, in order and one image on. */
START_TEST(chance_is_told_of_in_every_form)
{
  enum { MANY = 60 };
  ho_dataset_free(&data);
  make_labels(&data, CLASSES, MANY, cyclic);
  for (int form = 0; form < 4; form++)
    for (int moved = 0; moved < 2; moved++) {
      char text[4096] = "", *at = text;
      data.class_name = form % 2 ? names : NULL;
      at += sprintf(at, "index;label\n");
      for (int i = 0; i < MANY; i += 1 + form / 2) {
        int label = (i + moved) % CLASSES;
        at += form % 2 ? sprintf(at, "%d;%s\n", i, names[label]) : sprintf(at, "%d;%d\n", i, label);
      }
      ck_assert_int_eq(strstr(warned(text), "in another order than the images") != NULL, moved);
    }
}
END_TEST

START_TEST(how_a_file_was_understood_is_told)
{
  ck_assert(reads("file;label\ncat/1.png;dog\n", 25));
  ck_assert_str_eq(labels.form, "separated by semicolons, with a header; images by file name, labels by class name");
  ho_file_labels_free(&labels);
  ck_assert(reads("0\n0\n0\n0\n0\n0\n", 12));
  ck_assert_str_eq(labels.form, "one column, without a header; images in their order, labels by number");
  ho_file_labels_free(&labels);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("label tables");
  TCase *t = tcase_create("numbers"), *named = tcase_create("names");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_checked_fixture(named, fill_named, empty);
  tcase_add_test(t, by_number);
  tcase_add_test(t, in_order);
  tcase_add_test(t, numpy_arrays);
  tcase_add_test(t, images_keep_their_numbers_when_test_images_are_taken_from_them);
  tcase_add_test(t, class_names_that_are_numbers);
  tcase_add_test(t, what_cannot_be_understood);
  tcase_add_test(t, labels_that_begin_at_1_are_told);
  tcase_add_test(t, chance_is_told_of_in_every_form);
  tcase_add_test(named, by_name);
  tcase_add_test(named, names_that_are_not_known);
  tcase_add_test(named, how_a_file_was_understood_is_told);
  suite_add_tcase(suite, t);
  suite_add_tcase(suite, named);
  return suite;
}
