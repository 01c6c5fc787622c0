/* SPDX-License-Identifier: MIT
 * plan.cu - lifetimes of tensors, and who shares memory with whom; see plan.h.
 *
 * Time is counted in nodes: node i of n runs forward at i and backward at 2n-1-i.  The logits and features last until
 * 2n, since outputs() may copy them after backward.  Gradients are planned in the order of backward, plan_gradients.cu. */
#include "nn/cuda/plan.h"

#include <stdint.h>

#include "nn/cuda/planner.h"

enum { BUFFERS = 5 }; /* a node has at most so many: result, gradient, saved, two of work */

static void count_readers(struct ho_gpu_planner *p)
{
  for (int i = 0; i < p->n; i++) {
    p->readers[i] = 0;
    p->last_reader[i] = -1;
  }
  for (int i = 0; i < p->n; i++)
    for (int k = 0; k < p->node[i].inputs; k++) {
      p->readers[p->node[i].input[k]]++;
      p->last_reader[p->node[i].input[k]] = i;
    }
}

/* Is node i read by one node only, and by no outputs()? */
static int read_once(const struct ho_gpu_planner *p, int i)
{
  return p->readers[i] == 1 && i != p->graph->logits && i != p->graph->features;
}

/* A ReLU that is the only reader of a batch norm is computed with it, forward and backward. */
static void merge_relu(struct ho_gpu_planner *p, int i)
{
  int r = p->last_reader[i];
  if (!(ho_gpu_flags(p, i) & HO_GPU_TAKES_RELU) || !read_once(p, i) || p->node[r].layer->kind != HO_LAYER_RELU)
    return;
  p->place[i].relu = 1;
  p->place[r].idle = 1;
  p->home[r] = i;
  p->acts[r] = i;
}

/* The later input of an addition adds the earlier one while it writes its result. */
static void merge_add(struct ho_gpu_planner *p, int i)
{
  const int *input = p->node[i].input;
  int last = input[0] > input[1] ? input[0] : input[1], other = input[0] + input[1] - last;
  if (last == other || !read_once(p, last) || !(ho_gpu_flags(p, last) & HO_GPU_TAKES_RESIDUAL))
    return;
  p->place[last].residual = other;
  p->place[i].idle = 1;
  p->home[i] = last;
}

static void find_wanted(struct ho_gpu_planner *p, int i)
{
  const struct ho_node *node = &p->node[i];
  int yes = node->weight != HO_ABSENT || node->bias != HO_ABSENT;
  for (int k = 0; k < node->inputs; k++)
    yes |= p->place[node->input[k]].wanted;
  p->place[i].wanted = (unsigned char)(p->backward && yes);
}

/* Node 0's images are not among the buffers: they last. */
static void plan_activations(struct ho_gpu_planner *p)
{
  p->y[0] = -1;
  for (int i = 1; i < p->n; i++) {
    int home = p->home[i];
    p->y[i] = home == i ? ho_gpu_buffer(p, ho_gpu_tensor_bytes(p, i), i, i) : p->y[home];
    ho_gpu_live(p, p->y[i], i);
    for (int k = 0; k < p->node[i].inputs; k++) {
      int x = p->y[p->node[i].input[k]];
      ho_gpu_live(p, x, i);
      if (p->place[i].wanted && !p->place[i].idle && ho_gpu_flags(p, i) & HO_GPU_KEEPS_INPUT)
        ho_gpu_live(p, x, ho_gpu_backward_time(p, i));
    }
    if (p->place[i].wanted && p->acts[i] == i && ho_gpu_flags(p, i) & HO_GPU_KEEPS_OUTPUT)
      ho_gpu_live(p, p->y[i], ho_gpu_backward_time(p, i));
    if (i == p->graph->logits || i == p->graph->features)
      ho_gpu_live(p, p->y[i], 2 * p->n);
  }
}

static void plan_needs(struct ho_gpu_planner *p, int i)
{
  const struct ho_cuda_layer *layer = ho_cuda_layer(&p->node[i]);
  struct ho_gpu_needs needs = { 0, 0 };
  int back = ho_gpu_backward_time(p, i), wanted = p->place[i].wanted;
  p->saved[i] = p->forward_work[i] = p->backward_work[i] = -1;
  if (layer->needs)
    layer->needs(&p->node[i], p->groups, p->images, p->backward, &needs);
  if (needs.saved)
    p->saved[i] = ho_gpu_buffer(p, needs.saved, i, wanted ? back : i);
  if (needs.work)
    p->forward_work[i] = ho_gpu_buffer(p, needs.work, i, i);
  if (needs.work && wanted)
    p->backward_work[i] = ho_gpu_buffer(p, needs.work, back, back);
}

