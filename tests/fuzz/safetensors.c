/* SPDX-License-Identifier: MIT
 * safetensors.c - files of tensors, read for what they are, as weights of a network, as mini-batches, and as what a run
 * recorded of its samples. */
#include "base/memory.h"
#include "fuzz.h"
#include "train/batch.h"
#include "run/samples.h"
#include "format/safetensors.h"
#include "run/weights.h"

static int tensors(const char *path)
{
  struct ho_error err = { 0 };
  struct ho_tensor_file *f = ho_tensor_file_read(path, &err);
  for (size_t i = 0; f && i < ho_tensor_file_count(f); i++) {
    const struct ho_tensor_entry *e = ho_tensor_file_at(f, i);
    fuzz_touch(e->data, e->bytes);
    fuzz_holds(ho_tensor_file_find(f, e->name) == e);
  }
  int failed = fuzz_told(!f, &err);
  ho_tensor_file_free(f);
  return failed;
}

static void weights(const char *path)
{
  static struct ho_net *net;
  static float *theta, *stats;
  struct ho_error err = { 0 };
  if (!net) { /* once for all */
    net = ho_net_new("mlp:hidden=2", (struct ho_shape){ 1, 2, 1 }, 2, &err);
    theta = net ? ho_alloc(net->parameters, sizeof *theta, "parameters", &err) : NULL;
    stats = net ? ho_alloc(net->statistics, sizeof *stats, "statistics", &err) : NULL;
  }
  fuzz_holds(theta && stats);
  if (!fuzz_told(ho_weights_read(net, path, 1, &theta, &stats, &err), &err))
    fuzz_touch(theta, net->parameters * sizeof *theta);
}

static void batch(const char *path)
{
  struct ho_error err = { 0 };
  struct ho_batch b = { 0 };
  if (fuzz_told(ho_batch_read(path, 0, &b, &err), &err))
    return;
  size_t n = (size_t)b.count * (size_t)b.size;
  fuzz_touch(b.x, n * (size_t)b.shape.height * (size_t)b.shape.width * (size_t)b.shape.channels * sizeof *b.x);
  for (size_t i = 0; i < n; i++)
    fuzz_holds(b.label[i] < b.classes);
  ho_batch_free(&b);
}

static void samples(const char *path)
{
  struct ho_error err = { 0 };
  struct ho_samples s;
  if (fuzz_told(ho_samples_load(&s, path, &err), &err))
    return;
  fuzz_touch(s.prediction, s.n * (size_t)s.rows * sizeof *s.prediction);
  ho_samples_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *path = fuzz_file("tensors", data, size);
  if (!tensors(path)) {
    weights(path);
    batch(path);
    samples(path);
  }
  return 0;
}
