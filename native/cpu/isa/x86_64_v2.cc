// The x86-64 baseline: SSE4.2.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "x86_64_v2"
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sse3,ssse3,sse4.1,sse4.2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sse3,ssse3,sse4.1,sse4.2,popcnt")
#endif

namespace attn::x86_64_v2 {

inline constexpr Isa kIsa = Isa::x86_64_v2;

#include "cpu/vec/x86_64_v2.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/no_matrix_tiles.inl"

#include "cpu/vec/math.inl"

#include "cpu/isa/table.inl"

}  // namespace attn::x86_64_v2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn {

KernelTable kernels_x86_64_v2() { return x86_64_v2::kJoined.table(); }

}  // namespace attn
