/* SPDX-License-Identifier: MIT
 * test_base_machine.c - what a job may use, on systems that are made of files: control groups of both versions, in
 * containers and out of them; affinity and ulimit are this process's own. */
#define _GNU_SOURCE /* sched_setaffinity, nftw */
#include "base/machine.h"

#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/asan.h"
#include "compute/parallel.h"
#include "../scratch.h"
#include "../unit.h"

#define V2_MOUNT \
  "/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS \
  "/proc/self/mountinfo", \
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" \
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct\n" \
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define MEMTOTAL "/proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1 kB\n" /* 16 GiB */
#define GIB (1024. * 1024 * 1024)
enum { FILES = 12 };

struct system {
  const char *file[FILES][2]; /* path, content */
  double memory, processors;  /* as bounded: bytes; 0: as many as there are */
  const char *bound;
};

static const struct system systems[] = {
  /* no control groups */
  { { { MEMTOTAL } }, 16 * GIB, 0, "the machine" },
  /* version 2: the group itself */
  { { { MEMTOTAL },
      { V2_MOUNT },
      { "/proc/self/cgroup", "0::/job\n" },
      { "/sys/fs/cgroup/job/memory.max", "3221225472\n" },
      { "/sys/fs/cgroup/job/memory.high", "max\n" },
      { "/sys/fs/cgroup/job/cpu.max", "50000 100000\n" } },
    3 * GIB,
    1,
    "memory.max of its control group" },
  /* a group around it; the group's own says `max', or more */
  { { { MEMTOTAL },
      { V2_MOUNT },
      { "/proc/self/cgroup", "1:name=systemd:/elsewhere\n0::/system.slice/slurmstepd.scope/job_7/step_0/user\n" },
      { "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/user/memory.max", "max\n" },
      { "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/memory.max", "9663676416\n" },
      { "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.max", "2147483648\n" },
      { "/sys/fs/cgroup/system.slice/memory.max", "8589934592\n" },
      { "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/cpu.max", "1000 100000\n" },
      { "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/user/cpu.max", "max 100000\n" } },
    2 * GIB,
    1,
    "memory.max of its control group" },
  /* slowed above memory.high; more quota than processors is all of them */
  { { { MEMTOTAL },
      { V2_MOUNT },
      { "/proc/self/cgroup", "0::/a/b\n" },
      { "/sys/fs/cgroup/a/b/memory.max", "4294967296\n" },
      { "/sys/fs/cgroup/a/memory.high", "1073741824\n" },
      { "/sys/fs/cgroup/a/b/cpu.max", "999999999999 100000\n" } },
    1 * GIB,
    0,
    "memory.high of its control group" },
  /* a container that sees itself at the root of what is mounted */
  { { { MEMTOTAL },
      { V2_MOUNT },
      { "/proc/self/cgroup", "0::/\n" },
      { "/sys/fs/cgroup/memory.max", "1073741824\n" },
      { "/sys/fs/cgroup/cpu.max", "100000 100000\n" } },
    1 * GIB,
    1,
    "memory.max of its control group" },
  /* the host's path, where only the container's group is mounted */
  { { { MEMTOTAL },
      { "/proc/self/mountinfo", "40 39 0:29 /docker/7f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n"
                                "41 39 0:32 /docker/7f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n" },
      { "/proc/self/cgroup", "5:memory:/docker/7f/inner\n4:cpuacct,cpu:/docker/7f\n" },
      { "/sys/fs/cgroup/memory/memory.limit_in_bytes", "6442450944\n" },
      { "/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "2147483648\n" },
      { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "20000\n" },
      { "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n" } },
    2 * GIB,
    1,
    "memory.limit_in_bytes of its control group" },
  /* a path that is not below what is mounted: docker/7 is not a parent of docker/7f */
  { { { MEMTOTAL },
      { "/proc/self/mountinfo", "41 39 0:32 /docker/7 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n" },
      { "/proc/self/cgroup", "5:memory:/docker/7f\n" },
      { "/sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n" },
      { "/sys/fs/cgroup/memory/f/memory.limit_in_bytes", "5\n" } },
    1 * GIB,
    0,
    "memory.limit_in_bytes of its control group" },
  /* version 1 without limits: the number for none, and -1 */
  { { { MEMTOTAL },
      { V1_MOUNTS },
      { "/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n" },
      { "/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n" },
      { "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n" },
      { "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n" } },
    16 * GIB,
    0,
    "the machine" },
  /* files that say nothing */
  { { { MEMTOTAL },
      { V2_MOUNT },
      { "/proc/self/cgroup", "0::/a\nnonsense\n" },
      { "/sys/fs/cgroup/a/memory.max", "" },
      { "/sys/fs/cgroup/a/cpu.max", "100000\n" } },
    16 * GIB,
    0,
    "the machine" },
};

/* scratch/PATH with its folders. */
static void place(const char *path, const char *text)
{
  char name[1024];
  snprintf(name, sizeof name, "%s%s", scratch, path);
  for (char *slash = strchr(name + strlen(scratch) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(name, 0777);
    *slash = '/';
  }
  scratch_write(path + 1, text, strlen(text));
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
  (void)st, (void)type, (void)at;
  return remove(path);
}

static int processors(void)
{
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) ? ho_machine_processors("/nowhere") : CPU_COUNT(&set);
}

START_TEST(control_groups)
{
  const struct system *s = &systems[_i];
  const char *bound;
  scratch_make();
  for (int i = 0; i < FILES && s->file[i][0]; i++)
    place(s->file[i][0], s->file[i][1]);
  double memory = (double)ho_machine_memory(scratch, &bound);
  ck_assert_msg(memory <= s->memory && memory > s->memory - GIB / 2, "%g of %g", memory, s->memory);
  ck_assert_str_eq(bound, s->bound);
  ck_assert_int_eq(ho_machine_processors(scratch), s->processors > 0 ? (int)s->processors : processors());
  ck_assert_int_eq(nftw(scratch, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}
END_TEST

/* One and a half processors' time is for two, where there are two. */
START_TEST(quotas_are_rounded_up)
{
  static const struct {
    const char *quota;
    int processors;
  } row[] = { { "100000 100000\n", 1 }, { "100001 100000\n", 2 }, { "150000 100000\n", 2 }, { "210000 100000\n", 3 } };
  scratch_make();
  place(V2_MOUNT);
  place("/proc/self/cgroup", "0::/job\n");
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    place("/sys/fs/cgroup/job/cpu.max", row[i].quota);
    int wanted = row[i].processors < processors() ? row[i].processors : processors();
    ck_assert_int_eq(ho_machine_processors(scratch), wanted);
  }
  ck_assert_int_eq(nftw(scratch, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}
END_TEST

START_TEST(affinity_counts)
{
  cpu_set_t before, one;
  ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
    if (CPU_ISSET(i, &before))
      CPU_SET(i, &one);
  ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
  ck_assert_int_eq(ho_machine_processors("/nowhere"), 1);
  ho_parallel_setup(0);
  ck_assert_int_eq(ho_parallel_workers(), 1);
  ck_assert_int_eq(sched_setaffinity(0, sizeof before, &before), 0);
  ck_assert_int_eq(ho_machine_processors("/nowhere"), CPU_COUNT(&before));
}
END_TEST

/* What is in use already counts against a limit: the next allocation has only the rest. */
START_TEST(ulimits)
{
#ifndef HO_ASAN /* which needs terabytes of addresses */
  static const struct {
    int resource;
    const char *bound;
  } row[] = { { RLIMIT_AS, "ulimit -v" }, { RLIMIT_DATA, "ulimit -d" } };
  enum { LIMIT = 1 << 30 };
  struct rlimit before, less;
  const char *bound;
  scratch_make();
  place(MEMTOTAL);
  ck_assert_int_eq(getrlimit(row[_i].resource, &before), 0);
  less = before;
  less.rlim_cur = LIMIT;
  ck_assert_int_eq(setrlimit(row[_i].resource, &less), 0);
  size_t left = ho_machine_memory(scratch, &bound);
  ck_assert_int_eq(setrlimit(row[_i].resource, &before), 0);
  ck_assert_str_eq(bound, row[_i].bound);
  ck_assert_msg(left < LIMIT - (1 << 16), "%zu", left);
  ck_assert_int_eq(nftw(scratch, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
#endif
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("base/machine");
  TCase *c = tcase_create("machine");
  tcase_add_loop_test(c, control_groups, 0, sizeof systems / sizeof *systems);
  tcase_add_test(c, quotas_are_rounded_up);
  tcase_add_test(c, affinity_counts);
  tcase_add_loop_test(c, ulimits, 0, 2);
  suite_add_tcase(s, c);
  return s;
}
