// AVX2, FMA and F16C.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "avx2"
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::avx2 {

inline constexpr Isa kIsa = Isa::avx2;

#include "cpu/vec/avx2.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/no_matrix_tiles.inl"

#include "cpu/vec/math.inl"

#include "cpu/isa/table.inl"

}  // namespace attn::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn {

KernelTable kernels_avx2() { return avx2::kJoined.table(); }

}  // namespace attn
