/* SPDX-License-Identifier: MIT
 * test_csv.c - tables of text: what spreadsheets and scripts write is read, what is not a table is refused by line. */
#include "format/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "../unit.h"

static struct ho_error err;

/* The rows as text: fields in <>, rows as LINE:<..><..>; "!MESSAGE" at a failure. */
static const char *parsed(const char *text, size_t size)
{
  static char out[8192];
  struct ho_csv csv;
  size_t n = 0;
  int more = 0;
  char *copy = malloc(size + 1); /* of this size alone, so that the sanitizers see bytes beyond */
  memcpy(copy, text, size);
  copy[size] = 0;
  *out = 0;
  if (ho_csv_open(&csv, "t.csv", copy, size, &err))
    n += (size_t)snprintf(out, sizeof out, "!%s", err.text);
  else
    while ((more = ho_csv_next(&csv, &err)) > 0) {
      n += (size_t)snprintf(out + n, sizeof out - n, "%zu:", csv.line);
      for (int i = 0; i < csv.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "<%s>", csv.field[i]);
    }
  if (more < 0)
    snprintf(out + n, sizeof out - n, "!%s", err.text);
  free(copy);
  return out;
}

static void is(const char *text, const char *rows)
{
  ck_assert_str_eq(parsed(text, strlen(text)), rows);
}

START_TEST(rows_of_every_origin)
{
  is("a,b\n1,2\n", "1:<a><b>2:<1><2>");
  is("a;b\n1;2", "1:<a><b>2:<1><2>");
  is("a\tb\r\n1\t2\r\n", "1:<a><b>2:<1><2>");
  is("a,b\r1,2\r", "1:<a><b>2:<1><2>");
  is("\xef\xbb\xbf"
     "a,b\n",
     "1:<a><b>");
  is("1\n2\n3", "1:<1>2:<2>3:<3>");
  is("", "");
  is("\n\r\n\n", "");
  is("# note\n#\n\na,b\n\n\n#1,2\n\n", "4:<a><b>7:<#1><2>");
  is(" a , b\tc \n 1,2", "1:<a><b\tc>2:<1><2>");
  is("a\t b \n\tc\n", "1:<a><b>2:<><c>");
  is("a,,\n,,\n", "1:<a><><>2:<><><>");
  is("a,b", "1:<a><b>");
  is("a,", "1:<a><>");
}
END_TEST

START_TEST(quotes)
{
  is("\"a,b\",\"c\"\n", "1:<a,b><c>");
  is("\"a\"\"b\" , \"\"\n", "1:<a\"b><>");
  is("\"a\r\nb\nc\",1\nd,2\n", "1:<a\r\nb\nc><1>4:<d><2>");
  is("\"a\"", "1:<a>");
  is("\"\"", "1:<>");
  is("\"\"\"\"", "1:<\">");
  is("a\"b,\"c\"\n", "1:<a\"b><c>");
  is("x,y\n\"a\"b,c\n",
     "1:<x><y>!t.csv: line 2: text after a quote that ends: a quote within a field is written twice");
  is("x,y\n1,\"a\nb\n", "1:<x><y>!t.csv: line 2: the quote that begins here does not end");
  is("\"", "!t.csv: line 1: the quote that begins here does not end");
}
END_TEST

START_TEST(the_separator_is_the_one_that_rows_agree_on)
{
  is("a;b,c\n1;2\n", "1:<a><b,c>2:<1><2>");
  is("index,label\na;b,3\n", "1:<index><label>2:<a;b><3>");
  is("a,b,c;d\n", "1:<a><b><c;d>");
  is("\"a,b\";c\n", "1:<a,b><c>");
  is("a b\n1 2\n", "1:<a b>2:<1 2>");
  is("a\tb,c\n1\t2\n", "1:<a><b,c>2:<1><2>");
}
END_TEST

