/* SPDX-License-Identifier: MIT
 * symbolless.c - refused: a shared object, but no plugin. */
__attribute__((visibility("default"))) const int answer = 42;
