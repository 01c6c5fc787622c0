/* SPDX-License-Identifier: MIT
 * function.c - refused: its ho_plugin is a function. */
__attribute__((visibility("default"))) int ho_plugin(void);

int ho_plugin(void)
{
  return 0;
}
