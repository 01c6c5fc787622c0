/* SPDX-License-Identifier: MIT
 * target_avx512.h - compiles what follows for AVX-512, up to target_end.h. */
#if defined __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), \
                             apply_to = function)
#elif defined __GNUC__
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
#define HO_LANES 16