START_TEST(what_is_no_text_is_refused)
{
  ck_assert_str_eq(parsed("a,b\n1\0,2", 8), "!t.csv: it has a zero byte: it is not a table of text");
  ck_assert_str_eq(parsed("\xff\xfe"
                          "a\0",
                          4),
                   "!t.csv: it is text in UTF-16: save it as UTF-8");
  ck_assert_str_eq(parsed("\xfe\xff\0a", 4), "!t.csv: it is text in UTF-16: save it as UTF-8");
  char wide[2 * HO_CSV_FIELDS + 8];
  memset(wide, ',', sizeof wide);
  ck_assert_ptr_nonnull(strstr(parsed(wide, HO_CSV_FIELDS - 1), "1:<><>"));
  ck_assert_str_eq(parsed(wide, HO_CSV_FIELDS), "!t.csv: line 1: more than 256 fields");
}
END_TEST

/* Fields are cut out of the text in place: no field may show bytes of another. */
START_TEST(what_is_written_reads_back)
{
  struct ho_stream s = ho_stream_make(1, "test-csv", 0, 0);
  for (int round = 0; round < 2000; round++) {
    char text[1024], want[1024] = "";
    size_t n = 0, w = 0, line = 1;
    char separator = ",;\t"[round % 3];
    n += (size_t)snprintf(text, sizeof text, "x%cy\n", separator);
    w += (size_t)snprintf(want, sizeof want, "1:<x><y>");
    for (int row = 0; row < 4; row++) {
      w += (size_t)snprintf(want + w, sizeof want - w, "%zu:", ++line);
      for (int c = 0; c < 2; c++) {
        char field[8] = "";
        size_t length = ho_stream_below(&s, 6);
        for (size_t i = 0; i < length; i++)
          field[i] = "ab\"\n,;\t "[ho_stream_below(&s, 8)];
        text[n++] = '"';
        for (size_t i = 0; i < length; i++) {
          if (field[i] == '"')
            text[n++] = '"';
          line += field[i] == '\n';
          text[n++] = field[i];
        }
        text[n++] = '"';
        text[n++] = c ? '\n' : separator;
        w += (size_t)snprintf(want + w, sizeof want - w, "<%s>", field);
      }
    }
    text[n] = 0;
    ck_assert_str_eq(parsed(text, n), want);
  }
}
END_TEST

START_TEST(fields_that_the_program_writes_read_back)
{
  struct ho_stream s = ho_stream_make(3, "test-csv", 0, 0);
  for (int round = 0; round < 2000; round++) {
    char field[8] = "", want[32], *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0, length = ho_stream_below(&s, 6); i < length; i++)
      field[i] = "ab\"\n,;\t "[ho_stream_below(&s, 8)];
    fputs("x,", out);
    ho_csv_write(out, field);
    ck_assert_int_eq(fclose(out), 0);
    snprintf(want, sizeof want, "1:<x><%s>", field);
    ck_assert_str_eq(parsed(text, size), want);
    free(text);
  }
}
END_TEST

START_TEST(mutations_do_no_harm)
{
  static const char original[] = "# n\nfile,\"label\"\r\n\"a/1.png\",cat\nb/2.png, \"d\"\"g\"\n\n";
  struct ho_stream s = ho_stream_make(2, "test-csv", 0, 0);
  for (int round = 0; round < 20000; round++) {
    char text[sizeof original];
    memcpy(text, original, sizeof text);
    for (uint64_t k = 1 + ho_stream_below(&s, 4); k; k--)
      text[ho_stream_below(&s, sizeof text)] = "\"\"\n\r,;\t #a"[ho_stream_below(&s, 10)];
    parsed(text, 1 + ho_stream_below(&s, sizeof text - 1));
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("csv");
  TCase *t = tcase_create("csv");
  tcase_add_test(t, rows_of_every_origin);
  tcase_add_test(t, quotes);
  tcase_add_test(t, the_separator_is_the_one_that_rows_agree_on);
  tcase_add_test(t, what_is_no_text_is_refused);
  tcase_add_test(t, what_is_written_reads_back);
  tcase_add_test(t, fields_that_the_program_writes_read_back);
  tcase_add_test(t, mutations_do_no_harm);
  suite_add_tcase(suite, t);
  return suite;
}
