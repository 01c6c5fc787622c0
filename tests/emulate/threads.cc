/* SPDX-License-Identifier: MIT
 * threads.cc - runs kernels: the threads of a block are fibers, see emulate.h. */
#include "threads.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "fiber.h"

enum { MOST_THREADS = 1024, LANES = 32, WARPS = MOST_THREADS / LANES };

struct copy {
  void *to;
  const void *from;
  int bytes;
  bool valid;
};

struct thread {
  struct fiber *fiber;
  uint3 index;
  bool ready, done;
  std::vector<struct copy> open;                /* not yet committed */
  std::vector<std::vector<struct copy>> groups; /* committed, oldest first */
};

struct warp {
  emulate_work *work;
  int arrived;
  const void *in[LANES];
  void *out[LANES];
};

struct emulate_place emulate_here;

static struct thread thread[MOST_THREADS];
static struct warp warp[WARPS];
static int now, threads, alive;
static const std::function<void(void)> *body;
static unsigned char *shared_memory;
/* The section of all __shared__ variables, where there are any. */
extern "C" unsigned char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern "C" unsigned char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));
static struct {
  int arrived, line;
  const char *file;
} barrier;
static unsigned seed;

/* ---- order ---- */

static void order(std::vector<int> *turn)
{
  int n = (int)turn->size();
  for (int i = 0; i < n; i++)
    (*turn)[(size_t)i] = emulation.order == EMULATE_BACKWARD ? n - 1 - i : i;
  for (int i = n - 1; emulation.order == EMULATE_SHUFFLED && i > 0; i--) {
    seed = seed * 1664525u + 1013904223u;
    std::swap((*turn)[(size_t)i], (*turn)[seed / 65536 % (unsigned)(i + 1)]);
  }
}

/* ---- waiting ---- */

static void wait(void)
{
  thread[now].ready = false;
  fiber_leave(false);
}

[[noreturn]] void emulate_fault(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(emulation.fault, sizeof emulation.fault, format, args);
  va_end(args);
  if (n >= 0 && (size_t)n < sizeof emulation.fault)
    snprintf(emulation.fault + n, sizeof emulation.fault - (size_t)n, " (block %u %u %u, thread %d)",
             emulate_here.block.x, emulate_here.block.y, emulate_here.block.z, now);
  fiber_leave(true);
  abort(); /* this fiber is never resumed */
}

static void barrier_opens(void)
{
  barrier.arrived = 0;
  for (int t = 0; t < threads; t++)
    thread[t].ready = true;
}

void emulate_barrier(const char *file, int line)
{
  if (barrier.arrived && (line != barrier.line || strcmp(file, barrier.file)))
    emulate_fault("threads wait at different barriers: lines %d and %d", barrier.line, line);
  barrier.line = line;
  barrier.file = file;
  if (++barrier.arrived == alive)
    barrier_opens();
  else
    wait();
}

void emulate_warp(unsigned mask, const void *in, void *out, emulate_work *work)
{
  struct warp *w = &warp[now / LANES];
  int first = now / LANES * LANES, lanes = threads - first < LANES ? threads - first : LANES;
  unsigned all = lanes == LANES ? 0xffffffffu : (1u << lanes) - 1;
  if ((mask & all) != all)
    emulate_fault("an operation of some lanes of a warp (%08x): only those of all are emulated", mask);
  if (w->arrived && w->work != work)
    emulate_fault("the lanes of a warp do different operations");
  w->work = work;
  w->in[now - first] = in;
  w->out[now - first] = out;
  if (++w->arrived < lanes) {
    wait();
    return;
  }
  work(w->in, w->out, lanes);
  w->arrived = 0;
  for (int t = first; t < first + lanes; t++)
    thread[t].ready = true;
}

/* ---- asynchronous copies ---- */

static void do_copy(const struct copy &c)
{
  if (c.valid)
    memcpy(c.to, c.from, (size_t)c.bytes);
  else
    memset(c.to, 0, (size_t)c.bytes);
}

