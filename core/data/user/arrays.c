/* SPDX-License-Identifier: MIT
 * arrays.c - images and labels from NumPy's arrays; see arrays.h. */
#include "data/user/arrays.h"

#include <math.h>
#include <string.h>

#include "data/dataset.h"
#include "format/npy.h"

/* ---- where height, width and channels are ---- */

enum { N, H, W, C, AXES, CHANNELS_USUAL = 4 };

/* The dimension of each axis; -1: there is none. */
static const struct layout {
  const char *name;
  int rank, axis[AXES];
} layouts[] = {
  { "nhw", 3, { 0, 1, 2, -1 } },
  { "nhwc", 4, { 0, 1, 2, 3 } },
  { "nchw", 4, { 0, 2, 3, 1 } },
};
enum { NHW, NHWC, NCHW, LAYOUTS };

static const struct layout *find_layout(const char *text)
{
  for (int i = 0; i < LAYOUTS; i++)
    if (!strcmp(text, layouts[i].name))
      return &layouts[i];
  return NULL;
}

int ho_layout_known(const char *text)
{
  return find_layout(text) != NULL;
}

static void show_shape(const struct ho_npy *a, char out[HO_NPY_RANK_MOST * 24])
{
  size_t used = 0;
  *out = 0;
  for (int d = 0; d < a->rank; d++)
    used += (size_t)snprintf(out + used, 24, "%s%zu", d ? " x " : "", a->shape[d]);
}

static int no_images(const char *path, const struct ho_npy *a, const char *why, struct ho_error *err)
{
  char shape[HO_NPY_RANK_MOST * 24];
  show_shape(a, shape);
  return ho_error_set(err, "%s: an array of %s%s: %s", path, *shape ? shape : "one number",
                      a->rank == 1 ? " numbers" : "", why);
}

static const struct layout *choose_layout(const char *path, const struct ho_npy *a, const char *wanted,
                                          struct ho_error *err)
{
  const struct layout *l = wanted ? find_layout(wanted) : NULL;
  const char *why = NULL;
  if (l && a->rank != l->rank)
    why = "it does not have as many dimensions as layout= says";
  else if (!l && a->rank == 3)
    l = &layouts[NHW];
  else if (!l && a->rank != 4)
    why = "images have three dimensions (count, height, width), or four with channels; reshape it";
  else if (!l) {
    int last = a->shape[3] <= CHANNELS_USUAL, second = a->shape[1] <= CHANNELS_USUAL;
    if (last == second)
      why = "the shape does not tell which dimension has the channels; say layout=nhwc or layout=nchw";
    else
      l = &layouts[last ? NHWC : NCHW];
  }
  if (!why)
    return l;
  no_images(path, a, why, err);
  return NULL;
}

/* ---- numbers as bytes ---- */

static int refuse_range(const char *path, const struct ho_npy *a, const struct ho_pixel_rule *first, double low,
                        double high, struct ho_error *err)
{
  const char *wanted = first->is_set && first->factor > 1 ? "from 0 to 1, as those of the training images are"
                       : a->kind == HO_NPY_REAL           ? "from 0 to 1, or from 0 to 255"
                                                          : "from 0 to 255";
  return ho_error_set(err, "%s: its numbers go from %g to %g, but pixels are %s: scale the array before it is saved",
                      path, low, high, wanted);
}

/* Looks at every number, in the order of the file. */
static int set_rule(const char *path, const struct ho_npy *a, struct ho_pixel_rule *rule, struct ho_error *err)
{
  double low = INFINITY, high = -INFINITY;
  int whole = 1;
  for (size_t i = 0; i < a->n; i++) {
    double v = ho_npy_real(a, i);
    if (!isfinite(v))
      return ho_error_set(err, "%s: element %zu is %s: pixels are finite", path, i,
                          isnan(v) ? "not a number" : "infinite");
    low = v < low ? v : low;
    high = v > high ? v : high;
    whole &= v == floor(v);
  }
  double factor = rule->is_set                                                      ? rule->factor
                  : a->kind == HO_NPY_BOOL || (a->kind == HO_NPY_REAL && high <= 1) ? 255
                                                                                    : 1;
  if (low < 0 || high * factor > 255)
    return refuse_range(path, a, rule, low, high, err);
  if (!rule->is_set)
    *rule = (struct ho_pixel_rule){ 1, factor, 0, low, high };
  rule->is_rounded |= a->kind == HO_NPY_REAL && (factor > 1 || !whole);
  return 0;
}

