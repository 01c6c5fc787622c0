/* SPDX-License-Identifier: MIT
 * user_idx.c - idx:FOLDER, the user's own images in IDX files under one of the usual names of MNIST's; see readers.h. */
#include "data/locate.h"
#include "data/readers.h"
#include "data/user/keys.h"

int ho_user_idx_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  if (ho_data_locate(argument, directory, data->folder, sizeof data->folder, err) ||
      ho_idx_read_part(data->folder, HO_IDX_TRAIN, 0, &data->train, err) ||
      (ho_idx_has(data->folder, HO_IDX_TEST) && ho_idx_read_part(data->folder, HO_IDX_TEST, 0, &data->test, err)))
    return -1;
  return ho_user_count_classes(data, data->folder, err);
}
