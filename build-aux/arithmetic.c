/* SPDX-License-Identifier: MIT
 * arithmetic.c - checks that compiler and flags compute correctly; exits with 0, or the number of a fault:
 *
 *   2  arithmetic is not the standard's, as by -ffast-math or by what -Ofast links in
 *   3  constants are wrong: gcc 12 that may use AVX-512 everywhere (-march=native, where the processor has it) takes 256 bits
 *      whose lower half repeats a number, and whose upper half is zero, for that number throughout; with -flto or without
 *
 * Run by configure and by make check.  Variables are volatile where the compiler must not compute by itself. */
#include <math.h>

#define APART __attribute__((noinline))

APART static float sum(float a, float b)
{
  return (a + b) - b;
}

APART static float third(float a)
{
  return a / 3;
}

APART static float plus_zero(float a)
{
  return a + 0.0f;
}

APART static int is_nan(float a)
{
  return a != a || isnan(a);
}

static int arithmetic_wrong(void)
{
  volatile float one = 1, large = 1e8f, small = 0x1.8p-126f, three = 3, zero = 0, times = 0;
  volatile double tenth = 0.1;
  if (sum(one, large) != 0 || !is_nan(zero / zero) || 1 / plus_zero(-zero) < 0 || tenth == (double)0.1f)
    return 1;
  times = small / 16; /* below the normal numbers */
  if (times == 0 || times * 16 != small)
    return 1;
  for (int i = 1; i < 100; i++)
    if (third((float)i) != (float)i / three)
      return 1;
  return 0;
}

/* Passed by value, as in core/nn/models/lenet.c, where the fault was first seen. */
struct window {
  int high, wide, down, right, top, bottom, left, end;
};

APART __attribute__((used)) static int padding(struct window w)
{
  return w.top | w.bottom | w.left | w.end;
}

APART static int constants_wrong(void)
{
  struct window w = { 2, 2, 2, 2, 0, 0, 0, 0 };
  return padding(w);
}

int main(void)
{
  return arithmetic_wrong() ? 2 : constants_wrong() ? 3 : 0;
}