void ho_pixel_rule_tell(const struct ho_pixel_rule *rule, const char *name, struct ho_warnings *warnings)
{
  if (rule->is_rounded)
    ho_warn(warnings, "%s: its numbers go from %g to %g; pixels are bytes here: each is %sthe number, rounded", name,
            rule->low, rule->high, rule->factor > 1 ? "255 times " : "");
}

static void copy_pixels(const struct ho_npy *a, const struct layout *l, double factor, struct ho_images *im)
{
  int C_axis = l->axis[C];
  size_t channels = (size_t)im->channels, sc = C_axis < 0 ? 0 : a->stride[C_axis], sw = a->stride[l->axis[W]];
  size_t sh = a->stride[l->axis[H]], sn = a->stride[l->axis[N]];
  int bytes = a->kind == HO_NPY_UNSIGNED && a->width == 1 && !(factor > 1);
  uint8_t *to = im->pixel;
  for (size_t i = 0; i < im->n; i++)
    for (size_t y = 0; y < (size_t)im->height; y++)
      for (size_t x = 0; x < (size_t)im->width; x++)
        for (size_t c = 0; c < channels; c++) {
          size_t at = i * sn + y * sh + x * sw + c * sc;
          *to++ = bytes ? a->data[at] : (uint8_t)lround(factor * ho_npy_real(a, at));
        }
}

static int side(size_t size)
{
  return size > INT32_MAX ? INT32_MAX : (int)size; /* too large in either case */
}

static int take_images(const char *path, const struct ho_npy *a, const char *layout, struct ho_pixel_rule *rule,
                       struct ho_images *im, struct ho_error *err)
{
  if (a->kind == HO_NPY_BYTES || a->kind == HO_NPY_UNICODE)
    return ho_error_set(err, "%s: an array of texts (%s), not of pixels", path, a->type);
  const struct layout *l = choose_layout(path, a, layout, err);
  if (!l || set_rule(path, a, rule, err))
    return -1;
  int channels = l->axis[C] < 0 ? 1 : side(a->shape[l->axis[C]]);
  if (ho_images_alloc(im, a->shape[0], side(a->shape[l->axis[H]]), side(a->shape[l->axis[W]]), channels, err))
    return ho_error_prefix(err, "%s", path);
  copy_pixels(a, l, rule->factor, im);
  return 0;
}

int ho_array_images(const char *path, const char *layout, struct ho_pixel_rule *rule, struct ho_images *im,
                    struct ho_error *err)
{
  struct ho_npy a;
  if (ho_npy_read(path, &a, err))
    return -1;
  int result = take_images(path, &a, layout, rule, im, err);
  ho_npy_free(&a);
  return result;
}

/* ---- labels ---- */

static int take_labels(const char *path, const struct ho_npy *a, struct ho_images *im, struct ho_error *err)
{
  if (a->kind > HO_NPY_UNSIGNED)
    return ho_error_set(err, "%s: labels of the type %s: they must be whole numbers, as in LABELS.astype('int64')",
                        path, a->type);
  if (a->rank == 2 && a->shape[1] > 1)
    return no_images(path, a, "labels have one dimension; of one-hot rows, save LABELS.argmax(1)", err);
  if (a->rank < 1 || a->rank > 2)
    return no_images(path, a, "labels have one dimension", err);
  if (a->n != im->n)
    return ho_error_set(err, "%s: it has %zu labels for %zu images", path, a->n, im->n);
  for (size_t i = 0; i < a->n; i++) {
    long long label = ho_npy_integer(a, i);
    if (label < 0 || label >= HO_CLASSES_MOST)
      return ho_error_set(err, "%s: element %zu: label %lld, but labels are from 0 to %d", path, i, label,
                          HO_CLASSES_MOST - 1);
    im->label[i] = (uint16_t)label;
  }
  return 0;
}

int ho_array_labels(const char *path, struct ho_images *im, struct ho_error *err)
{
  struct ho_npy a;
  if (ho_npy_read(path, &a, err))
    return -1;
  int result = take_labels(path, &a, im, err);
  ho_npy_free(&a);
  return result;
}
