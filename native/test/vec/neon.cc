// arm64: NEON is part of the baseline, so no target region is needed.
#if defined(__aarch64__)
#include "test/vec/prelude.h"

namespace attn::vec_neon {

#include "cpu/vec/neon.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/math.inl"

#include "test/vec/probe.inl"

}  // namespace attn::vec_neon

namespace attn::test {

void probe_neon(Checks& checks) { vec_neon::probe(checks); }

}  // namespace attn::test

#endif
