/* SPDX-License-Identifier: MIT
 * machine.c - control groups, affinity and ulimit; see machine.h. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/machine.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static FILE *open_below(const char *root, const char *path)
{
  char name[2 * PATH_MAX];
  return snprintf(name, sizeof name, "%s%s", root, path) < (int)sizeof name ? fopen(name, "re") : NULL;
}

/* ---- control groups ---- */

/* Where the group of this process lies: the folder that is mounted, and below it the path, "" or /a/b. */
struct group {
  char mount[PATH_MAX], path[PATH_MAX];
};

static int listed(const char *list, const char *word)
{
  size_t length = strlen(word);
  for (; *list; list += strcspn(list, ","), list += *list == ',')
    if (strcspn(list, ",\n") == length && !strncmp(list, word, length))
      return 1;
  return 0;
}

/* The mounted hierarchy with this controller (NULL: version 2), and which part of it is mounted. */
static int find_mount(const char *root, const char *controller, struct group *g, char mounted[PATH_MAX])
{
  char *line = NULL;
  size_t size = 0;
  int found = 0;
  FILE *f = open_below(root, "/proc/self/mountinfo");
  while (f && !found && getline(&line, &size, f) > 0) {
    char type[32], options[512];
    const char *behind = strstr(line, " - ");
    found = behind && sscanf(behind, " - %31s %*s %511s", type, options) == 2 &&
            (controller ? !strcmp(type, "cgroup") && listed(options, controller) : !strcmp(type, "cgroup2")) &&
            sscanf(line, "%*s %*s %*s %4095s %4095s", mounted, g->mount) == 2;
  }
  free(line);
  if (f)
    fclose(f);
  return found;
}

/* The path of the process's group in that hierarchy: a line ID:CONTROLLERS:PATH, version 2's is 0::PATH. */
static int find_path(const char *root, const char *controller, struct group *g)
{
  char *line = NULL;
  size_t size = 0;
  int found = 0;
  FILE *f = open_below(root, "/proc/self/cgroup");
  while (f && !found && getline(&line, &size, f) > 0) {
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
      continue;
    *path++ = 0;
    path[strcspn(path, "\n")] = 0;
    if (controller ? listed(controllers + 1, controller) : !controllers[1])
      found = snprintf(g->path, sizeof g->path, "%s", path) < (int)sizeof g->path;
  }
  free(line);
  if (f)
    fclose(f);
  return found;
}

/* In a container the path may be the host's, while what is mounted begins further down, or at the group itself. */
static int find_group(const char *root, const char *controller, struct group *g)
{
  char mounted[PATH_MAX];
  if (!find_mount(root, controller, g, mounted) || !find_path(root, controller, g))
    return 0;
  size_t length = strcmp(mounted, "/") ? strlen(mounted) : 0;
  if (strncmp(g->path, mounted, length) || (length && g->path[length] && g->path[length] != '/') ||
      strstr(g->path, "/.."))
    g->path[0] = 0;
  else
    memmove(g->path, g->path + length, strlen(g->path + length) + 1);
  if (!strcmp(g->path, "/"))
    g->path[0] = 0;
  return 1;
}

/* Reads the numbers in a file of a group.  Returns how many there are before `max', -1 or anything else that is not an
 * amount. */
static int amounts(const char *root, const struct group *g, const char *file, double value[2])
{
  char name[2 * PATH_MAX + 64];
  int n = 0;
  snprintf(name, sizeof name, "%s%s/%s", g->mount, g->path, file);
  FILE *f = open_below(root, name);
  while (f && n < 2 && fscanf(f, "%lf", &value[n]) == 1 && value[n] >= 0)
    n++;
  if (f)
    fclose(f);
  return n;
}

/* Moves to the parent group; returns 0 if there is none. */
static int outwards(struct group *g)
{
  char *slash = strrchr(g->path, '/');
  if (slash)
    *slash = 0;
  return slash != NULL;
}

/* ---- processors ---- */

static int affinity(void)
{
  long configured = sysconf(_SC_NPROCESSORS_CONF);
  for (int n = configured > 1024 ? (int)configured : 1024; n < 1 << 20; n *= 2) { /* the kernel may know more */
    cpu_set_t *set = CPU_ALLOC((size_t)n);
    size_t bytes = CPU_ALLOC_SIZE((size_t)n);
    int count = set && !sched_getaffinity(0, bytes, set) ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count)
      return count;
  }
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

