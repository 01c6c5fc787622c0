/* SPDX-License-Identifier: MIT
 * test_run_damage.c - run folders whose files are damaged: what is refused, with which words, and what is offered. */
#include <sys/stat.h>

#include "../run_rig.h"
#include "format/safetensors.h"

/* ---- two checkpoints ---- */

static void damage(const char *name)
{
  unsigned char *data;
  size_t size;
  ck_assert_msg(!ho_file_read(scratch_path(name), 1 << 26, &data, &size, &err), "%s", err.text);
  data[size - 1] ^= 1;
  FILE *f = fopen(scratch_path(name), "wb");
  ck_assert_uint_eq(fwrite(data, 1, size, f), size);
  fclose(f);
  ho_free(data);
}

/* A damaged one is not believed; the one before it is offered, and leads to the same end. */
START_TEST(damaged_checkpoint)
{
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("damaged");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  damage("damaged/checkpoint.safetensors");
  set("resume", scratch_path("damaged"));
  refused("its checksum does not match its contents; the previous checkpoint, of step 8, is intact: to resume from it, "
          "mv '");
  ck_assert_ptr_null(ho_run_load(scratch_path("damaged"), &s, &path, NULL, &err));
  ck_assert_msg(strstr(err.text, "the previous checkpoint, of step 8, is intact"), "%s", err.text);
  mkdir(scratch_path("it's"), 0777);
  ho_file_keep(scratch_path("damaged/checkpoint.safetensors"), scratch_path("it's/checkpoint.safetensors"), NULL);
  ho_file_keep(scratch_path("damaged/checkpoint.previous.safetensors"),
               scratch_path("it's/checkpoint.previous.safetensors"), NULL);
  ck_assert_ptr_null(
      ho_run_load(scratch_path("it's"), &s, &path, NULL, &err)); /* nothing that a shell would read otherwise */
  ck_assert_msg(
      strstr(err.text,
             "of step 8, is intact: to resume from it, rename checkpoint.previous.safetensors in that folder"),
      "%s", err.text);
  ck_assert_int_eq(unlink(scratch_path("it's/checkpoint.safetensors")), 0);
  ck_assert_int_eq(mkdir(scratch_path("it's/checkpoint.safetensors"), 0777), 0);
  ck_assert_ptr_null(ho_run_load(scratch_path("it's"), &s, &path, NULL, &err)); /* what cannot be read may be whole */
  ck_assert_msg(!strstr(err.text, "before it"), "%s", err.text);
  ck_assert_int_eq(
      rename(scratch_path("damaged/checkpoint.previous.safetensors"), scratch_path("damaged/checkpoint.safetensors")),
      0);
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("whole", "damaged");
}
END_TEST

/* A damaged one before it, or none, is not offered. */
START_TEST(both_checkpoints_damaged)
{
  fresh("both");
  set("epochs", "2");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  damage("both/checkpoint.safetensors");
  damage("both/checkpoint.previous.safetensors");
  set("resume", scratch_path("both"));
  refused("its checksum does not match its contents");
  ck_assert_ptr_null(strstr(err.text, "before it"));
  unlink(scratch_path("both/checkpoint.previous.safetensors"));
  refused("its checksum does not match its contents");
  ck_assert_ptr_null(strstr(err.text, "before it"));
}
END_TEST

/* Where there are no second names, a process that is killed between two renames leaves the older one alone. */
START_TEST(only_the_previous_checkpoint)
{
  fresh("whole");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  fresh("between");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(unlink(scratch_path("between/checkpoint.safetensors")), 0);
  set("resume", scratch_path("between"));
  struct ho_trainer *t = ho_run_load(scratch_path("between"), &s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->host.step, 8);
  ho_trainer_free(t);
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  same_run("whole", "between");
}
END_TEST

/* ---- files that are sealed, but not what they should be ---- */

enum how { DROPPED, TYPED, EMPTIED, SHORTER, DOUBLED, FILLED };

struct damage {
  const char *name; /* of a tensor, or of a note */
  enum how how;
  int byte; /* what it is filled with */
  const char *says;
};

/* A tensor as the damage makes it; data is freed after writing. */
static struct ho_tensor_entry damaged(const struct ho_tensor_entry *whole, const struct damage *d)
{
  struct ho_tensor_entry e = *whole;
  unsigned char *data = calloc(2, e.bytes + 1);
  memcpy(data, e.data, e.bytes);
  memcpy(data + e.bytes, e.data, e.bytes);
  switch (d->how) {
  case DROPPED: break;
  case TYPED:
    snprintf(e.dtype, sizeof e.dtype, "I8");
    e.shape[0] = e.bytes;
    e.rank = 1;
    break;
  case EMPTIED: e.shape[e.rank++] = 0; break;
  case SHORTER: e.shape[0]--; break;
  case DOUBLED: e.shape[0] *= 2; break;
  case FILLED: memset(data, d->byte, e.bytes);
  }
  e.data = data;
  return e;
}

