/* SPDX-License-Identifier: MIT
 * user_npy.c - npy:IMAGES,labels=LABELS,..., the user's own arrays as NumPy saves them; see readers.h.
 *
 * test=IMAGES with test-labels=LABELS, or test=SHARE with seed=N (neither: no test images); layout=nhw, nhwc or nchw where
 * the shape does not tell. */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/hold_out.h"
#include "data/locate.h"
#include "data/readers.h"
#include "data/user/arrays.h"
#include "data/user/keys.h"

struct spec {
  char text[HO_USER_ARGUMENT_MOST]; /* the names point into it */
  const char *images, *labels, *test, *test_labels, *layout;
  double share; /* of the training images, taken for testing; 0: none */
  uint64_t seed;
};

static int set_images(void *spec, char *value, struct ho_error *err)
{
  ((struct spec *)spec)->images = value;
  return *value ? 0 : ho_error_set(err, "the file of images is missing, as in npy:images.npy,labels=labels.npy");
}

static int set_labels(void *spec, char *value, struct ho_error *err)
{
  ((struct spec *)spec)->labels = value;
  return *value ? 0 : ho_error_set(err, "labels: the name of a file is missing");
}

static int set_test(void *spec, char *value, struct ho_error *err)
{
  struct spec *s = spec;
  int is_share = ho_hold_out_share(value, &s->share, err);
  s->test = is_share ? NULL : value;
  return is_share < 0 ? -1 : *value ? 0 : ho_error_set(err, "test: the name of a file or a share is missing");
}

static int set_test_labels(void *spec, char *value, struct ho_error *err)
{
  ((struct spec *)spec)->test_labels = value;
  return *value ? 0 : ho_error_set(err, "test-labels: the name of a file is missing");
}

static int set_layout(void *spec, char *value, struct ho_error *err)
{
  ((struct spec *)spec)->layout = value;
  return ho_layout_known(value) ? 0 : ho_error_set(err, "layout: `%.100s' must be nhw, nhwc or nchw", value);
}

static int set_seed(void *spec, char *value, struct ho_error *err)
{
  return ho_user_seed(value, &((struct spec *)spec)->seed, err);
}

static const struct ho_user_key keys[] = {
  { "", set_images, NULL },
  { "labels", set_labels, NULL },
  { "test", set_test, NULL },
  { "test-labels", set_test_labels, NULL },
  { "layout", set_layout, NULL },
  { "seed", set_seed, NULL },
  { 0 },
};

static int parse(const char *argument, struct spec *s, struct ho_error *err)
{
  if (ho_user_keys_parse(argument, s->text, keys, s, err))
    return -1;
  if (!s->labels)
    return ho_error_set(err, "labels=FILE is missing");
  if (!s->test != !s->test_labels)
    return ho_error_set(err, s->test ? "test-labels=FILE is missing"
                             : s->share > 0
                                 ? "test-labels belongs to test=FILE: images that are held out keep their labels"
                                 : "test=FILE is missing");
  return 0;
}

/* Images that are taken for testing leave gaps: each gets the name of its place in the array. */
static int name_images(struct ho_images *im, const char *array, struct ho_error *err)
{
  size_t room = strlen(array) + 24, used = 0;
  im->file = ho_alloc(im->n, sizeof *im->file, "names of images", err);
  im->file_text = im->file ? ho_alloc(im->n, room, "names of images", err) : NULL;
  for (size_t i = 0; i < im->n && im->file_text; i++) {
    im->file[i] = im->file_text + used;
    used += 1 + (size_t)snprintf(im->file_text + used, room, "%s[%zu]", array, i);
  }
  return im->file_text ? 0 : -1;
}

static int hold_out(const struct spec *s, struct ho_dataset *data, struct ho_error *err)
{
  const char *slash = strrchr(s->images, '/');
  return name_images(&data->train, slash ? slash + 1 : s->images, err) ||
         ho_hold_out(&data->train, data->classes, s->share, s->seed, &data->test, err);
}

static int read_part(const struct spec *s, int is_test, const char *directory, struct ho_pixel_rule *rule,
                     struct ho_images *im, struct ho_error *err)
{
  char images[4096], labels[4096];
  if (ho_data_locate(is_test ? s->test : s->images, directory, images, sizeof images, err) ||
      ho_data_locate(is_test ? s->test_labels : s->labels, directory, labels, sizeof labels, err))
    return -1;
  return ho_array_images(images, s->layout, rule, im, err) || ho_array_labels(labels, im, err) ? -1 : 0;
}

int ho_user_npy_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  struct spec *s = ho_alloc(1, sizeof *s, "file names", err);
  struct ho_pixel_rule rule = { 0 };
  char path[4096];
  int result = !s || parse(argument, s, err) || ho_data_locate(s->images, directory, path, sizeof path, err);
  if (!result)
    snprintf(data->folder, sizeof data->folder, "%s", dirname(path));
  result = result || read_part(s, 0, directory, &rule, &data->train, err) ||
           (s->test && read_part(s, 1, directory, &rule, &data->test, err)) ||
           ho_user_count_classes(data, s->labels, err) || (s->share > 0 && hold_out(s, data, err));
  if (!result)
    ho_pixel_rule_tell(&rule, s->images, &data->warnings);
  ho_free(s);
  return result ? -1 : 0;
}
