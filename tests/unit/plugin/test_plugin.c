/* SPDX-License-Identifier: MIT
 * test_plugin.c - plugins that behave are loaded, others refused for the right reason, nothing left behind. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "../scratch.h"
#include "plugin/path.h"
#include "../unit.h"

static struct ho_error err;

static int is_loaded(const char *file)
{
  void *handle = dlopen(file, RTLD_NOW | RTLD_NOLOAD);
  if (handle)
    dlclose(handle);
  return handle != NULL;
}

START_TEST(loads)
{
  const char *file = test_plugin("good", "alpha");
  struct ho_plugin *p = ho_plugin_load(file, &err);
  ck_assert_msg(p != NULL, "%s", err.text);
  ck_assert(is_loaded(file));
  ck_assert_str_eq(p->hooks.name, "alpha");
  ck_assert_str_eq(p->hooks.citation, "nobody2018");
  ck_assert_int_eq(p->noptions, 5);
  ck_assert_str_eq(p->hooks.options[2].range, "soft|hard|mixed");
  ck_assert_ptr_nonnull(p->hooks.input);
  ck_assert_ptr_null(p->hooks.direction);
  ck_assert_str_eq(p->file, file);
  ck_assert_ptr_null(p->hooks.options[5].name);
  ho_plugin_free(p);
  ck_assert(!is_loaded(file));
}
END_TEST

/* The texts must be ours, not the shared object's: they would be gone after dlclose. */
START_TEST(texts_are_copies)
{
  struct ho_plugin *p = ho_plugin_load(test_plugin("good", "alpha"), &err);
  ck_assert_ptr_nonnull(p);
  const struct ho_optimizer *given = dlsym(p->handle, "ho_plugin");
  ck_assert_ptr_nonnull(given);
  ck_assert_ptr_ne(given->name, p->hooks.name);
  ck_assert_ptr_ne(given->options, p->hooks.options);
  ck_assert_ptr_ne(given->options[0].help, p->hooks.options[0].help);
  ho_plugin_free(p);
}
END_TEST

START_TEST(longer_struct_is_welcome)
{
  struct ho_plugin *p = ho_plugin_load(test_plugin("good", "longer"), &err);
  ck_assert_msg(p != NULL, "%s", err.text);
  ck_assert_str_eq(p->hooks.name, "longer");
  ck_assert_ptr_null(p->hooks.predict);
  ck_assert_uint_gt(p->hooks.bytes, sizeof(struct ho_optimizer));
  ho_plugin_free(p);
}
END_TEST

static const struct {
  const char *name, *reason;
} bad[] = { { "abi", "made for plugin ABI" },
            { "shorter", "its struct has 64 bytes" },
            { "overlong", "but the file has" },
            { "nameless", "has no name" },
            { "misnamed", "the plugin's name is `another'" },
            { "spaced", "is not a name for a plugin" },
            { "networks", "nets is -1" },
            { "rate", "lr is -1: a learning rate is a finite number" },
            { "default", "option `rate': default: 1.5 is outside [0,1]" },
            { "outside", "outside its struct of 8 bytes" },
            { "symbolless", "no symbol ho_plugin" },
            { "function", "was not made by HO_PLUGIN" } };

START_TEST(refuses)
{
  const char *file = test_plugin("bad", bad[_i].name);
  ck_assert_ptr_null(ho_plugin_load(file, &err));
  assert_has(err.text, bad[_i].reason);
  ck_assert_int_eq(strncmp(err.text, file, strlen(file)), 0);
  ck_assert(!is_loaded(file));
}
END_TEST