/* The number of processors that a group's quota allows. */
static double quota(const char *root, const struct group *g, const char *controller)
{
  double v[2] = { 0 }, period[2] = { 0 };
  if (!controller)
    return amounts(root, g, "cpu.max", v) == 2 && v[0] > 0 && v[1] > 0 ? v[0] / v[1] : INFINITY;
  return amounts(root, g, "cpu.cfs_quota_us", v) == 1 && amounts(root, g, "cpu.cfs_period_us", period) == 1 &&
                 v[0] > 0 && period[0] > 0
             ? v[0] / period[0]
             : INFINITY;
}

int ho_machine_processors(const char *root)
{
  static const char *const controllers[] = { NULL, "cpu" };
  double least = affinity();
  for (int i = 0; i < 2; i++) {
    struct group g;
    int there = find_group(root, controllers[i], &g);
    for (; there; there = outwards(&g))
      least = fmin(least, ceil(quota(root, &g, controllers[i])));
  }
  return least < 1 ? 1 : (int)least;
}

/* ---- memory ---- */

static double physical(const char *root)
{
  double kilobytes = 0;
  char line[256];
  FILE *f = open_below(root, "/proc/meminfo"); /* a container may have one of its own */
  while (f && kilobytes == 0 && fgets(line, sizeof line, f))
    if (sscanf(line, "MemTotal: %lf kB", &kilobytes) != 1)
      kilobytes = 0;
  if (f)
    fclose(f);
  return kilobytes > 0 ? 1024 * kilobytes : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

/* What the process uses already: address space, resident, data; 0 if unknown. */
enum { SPACE, RESIDENT, DATA };
static void in_use(double bytes[3])
{
  FILE *f = fopen("/proc/self/statm", "re");
  if (!f || fscanf(f, "%lf %lf %*s %*s %*s %lf", &bytes[SPACE], &bytes[RESIDENT], &bytes[DATA]) != 3)
    bytes[SPACE] = bytes[RESIDENT] = bytes[DATA] = 0;
  if (f)
    fclose(f);
  for (int i = 0; i < 3; i++)
    bytes[i] *= (double)sysconf(_SC_PAGESIZE);
}

struct memory {
  double left;
  const char *bound;
};

static void bounded(struct memory *m, double limit, double used, const char *bound)
{
  double left = limit > used ? limit - used : 0;
  if (left < m->left)
    *m = (struct memory){ left, bound };
}

size_t ho_machine_memory(const char *root, const char **bound)
{
  /* Above memory.high a group is not killed, but slowed until it is useless. */
  static const struct {
    const char *controller, *file, *bound;
  } group_limits[] = { { NULL, "memory.max", "memory.max of its control group" },
                       { NULL, "memory.high", "memory.high of its control group" },
                       { "memory", "memory.limit_in_bytes", "memory.limit_in_bytes of its control group" } };
  static const struct {
    int resource, used;
    const char *bound;
  } own_limits[] = { { RLIMIT_AS, SPACE, "ulimit -v" }, { RLIMIT_DATA, DATA, "ulimit -d" } };
  struct memory m = { INFINITY, NULL };
  double used[3], value[2];
  in_use(used);
  bounded(&m, physical(root), used[RESIDENT], "the machine");
  for (size_t i = 0; i < sizeof group_limits / sizeof *group_limits; i++) {
    struct group g;
    int there = find_group(root, group_limits[i].controller, &g);
    for (; there; there = outwards(&g))
      if (amounts(root, &g, group_limits[i].file, value))
        bounded(&m, value[0], used[RESIDENT], group_limits[i].bound);
  }
  for (size_t i = 0; i < sizeof own_limits / sizeof *own_limits; i++) {
    struct rlimit limit;
    if (!getrlimit(own_limits[i].resource, &limit) && limit.rlim_cur != RLIM_INFINITY)
      bounded(&m, (double)limit.rlim_cur, used[own_limits[i].used], own_limits[i].bound);
  }
  *bound = m.bound;
  return (size_t)m.left;
}
