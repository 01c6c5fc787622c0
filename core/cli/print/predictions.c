/* SPDX-License-Identifier: MIT
 * predictions.c - holdout eval --predictions: a row per image; see predictions.h.
 *
 *   # notes
 *   index	file	true	given	predicted	probability	loss
 *
 * index counts the images of the data set's own training or test file; `file' is there if images have names; `given' is
 * the label the run was told, which test images do not have; where true labels are not known, `given' stands alone, for
 * test images, too.  probability is that of the predicted class, loss the cross-entropy against the given label (of test
 * images, the true one). */
#include "cli/print/predictions.h"

#include <math.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/print/confusion.h"
#include "cli/print/table.h"
#include "format/npy.h"

static const char *const set_name[] = {
  [HO_PREDICT_TEST] = "test", [HO_PREDICT_TRAIN] = "train", [HO_PREDICT_VALIDATION] = "validation"
};

/* The images of a set with what is known of them. */
struct images {
  const struct ho_images *from;
  const uint32_t *id;
  size_t n;
  uint16_t *label; /* [n] what the loss is against */
  struct ho_score_result got;
};

static int choose(const struct ho_predictions *p, struct ho_trainer *t, const struct ho_samples *samples,
                  struct images *im, struct ho_error *err)
{
  const struct ho_part_ids *test = &t->source.test.part[HO_PART_TRAIN];
  const struct ho_part_ids *held = &t->source.labelled.split.part[HO_PART_VALIDATION];
  const uint16_t *given = p->set == HO_PREDICT_TRAIN ? samples->given : t->source.labelled.given[HO_PART_VALIDATION];
  im->from = p->set == HO_PREDICT_TEST ? &t->source.data.test : &t->source.data.train;
  im->id = p->set == HO_PREDICT_TEST ? test->id : p->set == HO_PREDICT_TRAIN ? samples->image : held->id;
  im->n = p->set == HO_PREDICT_TEST ? test->n : p->set == HO_PREDICT_TRAIN ? samples->n : held->n;
  if (im->n == 0)
    return ho_error_set(err, "%s has no %s images to predict", p->run, set_name[p->set]);
  im->label = ho_alloc(im->n, sizeof *im->label, "predictions", err);
  im->got.each_loss = ho_alloc(im->n, sizeof *im->got.each_loss, "predictions", err);
  im->got.probability = ho_alloc(im->n, sizeof *im->got.probability, "predictions", err);
  im->got.prediction = ho_alloc(im->n, sizeof *im->got.prediction, "predictions", err);
  if (p->probabilities)
    im->got.probabilities = ho_alloc(im->n * (size_t)t->host.classes, sizeof(float), "probabilities", err);
  if (p->features)
    im->got.features = ho_alloc(im->n * (size_t)t->host.features, sizeof(float), "features", err);
  if ((p->probabilities && !im->got.probabilities) || (p->features && !im->got.features) || !im->label ||
      !im->got.each_loss || !im->got.probability || !im->got.prediction)
    return -1;
  for (size_t i = 0; i < im->n; i++)
    im->label[i] = p->set == HO_PREDICT_TEST ? im->from->label[im->id[i]] : given[i];
  return 0;
}

static int write_rows(const struct ho_predictions *p, const struct ho_trainer *t, const struct images *im,
                      struct ho_error *err)
{
  struct ho_output out;
  int has_true = t->source.labelled.truth != HO_TRUTH_UNKNOWN, has_given = p->set != HO_PREDICT_TEST || !has_true;
  if (ho_output_open(&out, p->path, err))
    return -1;
  ho_table_note(out.stream, "holdout predictions: %s images of %s", set_name[p->set], t->source.data.name);
  ho_table_note(out.stream, "net %s optimizer %s seed %lld step %llu", t->network.net->spec, t->chain.spec,
                t->settings->seed, (unsigned long long)t->host.step);
  ho_table_note(out.stream, "data sha256 %s", t->source.data.sha256);
  if (t->source.labelled.truth != HO_TRUTH_KNOWN)
    ho_table_note(out.stream, "true labels: %s", ho_truth_text(t->source.labelled.truth));
  fprintf(out.stream, "index\t%s%s%spredicted\tprobability\tloss\n", im->from->file ? "file\t" : "",
          has_true ? "true\t" : "", has_given ? "given\t" : "");
  for (size_t i = 0; i < im->n; i++) {
    fprintf(out.stream, "%u\t", ho_images_number(im->from, im->id[i]));
    if (im->from->file) {
      ho_table_field(out.stream, im->from->file[im->id[i]]);
      fputc('\t', out.stream);
    }
    if (has_true)
      fprintf(out.stream, "%d\t", im->from->label[im->id[i]]);
    if (has_given)
      fprintf(out.stream, "%d\t", im->label[i]);
    fprintf(out.stream, "%d\t%.6g\t%.6g\n", im->got.prediction[i], (double)im->got.probability[i],
            (double)im->got.each_loss[i]);
  }
  return ho_output_commit(&out, err);
}

