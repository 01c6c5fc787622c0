/* SPDX-License-Identifier: MIT
 * data.c - `holdout data': which data sets are installed, where, whether they are intact, and how to get the others. */
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/help.h"
#include "data/dataset.h"

static const char *place(const struct ho_dataset *data)
{
  return *data->folder ? data->folder : "built in";
}

/* Why a data set is not there; told below the table, where there is room for it. */
struct trouble {
  const struct ho_dataset_kind *kind;
  const char *what;
  struct ho_error why;
};

/* Prints one row.  Returns 1 if the data set exists but cannot be used: its files are damaged, memory is short, or a
 * disk fails; the reason says which.  trouble->kind stays NULL where all is well. */
static int print_row(const struct ho_dataset_kind *kind, const char *directory, struct trouble *trouble)
{
  struct ho_dataset data;
  char folder[sizeof data.folder], size[48];
  int found = !ho_dataset_find(kind, directory, folder, sizeof folder);
  if (!found || ho_dataset_load(kind->name, directory, &data, &trouble->why)) {
    trouble->kind = kind;
    trouble->what = found ? "cannot be used" : "not found";
    if (!found)
      ho_error_set(&trouble->why, "%s", kind->remedy);
    printf("%-14s %6s %6s  %-9s %7s  %-16s  %s\n", kind->name, "-", "-", "-", "-", "-", trouble->what);
    return found;
  }
  snprintf(size, sizeof size, "%dx%dx%d", data.train.height, data.train.width, data.train.channels);
  ho_say(stdout, "%-14s %6zu %6zu  %-9s %7d  %.16s  %s%s\n", data.name, data.train.n, data.test.n, size, data.classes,
         data.sha256, place(&data), data.altered ? "  (note: not the official files)" : "");
  ho_dataset_free(&data);
  return 0;
}

static void print_trouble(const struct trouble *t)
{
  enum { INDENT = 4 };
  char text[sizeof t->why.text + 32];
  snprintf(text, sizeof text, "%s: %s", t->what, t->why.text);
  ho_text_clean(text, "");
  printf("\n%s\n%*s", t->kind->name, INDENT, "");
  ho_help_wrapped(text, INDENT, INDENT);
}

static int print_table(const char *directory)
{
  enum { KINDS_MOST = 16 };
  static struct trouble trouble[KINDS_MOST];
  struct ho_error err;
  int bad = 0, n = 0;
  if (directory && ho_folder_exists(directory, &err)) {
    ho_error_prefix(&err, "--data-dir");
    return ho_fail(&err);
  }
  printf("%-14s %6s %6s  %-9s %7s  %-16s  %s\n", "NAME", "TRAIN", "TEST", "SIZE", "CLASSES", "SHA-256", "FOUND IN");
  for (const struct ho_dataset_kind *kind = ho_dataset_kinds(); kind->name; kind++)
    if (!kind->argument && n < KINDS_MOST) {
      bad += print_row(kind, directory, &trouble[n]);
      n += trouble[n].kind != NULL;
    }
  for (int i = 0; i < n; i++)
    print_trouble(&trouble[i]);
  printf("\nyour own:");
  for (const struct ho_dataset_kind *kind = ho_dataset_kinds(); kind->name; kind++)
    if (kind->argument)
      printf(" %s:", kind->name);
  printf(" and what they need; see `holdout data --help'\n");
  if (!bad)
    return HO_EXIT_OK;
  ho_error_set(&err,
               "%d data set%s found but cannot be used; the table says why; fetch damaged files again, or give another "
               "folder with --data-dir",
               bad, bad > 1 ? "s are" : " is");
  return ho_fail(&err);
}