static const char *const notes[] = { "format", "net", "optimizer", "data_sha256", "labels_sha256", "settings" };

/* The file `from', damaged and sealed again, as `to'. */
static void write_damaged(const char *from, const char *to, const struct damage *d)
{
  struct ho_tensor_file *f = ho_tensor_file_read(scratch_path(from), &err), *out = ho_tensor_file_new(&err);
  struct ho_tensor_entry worse = { .rank = 0 };
  ck_assert_msg(f && out, "%s", err.text);
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
    const char *text = ho_tensor_file_get_note(f, notes[i]);
    if (text && strcmp(notes[i], d->name))
      ck_assert(!ho_tensor_file_note(out, notes[i], text, &err));
  }
  for (size_t i = 0; i < ho_tensor_file_count(f); i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(f, i);
    if (!strcmp(e->name, d->name)) {
      if (d->how == DROPPED)
        continue;
      worse = damaged(e, d);
      e = &worse;
    }
    if (ho_tensor_file_add(out, e->name, e->dtype, e->rank, e->shape, e->data, &err))
      ck_abort_msg("%s", err.text);
  }
  ck_assert_msg(!ho_tensor_file_seal(out, &err) && !ho_tensor_file_write(out, scratch_path(to), &err), "%s", err.text);
  ho_tensor_file_free(out);
  ho_tensor_file_free(f);
  free((void *)worse.data);
}

