/* SPDX-License-Identifier: MIT
 * yaml_write.c - writes scalars of YAML so that every reader sees the type that was meant; see yaml.h. */
#include "format/yaml.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Whether a text needs no quotes, in YAML 1.1 and in 1.2.  A text that begins with a letter or a slash is not a number,
 * a date or an indicator in either; some words are special.  A colon may stand only inside. */
static int is_plain(const char *text)
{
  static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };
  size_t length = strlen(text);
  if (!length || text[length - 1] == ':' || !(isalpha((unsigned char)*text) || *text == '/'))
    return 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcasecmp(text, words[i]))
      return 0;
  for (const char *c = text; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("_.+-/:=,", *c))
      return 0;
  return 1;
}

/* Double quotes, with everything escaped that a reader folds, drops or refuses.  The text is valid UTF-8. */
static void quoted(FILE *out, const char *text)
{
  fputc('"', out);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    unsigned point = (unsigned)(c[0] & 0x1f) << 6;
    if (*c == '"' || *c == '\\')
      fprintf(out, "\\%c", *c);
    else if (*c == '\n')
      fputs("\\n", out);
    else if (*c == '\t')
      fputs("\\t", out);
    else if (*c < 0x20 || *c == 0x7f)
      fprintf(out, "\\x%02X", *c);
    else if (*c == 0xc2 && c[1] < 0xa1) { /* control characters and the space that does not break */
      fprintf(out, "\\x%02X", point | (c[1] & 0x3f));
      c++;
    } else if ((*c == 0xe2 && c[1] == 0x80) || (*c == 0xef && c[1] >= 0xbb)) { /* U+20xx, U+FExx, U+FFxx */
      point = (unsigned)(c[0] & 0x0f) << 12 | (unsigned)(c[1] & 0x3f) << 6 | (c[2] & 0x3f);
      fprintf(out, "\\u%04X", point);
      c += 2;
    } else
      fputc(*c, out);
  }
  fputc('"', out);
}

void ho_yaml_write_text(FILE *out, const char *text)
{
  if (is_plain(text))
    fputs(text, out);
  else
    quoted(out, text);
}

/* YAML 1.1 takes 1e-05 for a text and 1 for a whole number: a real number has a point. */
void ho_yaml_write_real(FILE *out, const char *text)
{
  size_t digits = strcspn(text, "e");
  fprintf(out, "%.*s%s%s", (int)digits, text, memchr(text, '.', digits) ? "" : ".0", text + digits);
}
