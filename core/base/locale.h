/* SPDX-License-Identifier: MIT
 * locale.h - numbers are written and read with a point, whatever locale a plugin or a library sets for the process. */
#ifndef HO_LOCALE_H
#define HO_LOCALE_H

/* Gives the calling thread the locale "C" for its own, which setlocale() does not touch. */
void ho_locale_plain(void);

#endif
