/* SPDX-License-Identifier: MIT
 * training.c - a training with progress and signals; see training.h. */
#include "cli/training.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/progress.h"
#include "data/pictures.h"
#include "run/run.h"

static volatile sig_atomic_t stop; /* the first signal's number */

/* Signals that end a program and that terminals, people and clusters send before they kill it.  The system sends some
 * of them more than once: SIGHUP when a terminal is closed, SIGXCPU every second. */
static const struct {
  int number, repeats;
  const char *name;
} signals[] = {
  { SIGINT, 0, "SIGINT" },   { SIGTERM, 0, "SIGTERM" }, { SIGHUP, 1, "SIGHUP" },
  { SIGUSR1, 0, "SIGUSR1" }, { SIGUSR2, 0, "SIGUSR2" }, { SIGXCPU, 1, "SIGXCPU" },
};
enum { SIGNALS = sizeof signals / sizeof *signals };

/* After the first signal the step is finished; a second one, of any kind and on any thread, ends the program at
 * once. */
static void on_signal(int number)
{
  sig_atomic_t none = 0;
  if (__atomic_compare_exchange_n(&stop, &none, number, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    return;
  for (int i = 0; i < SIGNALS; i++)
    if (signals[i].number == number && signals[i].repeats)
      return;
  signal(number, SIG_DFL);
  raise(number);
}

/* Signals that were ignored when the program started stay ignored: SIGHUP under nohup, SIGINT in a shell's background
 * job. */
static void catch_signals(void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;
  for (int i = 0; i < SIGNALS; i++)
    if (!sigaction(signals[i].number, NULL, &before) && before.sa_handler != SIG_IGN)
      sigaction(signals[i].number, &action, NULL);
}

static const char *signal_name(void)
{
  int i = 0;
  while (i < SIGNALS - 1 && signals[i].number != (int)stop)
    i++;
  return signals[i].name;
}

void ho_training_print_word(const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:%@";
  char *clean = strdup(word);
  if (*word && !word[strspn(word, plain)]) {
    fprintf(stderr, " %s", word);
    free(clean);
    return;
  }
  if (clean)
    ho_text_clean(clean, "");
  int numbers = !clean || strcmp(clean, word) != 0;
  fprintf(stderr, numbers ? " $'" : " '");
  for (size_t i = 0; word[i]; i++)
    if (numbers && (!clean || clean[i] != word[i]))
      fprintf(stderr, "\\%03o", (unsigned char)word[i]);
    else if (numbers && strchr("'\\", word[i]))
      fprintf(stderr, "\\%c", word[i]);
    else
      fprintf(stderr, word[i] == '\'' ? "'\\''" : "%c", word[i]);
  fprintf(stderr, "'");
  free(clean);
}

static void say_how_to_go_on(const struct ho_settings *s, enum ho_run_end end, void (*go_on)(const void *),
                             const void *arg)
{
  char limit[1024];
  ho_settings_get(s, ho_setting_find("time-limit"), 0, limit, sizeof limit);
  if (end == HO_RUN_OUT_OF_TIME)
    fprintf(stderr, "stopped after a checkpoint by the time limit of %s; resume with:", limit);
  else
    fprintf(stderr, "stopped after a checkpoint by %s; resume with:", signal_name());
  ho_training_print_word(ho_program);
  go_on(arg);
  fprintf(stderr, "\n");
}

int ho_training_run(const struct ho_settings *s, const char *labels_of, void (*go_on)(const void *), const void *arg)
{
  struct ho_error err = { 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_device *device;
  struct ho_progress progress;
  struct ho_run_watch watch = { &progress, ho_progress_step, ho_progress_epoch, ho_print_warnings };
  if (ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, &err) ||
      ho_machine_setup(s, &device, &err)) {
    ho_plugin_path_free(&path);
    return ho_fail(&err);
  }
  catch_signals();
  ho_progress_start(&progress, s->quiet);
  if (s->quiet)
    ho_pictures_watch(NULL);
  enum ho_run_end end = ho_run_train_fold(s, labels_of, &path, device, &watch, &stop, &err);
  ho_device_close(device);
  ho_plugin_path_free(&path);
  if (end != HO_RUN_DONE)
    ho_progress_clear(&progress);
  if (end == HO_RUN_FAILED)
    return ho_fail(&err);
  if (end != HO_RUN_DONE)
    say_how_to_go_on(s, end, go_on, arg);
  return end == HO_RUN_DONE ? HO_EXIT_OK : end == HO_RUN_OUT_OF_TIME ? HO_EXIT_OUT_OF_TIME : 128 + (int)stop;
}
