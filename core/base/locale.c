/* SPDX-License-Identifier: MIT
 * locale.c - a locale of the thread's own; see locale.h. */
#include "base/locale.h"

#include <locale.h>
#include <pthread.h>

static locale_t plain;

static void make(void)
{
  plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void ho_locale_plain(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make);
  if (plain)
    uselocale(plain);
}
