/* SPDX-License-Identifier: MIT
 * replay.c - gives a target the files of its corpus: those of the folders and files named, else of
 * tests/fuzz/corpus/NAME in the source tree, NAME being the program's. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fuzz.h"

/* Read as it is: ho_file_read would undo the compression of what is to be read compressed. */
static int replay(const char *path)
{
  FILE *f = fopen(path, "rb");
  long size = -1;
  if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
    uint8_t *data = malloc(size ? (size_t)size : 1); /* not a byte more, so that the sanitizers see where it ends */
    fuzz_holds(data && fread(data, 1, (size_t)size, f) == (size_t)size);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
  }
  if (f)
    fclose(f);
  return size >= 0 ? 1 : 0;
}

/* The number of inputs in a folder, or 1 for a file. */
static int replay_all(const char *path)
{
  char file[4096];
  int n = 0;
  struct dirent *entry;
  DIR *dir = opendir(path);
  if (!dir)
    return replay(path);
  while ((entry = readdir(dir)))
    if (*entry->d_name != '.' && !ho_path_join(file, sizeof file, path, entry->d_name, NULL))
      n += replay(file);
  closedir(dir);
  return n;
}

int main(int argc, char **argv)
{
  const char *source = getenv("HO_SRCDIR"), *slash = strrchr(argv[0], '/');
  char corpus[4096];
  int n = 0;
  for (int i = 1; i < argc; i++)
    n += replay_all(argv[i]);
  if (argc == 1) {
    snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus/%s", source ? source : ".", slash ? slash + 1 : argv[0]);
    n = replay_all(corpus);
  }
  printf("%d inputs\n", n);
  return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
