/* SPDX-License-Identifier: MIT
 * ptx.h - instructions that CUDA C++ has no functions for: asynchronous copies to shared memory and tensor cores.
 *
 * For sm_80 and later.  tests/emulate has the same functions for the CPU. */
#ifndef HO_PTX_H
#define HO_PTX_H

static __device__ __forceinline__ unsigned ho_shared_address(const void *p)
{
  return (unsigned)__cvta_generic_to_shared(p);
}

/* Starts copying 16 or 4 bytes from global to shared memory, both aligned to that; if not valid, writes zeros and reads
 * nothing.  This thread sees them after ho_copy_wait, other threads after a barrier that follows. */
static __device__ __forceinline__ void ho_copy16(void *shared, const void *global, bool valid)
{
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(ho_shared_address(shared)), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}
static __device__ __forceinline__ void ho_copy4(void *shared, const void *global, bool valid)
{
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(ho_shared_address(shared)), "l"(global),
               "r"(valid ? 4 : 0)
               : "memory");
}
/* Makes a group of the copies started since the last one. */
static __device__ __forceinline__ void ho_copy_commit(void)
{
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/* Waits until at most so many of the latest groups are unfinished. */
template <int PENDING> static __device__ __forceinline__ void ho_copy_wait(void)
{
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

/* Rounded to TF32's 10 bits of mantissa, to nearest and ties away from zero; NaN stays NaN. */
static __device__ __forceinline__ unsigned ho_tf32(float a)
{
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(a));
  return r;
}
/* Two numbers rounded to bfloat16, to nearest even. */
static __device__ __forceinline__ unsigned ho_bf16_pair(float low, float high)
{
  unsigned r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}

/* d += A B for a warp, A 16 x k, B k x 8, d 16 x 8 in float32, with g = lane/4 and t = lane%4:
 *
 *   d   (g, 2t) (g, 2t+1) (g+8, 2t) (g+8, 2t+1)
 *   TF32, k = 8: a  (g, t) (g+8, t) (g, t+4) (g+8, t+4)   b  (t, g) (t+4, g)
 *   BF16, k = 16, pairs, the lower index in the lower half: a  (g, 2t) (g+8, 2t) (g, 2t+8) (g+8, 2t+8)
 *                                                           b  (2t, g) (2t+8, g) */
static __device__ __forceinline__ void ho_mma_tf32(float d[4], const unsigned a[4], const unsigned b[2])
{
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
static __device__ __forceinline__ void ho_mma_bf16(float d[4], const unsigned a[4], const unsigned b[2])
{
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
               "{%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif
