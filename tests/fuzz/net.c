/* SPDX-License-Identifier: MIT
 * net.c - specifications of networks, for images whose size the first four bytes tell.  The normalised one makes the same
 * network; backward passes of more images take more memory. */
#include <string.h>

#include "fuzz.h"
#include "nn/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  if (size < 4)
    return 0;
  struct ho_shape shape = { data[0] % 64 + 1, data[1] % 64 + 1, data[2] % 16 + 1 };
  int classes = data[3] + 2;
  data += 4;
  size -= 4;
  struct ho_net *net = ho_net_new(fuzz_text(&data, &size), shape, classes, &err), *again;
  if (fuzz_told(!net, &err))
    return 0;
  fuzz_holds((again = ho_net_new(net->spec, shape, classes, &err)));
  fuzz_holds(!strcmp(net->spec, again->spec) && net->parameters == again->parameters &&
             net->statistics == again->statistics);
  size_t less = ho_engine_bytes(&ho_cpu, net, 2, 4, 0), more = ho_engine_bytes(&ho_cpu, net, 2, 8, 1);
  fuzz_holds(0 < less && less <= more);
  ho_net_free(again);
  ho_net_free(net);
  return 0;
}
