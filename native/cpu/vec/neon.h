// Vectors of 4 floats: arm64 NEON. Included inside namespace attn::neon.
// max and min give NaN when either argument is NaN.

using F32 = float32x4_t;
using I32 = int32x4_t;
using Mask = uint32x4_t;

inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 32;
inline constexpr bool kHasFma = true;

[[gnu::always_inline]] inline F32 zero() { return vdupq_n_f32(0.0f); }
[[gnu::always_inline]] inline F32 splat(float value) { return vdupq_n_f32(value); }
[[gnu::always_inline]] inline F32 iota() {
  const float lanes[4] = {0, 1, 2, 3};
  return vld1q_f32(lanes);
}

[[gnu::always_inline]] inline F32 bits_of(I32 bits) { return vreinterpretq_f32_s32(bits); }
[[gnu::always_inline]] inline I32 bits_of(F32 value) { return vreinterpretq_s32_f32(value); }

// Arithmetic.
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return vaddq_f32(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return vsubq_f32(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return vmulq_f32(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return vdivq_f32(a, b); }
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return vmaxq_f32(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return vminq_f32(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return vfmaq_f32(c, a, b); }
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return vfmsq_f32(c, a, b); }
[[gnu::always_inline]] inline void accumulate(F32& sum, F32 a, F32 b) { sum = fma(a, b, sum); }
[[gnu::always_inline]] inline F32 neg(F32 a) { return vnegq_f32(a); }
[[gnu::always_inline]] inline F32 abs(F32 a) { return vabsq_f32(a); }
// 1 / a within 3 ulp, a normal and not so large that the result is subnormal.
[[gnu::always_inline]] inline F32 reciprocal(F32 a) {
  F32 guess = vrecpeq_f32(a);
  for (int i = 0; i < 3; ++i) guess = vmulq_f32(guess, vrecpsq_f32(a, guess));
  return guess;
}
[[gnu::always_inline]] inline F32 sqrt(F32 a) { return vsqrtq_f32(a); }
[[gnu::always_inline]] inline F32 round_nearest(F32 a) { return vrndnq_f32(a); }
[[gnu::always_inline]] inline F32 copy_sign(F32 magnitude, F32 sign) {
  return vbslq_f32(vdupq_n_u32(0x80000000u), sign, magnitude);
}

// Integers, for the exponent work in math.inl.
[[gnu::always_inline]] inline I32 splat_int(int32_t value) { return vdupq_n_s32(value); }
[[gnu::always_inline]] inline I32 nearest_int(F32 a) { return vcvtnq_s32_f32(a); }
[[gnu::always_inline]] inline F32 from_int(I32 a) { return vcvtq_f32_s32(a); }
[[gnu::always_inline]] inline I32 add_int(I32 a, I32 b) { return vaddq_s32(a, b); }
[[gnu::always_inline]] inline I32 sub_int(I32 a, I32 b) { return vsubq_s32(a, b); }
[[gnu::always_inline]] inline I32 and_int(I32 a, I32 b) { return vandq_s32(a, b); }
template <int kCount>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return vshlq_n_s32(a, kCount);
}
template <int kCount>
[[gnu::always_inline]] inline I32 shift_right_signed(I32 a) {
  return vshrq_n_s32(a, kCount);
}

// Masks: all bits of a lane are set or clear.
[[gnu::always_inline]] inline Mask less(F32 a, F32 b) { return vcltq_f32(a, b); }
[[gnu::always_inline]] inline Mask less_equal(F32 a, F32 b) { return vcleq_f32(a, b); }
[[gnu::always_inline]] inline Mask equal(F32 a, F32 b) { return vceqq_f32(a, b); }
[[gnu::always_inline]] inline Mask is_nan(F32 a) { return vmvnq_u32(vceqq_f32(a, a)); }
[[gnu::always_inline]] inline Mask mask_and(Mask a, Mask b) { return vandq_u32(a, b); }
[[gnu::always_inline]] inline Mask mask_or(Mask a, Mask b) { return vorrq_u32(a, b); }
[[gnu::always_inline]] inline Mask mask_not(Mask a) { return vmvnq_u32(a); }
[[gnu::always_inline]] inline Mask first_lanes(int64_t n) {
  return vcltq_f32(iota(), vdupq_n_f32(static_cast<float>(n)));
}
[[gnu::always_inline]] inline F32 select(Mask mask, F32 if_true, F32 if_false) {
  return vbslq_f32(mask, if_true, if_false);
}
[[gnu::always_inline]] inline bool any(Mask mask) { return vmaxvq_u32(mask) != 0; }
[[gnu::always_inline]] inline bool all(Mask mask) { return vminvq_u32(mask) != 0; }

// The first n lanes in memory, 0 <= n <= kLanes; memory past them is never touched.
[[gnu::always_inline]] inline uint16x4_t load_words(const uint16_t* from, int64_t n) {
  if (n >= kLanes) return vld1_u16(from);
  uint16x4_t words = vdup_n_u16(0);
  if (n > 2) words = vld1_lane_u16(from + 2, words, 2);
  if (n > 1) words = vld1_lane_u16(from + 1, words, 1);
  if (n > 0) words = vld1_lane_u16(from, words, 0);
  return words;
}
[[gnu::always_inline]] inline void store_words(uint16_t* to, uint16x4_t words, int64_t n) {
  if (n >= kLanes) return vst1_u16(to, words);
  if (n > 0) vst1_lane_u16(to, words, 0);
  if (n > 1) vst1_lane_u16(to + 1, words, 1);
  if (n > 2) vst1_lane_u16(to + 2, words, 2);
}
[[gnu::always_inline]] inline uint8x8_t load_bytes(const uint8_t* from, int64_t n) {
  uint32_t bytes = 0;
  if (n >= kLanes) {
    __builtin_memcpy(&bytes, from, sizeof bytes);
  } else {
    for (int64_t i = n - 1; i >= 0; --i) bytes = bytes << 8 | from[i];
  }
  return vcreate_u8(bytes);
}

// Conversion between the storage types and floats.
[[gnu::always_inline]] inline F32 widen_f16(uint16x4_t words) { return vcvt_f32_f16(vreinterpret_f16_u16(words)); }
[[gnu::always_inline]] inline F32 widen_bf16(uint16x4_t words) { return vreinterpretq_f32_u32(vshll_n_u16(words, 16)); }
[[gnu::always_inline]] inline F32 widen_i8(uint8x8_t bytes) {
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes)))));
}
[[gnu::always_inline]] inline F32 widen_f8e4m3(uint8x8_t bytes) {
  // Seen as f16 (bias 15 instead of 7) the value is 2^-8 of itself.
  const uint16x4_t words = vget_low_u16(vmovl_u8(bytes));
  const uint16x4_t sign = vshl_n_u16(vand_u16(words, vdup_n_u16(0x80)), 8);
  const uint16x4_t magnitude = vshl_n_u16(vand_u16(words, vdup_n_u16(0x7f)), 7);
  const F32 value = vmulq_n_f32(widen_f16(vorr_u16(sign, magnitude)), 256.0f);
  const uint32x4_t nan = vceqq_f32(vabsq_f32(value), vdupq_n_f32(480.0f));
  return vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(value), nan));  // all bits: NaN
}
[[gnu::always_inline]] inline uint16x4_t narrow_f16(F32 a) { return vreinterpret_u16_f16(vcvt_f16_f32(a)); }
[[gnu::always_inline]] inline uint16x4_t narrow_bf16(F32 a) {
  const uint32x4_t bits = vreinterpretq_u32_f32(a);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd);
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  return vshrn_n_u32(vbslq_u32(is_nan(a), quiet, rounded), 16);
}