static size_t offset_of(const struct ho_gpu_planner *p, int buffer)
{
  return buffer < 0 ? HO_ABSENT : p->buffer[buffer].offset;
}

static void lay_out(struct ho_gpu_planner *p, struct ho_gpu_plan *plan, struct ho_buffer **order)
{
  size_t statistics = ho_size_mul(p->graph->statistics, sizeof(float)), base;
  plan->mask = 0;
  plan->advance = ho_size_mul((size_t)p->groups, sizeof(struct ho_stream));
  plan->stats = ho_gpu_round_up(ho_size_add(plan->advance, (size_t)p->groups));
  plan->input = ho_size_add(plan->stats, ho_gpu_round_up(statistics));
  base = ho_size_add(plan->input, ho_gpu_round_up(ho_gpu_tensor_bytes(p, 0)));
  count_readers(p);
  for (int i = 0; i < p->n; i++) {
    p->home[i] = p->acts[i] = i;
    p->place[i].residual = -1;
  }
  for (int i = 1; i < p->n; i++) {
    find_wanted(p, i);
    if (p->node[i].layer->kind == HO_LAYER_BATCH_NORM)
      merge_relu(p, i);
    else if (p->node[i].layer->kind == HO_LAYER_ADD)
      merge_add(p, i);
  }
  plan_activations(p);
  ho_gpu_plan_gradients(p);
  for (int i = 1; i < p->n; i++)
    plan_needs(p, i);
  plan->bytes = ho_buffers_place(p->buffer, p->buffers, order, base);
  for (int i = 1; i < p->n; i++) {
    struct ho_gpu_place *place = &p->place[i];
    place->y = offset_of(p, p->y[i]);
    place->dy = offset_of(p, p->dy[i]);
    place->saved = offset_of(p, p->saved[i]);
    place->forward_work = offset_of(p, p->forward_work[i]);
    place->backward_work = offset_of(p, p->backward_work[i]);
  }
  p->place[0].y = plan->input;
  p->place[0].dy = p->place[0].saved = p->place[0].forward_work = p->place[0].backward_work = HO_ABSENT;
}

static int check_layers(const struct ho_net *net, struct ho_error *err)
{
  const struct ho_graph *g = net->graph;
  for (int i = 1; i < g->nodes; i++)
    if (!ho_cuda_layer(&g->node[i]))
      return ho_error_set(err, "network %s: the cuda engine has no %s", net->spec, g->node[i].layer->name);
  return 0;
}

struct ho_gpu_plan *ho_gpu_plan_new(const struct ho_net *net, int groups, int images, int backward,
                                    struct ho_error *err)
{
  static const char what[] = "the plan of the engine";
  enum { NUMBERS = 9 };
  const struct ho_graph *g = net->graph;
  size_t n = (size_t)g->nodes;
  struct ho_gpu_planner p = {};
  if (check_layers(net, err))
    return NULL;
  size_t places = ho_size_mul(n, sizeof(struct ho_gpu_place));
  struct ho_gpu_plan *plan = (struct ho_gpu_plan *)ho_alloc(1, ho_size_add(sizeof *plan, places), what, err);
  int *numbers = (int *)ho_alloc(NUMBERS * n, sizeof *numbers, what, err);
  struct ho_buffer **order = (struct ho_buffer **)ho_alloc(BUFFERS * n, sizeof *order, what, err);
  p.buffer = (struct ho_buffer *)ho_alloc(BUFFERS * n, sizeof *p.buffer, what, err);
  if (plan && numbers && order && p.buffer) {
    int **array[NUMBERS] = { &p.readers, &p.last_reader, &p.home,         &p.acts,         &p.y,
                             &p.dy,      &p.saved,       &p.forward_work, &p.backward_work };
    for (size_t k = 0; k < NUMBERS; k++)
      *array[k] = numbers + k * n;
    plan->place = p.place = (struct ho_gpu_place *)(plan + 1);
    p.graph = g;
    p.node = g->node;
    p.n = g->nodes;
    p.groups = groups;
    p.images = images;
    p.backward = backward;
    lay_out(&p, plan, order);
  } else {
    ho_free(plan);
    plan = NULL;
  }
  ho_free(numbers);
  ho_free(order);
  ho_free(p.buffer);
  return plan;
}
