/* SPDX-License-Identifier: MIT
 * folder.c - the user's own pictures, in a folder for each class; see data/readers.h.
 *
 * folder:PATH[,size=HxWxC][,test=SHARE][,seed=N][,broken=skip] */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/hold_out.h"
#include "data/locate.h"
#include "data/pictures.h"
#include "data/pictures/cache.h"
#include "data/pictures/listing.h"
#include "data/readers.h"
#include "data/user/keys.h"

enum { SIDE = 64 /* unless said, or the pictures are smaller */ };

/* ---- what was asked for ---- */

struct spec {
  char path[HO_USER_ARGUMENT_MOST], text[HO_USER_ARGUMENT_MOST];
  const char *size;            /* points into the text */
  int height, width, channels; /* height 0: not said */
  double share;
  uint64_t seed;
  int is_seeded, skips; /* seed= was given; broken pictures are skipped */
};

static int parse_size(const char *text, struct spec *s, struct ho_error *err)
{
  int sides = 0, all = 0; /* characters taken */
  s->size = text;
  s->channels = 3;
  sscanf(text, "%4dx%4d%nx%1d%n", &s->height, &s->width, &sides, &s->channels, &all);
  if ((sides || all) && !text[all ? all : sides] && strspn(text, "0123456789x") == strlen(text) && s->height >= 1 &&
      s->width >= 1 && s->height <= HO_SIDE_MOST && s->width <= HO_SIDE_MOST && (s->channels == 1 || s->channels == 3))
    return 0;
  return ho_error_set(err,
                      "size: `%.40s' is not height, width and channels such as 64x64x3: sides are at most %d, channels "
                      "are 3 or, for grey images, 1",
                      text, HO_SIDE_MOST);
}

static int set_size(void *spec, char *value, struct ho_error *err)
{
  return parse_size(value, spec, err);
}

static int set_test(void *spec, char *value, struct ho_error *err)
{
  int is_share = ho_hold_out_share(value, &((struct spec *)spec)->share, err);
  if (is_share)
    return is_share < 0 ? -1 : 0;
  return ho_error_set(err, "test: `%.100s' is not a share between 0 and 1, such as 0.2", value);
}

static int set_seed(void *spec, char *value, struct ho_error *err)
{
  ((struct spec *)spec)->is_seeded = 1;
  return ho_user_seed(value, &((struct spec *)spec)->seed, err);
}

static int set_broken(void *spec, char *value, struct ho_error *err)
{
  if (strcmp(value, "skip") != 0)
    return ho_error_set(err, "broken: `%.100s' is not `skip', which leaves out pictures that cannot be read", value);
  ((struct spec *)spec)->skips = 1;
  return 0;
}

static const struct ho_user_key keys[] = { { "size", set_size, NULL },
                                           { "test", set_test, NULL },
                                           { "seed", set_seed, NULL },
                                           { "broken", set_broken, NULL },
                                           { 0 } };

static int parse(const char *argument, struct spec *s, struct ho_error *err)
{
  size_t length = ho_user_path_length(argument);
  s->size = "";
  s->channels = 3;
  if (length >= sizeof s->path)
    return ho_error_set(err, "too long: at most %zu characters", sizeof s->path - 1);
  snprintf(s->path, sizeof s->path, "%.*s", (int)length, argument);
  if (argument[length] && ho_user_keys_parse(argument + length + 1, s->text, keys, s, err))
    return -1;
  if (!*s->path)
    return ho_error_set(err, "the folder is missing: folder:PATH");
  if (s->is_seeded && !(s->share > 0))
    return ho_error_set(err, "seed= chooses test images: it needs test=, as in test=0.2");
  return 0;
}

/* ---- decoding ---- */

struct load {
  struct spec spec;
  struct ho_listing list;
  struct ho_picture_cache cache;
  struct ho_pictures pictures; /* those that are listed */
  const char **file;           /* [list.n] */
  uint8_t *state;              /* [list.n] of enum ho_picture_state */
};

static size_t bytes_of_one(const struct ho_images *im)
{
  return (size_t)im->height * (size_t)im->width * (size_t)im->channels;
}

