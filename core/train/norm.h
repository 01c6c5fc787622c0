/* SPDX-License-Identifier: MIT
 * norm.h - the norm of each step's direction: it is logged, and a training whose direction is not finite has diverged.
 *
 * A device computes it in the background, so that the host can draw the next mini-batches while the device works.  The number is
 * read in the next pass, which waits for the device anyway, at the next epoch hook or before a checkpoint. */
#ifndef HO_NORM_H
#define HO_NORM_H

#include "train/state.h"

int ho_norm_check(struct ho_trainer *, int net); /* computes the norm of the direction, or asks for it */
int ho_norm_settle(struct ho_trainer *);         /* reads what was asked for.  Both return -1 after ho_call_fail */
void ho_norm_drop(struct ho_trainer *);          /* before t is freed: the device still writes what was asked for */

#endif
