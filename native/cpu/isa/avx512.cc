// AVX-512 F, BW, DQ and VL.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "avx512"
#if defined(__clang__)
#pragma clang attribute push(                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::avx512 {

inline constexpr Isa kIsa = Isa::avx512;

#include "cpu/vec/avx512.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/no_matrix_tiles.inl"

#include "cpu/vec/math.inl"

#include "cpu/isa/table.inl"

}  // namespace attn::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn {

KernelTable kernels_avx512() { return avx512::kJoined.table(); }

}  // namespace attn