START_TEST(refuses_what_is_no_shared_object)
{
  ck_assert_ptr_null(ho_plugin_load(scratch_write("text.so", "hello\n", 6), &err));
  assert_has(err.text, "text.so: cannot load this plugin");
  ck_assert_ptr_null(ho_plugin_load(scratch_write("empty.so", "", 0), &err));
  assert_has(err.text, "empty.so: cannot load this plugin");
  ck_assert_ptr_null(ho_plugin_load(scratch_path("none.so"), &err));
  assert_has(err.text, "No such file");
  ck_assert_int_eq(mkdir(scratch_path("folder.so"), 0700), 0);
  ck_assert_ptr_null(ho_plugin_load(scratch_path("folder.so"), &err));
  assert_has(err.text, "not a regular file");
  ck_assert_int_eq(mkfifo(scratch_path("pipe.so"), 0600), 0);
  ck_assert_ptr_null(ho_plugin_load(scratch_path("pipe.so"), &err));
  assert_has(err.text, "not a regular file");
}
END_TEST

START_TEST(refuses_what_cannot_be_opened)
{
  char path[5000] = "/";
  struct rlimit limit, none;
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = limit;
  none.rlim_cur = 0;
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  struct ho_plugin *p = ho_plugin_load(test_plugin("good", "alpha"), &err);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ck_assert_ptr_null(p);
  assert_has(err.text, "good/alpha.so: Too many open files");
  memset(path + 1, 'x', sizeof path - 2);
  ck_assert_ptr_null(ho_plugin_load(path, &err));
  assert_has(err.text, "xxx...: the path is too long");
}
END_TEST

/* Mapped beyond its end, a shared object cut short would end the program by SIGBUS. */
START_TEST(refuses_what_is_cut_short)
{
  unsigned char *data;
  size_t size;
  ck_assert_int_eq(ho_file_read(test_plugin("good", "alpha"), 1 << 24, &data, &size, &err), 0);
  for (int part = 0; part < 16; part++) {
    ck_assert_ptr_null(ho_plugin_load(scratch_write("alpha.so", data, size * (size_t)part / 16), &err));
    assert_has(err.text, "alpha.so: ");
  }
  struct ho_plugin *p = ho_plugin_load(scratch_write("alpha.so", data, size), &err);
  ck_assert_msg(p != NULL, "%s", err.text);
  ho_plugin_free(p);
  ho_free(data);
}
END_TEST

static struct ho_plugin_path path_of(const char *folder)
{
  struct ho_plugin_path path;
  unsetenv("HOLDOUT_PLUGIN_PATH");
  ck_assert_int_eq(ho_plugin_path_make(&path, &folder, 1, &err), 0);
  return path;
}

static const char *copied(const char *name)
{
  unsigned char *data;
  size_t size;
  ck_assert_msg(!ho_file_read(test_plugin("good", "alpha"), 1 << 26, &data, &size, &err), "%s", err.text);
  const char *path = scratch_write(name, data, size);
  ho_free(data);
  return path;
}

