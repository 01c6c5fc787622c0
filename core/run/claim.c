/* SPDX-License-Identifier: MIT
 * claim.c - the folder of a run; see claim.h. */
#include "run/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char *const files[] = {
  "config.yaml", /* first: see ho_claim_delete_all */
  "labels.tsv",           "log.jsonl",    "timing.jsonl",           "samples.safetensors",
  "left-out.safetensors", "summary.json", "checkpoint.safetensors", "checkpoint.previous.safetensors"
};
enum { FILES = sizeof files / sizeof *files };

const char *ho_claim_path(const struct ho_run *run, const char *name, char path[4096], struct ho_error *err)
{
  return ho_path_join(path, 4096, run->dir, name, err) ? NULL : path;
}

static int exists(const struct ho_run *run, const char *name)
{
  char path[4096];
  return ho_claim_path(run, name, path, NULL) && ho_file_exists(path);
}

/* Temporary files of a process that was killed while it wrote this run.  As the folder is locked, no other process is
 * writing it now. */
void ho_claim_sweep(const struct ho_run *run)
{
  struct dirent *entry;
  int again = run->locked ? openat(run->folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  while (folder && (entry = readdir(folder)))
    for (int i = 0; i < FILES; i++)
      if (ho_file_is_temporary(entry->d_name, files[i]))
        unlinkat(again, entry->d_name, 0);
  if (folder)
    closedir(folder);
  else if (again >= 0)
    close(again);
}

/* A process that only checks whether a run is being trained (rundir.c) holds its lock for a moment. */
static int take_lock(int folder)
{
  int taken = flock(folder, LOCK_EX | LOCK_NB);
  for (int i = 0; i < 5 && taken && errno == EWOULDBLOCK; i++) {
    usleep(20000);
    taken = flock(folder, LOCK_EX | LOCK_NB);
  }
  return taken;
}

/* File systems without locks: ENOSYS (Lustre, FUSE), ENOLCK and EBADF (NFS), EOPNOTSUPP, EINVAL. */
static int has_no_locks(int why)
{
  return why == ENOSYS || why == ENOLCK || why == EBADF || why == EOPNOTSUPP || why == EINVAL;
}

/* Opens and locks the folder.  From here on all work is done in this very folder, even if its path comes to lead
 * elsewhere. */
static int lock(struct ho_run *run, struct ho_error *err)
{
  if (ho_folder_hold(&run->folder, run->dir, err))
    return -1;
  run->locked = !take_lock(run->folder.fd);
  if (!run->locked && errno == EWOULDBLOCK)
    return ho_error_set(err, "%s: another process is working on this run; wait for it or choose another folder",
                        run->dir);
  if (!run->locked && !has_no_locks(errno))
    return ho_error_set(err, "%s: cannot lock this run folder: %s", run->dir, strerror(errno));
  if (!run->locked)
    ho_watch_warn(
        run->watch,
        "%s: this file system has no locks (flock: %s): another process could work on this run at the same time",
        run->dir, strerror(errno));
  return ho_folder_check(&run->folder, err);
}

/* No file of a resumed run may be a link to something elsewhere. */
static int check_files(const struct ho_run *run, struct ho_error *err)
{
  char path[4096];
  for (int i = 0; i < FILES; i++)
    if (!ho_claim_path(run, files[i], path, err) || ho_file_own(path, err))
      return -1;
  return 0;
}

/* A fresh run's folder: new, or without a run in it, or to be overwritten. */
int ho_claim_fresh(struct ho_run *run, const struct ho_settings *s, struct ho_error *err)
{
  int missing = access(run->dir, F_OK) != 0;
  if (ho_folder_make(run->dir, err) || lock(run, err))
    return -1;
  run->made = missing;
  for (int i = 0; i < FILES; i++)
    if (exists(run, files[i]) && !s->overwrite)
      return ho_error_set(err,
                          "%s: this folder already has a run; resume it with --resume %s, choose another --run-dir, or "
                          "give --overwrite to delete it",
                          run->dir, run->dir);
  return 0;
}

int ho_claim_delete(const struct ho_run *run, const char *name, struct ho_error *err)
{
  char path[4096];
  return ho_claim_path(run, name, path, err) && !ho_file_delete(path, err) ? 0 : -1;
}

int ho_claim_again(struct ho_run *run, struct ho_error *err)
{
  return lock(run, err) || check_files(run, err) ? -1 : 0;
}

int ho_claim_delete_all(const struct ho_run *run, int keep_config, struct ho_error *err)
{
  for (int i = keep_config ? 1 : 0; i < FILES; i++)
    if (ho_claim_delete(run, files[i], err))
      return -1;
  return 0;
}

void ho_claim_release(struct ho_run *run)
{
  if (run->made && !run->started && run->folder.fd >= 0 && !ho_folder_check(&run->folder, NULL))
    rmdir(run->dir); /* refused before anything was written: leave nothing */
  ho_folder_release(&run->folder);
}