static void start_copy(void *shared, const void *global, bool valid, int bytes)
{
  if ((uintptr_t)shared % (unsigned)bytes || (valid && (uintptr_t)global % (unsigned)bytes))
    emulate_fault("an asynchronous copy of %d bytes from %p to %p is misaligned", bytes, global, shared);
  struct copy c = { shared, global, bytes, valid };
  if (emulation.late_copies)
    thread[now].open.push_back(c);
  else
    do_copy(c);
}

void ho_copy16(void *shared, const void *global, bool valid)
{
  start_copy(shared, global, valid, 16);
}

void ho_copy4(void *shared, const void *global, bool valid)
{
  start_copy(shared, global, valid, 4);
}

void ho_copy_commit(void)
{
  struct thread *t = &thread[now];
  t->groups.push_back(t->open);
  t->open.clear();
}

void emulate_copy_wait(int pending)
{
  struct thread *t = &thread[now];
  size_t done = t->groups.size() > (size_t)pending ? t->groups.size() - (size_t)pending : 0;
  for (size_t g = 0; g < done; g++)
    for (const struct copy &c : t->groups[g])
      do_copy(c);
  t->groups.erase(t->groups.begin(), t->groups.begin() + (ptrdiff_t)done);
}

/* ---- blocks ---- */

unsigned char *emulate_shared(void)
{
  return shared_memory;
}

static void run_thread(void)
{
  (*body)();
  thread[now].done = true;
  alive--;
  if (alive && barrier.arrived == alive)
    barrier_opens();
}

static void block_start(dim3 size)
{
  alive = threads = (int)(size.x * size.y * size.z);
  barrier.arrived = 0;
  for (int w = 0; w < WARPS; w++)
    warp[w].arrived = 0;
  for (int i = 0; i < threads; i++) {
    struct thread *t = &thread[i];
    unsigned u = (unsigned)i;
    if (!t->fiber)
      t->fiber = fiber_new();
    t->index = { u % size.x, u / size.x % size.y, u / size.x / size.y };
    t->ready = true;
    t->done = false;
    t->open.clear();
    t->groups.clear();
    fiber_set(t->fiber, run_thread);
  }
}

/* One turn for each thread that is ready; returns how many were. */
static int round_of(const std::vector<int> &turn)
{
  int ran = 0;
  for (int t : turn) {
    if (thread[t].done || !thread[t].ready)
      continue;
    now = t;
    emulate_here.thread = thread[t].index;
    emulate_here.lane = (unsigned)t % LANES;
    fiber_run(thread[t].fiber);
    ran++;
    if (*emulation.fault)
      return 0;
  }
  return ran;
}

static void run_block(void)
{
  std::vector<int> turn((size_t)threads);
  do
    order(&turn);
  while (round_of(turn) && alive);
  if (alive && !*emulation.fault)
    snprintf(emulation.fault, sizeof emulation.fault,
             "deadlock: of %d threads %d wait at a barrier, others for their warp (block %u %u %u)", alive,
             barrier.arrived, emulate_here.block.x, emulate_here.block.y, emulate_here.block.z);
}

static void fill_shared(size_t dynamic)
{
  memset(shared_memory, 0xff, dynamic);
  if (__start_emulated_shared)
    memset(__start_emulated_shared, 0xff, (size_t)(__stop_emulated_shared - __start_emulated_shared));
}

bool emulate_run(dim3 blocks, dim3 size, size_t shared, const std::function<void(void)> &kernel)
{
  size_t n = (size_t)blocks.x * blocks.y * blocks.z;
  std::vector<int> turn(n);
  if (posix_memalign((void **)&shared_memory, 128, shared ? shared : 1))
    abort();
  body = &kernel;
  seed = 12345;
  emulate_here.blocks = blocks;
  emulate_here.threads = size;
  order(&turn);
  for (size_t i = 0; i < n && !*emulation.fault; i++) {
    unsigned b = (unsigned)turn[i];
    emulate_here.block = { b % blocks.x, b / blocks.x % blocks.y, b / blocks.x / blocks.y };
    fill_shared(shared);
    block_start(size);
    run_block();
  }
  free(shared_memory);
  shared_memory = NULL;
  emulation.launches++;
  return !*emulation.fault;
}
