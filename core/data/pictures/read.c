/* SPDX-License-Identifier: MIT
 * read.c - reads picture files in parallel; see data/pictures.h. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/module.h"
#include "compute/parallel.h"
#include "data/pictures.h"
#include "data/pictures/decoder.h"

/* A file and its pixels.  More is a bomb, or a map that nobody means to have made 64 x 64: Pillow's limit is about as much. */
static const size_t file_most = (size_t)1 << 30, pixels_most = (size_t)1 << 27;

static const struct ho_picture_functions *decoder(struct ho_error *err)
{
  static const struct ho_picture_functions *loaded;
  if (loaded)
    return loaded;
  loaded =
      ho_module_load("pictures",
                     "pictures are decoded by libgd: install it (Debian: libgd3, and libgd-dev to build with), and "
                     "configure, make and install holdout again if it was built without it",
                     err);
  if (loaded)
    loaded->start();
  return loaded;
}

/* ---- one picture ---- */

int ho_picture_is_named(const char *path)
{
  static const char *const ends[] = { "jpg", "jpeg", "jpe",  "jfif", "png",  "webp", "gif", "bmp",
                                      "tif", "tiff", "avif", "heic", "heif", "ppm",  "pgm", NULL };
  const char *dot = strrchr(path, '.');
  for (const char *const *end = ends; dot && *end; end++)
    if (!strcasecmp(dot + 1, *end))
      return 1;
  return 0;
}

struct file {
  char path[4096];
  unsigned char *bytes; /* NULL: not read */
  size_t size;
  struct ho_picture_head head;
};

static int path_of(const struct ho_pictures *p, size_t i, struct file *f, struct ho_error *err)
{
  if (p->folder)
    return ho_path_join(f->path, sizeof f->path, p->folder, p->file[i], err);
  if (snprintf(f->path, sizeof f->path, "%s", p->file[i]) >= (int)sizeof f->path)
    return ho_error_set(err, "%.100s...: the path is too long", p->file[i]);
  return 0;
}

/* Reads file and head.  The bytes are the caller's to free, whatever the state. */
static enum ho_picture_state open_picture(const struct ho_pictures *p, size_t i, struct file *f, struct ho_error *err)
{
  int known;
  f->bytes = NULL;
  enum ho_picture_state otherwise = ho_picture_is_named(p->file[i]) ? HO_PICTURE_BROKEN : HO_PICTURE_OTHER;
  if (path_of(p, i, f, err) || ho_file_read(f->path, file_most, &f->bytes, &f->size, err))
    return otherwise;
  const char *why = ho_picture_head_read(f->bytes, f->size, &f->head, &known);
  if (why) {
    ho_error_set(err, "%s: %s", f->path, why);
    return known ? HO_PICTURE_BROKEN : otherwise;
  }
  if ((uint64_t)f->head.width * f->head.height <= pixels_most)
    return HO_PICTURE_READ;
  ho_error_set(err, "%s: too large: %u x %u pixels, but at most %zu are read", f->path, f->head.width, f->head.height,
               pixels_most);
  return HO_PICTURE_BROKEN;
}

static size_t memory_for(const struct file *f)
{
  return f->size + (size_t)f->head.width * f->head.height * HO_PICTURE_BYTES;
}

static enum ho_picture_state decode(const struct ho_pictures *p, const struct file *f, uint8_t *pixel,
                                    const struct ho_picture_functions *functions, struct ho_error *err)
{
  struct ho_picture_job job = { f->bytes, f->size, f->head, p->height, p->width, p->channels, pixel };
  const char *why = functions->decode(&job);
  if (!why)
    return HO_PICTURE_READ;
  memset(pixel, 0, (size_t)p->height * (size_t)p->width * (size_t)p->channels);
  ho_error_set(err, "%s: %s: %s", f->path, ho_picture_format_names[f->head.format], why);
  return HO_PICTURE_BROKEN;
}

enum ho_picture_state ho_picture_read(const struct ho_pictures *p, size_t i, uint8_t *pixel, struct ho_error *err)
{
  struct file f;
  const struct ho_picture_functions *functions = decoder(err);
  enum ho_picture_state state = functions ? open_picture(p, i, &f, err) : HO_PICTURE_BROKEN;
  if (!functions)
    return state;
  size_t need = state == HO_PICTURE_READ ? memory_for(&f) : 0;
  if (ho_memory_take(need, f.path, err))
    state = HO_PICTURE_BROKEN;
  else {
    if (state == HO_PICTURE_READ)
      state = decode(p, &f, pixel, functions, err);
    ho_memory_give(need);
  }
  ho_free(f.bytes);
  return state;
}

