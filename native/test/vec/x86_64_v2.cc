// The x86-64 baseline: SSE4.2.
#if defined(__x86_64__)
#include "test/vec/prelude.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sse3,ssse3,sse4.1,sse4.2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sse3,ssse3,sse4.1,sse4.2,popcnt")
#endif

namespace attn::vec_x86_64_v2 {

#include "cpu/vec/x86_64_v2.h"

#include "cpu/vec/bf16_pairs.inl"

#include "cpu/vec/math.inl"

#include "test/vec/probe.inl"

}  // namespace attn::vec_x86_64_v2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace attn::test {

void probe_x86_64_v2(Checks& checks) { vec_x86_64_v2::probe(checks); }

}  // namespace attn::test

#endif
