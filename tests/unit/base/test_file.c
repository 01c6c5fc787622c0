/* SPDX-License-Identifier: MIT
 * test_base_file.c - whole files in, whole files out, and nothing half-done when that fails. */
#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "compute/random.h"
#include "../unit.h"

static char folder[4096];

static void make_folder(void)
{
  const char *tmp = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/holdout-file-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *in_folder(const char *name)
{
  static char path[8192];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* Removes the folder's files, and gives their number. */
static int empty_folder(void)
{
  DIR *dir = opendir(folder);
  int n = 0;
  ck_assert_ptr_nonnull(dir);
  for (struct dirent *e; (e = readdir(dir));)
    if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) {
      n++;
      if (remove(in_folder(e->d_name)))
        ck_abort_msg("%s stays behind", e->d_name);
    }
  closedir(dir);
  return n;
}

static void remove_folder(void)
{
  empty_folder();
  rmdir(folder);
}

static void put(const char *path, const void *data, size_t size)
{
  FILE *f = fopen(path, "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_uint_eq(fwrite(data, 1, size, f), size);
  ck_assert_int_eq(fclose(f), 0);
}

enum { LONG = 300000 };

static unsigned char *long_data(void)
{
  static unsigned char data[LONG];
  struct ho_stream s = ho_stream_make(1, "file", 0, 0);
  for (size_t i = 0; i < LONG; i++)
    data[i] = (unsigned char)(ho_stream_bits(&s) & 0x3f);
  return data;
}

START_TEST(plain_files_come_back)
{
  static const size_t sizes[] = { 0, 1, 65534, 65535, 65536, LONG };
  unsigned char *data = long_data(), *out;
  size_t size;
  struct ho_error err = { 0 };
  put(in_folder("plain"), data, sizes[_i]);
  ck_assert_msg(ho_file_read(in_folder("plain"), LONG, &out, &size, &err) == 0, "%s", err.text);
  ck_assert_uint_eq(size, sizes[_i]);
  ck_assert_int_eq(memcmp(out, data, size), 0);
  ck_assert_int_eq(out[size], 0);
  ho_free(out);
}
END_TEST

static void put_gzip(const char *path, const void *data, size_t size)
{
  gzFile f = gzopen(path, "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(gzwrite(f, data, (unsigned)size), (int)size);
  ck_assert_int_eq(gzclose(f), Z_OK);
}

START_TEST(gzip_files_come_back)
{
  unsigned char *data = long_data(), *out;
  size_t size;
  put_gzip(in_folder("a.gz"), data, LONG);
  ck_assert_int_eq(ho_file_read(in_folder("a.gz"), LONG, &out, &size, NULL), 0);
  ck_assert_uint_eq(size, LONG);
  ck_assert_int_eq(memcmp(out, data, size), 0);
  ho_free(out);
}
END_TEST

/* Wherever a gzip file is cut, or a byte of it turned, it is refused (by its checksum at last). */
START_TEST(broken_gzip_is_refused)
{
  unsigned char *data = long_data(), *raw, *out;
  size_t size, got;
  put_gzip(in_folder("a.gz"), data, LONG);
  FILE *f = fopen(in_folder("a.gz"), "rb");
  ck_assert_ptr_nonnull(f);
  raw = malloc(LONG);
  size = fread(raw, 1, LONG, f);
  fclose(f);
  ck_assert_uint_lt(size, LONG);
  for (size_t cut = 10; cut < size; cut += cut < 40 || size - cut <= 20 ? 1 : (size - cut) / 2) {
    struct ho_error err = { 0 };
    put(in_folder("cut.gz"), raw, cut);
    ck_assert_msg(ho_file_read(in_folder("cut.gz"), LONG, &out, &got, &err) == -1, "cut at %zu was taken", cut);
    ck_assert_ptr_nonnull(strstr(err.text, "cut.gz: "));
  }
  for (size_t at = size - 8; at < size; at++) {
    struct ho_error err = { 0 };
    raw[at] ^= 0x10;
    put(in_folder("bad.gz"), raw, size);
    ck_assert_int_eq(ho_file_read(in_folder("bad.gz"), LONG, &out, &got, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "bad.gz: "));
    raw[at] ^= 0x10;
  }
  free(raw);
}
END_TEST

START_TEST(limit_holds)
{
  unsigned char *data = long_data(), *out;
  size_t size;
  struct ho_error err = { 0 };
  put(in_folder("plain"), data, LONG);
  put_gzip(in_folder("a.gz"), data, LONG);
  ck_assert_int_eq(ho_file_read(in_folder("plain"), LONG - 1, &out, &size, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "plain: more than 299999 bytes"));
  ck_assert_int_eq(ho_file_read(in_folder("a.gz"), LONG - 1, &out, &size, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "a.gz: more than 299999 bytes"));
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
  unsigned char *out;
  size_t size;
  struct ho_error err = { 0 };
  ck_assert_int_eq(ho_file_read(in_folder("absent"), 10, &out, &size, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "absent: No such file"));
  ck_assert_int_eq(ho_file_read(folder, 10, &out, &size, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
}
END_TEST

START_TEST(output_appears_at_commit)
{
  struct ho_output o;
  struct ho_error err = { 0 };
  unsigned char *out;
  size_t size;
  put(in_folder("f"), "old", 3);
  ck_assert_msg(ho_output_open(&o, in_folder("f"), &err) == 0, "%s", err.text);
  fputs("new text", o.stream);
  fflush(o.stream);
  ck_assert_int_eq(ho_file_read(in_folder("f"), 100, &out, &size, NULL), 0);
  ck_assert_str_eq((char *)out, "old");
  ho_free(out);
  ck_assert_msg(ho_output_commit(&o, &err) == 0, "%s", err.text);
  ck_assert_int_eq(ho_file_read(in_folder("f"), 100, &out, &size, NULL), 0);
  ck_assert_str_eq((char *)out, "new text");
  ho_free(out);
  ck_assert_int_eq(empty_folder(), 1);
}
END_TEST

START_TEST(abandoned_output_leaves_no_trace)
{
  struct ho_output o;
  ck_assert_int_eq(ho_output_open(&o, in_folder("f"), NULL), 0);
  fputs("half", o.stream);
  ho_output_abandon(&o);
  ck_assert_int_eq(empty_folder(), 0);
}
END_TEST

START_TEST(output_that_fails_says_so)
{
  struct ho_output o;
  struct ho_error err = { 0 };
  char longer[5000];
  ck_assert_int_eq(ho_output_open(&o, in_folder("absent/f"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "absent/f: cannot write: No such file"));
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = 0;
  ck_assert_int_eq(ho_output_open(&o, longer, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "the path is too long"));
  ho_error_clear(&err);
  ck_assert_int_eq(ho_output_check(longer, 0, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "the path is too long"));
  ho_error_clear(&err);
  ck_assert_int_eq(ho_folder_make(longer, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "the path is too long"));

  ck_assert_int_eq(ho_output_open(&o, in_folder("taken"), &err), 0);
  ck_assert_int_eq(mkdir(in_folder("taken"), 0777), 0); /* a folder cannot be replaced by a file */
  ck_assert_int_eq(ho_output_commit(&o, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "taken: cannot write: "));
  ck_assert_int_eq(ho_output_open(&o, in_folder("taken"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "taken: cannot write: it is a folder; name a file"));
  ck_assert_int_eq(ho_output_check(in_folder("taken"), 1, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "it is a folder"));
  ck_assert_int_eq(empty_folder(), 1); /* the folder itself */
}
END_TEST

START_TEST(devices_and_pipes_are_never_replaced)
{
  struct ho_output o;
  struct ho_error err = { 0 };
  struct stat st;
  ck_assert_int_eq(mkfifo(in_folder("pipe"), 0666), 0);
  ck_assert_int_eq(symlink("pipe", in_folder("link")), 0);
  ck_assert_int_eq(symlink("nowhere", in_folder("dangling")), 0);
  for (int i = 0; i < 2; i++) {
    const char *name = i ? "link" : "pipe";
    ck_assert_int_eq(ho_output_open(&o, in_folder(name), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ": cannot write: not a regular file; name a file"));
    ck_assert_int_eq(ho_output_check(in_folder(name), 1, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
  }
  ck_assert(!lstat(in_folder("pipe"), &st) && S_ISFIFO(st.st_mode));
  ck_assert(!lstat(in_folder("link"), &st) && S_ISLNK(st.st_mode));
  ck_assert_int_eq(ho_output_check(in_folder("dangling"), 0, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "dangling: already exists"));
  ck_assert_int_eq(ho_output_check(in_folder("dangling"), 1, &err), 0);
}
END_TEST

/* Root may write everywhere: the test needs another user. */
START_TEST(unwritable_folder_is_told)
{
  struct ho_output o;
  struct ho_error err = { 0 };
  if (geteuid() == 0) {
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(65534), 0);
  } else
    ck_assert_int_eq(chmod(folder, 0500), 0);
  int opened = ho_output_open(&o, in_folder("f"), &err);
  int made = ho_folder_make(in_folder("g"), NULL);
  if (getuid() == 0)
    ck_assert_int_eq(seteuid(0), 0);
  chmod(folder, 0700);
  ck_assert_int_eq(opened, -1);
  ck_assert_int_eq(made, -1);
  ck_assert_ptr_nonnull(strstr(err.text, "/f: cannot write: Permission denied"));
}
END_TEST

START_TEST(a_full_disk_is_told)
{
  struct ho_output o;
  struct ho_error err = { 0 };
  ck_assert_int_eq(ho_output_open(&o, in_folder("f"), NULL), 0);
  fclose(o.stream);
  o.stream = fopen("/dev/full", "wb");
  ck_assert_ptr_nonnull(o.stream);
  fputs("text", o.stream);
  ck_assert_int_eq(ho_output_commit(&o, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "/f: cannot write: No space left"));
  ck_assert_int_eq(empty_folder(), 0);
}
END_TEST

static void holds(const char *name, const char *text)
{
  unsigned char *data;
  size_t size;
  ck_assert_int_eq(ho_file_read(in_folder(name), 100, &data, &size, NULL), 0);
  ck_assert_str_eq((char *)data, text);
  ho_free(data);
}

START_TEST(a_file_is_kept_under_another_name)
{
  struct ho_error err = { 0 };
  char a[8192], b[8192];
  snprintf(a, sizeof a, "%s", in_folder("a"));
  snprintf(b, sizeof b, "%s", in_folder("b"));
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0); /* nothing to keep */
  ck_assert_int_eq(empty_folder(), 0);
  put(a, "one", 3);
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0);
  holds("a", "one");
  holds("b", "one");
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0); /* they are one file already */
  ck_assert_int_eq(unlink(a), 0);
  put(a, "two", 3);
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0);
  holds("b", "two");
  ck_assert_int_eq(unlink(a), 0);
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0);
  holds("b", "two");
  ck_assert_int_eq(mkdir(a, 0700), 0);
  ck_assert_int_eq(ho_file_keep(b, a, &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "/b: cannot keep it as "));
  ck_assert_int_eq(rmdir(a), 0);
  ck_assert_int_eq(unlink(b), 0);
  ck_assert_int_eq(empty_folder(), 0);
}
END_TEST

/* No folder has a second name: so a folder shows what happens where files have none. */
START_TEST(what_has_no_second_name_gets_another)
{
  struct ho_error err = { 0 };
  char a[8192], b[8192];
  snprintf(a, sizeof a, "%s", in_folder("a"));
  snprintf(b, sizeof b, "%s", in_folder("b"));
  ck_assert_int_eq(mkdir(a, 0700), 0);
  ck_assert_int_eq(ho_file_keep(a, b, &err), 0);
  ck_assert_int_ne(access(a, F_OK), 0);
  ck_assert_int_eq(access(b, F_OK), 0);
  put(a, "one", 3);
  put(in_folder("b/file"), "", 0);
  ck_assert_int_eq(ho_file_keep(b, a, &err), -1); /* nor can it take the place of a file */
  ck_assert_ptr_nonnull(strstr(err.text, "/b: cannot keep it as "));
  ck_assert_ptr_nonnull(strstr(err.text, "/a: Not a directory"));
  ho_error_clear(&err);
  ck_assert_int_eq(ho_file_keep(a, in_folder("b/file/c"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "/a: cannot keep it as "));
  ck_assert_ptr_nonnull(strstr(err.text, "/b/file/c: Not a directory"));
  holds("a", "one");
  static const char *const made[] = { "b/file", "b", "a" };
  for (size_t i = 0; i < 3; i++)
    ck_assert_int_eq(remove(in_folder(made[i])), 0);
}
END_TEST

START_TEST(folders_with_parents)
{
  struct ho_error err = { 0 };
  struct stat st;
  ck_assert_msg(ho_folder_make(in_folder("a/b//c/"), &err) == 0, "%s", err.text);
  ck_assert_int_eq(stat(in_folder("a/b/c"), &st), 0);
  ck_assert(S_ISDIR(st.st_mode));
  ck_assert_int_eq(ho_folder_make(in_folder("a/b/c"), &err), 0);
  put(in_folder("a/file"), "", 0);
  ck_assert_int_eq(ho_folder_make(in_folder("a/file"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "a/file: not a folder"));
  ck_assert_int_eq(ho_folder_make(in_folder("a/file/d"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "a/file/d: cannot make this folder"));
  ck_assert_int_eq(ho_folder_make(in_folder("a/file/e/f"), &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "a/file/e: cannot make this folder"));
  static const char *const made[] = { "a/b/c", "a/b", "a/file", "a" };
  for (size_t i = 0; i < 4; i++)
    ck_assert_int_eq(remove(in_folder(made[i])), 0);
}
END_TEST

START_TEST(paths_join)
{
  char out[12];
  struct ho_error err = { 0 };
  ck_assert_int_eq(ho_path_join(out, sizeof out, "runs", "a", &err), 0);
  ck_assert_str_eq(out, "runs/a");
  ck_assert_int_eq(ho_path_join(out, sizeof out, "/", "a", &err), 0);
  ck_assert_str_eq(out, "/a");
  ck_assert_int_eq(ho_path_join(out, sizeof out, "12345", "67890", &err), 0); /* just fits */
  ck_assert_str_eq(out, "12345/67890");
  ck_assert_int_eq(ho_path_join(out, sizeof out, "12345", "678901", &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "the path is too long"));
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/file");
  TCase *tests = tcase_create("file");
  tcase_add_checked_fixture(tests, make_folder, remove_folder);
  tcase_add_loop_test(tests, plain_files_come_back, 0, 6);
  tcase_add_test(tests, gzip_files_come_back);
  tcase_add_test(tests, broken_gzip_is_refused);
  tcase_add_test(tests, limit_holds);
  tcase_add_test(tests, what_is_no_file_is_refused);
  tcase_add_test(tests, output_appears_at_commit);
  tcase_add_test(tests, abandoned_output_leaves_no_trace);
  tcase_add_test(tests, output_that_fails_says_so);
  tcase_add_test(tests, devices_and_pipes_are_never_replaced);
  tcase_add_test(tests, unwritable_folder_is_told);
  tcase_add_test(tests, a_full_disk_is_told);
  tcase_add_test(tests, a_file_is_kept_under_another_name);
  tcase_add_test(tests, what_has_no_second_name_gets_another);
  tcase_add_test(tests, folders_with_parents);
  tcase_add_test(tests, paths_join);
  suite_add_tcase(suite, tests);
  return suite;
}
