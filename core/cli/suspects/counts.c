/* SPDX-License-Identifier: MIT
 * counts.c - how many labels seem to be wrong, by class and by pair of classes; see suspects.h.
 *
 *   # notes
 *   given	given_name	class	class_name	estimated	true
 *
 * A row for each pair of classes with an estimate above 0, and for each class with itself: samples whose label is given,
 * and `class' what it should be.  `true' counts them by true labels where these are known. */
#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/print/table.h"
#include "cli/suspects/suspects.h"

enum { MOST = 10 };

/* known [classes][classes]: samples by given and true label. */
static size_t *count_known(const struct ho_suspect_list *l, struct ho_error *err)
{
  const struct ho_samples *of = l->suspects->of;
  size_t K = (size_t)l->joint->classes, *known = ho_alloc(K * K, sizeof *known, "pairs of classes", err);
  for (size_t i = 0; i < of->n && known && of->truth; i++)
    known[of->given[i] * K + of->truth[i]]++;
  return known;
}

static size_t known_wrong(const struct ho_joint *j, const size_t *known, int class)
{
  return j->given[class] - known[(size_t) class * (size_t)j->classes + (size_t) class];
}

/* ---- in all ---- */

/* Of its training images, a network that has learnt wrong labels predicts about this share of given labels, or more. */
static const double BY_HEART = 0.95;

static void print_sum(const struct ho_suspect_list *l)
{
  const struct ho_joint *j = l->joint;
  printf("estimated      %.0f wrong labels, a share of %.4f, by the confident joint", j->wrong,
         j->wrong / (double)l->suspects->of->n);
  if (l->suspects->wrong)
    printf(": %.2f times as many as there are", j->wrong / (double)l->suspects->wrong);
  putchar('\n');
  if (j->rows > 1)
    printf("               %.0f to %.0f by one evaluation alone, each of which errs more often\n", j->least, j->most);
  printf("               %.1f %% of the given labels are predicted, by %s\n", 100 * j->agree,
         l->folds ? "networks that were not trained on them" : "a network that was trained on them (see --folds)");
  if (!l->folds && j->agree > BY_HEART)
    puts("               so many that it may have learnt wrong ones, too: then there are more than\n"
         "               estimated; --to leaves out late evaluations");
}

/* ---- the most ---- */

struct share {
  int class;
  double wrong;
};

static int print_classes(const struct ho_suspect_list *l, const size_t *known, struct ho_error *err)
{
  const struct ho_joint *j = l->joint;
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = ho_table_terminal(stdout) };
  struct share most[MOST];
  char number[HO_CLASS_TEXT];
  int n = 0;
  for (int c = 0; c < j->classes; c++) { /* insert, so that of equals the smaller class comes first */
    struct share s = { c, ho_joint_wrong_of(j, c) };
    int at = n;
    if (!(s.wrong > 0))
      continue;
    for (; at > 0 && most[at - 1].wrong < s.wrong; at--)
      if (at < MOST)
        most[at] = most[at - 1];
    if (at < MOST)
      most[at] = s;
    n += n < MOST;
  }
  ho_table_column(&t, "given", 0);
  ho_table_column(&t, "samples", 1);
  ho_table_column(&t, "estimated wrong", 1);
  ho_table_column(&t, "share", 1);
  if (l->suspects->wrong)
    ho_table_column(&t, "wrong", 1);
  for (int i = 0; i < n; i++) {
    int c = most[i].class;
    ho_table_cell(&t, "%s", ho_class_text(l->data, c, number));
    ho_table_cell(&t, "%zu", j->given[c]);
    ho_table_cell(&t, "%.0f", most[i].wrong);
    ho_table_cell(&t, "%.4f", most[i].wrong / (double)j->given[c]);
    if (l->suspects->wrong)
      ho_table_cell(&t, "%zu", known_wrong(j, known, c));
  }
  printf("\nclasses with most wrong labels, as estimated:\n");
  int bad = ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad;
}

static int print_pairs(const struct ho_suspect_list *l, const size_t *known, struct ho_error *err)
{
  const struct ho_joint *j = l->joint;
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = ho_table_terminal(stdout) };
  char number[HO_CLASS_TEXT];
  size_t n;
  struct ho_joint_pair *pair = ho_joint_pairs(j, &n, err);
  if (!pair)
    return -1;
  ho_table_column(&t, "given", 0);
  ho_table_column(&t, "should be", 0);
  ho_table_column(&t, "estimated", 1);
  if (l->suspects->wrong)
    ho_table_column(&t, "true", 1);
  for (size_t i = 0; i < n && i < MOST; i++) {
    ho_table_cell(&t, "%s", ho_class_text(l->data, pair[i].given, number));
    ho_table_cell(&t, "%s", ho_class_text(l->data, pair[i].class, number));
    ho_table_cell(&t, "%.0f", pair[i].count);
    if (l->suspects->wrong)
      ho_table_cell(&t, "%zu", known[(size_t)pair[i].given * (size_t)j->classes + (size_t)pair[i].class]);
  }
  printf("\npairs of classes with most wrong labels, as estimated:\n");
  int bad = ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  ho_free(pair);
  return bad;
}

int ho_counts_print(const struct ho_suspect_list *l, struct ho_error *err)
{
  print_sum(l);
  if (l->joint->wrong < .5)
    return 0;
  size_t *known = count_known(l, err);
  int bad = !known || print_classes(l, known, err) || print_pairs(l, known, err);
  ho_free(known);
  return bad ? -1 : 0;
}

/* ---- all pairs ---- */

int ho_counts_write(const struct ho_suspect_list *l, const char *path, struct ho_error *err)
{
  const struct ho_joint *j = l->joint;
  struct ho_output out;
  const char *const name[] = { l->data->class_name ? "\tgiven_name" : "", l->data->class_name ? "\tclass_name" : "" };
  size_t K = (size_t)j->classes, *known = count_known(l, err);
  if (!known || ho_output_open(&out, path, err)) {
    ho_free(known);
    return -1;
  }
  ho_table_note(out.stream, "holdout suspects: %zu training labels of %s by given label and what it should be",
                l->suspects->of->n, l->data->name);
  ho_table_note(out.stream, "the confident joint of evaluations of epochs %u to %u%s", l->suspects->of->epoch[j->first],
                l->suspects->of->epoch[j->first + j->rows - 1],
                l->folds ? ", each sample by a network that was not trained on it" : "");
  fprintf(out.stream, "given%s\tclass%s\testimated%s\n", name[0], name[1], l->suspects->wrong ? "\ttrue" : "");
  for (size_t at = 0; at < K * K; at++) {
    if (at / K != at % K && !(j->count[at] > 0) && !known[at])
      continue;
    ho_class_write(out.stream, l->data, (int)(at / K));
    fputc('\t', out.stream);
    ho_class_write(out.stream, l->data, (int)(at % K));
    fprintf(out.stream, "\t%.1f", j->count[at]);
    if (l->suspects->wrong)
      fprintf(out.stream, "\t%zu", known[at]);
    fputc('\n', out.stream);
  }
  ho_free(known);
  return ho_output_commit(&out, err);
}
