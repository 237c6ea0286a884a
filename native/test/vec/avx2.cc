// AVX2, FMA and F16C.
#if defined(__x86_64__)
#include "test/vec/prelude.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::vec_avx2 {

#include "cpu/vec/avx2.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/math.inl"

#include "test/vec/probe.inl"

}  // namespace attn::vec_avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn::test {

void probe_avx2(Checks& checks) { vec_avx2::probe(checks); }

}  // namespace attn::test

#endif
