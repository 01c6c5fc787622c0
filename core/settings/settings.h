/* SPDX-License-Identifier: MIT
 * settings.h - everything that decides a run, in one struct and one table.
 *
 * Command-line flags, the keys of YAML files (the same names), config.yaml and --help are all made from the table.  A
 * flag overrides a file, which overrides the default. */
#ifndef HO_SETTINGS_H
#define HO_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_settings {
  /* data */
  char *dataset, *data_dir, *augment, *noise, *true_labels, *fold;
  long long train_size, validation_size, clean_size, test_size;
  /* model and optimizer */
  char *net, *init, *optimizer;
  char **option; /* NAME.option=value, in the order given */
  int noptions;
  char **plugin_dir;
  int nplugin_dirs;
  /* training */
  long long epochs, batch_size;
  double lr, min_lr, warmup_lr, decay_rate, weight_decay;
  long long warmup_epochs;
  char *schedule, *decay_epochs; /* const | step | exp | cosine;  "30" or "100,150" */
  char *decay;                   /* weights | all */
  /* seeds, machine */
  long long seed, noise_seed; /* noise_seed -1: the same as seed */
  char *arithmetic;           /* native | portable */
  char *engine, *precision;   /* cpu | cuda | cuda:N;  float32 | tf32 | bf16 */
  long long threads, memory_limit, eval_every, eval_size, checkpoint_every;
  /* the run */
  char *run_dir, *resume;
  double time_limit; /* seconds; 0: none */
  int quiet, overwrite;
};

enum ho_setting_type {
  HO_SETTING_INT,
  HO_SETTING_REAL,
  HO_SETTING_BOOL,
  HO_SETTING_CHOICE,
  HO_SETTING_DEVICE /* a choice; after all but the first may follow :N */,
  HO_SETTING_TEXT,
  HO_SETTING_LIST /* may be given many times */,
  HO_SETTING_BYTES /* 512M, 8G */,
  HO_SETTING_TIME /* 90s, 1h30m */
};

enum {                         /* what a setting belongs to */
       HO_SETTING_DATA = 1,    /* also a flag of `holdout noise', `holdout data', ... */
       HO_SETTING_RUN = 2,     /* decides results: stands in config.yaml, compared on resume */
       HO_SETTING_MACHINE = 4, /* folders, threads, output: never compared */
       HO_SETTING_LATER = 8,   /* not recorded if it has its default (or none), as in runs from before it existed */
};

struct ho_setting {
  const char *name; /* "batch-size": flag --batch-size, key batch-size (batch_size is read too) */
  char letter;      /* short flag or 0 */
  enum ho_setting_type type;
  size_t offset, count_offset; /* in struct ho_settings; the latter for lists */
  const char *value;           /* default, as text; NULL: none */
  const char *range;           /* "[1,inf)", "const|step|exp|cosine" or NULL */
  const char *argument;        /* how --help names the value: N, PATH, SPEC */
  unsigned flags;
  const char *group, *help; /* heading in --help; one line */
};
extern const struct ho_setting ho_setting_table[]; /* ends with a NULL name */

/* Sets every default; the struct needs no initialisation.  Free it with ho_settings_free, which clears it. */
int ho_settings_default(struct ho_settings *, struct ho_error *);
void ho_settings_free(struct ho_settings *);
/* A row by name, with - or _; NULL if there is none. */
const struct ho_setting *ho_setting_find(const char *name);
/* Sets a value from text, after checking type, range and UTF-8; unknown choices get a suggestion.  Appends to a list.
 * Returns -1 with a message that begins with the name. */
int ho_settings_set(struct ho_settings *, const struct ho_setting *, const char *text, struct ho_error *);
/* Writes the value (item k of a list) as text that ho_settings_set reads back; "" for none. */
void ho_settings_get(const struct ho_settings *, const struct ho_setting *, int k, char *out, size_t size);
/* Writes the value as files record it, that is as far as it decides results: a device without its number.  Returns 0 if
 * they leave it out. */
int ho_settings_record(const struct ho_settings *, const struct ho_setting *, int k, char *out, size_t size);

enum { HO_FROM_DEFAULT, HO_FROM_FLAG, HO_FROM_FILE, HO_SETTINGS_MOST = 128 };

/* Reads a flat YAML file (format/yaml.h): key: value, or a list; `option:' may also be a mapping of NAME.option to
 * value.  Sets only what the file names.  plugin-dir and resume are refused, as files are not trusted, and time-limit,
 * as it is for one process.  source, if not NULL, has an entry for each row of the table: a setting that is HO_FROM_FLAG
 * there is checked but not set (lists are); others that the file sets become HO_FROM_FILE.  Returns -1 with a message
 * that names file, line and key. */
int ho_settings_read_yaml(struct ho_settings *, const char *path, unsigned char *source, struct ho_error *);
/* Writes every HO_SETTING_RUN setting with its effective value, as ho_settings_record does, and as `option' the given
 * list: all options of the chain, not only those that were set.  `holdout train -c' with this file repeats the run. */
int ho_settings_write_yaml(const struct ho_settings *, const char *path, char *const *options, int noptions,
                           struct ho_error *);

#endif
