// arm64: NEON is part of the baseline, so no target region is needed.
#include "cpu/isa/prelude.h"

#define ATTN_ISA "neon"

namespace attn::neon {

inline constexpr Isa kIsa = Isa::neon;

#include "cpu/vec/neon.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/no_matrix_tiles.inl"

#include "cpu/vec/math.inl"

#include "cpu/isa/table.inl"

}  // namespace attn::neon

namespace attn {

KernelTable kernels_neon() { return neon::kJoined.table(); }

}  // namespace attn
