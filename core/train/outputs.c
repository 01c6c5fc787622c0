/* SPDX-License-Identifier: MIT
 * outputs.c - evaluation passes; see outputs.h. */
#include "train/outputs.h"

#include "compute/parallel.h"
#include "nn/graph.h"

struct load {
  const struct ho_source *source;
  const struct ho_images *from;
  const uint32_t *image;
  size_t floats;
  float *x;
};

static void load_image(int i, int worker, void *arg)
{
  const struct load *l = arg;
  size_t bytes = (size_t)l->from->height * (size_t)l->from->width * (size_t)l->from->channels;
  (void)worker;
  l->source->augment->apply(&l->source->data, l->from->pixel + l->image[i] * bytes, NULL, l->x + (size_t)i * l->floats);
}

int ho_outputs(struct ho_trainer *t, int net, const float *theta, const struct ho_images *from, const uint32_t *image,
               size_t n, float *logits, float *features, struct ho_error *err)
{
  struct ho_network *w = &t->network;
  size_t K = (size_t)w->net->classes, F = (size_t)w->net->features, floats = ho_shape_size(w->net->input);
  for (size_t first = 0, size; first < n; first += size) {
    size = n - first < HO_SCORE_BATCH ? n - first : HO_SCORE_BATCH;
    struct load l = { &t->source, from, image + first, floats, w->score_x };
    ho_parallel((int)size, load_image, &l);
    if (ho_network_score(w, net, theta, (int)size, logits ? logits + first * K : NULL,
                         features ? features + first * F : NULL, err))
      return -1;
  }
  return 0;
}