/* A plugin that anyone may have written is loaded by those alone who say so. */
START_TEST(refuses_what_anyone_may_write)
{
  const char *file = copied("alpha.so");
  unsetenv("HOLDOUT_TRUST_PLUGINS");
  for (int which = 0; which < 2; which++) {
    const char *open = which ? file : scratch;
    mode_t mode = which ? 0644 : 0700;
    ck_assert_int_eq(chmod(open, mode | 0002), 0);
    ck_assert_ptr_null(ho_plugin_load(file, &err));
    assert_has(err.text, which ? "anyone may write to this file, and a plugin is code: chmod o-w"
                               : "anyone may write to this folder, and a plugin is code: chmod o-w");
    ck_assert(!is_loaded(file));
    setenv("HOLDOUT_TRUST_PLUGINS", "0", 1);
    ck_assert_ptr_null(ho_plugin_load(file, &err));
    setenv("HOLDOUT_TRUST_PLUGINS", "1", 1);
    struct ho_plugin *p = ho_plugin_load(file, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    ho_plugin_free(p);
    unsetenv("HOLDOUT_TRUST_PLUGINS");
    ck_assert_int_eq(chmod(open, mode), 0);
    p = ho_plugin_load(file, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    ho_plugin_free(p);
  }
}
END_TEST

/* A link is as open as what it stands for. */
START_TEST(refuses_links_to_what_anyone_may_write)
{
  char folder[1024], link[1040];
  const char *file = copied("alpha.so");
  snprintf(folder, sizeof folder, "%s/links", scratch);
  snprintf(link, sizeof link, "%s/alpha.so", folder);
  ck_assert_int_eq(mkdir(folder, 0700), 0);
  ck_assert_int_eq(symlink(file, link), 0);
  struct ho_plugin *p = ho_plugin_load(link, &err);
  ck_assert_msg(p != NULL, "%s", err.text);
  ho_plugin_free(p);
  ck_assert_int_eq(chmod(scratch, 0702), 0);
  ck_assert_ptr_null(ho_plugin_load(link, &err));
  assert_has(err.text, "anyone may write to this folder");
  ck_assert_int_eq(chmod(scratch, 0700), 0);
}
END_TEST

/* Whoever may write to a folder above can put another in the place of the one below; with the sticky bit, as /tmp has, only
 * what is their own. */
START_TEST(refuses_folders_below_one_that_anyone_may_write)
{
  char above[1024], below[1040], link[1040], file[1100];
  unsetenv("HOLDOUT_TRUST_PLUGINS");
  snprintf(above, sizeof above, "%s/above", scratch);
  snprintf(below, sizeof below, "%s/below", above);
  snprintf(file, sizeof file, "%s/alpha.so", below);
  snprintf(link, sizeof link, "%s/linked", scratch);
  ck_assert_int_eq(mkdir(above, 0700) || mkdir(below, 0700), 0);
  ck_assert_int_eq(rename(copied("alpha.so"), file), 0);
  ck_assert_int_eq(symlink(below, link), 0);
  for (int linked = 0; linked < 2; linked++) {
    if (linked)
      snprintf(file, sizeof file, "%s/alpha.so", link);
    ck_assert_int_eq(chmod(above, 0777), 0);
    ck_assert_ptr_null(ho_plugin_load(file, &err));
    assert_has(err.text, "anyone may write to this folder above it, and a plugin is code: chmod o-w");
    assert_has(err.text, "/above/'");
    ck_assert_int_eq(chmod(above, 01777), 0);
    struct ho_plugin *p = ho_plugin_load(file, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    ho_plugin_free(p);
    if (geteuid() == 0) { /* someone else's folder in such a one: anyone may have made it */
      ck_assert_int_eq(chown(below, 12345, 12345), 0);
      ck_assert_ptr_null(ho_plugin_load(file, &err));
      assert_has(err.text, "anyone may write to this folder above it");
      ck_assert_int_eq(chown(below, 0, 0), 0);
    }
  }
  ck_assert_int_eq(chdir(below) || chmod(above, 0777), 0);
  ck_assert_ptr_null(ho_plugin_load("alpha.so", &err));
  assert_has(err.text, "./alpha.so: anyone may write to this folder above it");
  ck_assert_int_eq(chmod(above, 0700), 0);
}
END_TEST

START_TEST(finds)
{
  struct ho_plugin_path path = path_of(test_plugin("good", NULL));
  struct ho_plugin *p = ho_plugin_find(&path, "beta", &err);
  ck_assert_msg(p != NULL, "%s", err.text);
  ck_assert_str_eq(p->hooks.name, "beta");
  ho_plugin_free(p);
  ck_assert_ptr_null(ho_plugin_find(&path, "betta", &err));
  assert_has(err.text, "did you mean `beta'");
  ck_assert_ptr_null(ho_plugin_find(&path, "transmogrifier", &err));
  assert_has(err.text, "looked in ");
  static const char *const wrong[] = { "", "../good/beta", "beta.so", "be ta", "/beta" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_ptr_null(ho_plugin_find(&path, wrong[i], &err));
    assert_has(err.text, "is not a valid name of an optimizer");
  }
  ho_plugin_path_free(&path);
}
END_TEST

START_TEST(earlier_folders_win)
{
  const char *given[] = { test_plugin("lacking", NULL), test_plugin("good", NULL) };
  struct ho_plugin_path path;
  unsetenv("HOLDOUT_PLUGIN_PATH");
  ck_assert_int_eq(ho_plugin_path_make(&path, given, 2, &err), 0);
  struct ho_plugin *p = ho_plugin_find(&path, "sgd", &err);
  ck_assert_ptr_nonnull(p);
  ck_assert_str_eq(p->hooks.summary, "has no update");
  ho_plugin_free(p);
  ho_plugin_path_free(&path);

  /* the variable comes behind the flags; its empty pieces are not the working directory */
  char variable[2100];
  snprintf(variable, sizeof variable, ":%s::", given[0]);
  setenv("HOLDOUT_PLUGIN_PATH", variable, 1);
  ck_assert_int_eq(ho_plugin_path_make(&path, given + 1, 1, &err), 0);
  ck_assert_int_eq(path.n, 3);
  ck_assert_str_eq(path.folder[0], given[1]);
  ck_assert_str_eq(path.folder[1], given[0]);
  ck_assert_int_eq(path.folder[2][0], '/');
  ho_plugin_path_free(&path);
}
END_TEST

START_TEST(never_in_the_working_directory)
{
  struct ho_plugin_path path;
  ck_assert_int_eq(chdir(test_plugin("good", NULL)), 0);
  setenv("HOLDOUT_PLUGIN_PATH", "", 1);
  ck_assert_int_eq(ho_plugin_path_make(&path, NULL, 0, &err), 0);
  ck_assert_ptr_null(ho_plugin_find(&path, "gamma", &err));
  ho_plugin_path_free(&path);
}
END_TEST

START_TEST(a_given_folder_must_exist)
{
  const char *given = "/nowhere/at/all";
  struct ho_plugin_path path;
  ck_assert_int_eq(ho_plugin_path_make(&path, &given, 1, &err), -1);
  assert_has(err.text, "/nowhere/at/all");
}
END_TEST

static void count_refused(const char *message, void *arg)
{
  assert_has(message, ".so: ");
  ++*(int *)arg;
}

START_TEST(lists)
{
  const char *given[] = { test_plugin("bad", NULL), test_plugin("good", NULL) };
  struct ho_plugin_path path;
  struct ho_plugin **list;
  int n, refused = 0;
  unsetenv("HOLDOUT_PLUGIN_PATH");
  ck_assert_int_eq(ho_plugin_path_make(&path, given, 2, &err), 0);
  path.n = 2; /* the default folder may or may not have plugins */
  ck_assert_int_eq(ho_plugin_list(&path, &list, &n, count_refused, &refused, &err), 0);
  path.n = 3;
  static const char *const names[] = { "alpha", "beta", "delta", "epsilon", "gamma", "longer", "sgd" };
  ck_assert_int_eq(n, 7);
  for (int i = 0; i < n; i++) {
    ck_assert_str_eq(list[i]->hooks.name, names[i]);
    ho_plugin_free(list[i]);
  }
  ck_assert_int_eq(refused, (int)(sizeof bad / sizeof *bad));
  ho_free(list);
  ho_plugin_path_free(&path);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("plugin");
  TCase *loading = tcase_create("loading"), *finding = tcase_create("finding");
  tcase_add_checked_fixture(loading, scratch_make, scratch_remove);
  tcase_add_test(loading, loads);
  tcase_add_test(loading, texts_are_copies);
  tcase_add_test(loading, longer_struct_is_welcome);
  tcase_add_loop_test(loading, refuses, 0, sizeof bad / sizeof *bad);
  tcase_add_test(loading, refuses_what_is_no_shared_object);
  tcase_add_test(loading, refuses_what_cannot_be_opened);
  tcase_add_test(loading, refuses_what_is_cut_short);
  tcase_add_test(loading, refuses_what_anyone_may_write);
  tcase_add_test(loading, refuses_links_to_what_anyone_may_write);
  tcase_add_test(loading, refuses_folders_below_one_that_anyone_may_write);
  tcase_add_test(finding, finds);
  tcase_add_test(finding, earlier_folders_win);
  tcase_add_test(finding, never_in_the_working_directory);
  tcase_add_test(finding, a_given_folder_must_exist);
  tcase_add_test(finding, lists);
  suite_add_tcase(suite, loading);
  suite_add_tcase(suite, finding);
  return suite;
}
