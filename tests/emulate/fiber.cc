/* SPDX-License-Identifier: MIT
 * fiber.cc - on x86-64 a switch saves what a called function must preserve; elsewhere ucontext does it, many times
 * slower, as it asks the kernel for the signal mask.  AddressSanitizer is told of each switch. */
#include "fiber.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK = 256 * 1024 };

#ifdef __x86_64__

struct place {
  void *sp;
};

extern "C" void ho_fiber_switch(struct place *from, const struct place *to);
__asm__(".text\n"
        ".globl ho_fiber_switch\n"
        ".type ho_fiber_switch,@function\n"
        "ho_fiber_switch:\n"
        "  pushq %rbp\n"
        "  pushq %rbx\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  movq %rsp, (%rdi)\n"
        "  movq (%rsi), %rsp\n"
        "  popq %r15\n"
        "  popq %r14\n"
        "  popq %r13\n"
        "  popq %r12\n"
        "  popq %rbx\n"
        "  popq %rbp\n"
        "  ret\n"
        ".size ho_fiber_switch,.-ho_fiber_switch\n");

static void place_set(struct place *p, char *stack, void (*entry)(void))
{
  void **top = (void **)(void *)(stack + STACK);
  *--top = NULL; /* so that the stack is aligned as after a call */
  *--top = (void *)entry;
  for (int saved = 0; saved < 6; saved++)
    *--top = NULL;
  p->sp = top;
}

#else
#include <ucontext.h>

struct place {
  ucontext_t context;
};

static void ho_fiber_switch(struct place *from, const struct place *to)
{
  swapcontext(&from->context, &to->context);
}

static void place_set(struct place *p, char *stack, void (*entry)(void))
{
  getcontext(&p->context);
  p->context.uc_stack.ss_sp = stack;
  p->context.uc_stack.ss_size = STACK;
  p->context.uc_link = NULL;
  makecontext(&p->context, entry, 0);
}

#endif

struct fiber {
  struct place place;
  char *stack;
  void (*run)(void);
  void *fake; /* AddressSanitizer's own stack */
};

static struct place outside;
static struct fiber *now;

#ifdef WITH_ASAN
static void *outside_fake;
static const void *outside_stack;
static size_t outside_size;
#define BEFORE(fake, stack, size) __sanitizer_start_switch_fiber(fake, stack, size)
#define AFTER(fake, stack, size) __sanitizer_finish_switch_fiber(fake, stack, size)
#else
#define BEFORE(fake, stack, size) ((void)0)
#define AFTER(fake, stack, size) ((void)0)
#endif

struct fiber *fiber_new(void)
{
  struct fiber *f = (struct fiber *)calloc(1, sizeof *f);
  void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!f || stack == MAP_FAILED) {
    fprintf(stderr, "no memory for the stack of a thread\n");
    abort();
  }
  f->stack = (char *)stack;
  return f;
}

static void entry(void)
{
  AFTER(NULL, &outside_stack, &outside_size);
  now->run();
  fiber_leave(true);
}

void fiber_set(struct fiber *f, void (*run)(void))
{
  f->run = run;
  f->fake = NULL;
#ifdef WITH_ASAN
  ASAN_UNPOISON_MEMORY_REGION(f->stack, STACK);
#endif
  place_set(&f->place, f->stack, entry);
}

void fiber_run(struct fiber *f)
{
  now = f;
  BEFORE(&outside_fake, f->stack, STACK);
  ho_fiber_switch(&outside, &f->place);
  AFTER(outside_fake, NULL, NULL);
}

void fiber_leave(bool done)
{
  struct fiber *f = now;
  (void)done;
  BEFORE(done ? NULL : &f->fake, outside_stack, outside_size);
  ho_fiber_switch(&f->place, &outside);
  AFTER(f->fake, &outside_stack, &outside_size);
}
