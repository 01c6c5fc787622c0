/* SPDX-License-Identifier: MIT
 * shape.c - the flags --input and --classes; see shape.h. */
#include "cli/shape.h"

#include <string.h>

#include "base/text.h"

/* "32x32x3"; the network checks the range. */
static int parse_input(const char *text, struct ho_shape *shape, struct ho_error *err)
{
  char copy[64], *part = copy;
  long long value[3];
  int n = 0;
  if (strlen(text) < sizeof copy) {
    memcpy(copy, text, strlen(text) + 1);
    for (char *next; part && n < 3; part = next, n++) {
      if ((next = strchr(part, 'x')))
        *next++ = 0;
      if (ho_text_int(part, &value[n]) || value[n] < 1 || value[n] > 1 << 20)
        break;
    }
  }
  if (n != 3 || part)
    return ho_error_set(err, "--input: `%.60s' must be HxWxC, three whole numbers of at least 1, such as 32x32x3",
                        text);
  *shape = (struct ho_shape){ (int)value[0], (int)value[1], (int)value[2] };
  return 0;
}

int ho_shape_parse(const char *input, const char *classes, struct ho_shape *shape, int *k, struct ho_error *err)
{
  long long value = *k;
  if (input && parse_input(input, shape, err))
    return -1;
  if (classes && (ho_text_int(classes, &value) || value < 2 || value > 65536))
    return ho_error_set(err, "--classes: `%.60s' must be a whole number from 2 to 65536", classes);
  *k = (int)value;
  return 0;
}
