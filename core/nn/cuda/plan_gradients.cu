/* SPDX-License-Identifier: MIT
 * plan_gradients.cu - where gradients lie.
 *
 * The gradient of a node is written by its last reader, the first on the way back; the other readers add to it, and the
 * node itself reads it.  Nodes share a gradient's memory where a layer passes it on unchanged (an addition, a ReLU that
 * its batch norm computes) or works in place, if no node would read it after another has written there.
 *
 * Nodes are visited in the order of backward, i = n-1 to 1, so whatever is still to come has a lower number. */
#include "nn/cuda/planner.h"

static int reads(const struct ho_node *node, int x)
{
  int times = 0;
  for (int k = 0; k < node->inputs; k++)
    times += node->input[k] == x;
  return times;
}

/* Does a node before i, but not before `reader', add to the gradient of x? */
static int is_added_to(const struct ho_gpu_planner *p, int x, int reader, int i)
{
  for (int j = reader; j < i; j++)
    if (j >= 0 && reads(&p->node[j], x))
      return 1;
  return 0;
}

/* May x have the gradient of node i, buffer and all?  No, if another node still has to read this buffer, and one of the
 * two gradients would be added to before the other has been read. */
static int may_join(const struct ho_gpu_planner *p, int x, int i)
{
  for (int m = 1; m < i; m++)
    if (m != x && p->acts[m] < i && p->dy[m] == p->dy[i])
      if (is_added_to(p, x, p->acts[m], i) || is_added_to(p, m, p->acts[x], i))
        return 0;
  return 1;
}

/* Will no other node read the gradient of i after i? */
static int reads_last(const struct ho_gpu_planner *p, int i)
{
  for (int m = 1; m < i; m++)
    if (p->dy[m] == p->dy[i])
      return 0;
  return 1;
}

/* Can the gradient of x, the only input of i or one of two addends, be that of i? */
static int is_shared(const struct ho_gpu_planner *p, int x, int i)
{
  const struct ho_node *node = &p->node[i];
  if (p->last_reader[x] != i || reads(node, x) > 1)
    return 0;
  if (p->acts[i] == x) /* the batch norm of a ReLU that it computes */
    return 1;
  if (node->layer->kind == HO_LAYER_ADD)
    return may_join(p, x, i);
  return node->inputs == 1 && ho_gpu_flags(p, i) & HO_GPU_GRADIENT_IN_PLACE &&
         ho_gpu_tensor_bytes(p, x) == ho_gpu_tensor_bytes(p, i) && reads_last(p, i);
}

static void plan_input(struct ho_gpu_planner *p, int i, int k)
{
  const struct ho_node *node = &p->node[i];
  int x = node->input[k], first = p->last_reader[x] == i;
  unsigned char *pass = &p->place[i].pass[k];
  for (int j = 0; j < k; j++)
    first &= node->input[j] != x;
  *pass = HO_GPU_LEAVE;
  if (!p->place[x].wanted)
    return;
  if (is_shared(p, x, i)) {
    p->dy[x] = p->dy[i];
    if (p->acts[i] == i && node->layer->kind != HO_LAYER_ADD)
      *pass = HO_GPU_WRITE;
    return;
  }
  *pass = first ? HO_GPU_WRITE : HO_GPU_ADD;
  if (first)
    p->dy[x] = ho_gpu_buffer(p, ho_gpu_tensor_bytes(p, x), ho_gpu_backward_time(p, i), ho_gpu_backward_time(p, i));
}

void ho_gpu_plan_gradients(struct ho_gpu_planner *p)
{
  int logits = p->graph->logits;
  for (int i = 0; i < p->n; i++)
    p->dy[i] = -1;
  if (p->place[logits].wanted)
    p->dy[logits] = ho_gpu_buffer(p, ho_gpu_tensor_bytes(p, logits), p->n, p->n);
  for (int i = p->n - 1; i > 0; i--) {
    if (!p->place[i].wanted)
      continue;
    ho_gpu_live(p, p->dy[i], ho_gpu_backward_time(p, i));
    for (int k = 0; k < p->node[i].inputs; k++)
      plan_input(p, i, k);
  }
}
