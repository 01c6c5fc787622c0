/* SPDX-License-Identifier: MIT
 * csv.c - tables of text: every field is a text within the input, rows have lines that ascend. */
#include <stdlib.h>
#include <string.h>

#include "format/csv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  struct ho_csv csv;
  char *text = malloc(size + 1);
  size_t line = 0;
  int more = 0;
  if (!text)
    return 0;
  if (size)
    memcpy(text, data, size);
  text[size] = 0;
  if (!fuzz_told(ho_csv_open(&csv, "t", text, size, &err), &err))
    while ((more = ho_csv_next(&csv, &err)) > 0) {
      fuzz_holds(csv.n > 0 && csv.n <= HO_CSV_FIELDS && csv.line > line);
      line = csv.line;
      for (int i = 0; i < csv.n; i++) {
        fuzz_holds(csv.field[i] >= text && csv.field[i] <= text + size);
        fuzz_touch(csv.field[i], strlen(csv.field[i]));
      }
    }
  fuzz_told(more < 0, &err);
  free(text);
  return 0;
}