/* Moves those that were read to the front. */
static void compact(struct ho_images *all, const uint8_t *state)
{
  size_t bytes = bytes_of_one(all), n = 0;
  for (size_t i = 0; i < all->n; i++)
    if (state[i] == HO_PICTURE_READ) {
      if (n < i)
        memcpy(all->pixel + n * bytes, all->pixel + i * bytes, bytes);
      n++;
    }
  all->n = n;
}

static int decode(struct load *l, struct ho_images *all, struct ho_error *err)
{
  struct ho_pictures *p = &l->pictures;
  p->height = l->spec.height;
  p->width = l->spec.width;
  p->channels = l->spec.channels;
  if (!p->height)
    ho_pictures_choose_size(p, SIDE);
  if (ho_images_alloc(all, p->n, p->height, p->width, p->channels, err) ||
      ho_pictures_read(p, all->pixel, l->state, err))
    return -1;
  compact(all, l->state);
  return 0;
}

/* Says what is left out, or refuses it. */
static int judge(struct load *l, struct ho_warnings *warnings, struct ho_error *err)
{
  struct ho_error why = { 0 };
  size_t broken = ho_pictures_tell_broken(&l->pictures, l->state, &why), other = l->list.outside;
  const char *first = NULL;
  for (size_t i = 0; i < l->list.n; i++)
    if (l->state[i] == HO_PICTURE_OTHER) {
      other++;
      first = first ? first : l->file[i];
    }
  if (broken && !l->spec.skips)
    return ho_error_set(err, "%s.  Repair or remove them, or give broken=skip to go on without them", why.text);
  if (broken)
    ho_warn(warnings, "%s, and are left out", why.text);
  if (other || l->list.hidden)
    ho_warn(warnings, "%s: ignored: %zu files that are not pictures%s%s%s, %zu hidden files", l->spec.path, other,
            first ? " (such as " : "", first ? first : "", first ? ")" : "", l->list.hidden);
  if (*l->list.unused)
    ho_warn(warnings, "%s: `%s' is not used: training images are in train%s%s", l->spec.path, l->list.unused,
            *l->list.test ? ", test images in " : "", l->list.test);
  return 0;
}

/* From the cache or, if that is not possible, from the files; then the cache is written. */
static int read_pictures(struct load *l, const char *folder, struct ho_images *all, struct ho_warnings *warnings,
                         struct ho_error *err)
{
  struct ho_error cannot = { 0 };
  if (ho_picture_cache_find(&l->cache, folder, l->spec.size, &l->list, err))
    return -1;
  int missing = ho_picture_cache_read(&l->cache, l->list.n, l->state, all, err);
  if (missing < 0)
    return -1;
  l->pictures.height = all->height;
  l->pictures.width = all->width;
  l->pictures.channels = all->channels;
  if (missing && decode(l, all, err))
    return -1;
  if (judge(l, warnings, err))
    return -1;
  int keep = missing && all->n && *l->cache.path && !ho_pictures_may_recover(&l->pictures, l->state);
  if (keep && ho_picture_cache_write(&l->cache, l->list.n, l->state, all, &cannot))
    ho_warn(warnings, "pictures will be decoded again the next time: %s", cannot.text);
  return 0;
}

/* ---- the data set ---- */

static int set_classes(const struct ho_listing *list, struct ho_dataset *data, struct ho_error *err)
{
  size_t size = 0, k = (size_t)list->classes;
  for (int c = 0; c < list->classes; c++)
    size += strlen(ho_listing_class(list, c)) + 1;
  const char **name = ho_alloc(1, k * sizeof *name + size, "class names", err);
  if (!name)
    return -1;
  char *text = (char *)(name + k);
  for (int c = 0; c < list->classes; c++) {
    name[c] = strcpy(text, ho_listing_class(list, c));
    ho_text_clean(text, ""); /* it will be shown on terminals */
    text += strlen(text) + 1;
  }
  data->classes = list->classes;
  data->class_name = name;
  data->name_memory = name;
  return 0;
}

