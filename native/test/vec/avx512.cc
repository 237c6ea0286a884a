// AVX-512 F, BW, DQ and VL.
#if defined(__x86_64__)
#include "test/vec/prelude.h"

#if defined(__clang__)
#pragma clang attribute push(                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::vec_avx512 {

#include "cpu/vec/avx512.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/math.inl"

#include "test/vec/probe.inl"

}  // namespace attn::vec_avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn::test {

void probe_avx512(Checks& checks) { vec_avx512::probe(checks); }

}  // namespace attn::test

#endif
