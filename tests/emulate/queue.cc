/* SPDX-License-Identifier: MIT
 * queue.cc - streams, graphs, and the order of work; see runtime.cc. */
#include "queue.h"

struct item {
  emulate_function run;
  std::vector<long> after; /* items of the same list */
  bool done;
};

struct chain { /* a stream's place in a list of items */
  long last = -1;
  std::vector<long> after; /* of the next item, besides `last' */
};

struct emulate_graph {
  std::vector<struct item> items;
  bool broken = false;
};

struct emulate_stream {
  bool waits_for_default;
  struct chain chain, captured;
  struct emulate_graph *capture;
  bool origin; /* the capture began here */
};

static std::vector<struct item> queue;
static long first; /* number of queue[0]; what came before is done */
static struct emulate_stream default_stream = { false, {}, {}, NULL, false };
static std::vector<struct emulate_stream *> streams;

static struct emulate_stream *stream_of(cudaStream_t s)
{
  return s ? s : &default_stream;
}

/* ---- running ---- */

static void run(long number)
{
  if (number < first || queue[(size_t)(number - first)].done)
    return;
  std::vector<long> after = queue[(size_t)(number - first)].after;
  for (long a : after)
    run(a);
  struct item *item = &queue[(size_t)(number - first)];
  item->done = true;
  if (item->run && emulate_lost() == cudaSuccess) {
    emulate_memory_open();
    item->run();
    emulate_memory_close();
  }
}

static void forget_done(void)
{
  for (const struct item &item : queue)
    if (!item.done)
      return;
  first += (long)queue.size();
  queue.clear();
}

static void run_all(void)
{
  for (long number = first + (long)queue.size() - 1; number >= first; number--)
    run(number);
  forget_done();
}

static void run_chain(const struct chain *c)
{
  run(c->last);
  for (long a : c->after)
    run(a);
  forget_done();
}

void emulate_queue_clear(void)
{
  first += (long)queue.size();
  queue.clear();
  for (struct emulate_stream *s : streams)
    s->capture = NULL;
}

static long append(std::vector<struct item> *items, long base, struct chain *c, emulate_function f)
{
  struct item item = { f, c->after, false };
  if (c->last >= base)
    item.after.push_back(c->last);
  c->after.clear();
  items->push_back(item);
  return c->last = base + (long)items->size() - 1;
}

/* The default stream is in order with all streams but the non-blocking ones; here it waits for these, too. */
static void order_with_default(struct emulate_stream *s)
{
  if (s == &default_stream)
    for (long number = first; number < first + (long)queue.size(); number++)
      s->chain.after.push_back(number);
  else if (s->waits_for_default && default_stream.chain.last >= first)
    s->chain.after.push_back(default_stream.chain.last);
}

cudaError_t emulate_add(cudaStream_t stream, emulate_function f)
{
  struct emulate_stream *s = stream_of(stream);
  cudaError_t e = emulate_call();
  if (e == cudaSuccess && !stream && emulate_captures(NULL))
    e = cudaErrorStreamCaptureImplicit;
  if (e != cudaSuccess)
    return emulate_error(e);
  if (s->capture) {
    append(&s->capture->items, 0, &s->captured, f);
    return cudaSuccess;
  }
  order_with_default(s);
  long number = append(&queue, first, &s->chain, f);
  if (!emulation.late_work) {
    run(number);
    forget_done();
  }
  return emulate_error(emulate_lost());
}

/* ---- streams ---- */

bool emulate_captures(cudaStream_t stream)
{
  if (stream)
    return stream->capture != NULL;
  for (const struct emulate_stream *s : streams)
    if (s->capture)
      return true;
  return false;
}

/* Waiting for a stream that captures spoils what it captured. */
static cudaError_t may_wait(struct emulate_stream *s)
{
  if (s->capture)
    s->capture->broken = true;
  return s->capture ? cudaErrorStreamCaptureUnsupported : emulate_call();
}

cudaError_t emulate_finish(cudaStream_t stream)
{
  struct emulate_stream *s = stream_of(stream);
  cudaError_t e = may_wait(s);
  if (e == cudaSuccess)
    run_chain(&s->chain);
  return emulate_error(e == cudaSuccess ? emulate_lost() : e);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned flags)
{
  *s = new emulate_stream{ flags != cudaStreamNonBlocking, {}, {}, NULL, false };
  streams.push_back(*s);
  return emulate_error(emulate_lost());
}

cudaError_t cudaStreamCreate(cudaStream_t *s)
{
  return cudaStreamCreateWithFlags(s, cudaStreamDefault);
}

cudaError_t cudaStreamDestroy(cudaStream_t s)
{
  run_chain(&s->chain);
  streams.erase(std::find(streams.begin(), streams.end(), s));
  delete s;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t s)
{
  return emulate_finish(s);
}