static void set_scores(const struct ho_predictions *p, const struct ho_trainer *t, const struct images *im,
                       struct ho_scores *s)
{
  size_t clean = 0;
  *s = (struct ho_scores){ 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
  for (size_t i = 0; i < im->n; i++)
    clean += im->got.prediction[i] == im->from->label[im->id[i]];
  if (p->set == HO_PREDICT_TEST) {
    s->test_loss = im->got.loss;
    s->test_accuracy = im->got.accuracy;
  } else if (p->set == HO_PREDICT_TRAIN) {
    s->train_loss = im->got.loss;
    s->train_accuracy_noisy = im->got.accuracy;
    s->train_accuracy_clean = t->source.labelled.truth == HO_TRUTH_UNKNOWN ? NAN : (double)clean / (double)im->n;
  } else {
    s->validation_loss = im->got.loss;
    s->validation_accuracy = im->got.accuracy;
  }
}

static int write_array(const char *path, size_t n, size_t columns, const float *value, struct ho_error *err)
{
  const size_t shape[] = { n, columns };
  struct ho_npy_output out;
  if (ho_npy_open(&out, path, "f4", 2, shape, err))
    return -1;
  ho_npy_write(&out, value, n * columns);
  return ho_npy_commit(&out, err);
}

/* Against given labels, and against true ones, as far as the set has them. */
static int confuse(const struct ho_predictions *p, const struct ho_trainer *t, const struct images *im,
                   struct ho_error *err)
{
  int has_true = t->source.labelled.truth != HO_TRUTH_UNKNOWN, has_given = p->set != HO_PREDICT_TEST || !has_true;
  struct ho_confusion c[2] = { { .against = "given" }, { .against = "true" } };
  int bad = ho_confusion_make(&c[0], &t->source.data, err) || ho_confusion_make(&c[1], &t->source.data, err);
  for (size_t i = 0; i < im->n && !bad; i++) {
    ho_confusion_add(&c[0], im->label[i], im->got.prediction[i]);
    ho_confusion_add(&c[1], im->from->label[im->id[i]], im->got.prediction[i]);
  }
  const struct ho_confusion *first = has_given ? c : c + 1;
  int n = has_given + has_true, width = ho_table_terminal(stdout);
  for (int i = 0; i < n && !bad && p->confusion; i++)
    bad = ho_confusion_print(first + i, width, err);
  bad = bad || (p->matrix && ho_confusion_write(first, n, p->matrix, err));
  ho_confusion_free(&c[0]);
  ho_confusion_free(&c[1]);
  return bad;
}

static int write_all(const struct ho_predictions *p, const struct ho_trainer *t, const struct images *im,
                     struct ho_error *err)
{
  return (p->path && write_rows(p, t, im, err)) ||
         (p->probabilities &&
          write_array(p->probabilities, im->n, (size_t)t->host.classes, im->got.probabilities, err)) ||
         (p->features && write_array(p->features, im->n, (size_t)t->host.features, im->got.features, err)) ||
         ((p->confusion || p->matrix) && confuse(p, t, im, err));
}

int ho_predictions_wanted(const struct ho_predictions *p)
{
  return p->path || p->probabilities || p->features || p->confusion || p->matrix;
}

int ho_predictions_check(const struct ho_predictions *p, struct ho_error *err)
{
  const char *const paths[] = { p->path, p->probabilities, p->features, p->matrix };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (paths[i] && ho_output_check(paths[i], p->force, err))
      return -1;
  return 0;
}

int ho_predictions_write(const struct ho_predictions *p, struct ho_trainer *t, struct ho_scores *scores, size_t *n,
                         struct ho_error *err)
{
  struct ho_samples samples;
  struct images im = { 0 };
  int bad = ho_samples_make(&samples, t, err) || choose(p, t, &samples, &im, err);
  if (!bad) {
    struct ho_score_request ask = { im.from, im.id, im.label, im.n };
    bad = ho_trainer_score(t, &ask, &im.got, err) || write_all(p, t, &im, err);
  }
  if (!bad) {
    set_scores(p, t, &im, scores);
    *n = im.n;
  }
  ho_free(im.label);
  ho_free(im.got.each_loss);
  ho_free(im.got.probability);
  ho_free(im.got.prediction);
  ho_free(im.got.probabilities);
  ho_free(im.got.features);
  ho_samples_free(&samples);
  return bad ? -1 : 0;
}