static const struct damage checkpoints[] = {
  { "format", DROPPED, 0, "its format is `missing'" },
  { "linear.weight", DROPPED, 0, "`linear.weight' is missing" },
  { "linear.weight", EMPTIED, 0, "`linear.weight' has a type or shape that differs from this run's" },
  { "slot0/linear.weight", SHORTER, 0, "`slot0/linear.weight' has a type or shape that differs" },
  { "run/weight/sum", TYPED, 0, "`run/weight/sum' has a type or shape that differs" },
  { "pool/0/id", DROPPED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", TYPED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", EMPTIED, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", SHORTER, 0, "pool 0 is missing or damaged" },
  { "pool/0/id", DOUBLED, 0, "pool 0 is missing or damaged" }, /* plugins count on its size */
  { "pool/2/id", FILLED, 0, "pool 2 is missing or damaged" },
  { "pool/3/id", FILLED, 0xff, "a pool cannot have sample 4294967295: there are only 74 samples" },
  { "pool/1/cursor", DROPPED, 0, "pool 1 is missing or damaged" },
  { "pool/1/cursor", TYPED, 0, "pool 1 is missing or damaged" },
  { "pool/1/cursor", EMPTIED, 0, "pool 1 is missing or damaged" },
  { "pool/3/cursor", SHORTER, 0, "pool 3: its cursors do not fit" },
  { "pool/3/cursor", FILLED, 0x7f, "pool 3: its cursors do not fit" },
  { "pool/classes", FILLED, 0xff, "the sampler's cursors do not fit this run" },
  { "pool/count", FILLED, 0, "the sampler's cursors do not fit this run" },
  { "pool/count", FILLED, 0x7f, "the sampler's cursors do not fit this run" },
  { "run/step", FILLED, 0xff, "18446744073709551615 steps are already done" },
  { "run/tally/count", FILLED, 0xff, "`run/tally/count' is 18446744073709551615" },
  { "run/tally/0/name", SHORTER, 0, "`run/tally/0/name' has a type or shape that differs" },
  { "run/scores", DROPPED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", TYPED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", EMPTIED, 0, "`run/scores' is missing or damaged" },
  { "run/scores", DOUBLED, 0, "`run/scores' is missing or damaged" },   /* does not ascend */
  { "run/scores", FILLED, 0, "`run/scores' is missing or damaged" },    /* epoch 0 */
  { "run/scores", FILLED, 0x7f, "`run/scores' is missing or damaged" }, /* 1e306 */
  { "run/scores", FILLED, 0xff, "`run/scores' is missing or damaged" }, /* NaN */
  { "run/scores", FILLED, 0x3f, "`run/scores' is missing or damaged" }, /* 0.0005 */
  { "run/log", DROPPED, 0, "`run/log' is missing or damaged" },
  { "run/log", TYPED, 0, "`run/log' is missing or damaged" },
};

/* Each is refused by name, whether the run is to go on or to be scored. */
START_TEST(checkpoints_damaged_inside)
{
  set("optimizer", "bilevel");
  set("option", "bilevel.fixed=0.3"); /* it makes pools 3 and 4 */
  fresh("sealed");
  ck_assert_int_eq(train(6), HO_RUN_STOPPED);
  ck_assert_int_eq(rename(scratch_path("sealed/checkpoint.safetensors"), scratch_path("whole")), 0);
  set("resume", scratch_path("sealed"));
  for (size_t i = 0; i < sizeof checkpoints / sizeof *checkpoints; i++) {
    const struct damage *d = &checkpoints[i];
    write_damaged("whole", "sealed/checkpoint.safetensors", d);
    refused(d->says);
    ck_assert_msg(strstr(err.text, "sealed/checkpoint.safetensors: "), "%s", err.text);
    ck_assert_ptr_null(ho_run_load(scratch_path("sealed"), &s, &path, NULL, &err));
    ck_assert_msg(strstr(err.text, d->says), "`%s' lacks `%s'", err.text, d->says);
  }
  write_damaged("whole", "sealed/checkpoint.safetensors", &(struct damage){ "settings", DROPPED, 0, NULL });
  refused("its settings are missing");
  write_damaged("whole", "sealed/checkpoint.safetensors", &(struct damage){ "", DROPPED, 0, NULL });
  ck_assert_int_eq(train(0), HO_RUN_DONE);
}
END_TEST

static const struct damage recordings[] = {
  { "index", DROPPED, 0, "the samples recorded are not those of this run" },
  { "index", FILLED, 0, "the samples recorded are not those of this run" },
  { "index", SHORTER, 0, "the samples recorded are not those of this run" },
  { "epoch", DROPPED, 0, "damaged: `epoch' is missing or invalid" },
  { "epoch", EMPTIED, 0, "damaged: `epoch' is missing or invalid" },
  { "epoch", FILLED, 1, "damaged: `epoch' is not ascending" },
  { "epoch", SHORTER, 0, "damaged: `loss' does not have one row for each epoch" },
  { "margin", SHORTER, 0, "damaged: `margin' does not have one row for each epoch" },
  { "loss", DROPPED, 0, "`loss' is missing or does not fit this run" },
  { "margin", EMPTIED, 0, "`margin' is missing or does not fit this run" },
  { "prediction", TYPED, 0, "`prediction' is missing or does not fit this run" },
};

/* The same of samples.safetensors; and of one that has fewer evaluations than the checkpoint. */
START_TEST(recordings_damaged_inside)
{
  static const char checkpoint[] = "recorded/checkpoint.safetensors", samples[] = "recorded/samples.safetensors";
  fresh("recorded");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(rename(scratch_path(samples), scratch_path("whole")), 0);
  ck_assert_int_eq(rename(scratch_path(checkpoint), scratch_path("state")), 0);
  write_damaged("state", checkpoint, &(struct damage){ "", DROPPED, 0, NULL });
  set("resume", scratch_path("recorded"));
  for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
    write_damaged("whole", samples, &recordings[i]);
    refused(recordings[i].says);
    ck_assert_msg(strstr(err.text, "recorded/samples.safetensors: "), "%s", err.text);
  }
  write_damaged("whole", samples, &(struct damage){ "", DROPPED, 0, NULL });
  write_damaged("state", checkpoint, &(struct damage){ "run/scores", SHORTER, 0, NULL });
  refused("samples.safetensors: it has 3 evaluations, the checkpoint 2");
}
END_TEST

/* All steps are done, and neither file has the last evaluation. */
START_TEST(runs_without_results)
{
  const uint32_t epochs[] = { 1, 2, UINT32_MAX };
  fresh("lost");
  ck_assert_int_eq(train(0), HO_RUN_DONE);
  ck_assert_int_eq(rename(scratch_path("lost/checkpoint.safetensors"), scratch_path("whole")), 0);
  write_damaged("whole", "lost/checkpoint.safetensors", &(struct damage){ "run/scores", SHORTER, 0, NULL });
  struct ho_samples later;
  ck_assert_msg(!ho_samples_load(&later, scratch_path("lost/samples.safetensors"), &err), "%s", err.text);
  memcpy(later.epoch, epochs, sizeof epochs);
  ck_assert_msg(!ho_samples_write(&later, scratch_path("lost/samples.safetensors"), &err), "%s", err.text);
  ho_samples_free(&later);
  set("resume", scratch_path("lost"));
  refused("lost: epoch 3 was never evaluated: this run has no results");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("run damage");
  TCase *c = tcase_create("run damage");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, damaged_checkpoint);
  tcase_add_test(c, both_checkpoints_damaged);
  tcase_add_test(c, only_the_previous_checkpoint);
  tcase_add_test(c, checkpoints_damaged_inside);
  tcase_add_test(c, recordings_damaged_inside);
  tcase_add_test(c, runs_without_results);
  suite_add_tcase(suite, c);
  return suite;
}
