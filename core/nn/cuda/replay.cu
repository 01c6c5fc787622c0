/* SPDX-License-Identifier: MIT
 * replay.cu - see replay.h. */
#include "nn/cuda/replay.h"

enum { SLOTS = sizeof(((struct ho_gpu_replay *)NULL)->slot) / sizeof(((struct ho_gpu_replay *)NULL)->slot[0]) };

static int same(const struct ho_gpu_key *a, const struct ho_gpu_key *b)
{
  return a->groups == b->groups && a->size == b->size && a->eval == b->eval && a->theta == b->theta &&
         a->rows == b->rows && a->ld == b->ld;
}

/* The slot of this key, or else the least recently used. */
static int find(const struct ho_gpu_replay *r, const struct ho_gpu_key *key)
{
  int oldest = 0;
  for (int i = 0; i < SLOTS; i++) {
    if (r->slot[i].used && same(&r->slot[i].key, key))
      return i;
    if (r->slot[i].used < r->slot[oldest].used)
      oldest = i;
  }
  return oldest;
}

static int capture(struct ho_gpu *gpu, cudaGraphExec_t *exec, void (*launch)(const void *), const void *arg,
                   const char *doing, struct ho_error *err)
{
  cudaGraph_t graph = NULL;
  cudaError_t e = cudaStreamBeginCapture(gpu->stream, cudaStreamCaptureModeThreadLocal);
  if (ho_gpu_check(gpu, e, doing, err))
    return -1;
  launch(arg);
  cudaError_t launched = cudaGetLastError(); /* such a kernel would be missing from the graph */
  e = cudaStreamEndCapture(gpu->stream, &graph);
  if (e == cudaSuccess)
    e = launched;
  if (e == cudaSuccess)
    e = cudaGraphInstantiateWithFlags(exec, graph, 0);
  if (graph)
    cudaGraphDestroy(graph);
  return ho_gpu_check(gpu, e, doing, err);
}

int ho_gpu_replay_run(struct ho_gpu *gpu, struct ho_gpu_replay *r, const struct ho_gpu_key *key,
                      void (*launch)(const void *arg), const void *arg, const char *doing, struct ho_error *err)
{
  int i = find(r, key), again = r->slot[i].used && same(&r->slot[i].key, key);
  if (!again && r->slot[i].graph) {
    if (ho_gpu_wait(gpu, doing, err))
      return -1;
    cudaGraphExecDestroy(r->slot[i].graph);
    r->slot[i].graph = NULL;
  }
  r->slot[i].key = *key;
  r->slot[i].used = ++r->time;
  if (again && !r->slot[i].graph && capture(gpu, &r->slot[i].graph, launch, arg, doing, err))
    return -1;
  if (!again) {
    launch(arg);
    return ho_gpu_check_launch(gpu, doing, err);
  }
  return ho_gpu_check(gpu, cudaGraphLaunch(r->slot[i].graph, gpu->stream), doing, err);
}

void ho_gpu_replay_free(struct ho_gpu_replay *r)
{
  for (int i = 0; i < SLOTS; i++) {
    if (r->slot[i].graph)
      cudaGraphExecDestroy(r->slot[i].graph);
    r->slot[i].graph = NULL;
    r->slot[i].used = 0;
  }
}
