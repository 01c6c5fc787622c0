/* SPDX-License-Identifier: MIT
 * cache.c - the file of decoded pictures; see cache.h.
 *
 * A line of 128 bytes, with the version of the format, the state of the folder, the images' size and their number; a byte
 * for each file, its enum ho_picture_state; the pixels; the SHA-256 of all that, as text. */
#include "data/pictures/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "data/locate.h"
#include "data/pictures.h"

enum { LINE = 128, VERSION = 1 /* a new one whenever pictures are decoded otherwise */ };

/* ---- what the file is called, and what it depends on ---- */

int ho_picture_cache_find(struct ho_picture_cache *c, const char *folder, const char *size, const struct ho_listing *l,
                          struct ho_error *err)
{
  char real[PATH_MAX], home[4096], name[HO_SHA256_TEXT], text[PATH_MAX + 64];
  struct ho_sha256 hash = ho_sha256_begin();
  if (!realpath(folder, real))
    snprintf(real, sizeof real, "%s", folder);
  snprintf(text, sizeof text, "%d %s %s", VERSION, size, real);
  ho_sha256_add(&hash, text, strlen(text) + 1);
  for (size_t i = 0; i < l->n; i++) {
    const struct ho_listed_file *f = &l->file[i];
    char facts[128];
    snprintf(facts, sizeof facts, "%d %d %llu %lld %lld", f->is_test, f->class, (unsigned long long)f->size,
             (long long)f->seconds, (long long)f->nanoseconds);
    ho_sha256_add(&hash, facts, strlen(facts) + 1);
    ho_sha256_add(&hash, ho_listing_name(l, i), strlen(ho_listing_name(l, i)) + 1);
  }
  if (ho_sha256_end(&hash, c->state, err) || ho_sha256(text, strlen(text), name, err))
    return -1;
  if (ho_data_cache_folder(home, sizeof home) ||
      snprintf(c->path, sizeof c->path, "%s/pictures-%.16s", home, name) >= (int)sizeof c->path)
    *c->path = 0;
  return 0;
}

static void write_line(const struct ho_picture_cache *c, const struct ho_images *im, char line[LINE + 1])
{
  char text[LINE];
  snprintf(text, sizeof text, "holdout pictures %s %d %d %d %zu", c->state, im->height, im->width, im->channels, im->n);
  snprintf(line, LINE + 1, "%-*s\n", LINE - 1, text);
}

static size_t bytes_of(const struct ho_images *im)
{
  return im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels;
}

/* ---- reading ---- */

static int read_all(int fd, void *out, size_t size)
{
  for (size_t have = 0; have < size;) {
    ssize_t got = read(fd, (char *)out + have, size - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return -1;
    have += (size_t)got;
  }
  return 0;
}

/* The sizes that the line announces, if it is one that write_line makes. */
static int read_line(const struct ho_picture_cache *c, int fd, struct ho_images *im)
{
  char line[LINE + 1] = "", again[LINE + 1];
  if (read_all(fd, line, LINE) || strlen(line) != LINE ||
      sscanf(line, "holdout pictures %*64[0-9a-f] %d %d %d %zu", &im->height, &im->width, &im->channels, &im->n) != 4)
    return -1;
  write_line(c, im, again);
  return strcmp(line, again) || im->height < 1 || im->width < 1 || im->channels < 1 || im->height > HO_SIDE_MOST ||
                 im->width > HO_SIDE_MOST || im->channels > HO_CHANNELS_MOST
             ? -1
             : 0;
}

/* Whether the file is ours alone to write, and as long as it must be. */
static int is_sound(int fd, const struct ho_images *said, size_t n)
{
  struct stat st;
  return said->n > 0 && said->n <= n && !fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 022) &&
         (uint64_t)st.st_size == LINE + n + bytes_of(said) + HO_SHA256_TEXT - 1;
}

static int are_states(const uint8_t *state, size_t n, size_t read)
{
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    if (state[i] > HO_PICTURE_OTHER)
      return 0;
    count += state[i] == HO_PICTURE_READ;
  }
  return count == read;
}

static int read_rest(const struct ho_picture_cache *c, int fd, size_t n, uint8_t *state, struct ho_images *im)
{
  char line[LINE + 1], digest[HO_SHA256_TEXT] = "", found[HO_SHA256_TEXT];
  write_line(c, im, line);
  if (read_all(fd, state, n) || !are_states(state, n, im->n) || read_all(fd, im->pixel, bytes_of(im)) ||
      read_all(fd, digest, sizeof digest - 1))
    return -1;
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, line, LINE);
  ho_sha256_add(&hash, state, n);
  ho_sha256_add(&hash, im->pixel, bytes_of(im));
  return ho_sha256_end(&hash, found, NULL) || strcmp(digest, found) ? -1 : 0;
}

int ho_picture_cache_read(const struct ho_picture_cache *c, size_t n, uint8_t *state, struct ho_images *im,
                          struct ho_error *err)
{
  struct ho_images said = { .n = 0 };
  struct ho_spot spot = ho_spot_find(c->path);
  int fd = *c->path ? ho_spot_open(&spot, O_RDONLY, 0) : -1, result = 1;
  if (fd < 0)
    return 1;
  if (!read_line(c, fd, &said) && is_sound(fd, &said, n)) {
    result = ho_images_alloc(im, said.n, said.height, said.width, said.channels, err);
    if (!result && read_rest(c, fd, n, state, im)) {
      ho_images_free(im);
      result = 1;
    }
  }
  close(fd);
  return result;
}

/* ---- writing ---- */

int ho_picture_cache_write(const struct ho_picture_cache *c, size_t n, const uint8_t *state, const struct ho_images *im,
                           struct ho_error *err)
{
  char line[LINE + 1], digest[HO_SHA256_TEXT], folder[sizeof c->path];
  struct ho_output out;
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(c->path, '/') - c->path), c->path);
  write_line(c, im, line);
  struct ho_sha256 hash = ho_sha256_begin();
  ho_sha256_add(&hash, line, LINE);
  ho_sha256_add(&hash, state, n);
  ho_sha256_add(&hash, im->pixel, bytes_of(im));
  mode_t before = umask(077); /* people's pictures are theirs */
  int failed = ho_sha256_end(&hash, digest, err) || ho_folder_make(folder, err) || ho_output_open(&out, c->path, err);
  umask(before);
  if (failed)
    return -1;
  fwrite(line, 1, LINE, out.stream);
  fwrite(state, 1, n, out.stream);
  fwrite(im->pixel, 1, bytes_of(im), out.stream);
  fputs(digest, out.stream);
  return ho_output_commit(&out, err);
}
