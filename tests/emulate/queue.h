/* SPDX-License-Identifier: MIT
 * queue.h - between the files of the emulated runtime: work that waits, and errors. */
#ifndef HO_EMULATE_QUEUE_H
#define HO_EMULATE_QUEUE_H

#include <memory>
#include <vector>

#include "threads.h"

enum { EMULATE_SHARED = 99 * 1024 };

typedef std::function<void(void)> emulate_function;

struct emulate_event {
  struct emulate_graph *capture; /* that it was recorded in; or NULL */
  long item;                     /* of the graph or the queue; -1: never recorded */
  std::shared_ptr<double> time;
  emulate_event() : capture(NULL), item(-1)
  {
  }
};

/* Returns its argument, after keeping it for cudaGetLastError if it is an error. */
cudaError_t emulate_error(cudaError_t);
void emulate_lose(cudaError_t); /* from now on every call returns this error */
cudaError_t emulate_lost(void); /* that error, or cudaSuccess */
cudaError_t emulate_call(void); /* the same; counts a launch, copy or wait */

/* Work of a stream (NULL: the default one), run in its time, or recorded while the stream captures. */
cudaError_t emulate_add(cudaStream_t, emulate_function);
cudaError_t emulate_mark(cudaStream_t, cudaEvent_t); /* the event is the stream's last item */
cudaError_t emulate_finish(cudaStream_t);            /* runs all of the stream's work */
bool emulate_captures(cudaStream_t);                 /* NULL: does any stream? */
void emulate_queue_clear(void);                      /* forgets all work, done or not */

/* While work runs, device memory can be accessed (memory.cc). */
void emulate_memory_open(void);
void emulate_memory_close(void);

#endif
