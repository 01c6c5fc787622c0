/* SPDX-License-Identifier: MIT
 * checkpoint.c - sealed checkpoints that hold what no run has written, and runs that go on from them.
 *
 * A byte chooses a chain of optimizers; edits of five bytes follow.  A run of that chain is stopped within its second
 * epoch, and every input edits that checkpoint and seals it again: going on from it ends well or with a message, and so
 * does loading it to evaluate. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compute/arithmetic.h"
#include "base/file.h"
#include "base/memory.h"
#include "compute/parallel.h"
#include "fuzz.h"
#include "run/classifier.h"
#include "run/run.h"
#include "format/safetensors.h"

enum { CHAINS = 6, STOP = 4, EDITS = 8, LARGEST = 1 << 20 };

/* What keeps a state, a pool or a second network of its own, beside the host's. */
static const char *const chains[CHAINS][3] = {
  { "bilevel", "bilevel.fixed=0.5", "bilevel.minibatches=4" },
  { "co-teaching" },
  { "elr" },
  { "mentornet" },
  { "gce", "gce.truncate=1" },
  { "meta-weight-net" },
};

struct edit {
  uint8_t entry, how; /* of the tensors and notes, of hows[] */
  uint8_t where[2], value;
};

struct tensor {
  struct ho_tensor_entry entry;
  unsigned char *data; /* of entry.bytes */
  int dropped;
};

/* ---- edits ---- */

static size_t place(const struct edit *e, size_t n)
{
  return n ? (e->where[0] | (size_t)e->where[1] << 8) % n : 0;
}

static void drop(struct tensor *t, const struct edit *e)
{
  (void)e;
  t->dropped = 1;
}

static void fill(struct tensor *t, const struct edit *e)
{
  memset(t->data, e->value, t->entry.bytes);
}

static void set_byte(struct tensor *t, const struct edit *e)
{
  if (t->entry.bytes)
    t->data[place(e, t->entry.bytes)] = e->value;
}

/* A small or a huge number, as most tensors of cursors and counts have them. */
static void set_word(struct tensor *t, const struct edit *e)
{
  int64_t word = (int8_t)e->value;
  if (t->entry.bytes >= sizeof word)
    memcpy(t->data + place(e, t->entry.bytes / sizeof word) * sizeof word, &word, sizeof word);
}

static const struct {
  const char *name;
  size_t size;
} types[] = { { "F32", 4 }, { "F64", 8 }, { "U8", 1 },  { "I8", 1 }, { "U16", 2 },
              { "U32", 4 }, { "I32", 4 }, { "U64", 8 }, { "I64", 8 } };
enum { TYPES = sizeof types / sizeof *types };

static void retype(struct tensor *t, const struct edit *e)
{
  snprintf(t->entry.dtype, sizeof t->entry.dtype, "%s", types[e->value % TYPES].name);
}

static void resize(struct tensor *t, const struct edit *e)
{
  if (t->entry.rank)
    t->entry.shape[place(e, (size_t)t->entry.rank)] += (size_t)(int8_t)e->value;
}

static void reshape(struct tensor *t, const struct edit *e)
{
  t->entry.rank = e->value % 5;
  for (int i = 0; i < t->entry.rank; i++)
    t->entry.shape[i] = i ? 1 : t->entry.bytes >> e->where[0] % 4;
}

static void rename_to(struct tensor *t, const struct edit *e)
{
  size_t n = strlen(t->entry.name);
  if (n && e->value)
    t->entry.name[place(e, n)] = (char)e->value;
}

static void (*const hows[])(struct tensor *, const struct edit *) = { drop,   fill,   set_byte, set_word,
                                                                      retype, resize, reshape,  rename_to };

/* ---- the run whose checkpoint they are applied to ---- */

struct base {
  struct ho_settings settings;
  struct ho_tensor_file *whole; /* its checkpoint */
  unsigned char *samples;       /* what its samples.safetensors holds */
  size_t samples_size;
};

