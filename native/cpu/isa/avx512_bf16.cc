// AVX-512 with BF16 dot products.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "avx512_bf16"
#if defined(__clang__)
#pragma clang attribute push(                                                                                     \
    __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::avx512_bf16 {

inline constexpr Isa kIsa = Isa::avx512_bf16;

#include "cpu/vec/avx512.h"

#include "cpu/vec/avx512_bf16.h"

#include "cpu/vec/no_matrix_tiles.inl"

#include "cpu/vec/math.inl"

#include "cpu/isa/bf16_products.inl"

}  // namespace attn::avx512_bf16

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn {

KernelTable kernels_avx512_bf16() { return avx512_bf16::kJoined.table(); }

}  // namespace attn
