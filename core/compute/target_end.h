/* SPDX-License-Identifier: MIT
 * target_end.h - ends the target set by target_avx2.h or target_avx512.h. */
#if defined __clang__
#pragma clang attribute pop
#elif defined __GNUC__
#pragma GCC pop_options
#endif
