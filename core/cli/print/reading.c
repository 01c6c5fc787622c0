/* SPDX-License-Identifier: MIT
 * reading.c - a line on standard error that counts pictures while they are read; see reading.h. */
#include "cli/print/reading.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "data/pictures.h"

#define PATIENCE 0.5 /* seconds before anything is shown */
#define INTERVAL 0.1

static double begun, drawn; /* 0: not begun; nothing drawn */

static void show(size_t done, size_t of)
{
  double now = ho_clock_now();
  char left[32];
  if (done == of) {
    if (drawn > 0)
      fprintf(stderr, "\r%*s\r", 59, "");
    begun = drawn = 0;
    return;
  }
  if (begun <= 0)
    begun = now;
  if (now - begun < PATIENCE || now - drawn < INTERVAL)
    return;
  ho_text_from_seconds((now - begun) / (double)done * (double)(of - done), left);
  fprintf(stderr, "\rreading pictures: %zu of %zu, %s left   ", done, of, left);
  fflush(stderr);
  drawn = now;
}

void ho_reading_show(void)
{
  if (isatty(STDERR_FILENO))
    ho_pictures_watch(show);
}
