// Dot products of AVX512-BF16. Included after avx512.h, inside namespace attn::avx512_bf16 and its target region.
// The instructions round to nearest even and take subnormal inputs as zero.

inline constexpr bool kHasBf16Dot = true;

using Bf16x32 = __m512bh;  // 2 · kLanes values
using Bf16Part = Bf16x32;  // what one product takes of them

[[gnu::always_inline]] inline Bf16x32 load_bf16_pairs(const bf16* from) {
  return (__m512bh)_mm512_loadu_si512(from);  // NOLINT: vector types convert by this cast alone
}
[[gnu::always_inline]] inline Bf16x32 splat_bf16_pair(const bf16* from) {
  int32_t pair;
  __builtin_memcpy(&pair, from, sizeof pair);
  return (__m512bh)_mm512_set1_epi32(pair);  // NOLINT
}
[[gnu::always_inline]] inline void keep(Bf16x32& pairs) { asm("" : "+v"(pairs)); }
[[gnu::always_inline]] inline void pin(Bf16x32& pairs) { keep(pairs); }
// Adds a[2i]·b[2i] + a[2i+1]·b[2i+1] to lane i.
[[gnu::always_inline]] inline F32 dot_bf16(F32 acc, Bf16x32 a, Bf16x32 b) { return _mm512_dpbf16_ps(acc, a, b); }
// Stores lo, then hi, rounded: 2 · kLanes values.
[[gnu::always_inline]] inline Bf16x32 pack_bf16(F32 hi, F32 lo) { return _mm512_cvtne2ps_pbh(hi, lo); }
[[gnu::always_inline]] inline void store_bf16(bf16* to, F32 hi, F32 lo) {
  _mm512_storeu_si512(to, (__m512i)pack_bf16(hi, lo));  // NOLINT
}
