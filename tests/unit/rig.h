/* SPDX-License-Identifier: MIT
 * rig.h - one optimizer of plugins/ with options, on the mock host, its hooks called as the program would. */
#ifndef HO_RIG_H
#define HO_RIG_H

#include "mock_host.h"
#include "plugin/chain.h"
#include "unit.h"

struct rig {
  struct ho_chain chain;
  const struct ho_optimizer *hooks;
  void *self;
  struct mock mock;
};

/* options: "NAME.option=value;..." or "".  Its open hook is not called. */
static inline void rig_make(struct rig *r, const char *name, const char *options)
{
  struct ho_plugin_path path;
  struct ho_error err;
  char text[512], *list[16], *rest = text;
  int n = 0;
  snprintf(text, sizeof text, "%s", options);
  for (char *one; (one = strtok_r(rest, ";", &rest)) && n < 16;)
    list[n++] = one;
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_chain_make(&r->chain, name, &path, (const char *const *)list, n, &err), "%s", err.text);
  ho_plugin_path_free(&path);
  r->hooks = &r->chain.link[0].plugin->hooks;
  r->self = r->chain.link[0].self;
  mock_init(&r->mock, 3);
}

static inline int rig_open(struct rig *r)
{
  return r->hooks->open ? r->hooks->open(r->self, &r->mock.host) : 0;
}

static inline void rig_free(struct rig *r)
{
  mock_free(&r->mock);
  ho_chain_free(&r->chain);
}

/* The loss hook on one mini-batch of one sample with this id: L and dL/dz. */
static inline float rig_loss(struct rig *r, uint32_t id, const float *z, const float *q, int first, float *dz)
{
  float value, one = 1;
  struct ho_minibatch mb = { .size = 1, .id = &id, .mate = &id, .lambda = &one, .target = (float *)q };
  struct ho_head head = { .logits = z, .theta = r->mock.theta, .loss = &value, .dlogits = dz, .first = first };
  ck_assert_msg(!r->hooks->loss(r->self, &r->mock.host, &mb, &head), "%s", r->mock.message);
  return value;
}

#endif
