/* SPDX-License-Identifier: MIT
 * fuzz.h - what the targets share.  Each is one file with the entry of libFuzzer, which gives a reader whatever bytes it
 * is given, and looks that the reader takes them or refuses them with a message.
 *
 * Linked with libFuzzer a target searches (tests/fuzz/run); linked with replay.c it reads tests/fuzz/corpus again. */
#ifndef HO_FUZZ_H
#define HO_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder of this process alone, gone when it ends; and a file in it, in one of a few buffers used in turn. */
const char *fuzz_folder(void);
const char *fuzz_file(const char *name, const void *data, size_t size);

/* The bytes before the next byte 0, as a text in one of a few buffers used in turn; *data and *size become the rest. */
const char *fuzz_text(const uint8_t **data, size_t *size);

/* Ends the program when a failure says nothing.  Gives `failed'. */
int fuzz_told(int failed, const struct ho_error *err);

/* Ends the program when it does not hold. */
#define fuzz_holds(what) ((what) ? (void)0 : fuzz_fails(__FILE__, __LINE__, #what))
_Noreturn void fuzz_fails(const char *file, int line, const char *what);

/* Every byte is looked at, so that the sanitizers see those that are not there. */
void fuzz_touch(const void *bytes, size_t size);

#endif
