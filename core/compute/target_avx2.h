/* SPDX-License-Identifier: MIT
 * target_avx2.h - compiles what follows for AVX2 with FMA, up to target_end.h. */
#if defined __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined __GNUC__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define HO_LANES 8
