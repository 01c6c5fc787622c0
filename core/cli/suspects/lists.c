/* SPDX-License-Identifier: MIT
 * lists.c - suspects on standard output, as TSV, as a sheet; see suspects.h.
 *
 *   # notes
 *   rank	index	file	given	given_name	predicted	predicted_name	probability	score	margin	loss	disagreement	weight	true	wrong
 *
 * index counts the images of the data set's own training file; score is the one that ranks.  Files and names are there
 * where the data set has them, true and wrong (0 or 1) where the truth is known.  What is not known is `-'. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/print/sheet.h"
#include "cli/suspects/suspects.h"
#include "cli/print/table.h"

enum { FIRST = 10, PLACE = 30 };

const char *ho_class_text(const struct ho_dataset *data, int class, char number[HO_CLASS_TEXT])
{
  snprintf(number, HO_CLASS_TEXT, "%d", class);
  return data && data->class_name ? data->class_name[class] : number;
}

/* The file of an image; NULL: it has none. */
static const char *file_of(const struct ho_suspect_list *l, uint32_t i)
{
  return l->data && l->data->train.file ? l->data->train.file[l->suspects->of->image[i]] : NULL;
}

/* ---- standard output ---- */

static void print_run(const struct ho_suspect_list *l)
{
  const struct ho_suspects *s = l->suspects;
  const uint32_t *epoch = s->of->epoch + s->first;
  ho_say(stdout, "run            %s\ndataset        %s\nnoise          %s\n", l->run->dir, l->run->settings.dataset,
         l->run->settings.noise);
  printf("samples        %zu\nevaluations    %d, of epochs %u to %u\n", s->of->n, s->rows, epoch[0],
         epoch[s->rows - 1]);
  if (l->folds)
    printf("scored by      %d networks, each on the fold that it was not trained on\n", l->folds);
  if (s->wrong)
    printf("wrong labels   %zu, base rate %.4f%s\n", s->wrong, (double)s->wrong / (double)s->of->n,
           l->run->truth == HO_TRUTH_REFERENCE ? ": they differ from the data set's own" : "");
  else if (l->run->truth == HO_TRUTH_UNKNOWN)
    printf("wrong labels   unknown: %s\n",
           !strncmp(l->run->settings.noise, "file:", 5)
               ? "which labels are right, those of the file or the data set's own, is not known"
               : "the data set's own labels are the only ones");
  else
    printf("wrong labels   unknown: no given label differs from the data set's own\n");
}

static void share(struct ho_table *t, double value)
{
  if (isnan(value))
    ho_table_cell(t, "-");
  else
    ho_table_cell(t, "%.4f", value);
}

static int detection_rows(const struct ho_suspect_list *l, struct ho_table *t, uint32_t *order, struct ho_error *err)
{
  for (int k = 0; k < HO_RANKINGS; k++) {
    struct ho_detection d = { NAN, NAN, NAN };
    enum ho_ranking by = (enum ho_ranking)k;
    if (ho_suspects_ranks(l->suspects, by)) {
      if (ho_suspects_order(l->suspects, by, order, err))
        return -1;
      d = ho_suspects_detect(l->suspects, by, order, l->top);
    }
    ho_table_cell(t, "%s", ho_ranking_names[k]);
    share(t, d.precision);
    share(t, d.recall);
    share(t, d.auc);
  }
  return 0;
}

static int print_detection(const struct ho_suspect_list *l, struct ho_error *err)
{
  struct ho_table t = { .format = HO_TABLE_TEXT };
  uint32_t *order = ho_alloc(l->suspects->of->n, sizeof *order, "a ranking", err);
  ho_table_column(&t, "ranking", 0);
  ho_table_column(&t, "precision", 1);
  ho_table_column(&t, "recall", 1);
  ho_table_column(&t, "AUC", 1);
  printf("\nthe first %zu of each ranking against the %s labels:\n", l->top,
         l->run->truth == HO_TRUTH_REFERENCE ? "data set's own" : "true");
  int bad = !order || detection_rows(l, &t, order, err) || ho_table_print(&t, stdout, err);
  if (!bad && !ho_suspects_ranks(l->suspects, HO_BY_WEIGHT))
    printf("weight: -, as %s\n",
           l->folds ? "networks did not see the samples" : "this run gave all samples the same weight");
  ho_table_free(&t);
  ho_free(order);
  return bad ? -1 : 0;
}

