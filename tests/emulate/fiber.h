/* SPDX-License-Identifier: MIT
 * fiber.h - functions with stacks of their own, between which one switches by hand: the threads of an emulated GPU. */
#ifndef HO_EMULATE_FIBER_H
#define HO_EMULATE_FIBER_H

#include <stddef.h>

struct fiber;

struct fiber *fiber_new(void); /* owned by the caller, for ever */

/* The next fiber_run starts run() on the fiber's stack; whatever the fiber did before is given up. */
void fiber_set(struct fiber *, void (*run)(void));
/* Runs the fiber until it calls fiber_leave.  Called from outside of all fibers. */
void fiber_run(struct fiber *);
/* Returns from the fiber_run that runs now; done: it will never be run on, but may be set anew. */
void fiber_leave(bool done);

#endif
