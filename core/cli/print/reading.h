/* SPDX-License-Identifier: MIT
 * reading.h - the progress of reading pictures, on a terminal. */
#ifndef HO_READING_H
#define HO_READING_H

/* From now on shows on standard error, if that is a terminal, how many pictures have been read, while that takes long. */
void ho_reading_show(void);

#endif