/* Labels and names of files.  Returns the number of test images, which come last, or -1. */
static long long set_labels(struct load *l, struct ho_images *all, struct ho_error *err)
{
  size_t n = 0, tests = 0, bytes = l->list.used + all->n * sizeof *all->file;
  if (ho_memory_take(bytes, "names of files", err))
    return -1;
  all->counted += bytes;
  if (!(all->file = ho_alloc(all->n, sizeof *all->file, "names of files", err)) ||
      !(all->file_text = ho_alloc(l->list.used, 1, "names of files", err)))
    return -1;
  memcpy(all->file_text, l->list.text, l->list.used);
  for (size_t i = 0; i < l->list.n; i++)
    if (l->state[i] == HO_PICTURE_READ) {
      all->file[n] = all->file_text + l->list.file[i].name;
      all->label[n++] = (uint16_t)l->list.file[i].class;
      tests += (size_t)l->list.file[i].is_test;
    }
  return (long long)tests;
}

/* Moves the last n images. */
static int move_test(struct ho_images *all, size_t n, struct ho_images *test, struct ho_error *err)
{
  size_t kept = all->n - n;
  if (ho_images_alloc(test, n, all->height, all->width, all->channels, err) ||
      !(test->file = ho_alloc(n, sizeof *test->file, "names of files", err)))
    return -1;
  memcpy(test->pixel, all->pixel + kept * bytes_of_one(all), n * bytes_of_one(all));
  memcpy(test->label, all->label + kept, n * sizeof *test->label);
  memcpy(test->file, all->file + kept, n * sizeof *test->file);
  all->n = kept;
  return 0;
}

static int check_train(const struct load *l, const char *folder, const struct ho_images *train, struct ho_error *err)
{
  uint8_t *seen = ho_alloc((size_t)l->list.classes, 1, "classes", err);
  int lacking = 0;
  if (!seen)
    return -1;
  for (size_t i = 0; i < train->n; i++)
    seen[train->label[i]] = 1;
  while (lacking < l->list.classes && seen[lacking])
    lacking++;
  ho_free(seen);
  if (lacking == l->list.classes)
    return 0;
  return ho_error_set(err, "%s: the folder of class `%s' has no pictures: remove it, or put pictures there", folder,
                      ho_listing_class(&l->list, lacking));
}

static int split(struct load *l, long long tests, struct ho_dataset *data, struct ho_error *err)
{
  struct ho_images *all = &data->train;
  if (*l->list.test && l->spec.share > 0)
    return ho_error_set(err, "%s: test=%g is for folders without test images, but this has `%s'", data->folder,
                        l->spec.share, l->list.test);
  if (*l->list.test && !tests)
    return ho_error_set(err, "%s/%s: it has no pictures: remove it, or put test images there", data->folder,
                        l->list.test);
  if (tests && move_test(all, (size_t)tests, &data->test, err))
    return -1;
  if (check_train(l, data->folder, all, err))
    return -1;
  if (l->spec.share > 0)
    return ho_hold_out(all, data->classes, l->spec.share, l->spec.seed, &data->test, err);
  if (!tests)
    data->test = (struct ho_images){ .height = all->height, .width = all->width, .channels = all->channels };
  return 0;
}

static int load(struct load *l, struct ho_dataset *data, struct ho_error *err)
{
  if (ho_listing_make(data->folder, &l->list, err))
    return -1;
  size_t n = l->list.n;
  if (!(l->file = ho_alloc(n, sizeof *l->file, "names of files", err)) || !(l->state = ho_alloc(n, 1, "pictures", err)))
    return -1;
  for (size_t i = 0; i < n; i++)
    l->file[i] = ho_listing_name(&l->list, i);
  l->pictures = (struct ho_pictures){ .folder = data->folder, .file = l->file, .n = n };
  if (read_pictures(l, data->folder, &data->train, &data->warnings, err))
    return -1;
  if (!data->train.n)
    return ho_error_set(err, "%s: none of %zu files is a picture that can be read", data->folder, n);
  long long tests = set_labels(l, &data->train, err);
  return tests < 0 || set_classes(&l->list, data, err) || split(l, tests, data, err) ? -1 : 0;
}

int ho_user_folder_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  struct load *l = ho_alloc(1, sizeof *l, "names of files", err);
  int result = !l || parse(argument, &l->spec, err) ||
               ho_data_locate(l->spec.path, directory, data->folder, sizeof data->folder, err) || load(l, data, err);
  if (l) {
    ho_listing_free(&l->list);
    ho_free(l->file);
    ho_free(l->state);
  }
  ho_free(l);
  return result ? -1 : 0;
}