static struct ho_plugin_path plugins;
static volatile sig_atomic_t stop;

static void stop_at(void *arg, const struct ho_run *run)
{
  (void)arg;
  stop = run->trainer->host.step == STOP;
}

static void set(struct ho_settings *s, const char *name, const char *value)
{
  struct ho_error err = { 0 };
  if (ho_settings_set(s, ho_setting_find(name), value, &err)) {
    fprintf(stderr, "%s\n", err.text);
    abort();
  }
}

/* Images of one pixel and three classes: reading data takes less time than the rest. */
static void set_data(struct ho_settings *s)
{
  enum { TRAIN = 120, TEST = 6 };
  uint8_t image[TRAIN][2];
  char dataset[1024];
  for (int i = 0; i < TRAIN; i++) {
    image[i][0] = (uint8_t)(i % 3);
    image[i][1] = (uint8_t)(i * 37);
  }
  snprintf(dataset, sizeof dataset, "cifar:train=%s,test=%s,size=1x1x1", fuzz_file("train.bin", image, sizeof image),
           fuzz_file("test.bin", image, sizeof image[0] * TEST));
  set(s, "dataset", dataset);
}

static void configure(struct ho_settings *s, const char *const *chain)
{
  static const char *const values[][2] = {
    { "train-size", "60" },       { "validation-size", "20" }, { "test-size", "6" },   { "clean-size", "20" },
    { "noise", "symmetric:0.3" }, { "net", "mlp:hidden=2" },   { "batch-size", "20" }, { "epochs", "3" },
    { "threads", "1" },
  };
  struct ho_error err = { 0 };
  fuzz_holds(!ho_settings_default(s, &err));
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    set(s, values[i][0], values[i][1]);
  set_data(s);
  set(s, "optimizer", chain[0]);
  for (int i = 1; i < 3 && chain[i]; i++)
    set(s, "option", chain[i]);
}

static void in_folder(char path[512], const char *name)
{
  snprintf(path, 512, "%s/%s", fuzz_folder(), name);
}

static struct base *base_of(int chain)
{
  static struct base all[CHAINS];
  struct base *b = &all[chain];
  struct ho_error err = { 0 };
  char path[512];
  if (b->whole)
    return b;
  if (!plugins.n) {
    fuzz_holds(!ho_plugin_path_make(&plugins, NULL, 0, &err));
    ho_parallel_setup(1);
    fuzz_holds(!ho_arithmetic_setup("native", &err));
  }
  configure(&b->settings, chains[chain]);
  b->settings.overwrite = 1; /* the run of another chain was here */
  set(&b->settings, "run-dir", fuzz_folder());
  stop = 0;
  enum ho_run_end end =
      ho_run_train(&b->settings, &plugins, NULL, &(struct ho_run_watch){ .step = stop_at }, &stop, &err);
  if (end != HO_RUN_STOPPED)
    fprintf(stderr, "%s: %s\n", chains[chain][0], err.text);
  fuzz_holds(end == HO_RUN_STOPPED);
  set(&b->settings, "resume", fuzz_folder());
  in_folder(path, "checkpoint.safetensors");
  fuzz_holds((b->whole = ho_tensor_file_read_sealed(path, &err)));
  in_folder(path, "samples.safetensors");
  fuzz_holds(!ho_file_read(path, SIZE_MAX / 4, &b->samples, &b->samples_size, &err));
  return b;
}

/* ---- an input ---- */

/* The data as long as type and shape want them, zeros behind what there is; -1: too long to be tried. */
static int stretch(struct tensor *t)
{
  size_t bytes = 0;
  for (int i = 0; i < TYPES; i++)
    if (!strcmp(types[i].name, t->entry.dtype))
      bytes = types[i].size;
  fuzz_holds(bytes);
  for (int i = 0; i < t->entry.rank; i++)
    if (__builtin_mul_overflow(bytes, t->entry.shape[i], &bytes) || bytes > LARGEST)
      return -1;
  if (bytes > t->entry.bytes) {
    fuzz_holds((t->data = realloc(t->data, bytes)));
    memset(t->data + t->entry.bytes, 0, bytes - t->entry.bytes);
  }
  return 0;
}

