/* SPDX-License-Identifier: MIT
 * dropout.cu - dropout with the factors of ho_dropout_factors (nn/graph.h), bit for bit, drawn on the device.
 *
 * One small kernel makes the stream of each image and saves it.  After that every thread draws one block of Philox,
 * which is 256 bits and so the factors of eight floats; backward draws them again. */
#include <Random123/philox.h>

#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

enum { THREADS = 128, DRAW = 8 }; /* DRAW: factors from one block of Philox */

/* As in compute/random.c: key, and a counter of (a, b). */
static __device__ philox4x64_ctr_t philox(uint64_t key, uint64_t number, uint64_t a, uint64_t b)
{
  philox4x64_ctr_t counter = { { number, a, b, 0 } };
  philox4x64_key_t k = { { key, 0 } };
  return philox4x64(counter, k);
}

/* ho_stream_make(seed, "dropout", a, b) */
static __device__ struct ho_stream stream_make(uint64_t seed, uint64_t a, uint64_t b)
{
  const char purpose[] = "dropout";
  uint64_t hash = 0xcbf29ce484222325u;
  for (int i = 0; i < (int)sizeof purpose - 1; i++)
    hash = (hash ^ (unsigned char)purpose[i]) * 0x100000001b3u;
  return { { philox(seed, 0, hash, 0).v[0], a, b, 0 } };
}

/* stream[i] = ho_dropout_stream of image i of its mini-batch. */
static __global__ void dropout_streams(int images, int size, int node, const struct ho_stream *mask,
                                       struct ho_stream *stream)
{
  int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= images)
    return;
  struct ho_stream m = mask[i / size], mixer = stream_make(m.word[0], m.word[1], m.word[2]);
  philox4x64_ctr_t bits = philox(mixer.word[0], m.word[3] / 4, mixer.word[1], mixer.word[2]);
  uint64_t drawn = 0;
  for (int k = 0; k < 4; k++) /* constant indices, so that bits stay in registers */
    drawn = m.word[3] % 4 == (uint64_t)k ? bits.v[k] : drawn;
  stream[i] = stream_make(drawn, (uint64_t)node, (uint64_t)(i % size));
}

struct dropout {
  size_t images, each; /* floats of an image */
  size_t draws;        /* blocks of Philox of an image */
  const struct ho_stream *stream;
  uint32_t limit; /* of 32-bit numbers, those below it drop */
  float keep;
  int eval;
};

/* The factors of floats DRAW*number ... of an image. */
static __device__ void factors(const struct dropout *d, size_t image, size_t number, float *factor)
{
  struct ho_stream s = {};
  philox4x64_ctr_t bits = {};
  if (!d->eval) {
    s = d->stream[image];
    bits = philox(s.word[0], number, s.word[1], s.word[2]);
  }
  for (int k = 0; k < DRAW; k++) {
    uint32_t drawn = (uint32_t)(bits.v[k / 2] >> 32 * (k & 1));
    factor[k] = d->eval ? 1 : drawn < d->limit ? 0 : d->keep;
  }
}

/* `to' may be `from'. */
template <int W> static __global__ void dropout_run(const struct dropout d, const float *from, float *to, int add)
{
  size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x, image = i / d.draws, number = i % d.draws;
  float factor[DRAW];
  if (image >= d.images)
    return;
  factors(&d, image, number, factor);
  size_t at = number * DRAW;
  from += image * d.each;
  to += image * d.each;
  for (int k = 0; k < DRAW && at + (unsigned)k < d.each; k += W) {
    ho_vec<W> v = ho_load<W>(from + at + k);
    for (int l = 0; l < W; l++)
      v.at[l] = __fmul_rn(v.at[l], factor[k + l]);
    ho_store(to + at + k, v, add);
  }
}

static struct dropout dropout_of(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct dropout d = {};
  d.images = (size_t)call->groups * (size_t)call->size;
  d.each = ho_shape_size(node->out);
  d.draws = (d.each + DRAW - 1) / DRAW;
  d.stream = (const struct ho_stream *)call->saved;
  d.limit = (uint32_t)(node->u.rate * 0x1p32);
  d.keep = (float)(1 / (1 - node->u.rate));
  d.eval = call->eval;
  return d;
}

static void run(const struct ho_node *node, const struct ho_gpu_call *call, const float *from, float *to, int add)
{
  struct dropout d = dropout_of(node, call);
  ho_launch(call->stream, d.each % 4 ? dropout_run<1> : dropout_run<4>, ho_blocks(d.images * d.draws, THREADS), THREADS,
            0, d, from, to, add);
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_gpu_needs *n)
{
  (void)node, (void)groups, (void)backward;
  n->saved = ho_size_mul((size_t)images, sizeof(struct ho_stream));
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  int images = call->groups * call->size;
  if (!call->eval)
    ho_launch(call->stream, dropout_streams, ho_blocks((size_t)images, THREADS), THREADS, 0, images, call->size,
              node->index, call->mask, (struct ho_stream *)call->saved);
  run(node, call, call->x[0], call->y, 0);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  if (call->dx[0] && !(call->eval && call->dx[0] == call->dy && !call->add[0]))
    run(node, call, call->dy, call->dx[0], call->add[0]);
}

const struct ho_cuda_layer ho_cuda_dropout = { HO_GPU_GRADIENT_IN_PLACE, needs, forward, backward };
