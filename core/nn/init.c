/* SPDX-License-Identifier: MIT
 * init.c - initial values of the parameters, and the layout of tensors in files; see net.h.
 *
 * Each tensor has a stream of its own, keyed by seed, network number and name, and is drawn in the order of files
 * (OIHW).  So neither a new layer nor a new layout in memory changes the initial values of other tensors. */
#include <math.h>

#include "compute/random.h"
#include "nn/graph.h"

static uint64_t hash_name(const char *name)
{
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (const char *c = name; *c; c++)
    hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
  return hash;
}

/* Index in memory of output o, input i, kernel position t = y*kw + x; in files it is (o*in + i)*kh*kw + t. */
static size_t memory_index(const struct ho_param *p, size_t o, size_t i, size_t t)
{
  return (t * (size_t)p->in + i) * (size_t)p->out + o;
}

static double truncated_normal(struct ho_stream *stream)
{
  double z;
  do
    z = ho_stream_normal(stream);
  while (fabs(z) > 2);
  return z;
}

static double draw(const struct ho_param *p, struct ho_stream *stream)
{
  if (p->init == HO_INIT_UNIFORM)
    return (2 * ho_stream_uniform(stream) - 1) * (1 / sqrt(p->fan_in));
  return truncated_normal(stream) * (p->init == HO_INIT_SCALED ? sqrt(p->init_value / p->fan_in) : p->init_value);
}

static void init_random(const struct ho_param *p, struct ho_stream stream, float *tensor)
{
  for (size_t o = 0; o < (size_t)p->out; o++)
    for (size_t i = 0; i < (size_t)p->in; i++)
      for (size_t t = 0; t < (size_t)p->kh * (size_t)p->kw; t++)
        tensor[memory_index(p, o, i, t)] = (float)draw(p, &stream);
}

static void init_tensor(const struct ho_param *p, uint64_t seed, int number, float *tensor)
{
  int constant = p->init == HO_INIT_ZERO || p->init == HO_INIT_ONE || p->init == HO_INIT_CONSTANT;
  if (!constant)
    init_random(p, ho_stream_make(seed, "init", hash_name(p->name), (uint64_t)number), tensor);
  for (size_t i = 0; constant && i < p->size; i++)
    tensor[i] = p->init == HO_INIT_CONSTANT ? (float)p->init_value : (float)(p->init == HO_INIT_ONE);
}

void ho_net_init(const struct ho_net *net, uint64_t seed, int number, float *theta, float *stats)
{
  for (int i = 0; i < net->nparams; i++)
    init_tensor(&net->param[i], seed, number, theta + net->param[i].offset);
  for (int i = 0; i < net->nstats; i++)
    init_tensor(&net->stat[i], seed, number, stats + net->stat[i].offset);
}

void ho_param_to_file(const struct ho_param *p, const float *vector, float *file)
{
  for (size_t o = 0; o < (size_t)p->out; o++)
    for (size_t i = 0; i < (size_t)p->in; i++)
      for (size_t t = 0; t < (size_t)p->kh * (size_t)p->kw; t++)
        *file++ = vector[p->offset + memory_index(p, o, i, t)];
}

void ho_param_from_file(const struct ho_param *p, const float *file, float *vector)
{
  for (size_t o = 0; o < (size_t)p->out; o++)
    for (size_t i = 0; i < (size_t)p->in; i++)
      for (size_t t = 0; t < (size_t)p->kh * (size_t)p->kw; t++)
        vector[p->offset + memory_index(p, o, i, t)] = *file++;
}

int ho_param_file_shape(const struct ho_param *p, size_t shape[4])
{
  shape[0] = (size_t)p->out;
  if (p->layout == HO_VECTOR)
    return 1;
  shape[1] = (size_t)p->in;
  if (p->layout == HO_DENSE) {
    shape[1] *= (size_t)p->kh * (size_t)p->kw;
    return 2;
  }
  shape[2] = (size_t)p->kh;
  shape[3] = (size_t)p->kw;
  return 4;
}
