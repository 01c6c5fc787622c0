/* SPDX-License-Identifier: MIT
 * relabel.c - label files without the wrong labels; see suspects.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/suspects/suspects.h"
#include "labels/label_file.h"
#include "report/review.h"

/* ---- decisions ---- */

static int from_suspects(const struct ho_suspect_list *l, struct ho_decisions *d, struct ho_error *err)
{
  *d = (struct ho_decisions){ 0 };
  if (!(d->of = malloc((l->top + 1) * sizeof *d->of)))
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu suspects", l->top);
  for (; d->n < l->top; d->n++) {
    uint32_t i = l->order[d->n];
    d->of[d->n] = (struct ho_decision){ l->suspects->of->image[i], l->suspects->predicted[i], 1 };
  }
  return 0;
}

static int from_review(const char *path, const struct ho_suspect_list *l, const struct ho_file_labels *labels,
                       struct ho_decisions *d, struct ho_error *err)
{
  if (ho_review_read(path, l->data, labels->given, d, err))
    return -1;
  if (d->n == 0)
    return ho_error_set(err, "%s: no row has a verdict: nothing would change", path);
  return 0;
}

/* ---- files ---- */

/* label [images]: as it was, after the decisions.  -1 is left out. */
static void apply(const struct ho_decisions *d, int drop, int32_t *label, size_t *changed, size_t *left_out)
{
  for (size_t k = 0; k < d->n; k++) {
    int32_t *is = &label[d->of[k].image], becomes = d->of[k].label;
    if (!d->of[k].is_wrong)
      continue;
    if (drop || becomes < 0) {
      *is = -1;
      ++*left_out;
    } else {
      *changed += *is != becomes;
      *is = becomes;
    }
  }
}

static int write_file(const char *path, const int32_t *label, const struct ho_images *of, const char *note,
                      size_t *rows, struct ho_error *err)
{
  size_t images = of->n;
  uint32_t *id = ho_alloc(images, sizeof *id, "labels", err);
  uint16_t *given = id ? ho_alloc(images, sizeof *given, "labels", err) : NULL;
  int bad = !given;
  *rows = 0;
  for (size_t i = 0; i < images && !bad; i++)
    if (label[i] >= 0) {
      id[*rows] = ho_images_number(of, i);
      given[(*rows)++] = (uint16_t)label[i];
    }
  if (!bad && *rows == 0)
    bad = ho_error_set(err, "%s: no label would be left", path);
  struct ho_label_file file = { *rows, id, given, given, NAN, HO_TRUTH_UNKNOWN };
  bad = bad || ho_label_file_write(path, &file, note, NAN, err);
  ho_free(id);
  ho_free(given);
  return bad ? -1 : 0;
}

static int write_labels(struct ho_relabel *r, int drop, const struct ho_suspect_list *l,
                        const struct ho_file_labels *labels, const struct ho_decisions *d, struct ho_error *err)
{
  size_t images = l->data->train.n;
  char note[4200];
  int32_t *label = ho_alloc(images, sizeof *label, "labels", err);
  if (!label)
    return -1;
  for (size_t i = 0; i < images; i++)
    label[i] = labels->given[i];
  apply(d, drop, label, &r->done[drop].changed, &r->done[drop].left_out);
  snprintf(note, sizeof note, "of %.4000s, after holdout suspects: %zu labels changed, %zu left out", l->run->dir,
           r->done[drop].changed, r->done[drop].left_out);
  ho_text_clean(note, "");
  int bad = write_file(r->to[drop], label, &l->data->train, note, &r->done[drop].rows, err);
  ho_free(label);
  return bad;
}

int ho_relabel_write(struct ho_relabel *r, const struct ho_suspect_list *l, struct ho_error *err)
{
  char path[4096];
  struct ho_file_labels labels = { 0 };
  struct ho_decisions d = { 0 };
  if (ho_path_join(path, sizeof path, l->run->dir, "labels.tsv", err) ||
      ho_label_file_read(path, l->data, 1, &labels, err))
    return -1;
  int bad = r->reviewed ? from_review(r->reviewed, l, &labels, &d, err) : from_suspects(l, &d, err);
  r->verdicts = d.n;
  r->undecided = d.undecided;
  for (int drop = 0; drop < 2 && !bad; drop++)
    bad = r->to[drop] && write_labels(r, drop, l, &labels, &d, err);
  ho_decisions_free(&d);
  ho_file_labels_free(&labels);
  return bad ? -1 : 0;
}

void ho_relabel_print(const struct ho_relabel *r)
{
  if (r->reviewed)
    ho_say(stdout, "reviewed       %s: %zu verdicts, %zu undecided\n", r->reviewed, r->verdicts, r->undecided);
  for (int drop = 0; drop < 2; drop++)
    if (r->to[drop])
      ho_say(stdout, "written        %s: %zu labels, %zu changed, %zu left out\n", r->to[drop], r->done[drop].rows,
             r->done[drop].changed, r->done[drop].left_out);
}
