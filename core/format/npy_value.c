/* SPDX-License-Identifier: MIT
 * npy_value.c - the elements of an array of NumPy's as numbers and texts; see npy.h. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "format/npy.h"

/* `width' bytes, at most 8, as an unsigned number. */
static uint64_t bits(const struct ho_npy *a, const unsigned char *p, size_t width)
{
  uint64_t v = 0;
  for (size_t i = 0; i < width; i++)
    v = v << 8 | p[a->big_endian ? i : width - 1 - i];
  return v;
}

long long ho_npy_integer(const struct ho_npy *a, size_t at)
{
  uint64_t v = bits(a, a->data + at * a->width, a->width);
  if (a->kind == HO_NPY_BOOL)
    return v != 0;
  if (a->kind == HO_NPY_SIGNED) {
    uint64_t sign = (uint64_t)1 << (8 * a->width - 1);
    return (long long)((v ^ sign) - sign);
  }
  return v > LLONG_MAX ? LLONG_MAX : (long long)v;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static double half(uint64_t v)
{
  int exponent = (int)(v >> 10 & 31);
  double fraction = (double)(v & 1023), size;
  if (exponent == 31)
    size = fraction != 0 ? NAN : INFINITY;
  else
    size = exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
  return v & 0x8000 ? -size : size;
}

static double real(uint64_t v, size_t width)
{
  uint32_t low = (uint32_t)v;
  float f;
  double d;
  if (width == 2)
    return half(v);
  memcpy(&f, &low, sizeof f);
  memcpy(&d, &v, sizeof d);
  return width == 4 ? (double)f : d;
}

double ho_npy_real(const struct ho_npy *a, size_t at)
{
  if (a->kind == HO_NPY_REAL)
    return real(bits(a, a->data + at * a->width, a->width), a->width);
  if (a->kind == HO_NPY_UNSIGNED)
    return (double)bits(a, a->data + at * a->width, a->width);
  return (double)ho_npy_integer(a, at);
}

/* Appends a code point in UTF-8; -1 if it is none, or does not fit. */
static int put(uint64_t code, char *out, size_t *n, size_t size)
{
  unsigned char bytes[4];
  size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || *n + length >= size)
    return -1;
  for (size_t i = length; i-- > 1; code >>= 6)
    bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
  bytes[0] = (unsigned char)(length == 1 ? code : (0xf00u >> length & 0xff) | code);
  memcpy(out + *n, bytes, length);
  *n += length;
  return 0;
}

int ho_npy_text(const struct ho_npy *a, size_t at, char *out, size_t size)
{
  const unsigned char *p = a->data + at * a->width;
  size_t unit = a->kind == HO_NPY_UNICODE ? 4 : 1, units = a->width / unit, n = 0;
  while (units && !bits(a, p + (units - 1) * unit, unit))
    units--;
  for (size_t i = 0; i < units; i++) {
    uint64_t code = bits(a, p + i * unit, unit);
    if (!code)
      return -1;
    if (unit == 4) {
      if (put(code, out, &n, size))
        return -1;
    } else if (n + 1 >= size)
      return -1;
    else
      out[n++] = (char)code;
  }
  if (n >= size)
    return -1;
  out[n] = 0;
  return 0;
}
