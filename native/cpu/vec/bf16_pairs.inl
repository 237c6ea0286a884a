// Dot products over pairs of bf16 where no instruction does them: the even and odd values as floats. Included after a
// vec header, inside its namespace.

inline constexpr bool kHasBf16Dot = false;

struct Bf16x32 {  // 2 · kLanes values
  F32 even;
  F32 odd;
};
using Bf16Part = F32;  // what one product takes of them

[[gnu::always_inline]] inline Bf16x32 load_bf16_pairs(const bf16* from) {
  Bf16x32 pairs;
  split_bf16(load(reinterpret_cast<const float*>(from)), pairs.even, pairs.odd);
  return pairs;
}
[[gnu::always_inline]] inline Bf16x32 splat_bf16_pair(const bf16* from) {
  float both;
  __builtin_memcpy(&both, from, sizeof both);
  Bf16x32 pairs;
  split_bf16(splat(both), pairs.even, pairs.odd);
  return pairs;
}
// Adds a[2i]·b[2i] + a[2i+1]·b[2i+1] to lane i.
[[gnu::always_inline]] inline F32 dot_bf16(F32 acc, Bf16x32 a, Bf16x32 b) {
  return fma(a.odd, b.odd, fma(a.even, b.even, acc));
}
// Stores lo, then hi, rounded: 2 · kLanes values.
[[gnu::always_inline]] inline void store_bf16(bf16* to, F32 hi, F32 lo) {
  store(to, lo);
  store(to + kLanes, hi);
}
// Rounds to pairs: the values of lo, then those of hi.
[[gnu::always_inline]] inline Bf16x32 pack_bf16(F32 hi, F32 lo) {
  bf16 both[2 * kLanes];
  store_bf16(both, hi, lo);
  return load_bf16_pairs(both);
}
