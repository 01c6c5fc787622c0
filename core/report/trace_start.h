/* SPDX-License-Identifier: MIT
 * trace_start.h - what a traced step starts from: initial weights, those of a file, or all that an earlier step left. */
#ifndef HO_TRACE_START_H
#define HO_TRACE_START_H

#include "report/trace.h"

/* Reads what->init or what->weights, or nothing, into the trainer.  A file that a trace or a training wrote must be of the
 * same chain, options and data, and brings step, slots, state and samplers, too. */
int ho_trace_start(struct ho_trainer *, const struct ho_trace *what, struct ho_error *);

/* "" or "netK/": what stands before the names of network k in a trace. */
const char *ho_trace_network(int k, char prefix[16]);

#endif