// Loads and stores of kLanes values, unaligned.
[[gnu::always_inline]] inline F32 load(const float* from) { return vld1q_f32(from); }
[[gnu::always_inline]] inline F32 load(const f16* from) { return widen_f16(load_words(&from->bits, kLanes)); }
[[gnu::always_inline]] inline F32 load(const bf16* from) { return widen_bf16(load_words(&from->bits, kLanes)); }
[[gnu::always_inline]] inline F32 load(const int8_t* from) {
  return widen_i8(load_bytes(reinterpret_cast<const uint8_t*>(from), kLanes));
}
[[gnu::always_inline]] inline F32 load(const f8e4m3* from) { return widen_f8e4m3(load_bytes(&from->bits, kLanes)); }
[[gnu::always_inline]] inline void store(float* to, F32 a) { vst1q_f32(to, a); }
[[gnu::always_inline]] inline void store(f16* to, F32 a) { store_words(&to->bits, narrow_f16(a), kLanes); }
[[gnu::always_inline]] inline void store(bf16* to, F32 a) { store_words(&to->bits, narrow_bf16(a), kLanes); }

// The first n lanes, 0 <= n <= kLanes; memory past them is never touched and other lanes load as zero.
[[gnu::always_inline]] inline F32 load_partial(const float* from, int64_t n) {
  if (n >= kLanes) return vld1q_f32(from);
  F32 lanes = vdupq_n_f32(0.0f);
  if (n > 2) lanes = vld1q_lane_f32(from + 2, lanes, 2);
  if (n > 1) lanes = vld1q_lane_f32(from + 1, lanes, 1);
  if (n > 0) lanes = vld1q_lane_f32(from, lanes, 0);
  return lanes;
}
[[gnu::always_inline]] inline F32 load_partial(const f16* from, int64_t n) {
  return widen_f16(load_words(&from->bits, n));
}
[[gnu::always_inline]] inline F32 load_partial(const bf16* from, int64_t n) {
  return widen_bf16(load_words(&from->bits, n));
}
[[gnu::always_inline]] inline F32 load_partial(const int8_t* from, int64_t n) {
  return widen_i8(load_bytes(reinterpret_cast<const uint8_t*>(from), n));
}
[[gnu::always_inline]] inline F32 load_partial(const f8e4m3* from, int64_t n) {
  return widen_f8e4m3(load_bytes(&from->bits, n));
}
[[gnu::always_inline]] inline void store_partial(float* to, F32 a, int64_t n) {
  if (n >= kLanes) return vst1q_f32(to, a);
  if (n > 0) vst1q_lane_f32(to, a, 0);
  if (n > 1) vst1q_lane_f32(to + 1, a, 1);
  if (n > 2) vst1q_lane_f32(to + 2, a, 2);
}
[[gnu::always_inline]] inline void store_partial(f16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_f16(a), n);
}
[[gnu::always_inline]] inline void store_partial(bf16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_bf16(a), n);
}