cudaError_t cudaDeviceSynchronize(void)
{
  cudaError_t e = emulate_captures(NULL) ? cudaErrorStreamCaptureUnsupported : emulate_call();
  if (e == cudaSuccess)
    run_all();
  return emulate_error(e == cudaSuccess ? emulate_lost() : e);
}

static bool pending(long number)
{
  return number >= first && !queue[(size_t)(number - first)].done;
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
  return pending(stream_of(stream)->chain.last) ? cudaErrorNotReady : emulate_error(emulate_lost());
}

/* ---- events ---- */

cudaError_t emulate_mark(cudaStream_t stream, cudaEvent_t e)
{
  struct emulate_stream *s = stream_of(stream);
  e->capture = s->capture;
  e->item = s->capture ? s->captured.last : s->chain.last;
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t e, unsigned)
{
  struct emulate_stream *s = stream_of(stream);
  if (e->item < 0)
    return cudaSuccess;
  if (s->capture && e->capture != s->capture) {
    s->capture->broken = true;
    return emulate_error(cudaErrorStreamCaptureIsolation);
  }
  if (e->capture && !s->capture) {
    s->capture = e->capture;
    s->captured = {};
    s->origin = false;
  }
  (s->capture ? &s->captured : &s->chain)->after.push_back(e->item);
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t e)
{
  cudaError_t error = e->capture ? cudaErrorStreamCaptureUnsupported : emulate_call();
  if (error == cudaSuccess) {
    run(e->item);
    forget_done();
  }
  return emulate_error(error == cudaSuccess ? emulate_lost() : error);
}

cudaError_t cudaEventQuery(cudaEvent_t e)
{
  return !e->capture && pending(e->item) ? cudaErrorNotReady : emulate_error(emulate_lost());
}

/* ---- graphs ---- */

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode)
{
  if (!s || s->capture)
    return emulate_error(cudaErrorStreamCaptureUnsupported);
  s->capture = new emulate_graph();
  s->captured = {};
  s->origin = true;
  return emulate_error(emulate_lost());
}

static void reach(const struct emulate_graph *g, const struct chain *from, std::vector<bool> *seen)
{
  std::vector<long> open = from->after;
  open.push_back(from->last);
  while (!open.empty()) {
    long i = open.back();
    open.pop_back();
    if (i < 0 || (*seen)[(size_t)i])
      continue;
    (*seen)[(size_t)i] = true;
    open.insert(open.end(), g->items[(size_t)i].after.begin(), g->items[(size_t)i].after.end());
  }
}

/* Whether the stream in which the capture began waits for all that was captured in others. */
static bool joined(const struct emulate_stream *s)
{
  std::vector<bool> seen(s->capture->items.size());
  reach(s->capture, &s->captured, &seen);
  return std::find(seen.begin(), seen.end(), false) == seen.end();
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *graph)
{
  *graph = NULL;
  if (!s || !s->capture || !s->origin)
    return emulate_error(cudaErrorInvalidValue);
  struct emulate_graph *g = s->capture;
  cudaError_t e = emulate_lost();
  if (e == cudaSuccess && g->broken)
    e = cudaErrorStreamCaptureInvalidated;
  if (e == cudaSuccess && !joined(s))
    e = cudaErrorStreamCaptureUnjoined;
  for (struct emulate_stream *other : streams)
    if (other->capture == g)
      other->capture = NULL;
  if (e == cudaSuccess)
    *graph = g;
  else
    delete g;
  return emulate_error(e);
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
  *exec = new emulate_graph(*graph);
  return emulate_error(emulate_lost());
}

/* The items go to the end of the queue, between one that waits for the stream and one that the stream waits for. */
cudaError_t cudaGraphLaunch(cudaGraphExec_t g, cudaStream_t stream)
{
  struct emulate_stream *s = stream_of(stream);
  cudaError_t e = s->capture ? cudaErrorStreamCaptureUnsupported : emulate_call();
  if (e != cudaSuccess)
    return emulate_error(e);
  order_with_default(s);
  long begin = append(&queue, first, &s->chain, NULL), base = begin + 1;
  for (const struct item &item : g->items) {
    struct item copy = { item.run, { begin }, false };
    for (long a : item.after)
      copy.after.push_back(base + a);
    queue.push_back(copy);
  }
  for (size_t i = 0; i < g->items.size(); i++)
    s->chain.after.push_back(base + (long)i);
  append(&queue, first, &s->chain, NULL);
  if (!emulation.late_work)
    run_all();
  return emulate_error(emulate_lost());
}

cudaError_t cudaGraphDestroy(cudaGraph_t g)
{
  delete g;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t g)
{
  delete g;
  return cudaSuccess;
}
