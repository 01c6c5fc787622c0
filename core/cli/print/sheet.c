/* SPDX-License-Identifier: MIT
 * sheet.c - writes the file of a contact sheet, which the module `sheet' draws; see sheet.h and modules/sheet.c. */
#include "cli/print/sheet.h"

#include "base/file.h"
#include "base/module.h"

static const struct ho_sheet_functions *module(struct ho_error *err)
{
  return ho_module_load("sheet",
                        "contact sheets need libgd: install it (Debian: libgd3, and libgd-dev to build with), and "
                        "configure, make and install holdout again if it was built without it",
                        err);
}

int ho_sheet_check(struct ho_error *err)
{
  return module(err) ? 0 : -1;
}

int ho_sheet_write(const struct ho_sheet *s, const char *path, struct ho_error *err)
{
  struct ho_output out;
  const struct ho_sheet_functions *f = module(err);
  if (!f || ho_output_open_binary(&out, path, err))
    return -1;
  if (!f->png(s, out.stream))
    return ho_output_commit(&out, err);
  ho_output_abandon(&out);
  return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory for a sheet of %d images; draw fewer", path,
                         s->images);
}
