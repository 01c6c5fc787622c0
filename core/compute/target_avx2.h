/* SPDX-License-Identifier: MIT
 * target_avx2.h - what follows is compiled for AVX2 with FMA; target_end.h ends that. */
#if defined __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined __GNUC__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define HO_LANES 8
