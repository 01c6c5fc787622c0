/* SPDX-License-Identifier: MIT
 * class_names.c - the names of classes, read from a file; see readers.h. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/readers.h"

int ho_class_names_read(const char *path, struct ho_dataset *data, struct ho_error *err)
{
  enum { LIMIT = HO_CLASSES_MOST * 256 };
  unsigned char *file;
  size_t size, k = (size_t)data->classes, n = 0;
  if (ho_file_read(path, LIMIT, &file, &size, err))
    return -1;
  const char **name = ho_alloc(1, k * sizeof *name + size + 1, "class names", err);
  char *text = name ? (char *)(name + k) : NULL;
  if (name)
    memcpy(text, file, size);
  ho_free(file);
  if (!name)
    return -1;
  for (char *line = text, *end; line < text + size && *line; line = end + 1) { /* stops at a zero byte, too */
    end = line + strcspn(line, "\n");
    char *stop = end > line && end[-1] == '\r' ? end - 1 : end;
    int is_last = !*end;
    *stop = *end = 0;
    if (!*line)
      continue;              /* the lists of CIFAR end with an empty line */
    ho_text_clean(line, ""); /* it will be shown on terminals */
    if (n < k)
      name[n] = line;
    n++;
    if (is_last)
      break;
  }
  if (n != k) {
    ho_free(name);
    return ho_error_set(err, "%s: %zu names for %zu classes", path, n, k);
  }
  data->class_name = name;
  data->name_memory = name;
  return 0;
}
