/* SPDX-License-Identifier: MIT
 * locale.h - numbers are written and read with a point, whatever locale a plugin or a library sets for the process. */
#ifndef HO_LOCALE_H
#define HO_LOCALE_H

/* Sets the calling thread's locale to "C", which later calls of setlocale() do not change. */
void ho_locale_plain(void);

#endif