static int print_classes(const struct ho_dataset *data, struct ho_error *err)
{
  size_t k = (size_t)data->classes, *count = ho_alloc(2 * k, sizeof *count, "class counts", err);
  if (!count)
    return -1;
  for (size_t i = 0; i < data->train.n; i++)
    count[data->train.label[i]]++;
  for (size_t i = 0; i < data->test.n; i++)
    count[k + data->test.label[i]]++;
  printf("\n%5s %8s %8s  name\n", "class", "train", "test");
  for (size_t c = 0; c < k; c++) {
    char tested[24];
    snprintf(tested, sizeof tested, "%zu", count[k + c]);
    ho_say(stdout, "%5zu %8zu %8s  %s\n", c, count[c], data->test.n ? tested : "-",
           data->class_name ? data->class_name[c] : "-");
  }
  ho_free(count);
  return 0;
}

static int print_one(const char *name, const char *directory)
{
  struct ho_dataset data;
  struct ho_error err;
  const struct ho_dataset_kind *kind = ho_dataset_kind_find(name, &err);
  if (!kind) {
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  if (ho_dataset_load(name, directory, &data, &err))
    return ho_fail(&err);
  ho_print_warnings(&data.warnings);
  const struct ho_images *im = &data.train;
  ho_say(stdout, "name      %s\nabout     %s\nfound in  %s\n", data.name, kind->summary, place(&data));
  printf("train     %zu images\n", im->n);
  if (data.test.n)
    printf("test      %zu images\n", data.test.n);
  else
    printf("test      none\n");
  printf("size      %d x %d x %d (height, width, channels)\n", im->height, im->width, im->channels);
  printf("classes   %d", data.classes);
  if (data.superclasses)
    printf(", in %d superclasses", data.superclasses);
  printf("\nsha256    %s\n%s\nchannel     mean  deviation (of the training pixels, from 0 to 1)\n", data.sha256,
         data.altered ? "note      not the official files\n" : "");
  for (int c = 0; c < im->channels; c++)
    printf("%7d %8.6f   %8.6f\n", c, (double)data.mean[c], (double)data.deviation[c]);
  int result = print_classes(&data, &err);
  ho_dataset_free(&data);
  return result ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0)
    status = a.npositional ? print_one(a.positional[0], a.settings.data_dir) : print_table(a.settings.data_dir);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "data-dir", NULL };

static void list_own(void)
{
  enum { INDENT = 4 };
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    if (k->argument) {
      printf("%s:%s\n%*s", k->name, k->argument, INDENT, "");
      ho_help_wrapped(k->remedy, INDENT, INDENT);
    }
  printf("\n");
}

const struct ho_command ho_command_data = {
  .name = "data",
  .summary = "list the data sets: where they are, or how to get them",
  .usage = "[FLAGS] [NAME]",
  .text = "Lists every data set: number of images, size, classes, the first digits of the SHA-256 of pixels and "
          "labels, and the folder where it was found, or how to get it. Searches only the folder of --data-dir "
          "or, without that flag, $HOLDOUT_DATA, $XDG_DATA_HOME/holdout (~/.local/share/holdout) and "
          "/usr/share/datasets. With NAME, shows details of that data set. A note says when the contents differ "
          "from the official files, if these are known. The exit status is 1 if a data set is found but cannot "
          "be used.\n\n"
          "Your own data sets are named by their location, here and in --dataset of all other commands. "
          "Relative names are looked up in the folder of --data-dir or, without that flag, in the working "
          "folder, then in the folders of other data sets. All files may be compressed with gzip. The number of "
          "classes is one more than the largest label, from 2 to 4096.\n\n"
          "Pictures need no gzip, and their folders are the classes. They are decoded once, into a file in "
          "$XDG_CACHE_HOME/holdout (~/.cache/holdout), and anew when one was added, removed or changed.",
  .list = list_own,
  .examples = "holdout data\nholdout data fashion-mnist\nholdout data --data-dir ~/datasets cifar10\n"
              "holdout data folder:birds,size=64x64x3,test=0.2,broken=skip\n"
              "holdout data idx:shapes\n"
              "holdout data cifar:size=48x64x3,train=a.bin+b.bin,test=c.bin\n"
              "holdout data npy:images.npy,labels=labels.npy,test=0.2\n",
  .settings = settings,
  .max_positional = 1,
  .run = run,
};
