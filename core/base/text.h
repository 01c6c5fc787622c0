/* SPDX-License-Identifier: MIT
 * text.h - numbers and names that people type, and texts for people. */
#ifndef HO_TEXT_H
#define HO_TEXT_H

#include <stddef.h>

/* Parse the whole of `text'.  Return 0, or -1 if it is empty, has trailing characters, is out of range or NaN. */
int ho_text_int(const char *text, long long *value);
int ho_text_real(const char *text, double *value);
int ho_text_bool(const char *text, int *value); /* true/false, yes/no, on/off, 1/0 */
/* Seconds, not negative: 600, 90s, 10m, 1.5h, 1h30m, 2d; units in this order: d h m s, each at most once. */
int ho_text_time(const char *text, double *seconds);

/* The shortest decimal text that reads back as exactly `value'. */
void ho_text_from_real(double value, char out[32]);
/* The text that ho_text_time reads back as `seconds': 1h30m, 45s; 0 and fractions of a second as a number. */
void ho_text_from_time(double seconds, char out[32]);

/* Approximate, for people: 512 B, 1.5 KiB, 20.3 GiB; 0:42, 3h07m, 2d04h; 11,164,362. */
void ho_text_from_bytes(double bytes, char out[32]);
void ho_text_from_seconds(double seconds, char out[32]);
void ho_text_from_count(unsigned long long n, char out[32]);

/* Replaces by `?' every byte that a terminal may interpret or that is not text: control characters except those in
 * `but', DEL, U+0080 to U+009F, the bidirectional controls U+202A to U+202E and U+2066 to U+2069, and whatever is
 * not UTF-8. */
void ho_text_clean(char *text, const char *but);

/* The nearest of n names, if its edit distance is at most a third of the length (or 2, if that is more); else NULL.  Case
 * counts for nothing, nor does _ for -.  A word of a name, or its beginning or end, is at a distance of 1, and so is a
 * text with the name as one of its words: resnet18 is near preact-resnet18. */
const char *ho_text_nearest(const char *typed, const char *const *names, size_t n);

#endif
