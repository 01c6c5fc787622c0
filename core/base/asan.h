/* SPDX-License-Identifier: MIT
 * asan.h - HO_ASAN is defined where AddressSanitizer is compiled in, by gcc or by clang. */
#ifndef HO_ASAN_H
#define HO_ASAN_H

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define HO_ASAN 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define HO_ASAN 1
#endif

#endif
