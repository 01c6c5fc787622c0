/* SPDX-License-Identifier: MIT
 * data_notes.c - see data_notes.h. */
#include "run/data_notes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* ---- writing ---- */

static int note_names(struct ho_tensor_file *f, const struct ho_dataset *data, struct ho_error *err)
{
  size_t size = 1, used = 0;
  for (int k = 0; k < data->classes; k++)
    size += strlen(data->class_name[k]) + 1;
  char *text = ho_alloc(size, 1, "names of classes", err);
  if (!text)
    return -1;
  for (int k = 0; k < data->classes; k++) {
    char *name = text + used;
    used += (size_t)snprintf(name, size - used, "%s", data->class_name[k]);
    ho_text_clean(name, "");
    if (k + 1 < data->classes)
      text[used++] = '\n';
  }
  int bad = ho_tensor_file_note(f, "class_names", text, err);
  ho_free(text);
  return bad;
}

int ho_data_notes_write(struct ho_tensor_file *f, const struct ho_dataset *data, struct ho_error *err)
{
  char shape[64], classes[16], mean[HO_CHANNELS_MOST * 20] = "", deviation[sizeof mean] = "";
  const struct ho_images *im = &data->train;
  size_t m = 0, d = 0;
  snprintf(shape, sizeof shape, "%dx%dx%d", im->height, im->width, im->channels);
  snprintf(classes, sizeof classes, "%d", data->classes);
  for (int c = 0; c < im->channels; c++) { /* nine digits tell a float exactly */
    m += (size_t)snprintf(mean + m, sizeof mean - m, "%s%.9g", c ? " " : "", (double)data->mean[c]);
    d += (size_t)snprintf(deviation + d, sizeof deviation - d, "%s%.9g", c ? " " : "", (double)data->deviation[c]);
  }
  return ho_tensor_file_note(f, "images", shape, err) || ho_tensor_file_note(f, "classes", classes, err) ||
                 ho_tensor_file_note(f, "mean", mean, err) || ho_tensor_file_note(f, "deviation", deviation, err) ||
                 (data->class_name && note_names(f, data, err))
             ? -1
             : 0;
}

/* ---- reading ---- */

/* n numbers with one of these characters between two of them. */
static int numbers(const char *text, char between, int n, double *value)
{
  char part[64];
  for (int i = 0; i < n; i++) {
    size_t length = strcspn(text, (char[]){ between, 0 });
    if (!length || length >= sizeof part || (text[length] != 0) != (i + 1 < n))
      return -1;
    memcpy(part, text, length);
    part[length] = 0;
    if (ho_text_real(part, &value[i]) || !isfinite(value[i]))
      return -1;
    text += length + 1;
  }
  return 0;
}

static int whole(double value, double least, double most)
{
  return value >= least && value <= most && value == floor(value);
}

static int read_names(const char *text, struct ho_dataset *data, struct ho_error *err)
{
  size_t size = strlen(text) + 1, k = (size_t)data->classes, n = 1;
  const char **name = ho_alloc(1, k * sizeof *name + size, "names of classes", err);
  if (!name)
    return -1;
  char *line = memcpy(name + k, text, size);
  data->class_name = name;
  data->name_memory = name;
  for (name[0] = line; (line = strchr(line, '\n')); n++) {
    *line++ = 0;
    if (n < k)
      name[n] = line;
  }
  for (size_t i = 0; i < k && n == k; i++)
    ho_text_clean((char *)name[i], "");
  return n == k ? 0 : ho_error_set(err, "it names %zu of %zu classes", n, k);
}

int ho_data_notes_read(const struct ho_tensor_file *f, struct ho_dataset *data, struct ho_error *err)
{
  static const char *const keys[] = { "images", "classes", "mean", "deviation" };
  const char *note[4], *names = ho_tensor_file_get_note(f, "class_names");
  double side[3], classes, mean[HO_CHANNELS_MOST], deviation[HO_CHANNELS_MOST];
  for (int i = 0; i < 4; i++)
    if (!(note[i] = ho_tensor_file_get_note(f, keys[i])))
      return 1;
  if (numbers(note[0], 'x', 3, side) || !whole(side[0], 1, HO_SIDE_MOST) || !whole(side[1], 1, HO_SIDE_MOST) ||
      !whole(side[2], 1, HO_CHANNELS_MOST))
    return ho_error_set(err, "its `images' are not HxWxC");
  if (numbers(note[1], ' ', 1, &classes) || !whole(classes, 2, HO_CLASSES_MOST))
    return ho_error_set(err, "its `classes' is no number of classes");
  if (numbers(note[2], ' ', (int)side[2], mean) || numbers(note[3], ' ', (int)side[2], deviation))
    return ho_error_set(err, "its `mean' or `deviation' is not a number for each channel");
  data->train.height = data->test.height = (int)side[0];
  data->train.width = data->test.width = (int)side[1];
  data->train.channels = data->test.channels = (int)side[2];
  data->classes = (int)classes;
  for (int c = 0; c < data->train.channels; c++) {
    data->mean[c] = (float)mean[c];
    data->deviation[c] = (float)deviation[c];
    if (!(data->deviation[c] > 0))
      return ho_error_set(err, "its `deviation' is not above 0");
  }
  ho_dataset_scale(data);
  return names ? read_names(names, data, err) : 0;
}