static void write_edited(const struct base *b, const struct edit *edit, size_t edits)
{
  static const char *const notes[] = { "format",   "net",    "optimizer", "data_sha256", "labels_sha256",
                                       "settings", "images", "classes",   "mean",        "deviation" };
  enum { NOTES = sizeof notes / sizeof *notes };
  struct ho_error err = { 0 };
  size_t n = ho_tensor_file_count(b->whole);
  struct tensor *t = ho_alloc(n, sizeof *t, "tensors", &err);
  char note[NOTES][4096], path[512];
  struct ho_tensor_file *f = ho_tensor_file_new(&err);
  fuzz_holds(t && f && n + NOTES < 256);
  for (size_t i = 0; i < n; i++) {
    t[i].entry = *ho_tensor_file_at(b->whole, i);
    fuzz_holds((t[i].data = malloc(t[i].entry.bytes + 1)));
    memcpy(t[i].data, t[i].entry.data, t[i].entry.bytes);
  }
  for (size_t k = 0; k < NOTES; k++)
    snprintf(note[k], sizeof note[k], "%s", ho_tensor_file_get_note(b->whole, notes[k]));
  for (size_t k = 0; k < edits; k++) {
    size_t i = edit[k].entry % (n + NOTES);
    if (i < n)
      hows[edit[k].how % (sizeof hows / sizeof *hows)](&t[i], &edit[k]);
    else
      note[i - n][place(&edit[k], strlen(note[i - n]))] = (char)(edit[k].value & 0x7f);
  }
  for (size_t k = 0; k < NOTES; k++)
    fuzz_holds(!ho_tensor_file_note(f, notes[k], note[k], &err));
  fuzz_holds(!ho_tensor_file_seal(f, &err));
  for (size_t i = 0; i < n; i++)
    if (!t[i].dropped && !stretch(&t[i])) /* a name that is there already, or is none, is not written */
      (void)ho_tensor_file_add(f, t[i].entry.name, t[i].entry.dtype, t[i].entry.rank, t[i].entry.shape, t[i].data,
                               &err);
  in_folder(path, "checkpoint.safetensors");
  fuzz_holds(!ho_tensor_file_write(f, path, &err));
  ho_tensor_file_free(f);
  for (size_t i = 0; i < n; i++)
    free(t[i].data);
  ho_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  char path[512];
  struct edit edit[EDITS] = { 0 };
  if (!size)
    return 0;
  struct base *b = base_of(data[0] % CHAINS);
  size_t edits = (size - 1) / sizeof *edit < EDITS ? (size - 1) / sizeof *edit : EDITS;
  memcpy(edit, data + 1, edits * sizeof *edit);
  fuzz_file("samples.safetensors", b->samples, b->samples_size);
  write_edited(b, edit, edits);
  in_folder(path, "checkpoint.previous.safetensors");
  unlink(path);
  in_folder(path, "timing.jsonl"); /* grows with every start */
  unlink(path);
  struct ho_trainer *t = ho_run_load(fuzz_folder(), &b->settings, &plugins, NULL, &err);
  fuzz_told(!t, &err);
  ho_trainer_free(t);
  ho_error_clear(&err);
  int missing;
  t = ho_classifier_load(fuzz_folder(), &b->settings, &plugins, NULL, &missing, &err);
  if (!missing)
    fuzz_told(!t, &err);
  fuzz_holds(!missing || !t);
  ho_trainer_free(t);
  ho_error_clear(&err);
  stop = 0;
  enum ho_run_end end = ho_run_train(&b->settings, &plugins, NULL, &(struct ho_run_watch){ .arg = NULL }, &stop, &err);
  fuzz_told(end != HO_RUN_DONE, &err);
  fuzz_holds(edits || end == HO_RUN_DONE);
  return 0;
}
