/* SPDX-License-Identifier: MIT
 * classifier.c - see classifier.h. */
#include "run/classifier.h"

#include "run/checkpoint.h"
#include "run/data_notes.h"
#include "run/weights.h"

/* Whether the predictions are those of the network: only then it suffices. */
static int network_predicts(const struct ho_settings *s, const struct ho_plugin_path *path, int *alone,
                            struct ho_error *err)
{
  struct ho_chain chain;
  if (ho_chain_make(&chain, s->optimizer, path, (const char *const *)s->option, s->noptions, err))
    return -1;
  *alone = chain.predict < 0;
  ho_chain_free(&chain);
  return 0;
}

static struct ho_trainer *load(const char *file, const struct ho_settings *s, struct ho_dataset *data,
                               struct ho_device *device, struct ho_error *err)
{
  struct ho_trainer *t = ho_trainer_new_alone(s, data, device, err);
  if (t && (ho_weights_read(t->network.net, file, 1, t->network.theta, t->network.stats, err) ||
            ho_network_changed(&t->network, err))) {
    ho_trainer_free(t);
    t = NULL;
  }
  return t;
}

struct ho_trainer *ho_classifier_load(const char *dir, const struct ho_settings *s, const struct ho_plugin_path *path,
                                      struct ho_device *device, int *missing, struct ho_error *err)
{
  char file[4096];
  int alone = 0;
  struct ho_dataset data = { .classes = 0 };
  *missing = 0;
  if (ho_checkpoint_find(dir, file)) {
    ho_error_set(err, "%s: it has no checkpoint yet", dir);
    return NULL;
  }
  if (network_predicts(s, path, &alone, err))
    return NULL;
  if (!alone) {
    *missing = 1;
    return NULL;
  }
  struct ho_tensor_file *f = ho_tensor_file_read_sealed(file, err);
  if (!f)
    return NULL;
  int bad = ho_data_notes_read(f, &data, err);
  ho_tensor_file_free(f);
  if (bad) {
    ho_dataset_free(&data);
    *missing = bad > 0;
    if (bad < 0)
      ho_error_prefix(err, "%s: damaged", file);
    return NULL;
  }
  return load(file, s, &data, device, err);
}
