// AVX-512 with AMX: matrix tiles for the products of prefill.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "avx512_amx"
#if defined(__clang__)
#pragma clang attribute push(                                                                                     \
    __attribute__((target(                                                                                        \
        "amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target( \
    "amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#endif

namespace attn::avx512_amx {

inline constexpr Isa kIsa = Isa::avx512_amx;

#include "cpu/vec/avx512.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/avx512_amx.h"

#include "cpu/vec/math.inl"

#include "cpu/isa/bf16_products.inl"

}  // namespace attn::avx512_amx

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn {

KernelTable kernels_avx512_amx() { return avx512_amx::kJoined.table(); }

}  // namespace attn
