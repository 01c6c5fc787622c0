/* SPDX-License-Identifier: MIT
 * unit.h - what a unit test program gives to main.c.
 *
 * Each ck_assert writes to a pipe: in a loop over many values test with `if' and ck_abort_msg. */
#ifndef HO_UNIT_H
#define HO_UNIT_H

#include <check.h>

Suite *ho_suite(void);

#endif