static int print_first(const struct ho_suspect_list *l, struct ho_error *err)
{
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = ho_table_terminal(stdout) };
  const struct ho_suspects *s = l->suspects;
  size_t n = l->top < FIRST ? l->top : FIRST;
  char number[HO_CLASS_TEXT];
  int has_files = l->data && l->data->train.file;
  ho_table_column(&t, "rank", 1);
  ho_table_column(&t, "index", 1);
  if (has_files)
    ho_table_column(&t, "file", 0);
  ho_table_column(&t, "given", 0);
  ho_table_column(&t, "predicted", 0);
  ho_table_column(&t, "probability", 1);
  for (int k = 0; k < HO_RANKINGS; k++)
    ho_table_column(&t, ho_ranking_names[k], 1);
  for (size_t r = 0; r < n; r++) {
    uint32_t i = l->order[r];
    ho_table_cell(&t, "%zu", r + 1);
    ho_table_cell(&t, "%u", ho_images_number(&l->data->train, s->of->image[i]));
    if (has_files)
      ho_table_cell(&t, "%s", file_of(l, i));
    ho_table_cell(&t, "%s", ho_class_text(l->data, s->of->given[i], number));
    ho_table_cell(&t, "%s", ho_class_text(l->data, s->predicted[i], number));
    share(&t, s->probability[i]);
    for (int k = 0; k < HO_RANKINGS; k++)
      share(&t, s->score[k][i]);
  }
  printf("\nthe first %zu by %s:\n", n, ho_ranking_names[l->by]);
  int bad = ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad;
}

int ho_suspects_print(const struct ho_suspect_list *l, struct ho_error *err)
{
  print_run(l);
  if (ho_counts_print(l, err))
    return -1;
  return l->suspects->wrong ? print_detection(l, err) : print_first(l, err);
}

/* ---- TSV ---- */

static void write_notes(FILE *out, const struct ho_suspect_list *l)
{
  const struct ho_suspects *s = l->suspects;
  const struct ho_settings *of = &l->run->settings;
  const uint32_t *epoch = s->of->epoch + s->first;
  ho_table_note(out, "holdout suspects: the first %zu of %zu training labels of %s by %s", l->top, s->of->n,
                l->data->name, ho_ranking_names[l->by]);
  ho_table_note(out, "net %s optimizer %s noise %s seed %lld", of->net, of->optimizer, of->noise, of->seed);
  ho_table_note(out, "%d evaluations of epochs %u to %u%s", s->rows, epoch[0], epoch[s->rows - 1],
                l->folds ? ", each sample by a network that was not trained on it" : "");
  ho_table_note(out, "data sha256 %s", l->data->sha256);
  if (l->run->truth != HO_TRUTH_KNOWN)
    ho_table_note(out, "true labels: %s", ho_truth_text(l->run->truth));
}

void ho_class_write(FILE *out, const struct ho_dataset *data, int class)
{
  fprintf(out, "%d", class);
  if (data->class_name)
    fprintf(out, "\t%s", data->class_name[class]);
}

static void write_number(FILE *out, double value)
{
  if (isnan(value))
    fputs("\t-", out);
  else
    fprintf(out, "\t%.6g", value);
}

static void write_row(FILE *out, const struct ho_suspect_list *l, size_t r)
{
  const struct ho_suspects *s = l->suspects;
  uint32_t i = l->order[r];
  fprintf(out, "%zu\t%u", r + 1, ho_images_number(&l->data->train, s->of->image[i]));
  if (file_of(l, i)) {
    fputc('\t', out);
    ho_table_field(out, file_of(l, i));
  }
  fputc('\t', out);
  ho_class_write(out, l->data, s->of->given[i]);
  fputc('\t', out);
  ho_class_write(out, l->data, s->predicted[i]);
  write_number(out, s->probability[i]);
  write_number(out, s->score[l->by][i]);
  for (int k = 0; k < HO_RANKINGS; k++)
    write_number(out, s->score[k][i]);
  if (s->wrong)
    fprintf(out, "\t%d\t%d", s->of->truth[i], ho_suspects_is_wrong(s, i));
  fputc('\n', out);
}