// Across lanes.
[[gnu::always_inline]] inline float reduce_add(F32 a) { return vaddvq_f32(a); }
[[gnu::always_inline]] inline float reduce_max(F32 a) { return vmaxvq_f32(a); }
[[gnu::always_inline]] inline void transpose(F32 (&rows)[kLanes]) {
  const float64x2_t top_even = vreinterpretq_f64_f32(vtrn1q_f32(rows[0], rows[1]));
  const float64x2_t top_odd = vreinterpretq_f64_f32(vtrn2q_f32(rows[0], rows[1]));
  const float64x2_t bottom_even = vreinterpretq_f64_f32(vtrn1q_f32(rows[2], rows[3]));
  const float64x2_t bottom_odd = vreinterpretq_f64_f32(vtrn2q_f32(rows[2], rows[3]));
  rows[0] = vreinterpretq_f32_f64(vtrn1q_f64(top_even, bottom_even));
  rows[1] = vreinterpretq_f32_f64(vtrn1q_f64(top_odd, bottom_odd));
  rows[2] = vreinterpretq_f32_f64(vtrn2q_f64(top_even, bottom_even));
  rows[3] = vreinterpretq_f32_f64(vtrn2q_f64(top_odd, bottom_odd));
}

// Lane i of the result is lane i ^ kStep.
template <int kStep>
[[gnu::always_inline]] inline F32 swap_lanes(F32 a) {
  if constexpr (kStep == 1) return vrev64q_f32(a);
  if constexpr (kStep == 2) return vextq_f32(a, a, 2);
}

// Lanes of a and b by turns: a's first, b's first, and so on to the last.
[[gnu::always_inline]] inline void interleave(F32 a, F32 b, F32& low, F32& high) {
  low = vzip1q_f32(a, b);
  high = vzip2q_f32(a, b);
}

// Lane i of the result is the sum of the lanes of rows[i].
[[gnu::always_inline]] inline F32 sum_each(const F32 (&rows)[kLanes]) {
  return vpaddq_f32(vpaddq_f32(rows[0], rows[1]), vpaddq_f32(rows[2], rows[3]));
}

// Stops the compiler from folding a load into every operation that uses the value.
[[gnu::always_inline]] inline void keep(F32& value) { asm("" : "+w"(value)); }
// Computes the value here, in this order among pinned values, and not before.
[[gnu::always_inline]] inline void pin(F32& value) { asm volatile("" : "+w"(value)); }

// The empty asm makes these an effect: GCC takes a function that only prefetches for one without any and drops its calls.
[[gnu::always_inline]] inline void prefetch_l1(const void* address) {
  __builtin_prefetch(address, 0, 3);
  asm volatile("");
}
[[gnu::always_inline]] inline void prefetch_l2(const void* address) {
  __builtin_prefetch(address, 0, 2);
  asm volatile("");
}

// The words of 2 · kLanes bf16 values, split into the even and the odd ones; see bf16_pairs.inl.
[[gnu::always_inline]] inline void split_bf16(F32 pairs, F32& even, F32& odd) {
  even = bits_of(vshlq_n_s32(bits_of(pairs), 16));
  odd = bits_of(vandq_s32(bits_of(pairs), splat_int(static_cast<int32_t>(0xffff0000u))));
}
