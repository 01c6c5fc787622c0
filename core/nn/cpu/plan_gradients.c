/* SPDX-License-Identifier: MIT
 * plan_gradients.c - where gradients lie.  A node's gradient shares the memory of its reader's if the reader passes
 * it on unchanged, works in place, or takes slices. */
#include "nn/cpu/planner.h"

/* Is the node's gradient needed?  Only if it, or a node before it, has parameters. */
static int wanted(const struct ho_planner *p, const struct ho_plan *plan, int i)
{
  const struct ho_node *node = &p->g->node[i];
  int yes = node->weight != HO_ABSENT || node->bias != HO_ABSENT;
  for (int k = 0; k < node->inputs; k++)
    yes |= plan->place[node->input[k]].wanted;
  return p->backward && yes;
}

/* Puts the gradient of x into that of its reader i, `channel' channels further on. */
static void share_gradient(struct ho_planner *p, const struct ho_plan *plan, int i, int x, size_t channel)
{
  if (!plan->place[x].wanted)
    return;
  p->dy[x] = p->dy[i];
  p->dy[x].channel += channel;
}

/* An addition passes its gradient on unchanged.  May x share its memory while `other' still has to read it?  Not if the
 * backward of x, or another reader of x, writes there first. */
static int may_share(const struct ho_planner *p, int i, int x, int other)
{
  if (p->last_reader[x] != i || (ho_planner_flags(p, x) & HO_GRADIENT_IN_PLACE && x > other))
    return 0;
  for (int j = 0; j < i; j++)
    for (int k = 0; k < p->g->node[j].inputs; k++)
      if (p->g->node[j].input[k] == x && j >= other)
        return 0;
  return 1;
}

static void share_addition(struct ho_planner *p, const struct ho_plan *plan, int i)
{
  int a = p->g->node[i].input[0], b = p->g->node[i].input[1];
  if (a == b)
    return;
  if (may_share(p, i, a, b) && may_share(p, i, b, a)) {
    share_gradient(p, plan, i, a, 0);
    share_gradient(p, plan, i, b, 0);
  } else if (p->last_reader[a] == i)
    share_gradient(p, plan, i, a, 0);
  else if (p->last_reader[b] == i)
    share_gradient(p, plan, i, b, 0);
}

static void share_gradients(struct ho_planner *p, const struct ho_plan *plan, int i)
{
  const struct ho_node *node = &p->g->node[i];
  int x = node->input[0], dense = p->dy[i].ld == ho_planner_channels(p, i);
  if (node->layer->kind == HO_LAYER_ADD)
    share_addition(p, plan, i);
  else if (node->layer->kind == HO_LAYER_CONCAT)
    for (int k = 0; k < node->inputs; k++) {
      if (p->f[node->input[k]].home == i)
        share_gradient(p, plan, i, node->input[k], (size_t)p->f[node->input[k]].channel);
    }
  else if (ho_planner_flags(p, i) & HO_GRADIENT_IN_PLACE && p->readers[x] == 1 &&
           (dense || p->f[i].merged || ho_planner_flags(p, x) & HO_WRITES_SLICES))
    share_gradient(p, plan, i, x, 0);
}

static void share_all(struct ho_planner *p, struct ho_plan *plan)
{
  for (int i = 0; i < p->n; i++) {
    p->dy[i] = (struct ho_gradient){ -1, 0, ho_planner_channels(p, i) };
    plan->place[i].wanted = (unsigned char)wanted(p, plan, i);
  }
  for (int i = p->n - 1; i >= 0; i--) {
    const struct ho_node *node = &p->g->node[i];
    if (!plan->place[i].wanted)
      continue;
    int from = i == p->g->logits ? p->n : ho_planner_backward(p, p->last_reader[i]);
    if (p->dy[i].buffer < 0)
      p->dy[i].buffer = ho_planner_buffer(p, ho_planner_bytes(p, i), from, ho_planner_backward(p, i));
    ho_planner_live(p, p->dy[i].buffer, ho_planner_backward(p, i));
    for (int k = 0; k < node->inputs; k++) {
      int x = node->input[k], earlier = 0;
      for (int j = 0; j < k; j++)
        earlier |= node->input[j] == x;
      plan->place[i].add[k] = p->last_reader[x] != i || earlier;
    }
    if (i)
      share_gradients(p, plan, i);
  }
}

static int first_reader(const struct ho_planner *p, int i)
{
  for (int j = i + 1; j < p->n; j++)
    for (int k = 0; k < p->g->node[j].inputs; k++)
      if (p->g->node[j].input[k] == i)
        return j;
  return -1;
}

/* The sums for the backward of a lazy batch norm are computed by the convolution that completes the gradient: the first
 * reader of the tensor, which backward reaches last. */
static void plan_products(struct ho_planner *p, const struct ho_plan *plan)
{
  for (int i = 0; i < p->n; i++)
    p->products[i] = -1;
  for (int b = 0; b < p->n; b++) {
    int t = p->f[b].lazy && plan->place[b].wanted ? ho_planner_viewed(p, b) : -1,
        writer = t < 0 ? -1 : first_reader(p, t);
    if (writer < 0 || !(ho_planner_flags(p, writer) & HO_ADDS_RESIDUAL))
      continue;
    size_t bands = ho_size_mul(ho_shape_bands(p->g->node[t].out), (size_t)p->images);
    size_t bytes = ho_size_mul(bands, 2 * ho_planner_channels(p, t) * sizeof(double));
    int from = ho_planner_backward(p, writer);
    if (p->products[writer] < 0)
      p->products[writer] = ho_planner_buffer(p, bytes, from, from);
    p->products[b] = p->products[writer];
    ho_planner_live(p, p->products[b], ho_planner_backward(p, b));
  }
}

void ho_planner_gradients(struct ho_planner *p, struct ho_plan *plan)
{
  share_all(p, plan);
  plan_products(p, plan);
}