int ho_suspects_write(const struct ho_suspect_list *l, const char *path, struct ho_error *err)
{
  struct ho_output out;
  int has_names = l->data->class_name != NULL;
  if (ho_output_open(&out, path, err))
    return -1;
  write_notes(out.stream, l);
  fprintf(out.stream, "rank\tindex%s\tgiven%s\tpredicted%s\tprobability\tscore", l->data->train.file ? "\tfile" : "",
          has_names ? "\tgiven_name" : "", has_names ? "\tpredicted_name" : "");
  for (int k = 0; k < HO_RANKINGS; k++)
    fprintf(out.stream, "\t%s", ho_ranking_names[k]);
  fprintf(out.stream, "%s\n", l->suspects->wrong ? "\ttrue\twrong" : "");
  for (size_t r = 0; r < l->top; r++)
    write_row(out.stream, l, r);
  return ho_output_commit(&out, err);
}

/* ---- the sheet ---- */

/* The index and, as far as there is room, the end of the file's path, which says most. */
static void write_place(char place[PLACE], uint32_t image, const char *file)
{
  int used = snprintf(place, PLACE, "%u", image), room = PLACE - 2 - used;
  if (!file)
    return;
  int length = (int)strnlen(file, 1 << 16), cut = length > room;
  snprintf(place + used, PLACE - (size_t)used, " %s%s", cut ? ".." : "", file + (cut ? length - room + 2 : 0));
}

int ho_suspects_draw(const struct ho_suspect_list *l, int images, int columns, const char *path, struct ho_error *err)
{
  const struct ho_suspects *s = l->suspects;
  const uint32_t *epoch = s->of->epoch + s->first;
  char title[256], subtitle[128], (*text)[2][HO_CLASS_TEXT], (*place)[PLACE];
  struct ho_sheet_image *image = ho_alloc((size_t)images, sizeof *image, "a sheet", err);
  text = image ? ho_alloc((size_t)images, sizeof *text, "a sheet", err) : NULL;
  place = text ? ho_alloc((size_t)images, sizeof *place, "a sheet", err) : NULL;
  for (int r = 0; r < images && place; r++) {
    uint32_t i = l->order[r];
    write_place(place[r], ho_images_number(&l->data->train, s->of->image[i]), file_of(l, i));
    image[r] = (struct ho_sheet_image){ s->of->image[i],
                                        (size_t)r + 1,
                                        place[r],
                                        ho_class_text(l->data, s->of->given[i], text[r][0]),
                                        ho_class_text(l->data, s->predicted[i], text[r][1]),
                                        !s->wrong                    ? HO_MARK_NONE
                                        : ho_suspects_is_wrong(s, i) ? HO_MARK_WRONG
                                                                     : HO_MARK_CORRECT };
  }
  snprintf(title, sizeof title, "%d most suspect labels of %.60s by %s: %.120s", images, l->data->name,
           ho_ranking_names[l->by], l->run->dir);
  snprintf(subtitle, sizeof subtitle, "given label > prediction; %d evaluations, of epochs %u to %u", s->rows, epoch[0],
           epoch[s->rows - 1]);
  struct ho_sheet sheet = { &l->data->train, title, subtitle, image, images, columns };
  int bad = !place || ho_sheet_write(&sheet, path, err);
  ho_free(place);
  ho_free(text);
  ho_free(image);
  return bad ? -1 : 0;
}

/* ---- the review table ---- */

int ho_suspects_write_review(const struct ho_suspect_list *l, const char *path, struct ho_error *err)
{
  const struct ho_suspects *s = l->suspects;
  struct ho_review_row *row = ho_alloc(l->top, sizeof *row, "a review", err);
  for (size_t r = 0; r < l->top && row; r++) {
    uint32_t i = l->order[r];
    int same = s->predicted[i] == s->of->given[i];
    row[r] = (struct ho_review_row){ s->of->image[i], s->of->given[i], same ? -1 : s->predicted[i], s->probability[i] };
  }
  int bad = !row || ho_review_write(path, l->data, row, l->top, err);
  ho_free(row);
  return bad ? -1 : 0;
}