void ho_pictures_choose_size(struct ho_pictures *p, int most)
{
  int height = 0, width = 0;
  p->height = p->width = most;
  for (size_t i = 0; i < p->n; i++) {
    struct file f;
    enum ho_picture_state state = open_picture(p, i, &f, NULL);
    ho_free(f.bytes);
    if (state != HO_PICTURE_READ)
      continue;
    int lies = f.head.orientation >= 5;
    uint32_t h = lies ? f.head.width : f.head.height, w = lies ? f.head.height : f.head.width;
    if (h > (uint32_t)most || w > (uint32_t)most || (height && ((int)h != height || (int)w != width)))
      return;
    height = (int)h;
    width = (int)w;
  }
  if (height) {
    p->height = height;
    p->width = width;
  }
}

/* ---- all of them ---- */

enum { LATER = HO_PICTURE_OTHER + 1 }; /* a state: too large to be decoded beside others */

struct work {
  const struct ho_pictures *p;
  const struct ho_picture_functions *functions;
  uint8_t *pixel, *state;
  size_t bytes, share; /* of a picture's pixels; the memory that decoding one may take while others are decoded */
  atomic_size_t done;
};

static void (*watching)(size_t done, size_t of);

void ho_pictures_watch(void (*watch)(size_t done, size_t of))
{
  watching = watch;
}

static void read_task(int i, int worker, void *arg)
{
  struct work *w = arg;
  struct file f;
  enum ho_picture_state state = open_picture(w->p, (size_t)i, &f, NULL);
  if (state != HO_PICTURE_READ)
    w->state[i] = (uint8_t)state;
  else if (memory_for(&f) > w->share)
    w->state[i] = LATER;
  else
    w->state[i] = (uint8_t)decode(w->p, &f, w->pixel + (size_t)i * w->bytes, w->functions, NULL);
  ho_free(f.bytes);
  size_t done = atomic_fetch_add(&w->done, 1) + 1;
  if (watching && worker == 0 && done < w->p->n)
    watching(done, w->p->n);
}

int ho_pictures_read(const struct ho_pictures *p, uint8_t *pixel, uint8_t *state, struct ho_error *err)
{
  struct work w = { .p = p,
                    .functions = decoder(err),
                    .pixel = pixel,
                    .state = state,
                    .bytes = (size_t)p->height * (size_t)p->width * (size_t)p->channels,
                    .share = ho_memory_room() / (size_t)ho_parallel_workers() };
  if (!w.functions)
    return -1;
  if (p->n > INT32_MAX)
    return ho_error_set(err, "%zu pictures are too many: at most %d", p->n, INT32_MAX);
  ho_parallel((int)p->n, read_task, &w);
  for (size_t i = 0; i < p->n;
       i++) /* which of them, depends on the number of threads; what becomes of them, does not */
    if (state[i] == LATER)
      state[i] = (uint8_t)ho_picture_read(p, i, pixel + i * w.bytes, NULL);
  if (watching)
    watching(p->n, p->n);
  return 0;
}

size_t ho_pictures_tell_broken(const struct ho_pictures *p, const uint8_t *state, struct ho_error *err)
{
  enum { TOLD = 3 };
  size_t n = 0, all = 0;
  struct ho_error why = { 0 };
  uint8_t *pixel = NULL;
  for (size_t i = 0; i < p->n; i++) {
    n += state[i] == HO_PICTURE_BROKEN;
    all += state[i] != HO_PICTURE_OTHER;
  }
  if (!n || !(pixel = ho_alloc((size_t)p->height * (size_t)p->width, (size_t)p->channels, "a picture", err)))
    return n;
  ho_error_set(err, "%zu of %zu pictures cannot be read", n, all);
  for (size_t i = 0, told = 0; i < p->n && told < TOLD; i++)
    if (state[i] == HO_PICTURE_BROKEN) { /* read again, for the reason */
      ho_picture_read(p, i, pixel, &why);
      ho_error_append(err, "%s %.280s", told++ ? ";" : ":", why.text);
      ho_error_clear(&why);
    }
  ho_free(pixel);
  if (n > TOLD)
    ho_error_append(err, "; ...");
  return n;
}

int ho_pictures_may_recover(const struct ho_pictures *p, const uint8_t *state)
{
  struct ho_error why = { 0 };
  struct file f;
  uint8_t *pixel = ho_alloc((size_t)p->height * (size_t)p->width, (size_t)p->channels, "a picture", NULL);
  int may = !pixel;
  for (size_t i = 0; i < p->n && !may; i++)
    if (state[i] == HO_PICTURE_BROKEN && ho_picture_read(p, i, pixel, &why) != HO_PICTURE_READ)
      may = why.code == HO_ERROR_MEMORY ||
            (why.code == HO_ERROR_FILE && !path_of(p, i, &f, NULL) && ho_file_exists(f.path));
  ho_free(pixel);
  return may;
}
