// Vectors of 16 floats: AVX-512 F, BW, DQ and VL. Included inside namespace attn::avx512 or attn::avx512_bf16, within
// its target region.
// max and min give the second argument when either is NaN, as the instructions do.

using F32 = __m512;
using I32 = __m512i;
using Mask = __mmask16;

inline constexpr int kLanes = 16;
inline constexpr int kRegisters = 32;
inline constexpr bool kHasFma = true;

[[gnu::always_inline]] inline F32 zero() { return _mm512_setzero_ps(); }
[[gnu::always_inline]] inline F32 splat(float value) { return _mm512_set1_ps(value); }
[[gnu::always_inline]] inline F32 iota() {
  return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

[[gnu::always_inline]] inline F32 bits_of(I32 bits) { return _mm512_castsi512_ps(bits); }
[[gnu::always_inline]] inline I32 bits_of(F32 value) { return _mm512_castps_si512(value); }

// Arithmetic.
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return _mm512_add_ps(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return _mm512_sub_ps(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return _mm512_mul_ps(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return _mm512_div_ps(a, b); }
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return _mm512_max_ps(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return _mm512_min_ps(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return _mm512_fnmadd_ps(a, b, c); }
[[gnu::always_inline]] inline void accumulate(F32& sum, F32 a, F32 b) { sum = fma(a, b, sum); }
[[gnu::always_inline]] inline F32 neg(F32 a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
[[gnu::always_inline]] inline F32 abs(F32 a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
// 1 / a within 3 ulp, a normal and not so large that the result is subnormal.
[[gnu::always_inline]] inline F32 reciprocal(F32 a) {
  const F32 guess = _mm512_rcp14_ps(a);
  return _mm512_mul_ps(guess, _mm512_fnmadd_ps(a, guess, _mm512_set1_ps(2.0f)));
}
[[gnu::always_inline]] inline F32 sqrt(F32 a) { return _mm512_sqrt_ps(a); }
[[gnu::always_inline]] inline F32 round_nearest(F32 a) {
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline F32 copy_sign(F32 magnitude, F32 sign) {
  const F32 bit = _mm512_set1_ps(-0.0f);
  return _mm512_or_ps(_mm512_andnot_ps(bit, magnitude), _mm512_and_ps(bit, sign));
}

// Integers, for the exponent work in math.inl.
[[gnu::always_inline]] inline I32 splat_int(int32_t value) { return _mm512_set1_epi32(value); }
[[gnu::always_inline]] inline I32 nearest_int(F32 a) { return _mm512_cvtps_epi32(a); }
[[gnu::always_inline]] inline F32 from_int(I32 a) { return _mm512_cvtepi32_ps(a); }
[[gnu::always_inline]] inline I32 add_int(I32 a, I32 b) { return _mm512_add_epi32(a, b); }
[[gnu::always_inline]] inline I32 sub_int(I32 a, I32 b) { return _mm512_sub_epi32(a, b); }
[[gnu::always_inline]] inline I32 and_int(I32 a, I32 b) { return _mm512_and_si512(a, b); }
template <int kCount>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return _mm512_slli_epi32(a, kCount);
}
template <int kCount>
[[gnu::always_inline]] inline I32 shift_right_signed(I32 a) {
  return _mm512_srai_epi32(a, kCount);
}

// Masks: one bit per lane.
[[gnu::always_inline]] inline Mask less(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
[[gnu::always_inline]] inline Mask less_equal(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
[[gnu::always_inline]] inline Mask equal(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
[[gnu::always_inline]] inline Mask is_nan(F32 a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
[[gnu::always_inline]] inline Mask mask_and(Mask a, Mask b) { return static_cast<Mask>(a & b); }
[[gnu::always_inline]] inline Mask mask_or(Mask a, Mask b) { return static_cast<Mask>(a | b); }
[[gnu::always_inline]] inline Mask mask_not(Mask a) { return static_cast<Mask>(~a); }
[[gnu::always_inline]] inline Mask first_lanes(int64_t n) {  // all of them when n is larger
  return static_cast<Mask>(n < kLanes ? _bzhi_u32(0xffffu, static_cast<unsigned>(n)) : 0xffffu);
}
[[gnu::always_inline]] inline F32 select(Mask mask, F32 if_true, F32 if_false) {
  return _mm512_mask_blend_ps(mask, if_false, if_true);
}
[[gnu::always_inline]] inline bool any(Mask mask) { return mask != 0; }
[[gnu::always_inline]] inline bool all(Mask mask) { return mask == 0xffff; }

// Conversion between the storage types and floats.
[[gnu::always_inline]] inline F32 widen_f16(__m256i words) { return _mm512_cvtph_ps(words); }
[[gnu::always_inline]] inline F32 widen_bf16(__m256i words) {
  return bits_of(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}
[[gnu::always_inline]] inline F32 widen_i8(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)); }
[[gnu::always_inline]] inline F32 widen_f8e4m3(__m128i bytes) {
  // Seen as f16 (bias 15 instead of 7) the value is 2^-8 of itself.
  const __m256i words = _mm256_cvtepu8_epi16(bytes);
  const __m256i sign = _mm256_slli_epi16(_mm256_and_si256(words, _mm256_set1_epi16(0x80)), 8);
  const __m256i magnitude = _mm256_slli_epi16(_mm256_and_si256(words, _mm256_set1_epi16(0x7f)), 7);
  const F32 value = mul(_mm512_cvtph_ps(_mm256_or_si256(sign, magnitude)), splat(256.0f));
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(abs(value), splat(480.0f), _CMP_EQ_OQ), value,
                              splat(__builtin_nanf("")));
}
[[gnu::always_inline]] inline __m256i narrow_f16(F32 a) {
  return _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline __m256i narrow_bf16(F32 a) {  // the instruction of AVX512-BF16 would flush subnormals
  const I32 bits = bits_of(a);
  const I32 odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), splat_int(1));
  const I32 rounded = _mm512_add_epi32(_mm512_add_epi32(bits, splat_int(0x7fff)), odd);
  const I32 words = _mm512_mask_or_epi32(rounded, is_nan(a), bits, splat_int(0x400000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(words, 16));
}

// Loads and stores of kLanes values, unaligned.
[[gnu::always_inline]] inline F32 load(const float* from) { return _mm512_loadu_ps(from); }
[[gnu::always_inline]] inline F32 load(const f16* from) {
  return widen_f16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
[[gnu::always_inline]] inline F32 load(const bf16* from) {
  return widen_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
[[gnu::always_inline]] inline F32 load(const int8_t* from) {
  return widen_i8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
[[gnu::always_inline]] inline F32 load(const f8e4m3* from) {
  return widen_f8e4m3(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
[[gnu::always_inline]] inline void store(float* to, F32 a) { _mm512_storeu_ps(to, a); }
[[gnu::always_inline]] inline void store(f16* to, F32 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrow_f16(a));
}
[[gnu::always_inline]] inline void store(bf16* to, F32 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrow_bf16(a));
}

// The first n lanes, 0 <= n <= kLanes; memory past them is never touched and other lanes load as zero.
[[gnu::always_inline]] inline F32 load_partial(const float* from, int64_t n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), from);
}
[[gnu::always_inline]] inline F32 load_partial(const f16* from, int64_t n) {
  return widen_f16(_mm256_maskz_loadu_epi16(first_lanes(n), from));
}
[[gnu::always_inline]] inline F32 load_partial(const bf16* from, int64_t n) {
  return widen_bf16(_mm256_maskz_loadu_epi16(first_lanes(n), from));
}
[[gnu::always_inline]] inline F32 load_partial(const int8_t* from, int64_t n) {
  return widen_i8(_mm_maskz_loadu_epi8(first_lanes(n), from));
}
[[gnu::always_inline]] inline F32 load_partial(const f8e4m3* from, int64_t n) {
  return widen_f8e4m3(_mm_maskz_loadu_epi8(first_lanes(n), from));
}
[[gnu::always_inline]] inline void store_partial(float* to, F32 a, int64_t n) {
  _mm512_mask_storeu_ps(to, first_lanes(n), a);
}
[[gnu::always_inline]] inline void store_partial(f16* to, F32 a, int64_t n) {
  _mm256_mask_storeu_epi16(to, first_lanes(n), narrow_f16(a));
}
[[gnu::always_inline]] inline void store_partial(bf16* to, F32 a, int64_t n) {
  _mm256_mask_storeu_epi16(to, first_lanes(n), narrow_bf16(a));
}

// Across lanes.
[[gnu::always_inline]] inline float reduce_add(F32 a) {
  const __m256 halves = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}
[[gnu::always_inline]] inline float reduce_max(F32 a) {
  const __m256 halves = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 top = _mm_max_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
  top = _mm_max_ps(top, _mm_movehl_ps(top, top));
  return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
}
[[gnu::always_inline]] inline void transpose(F32 (&rows)[kLanes]) {
  F32 pairs[16], quads[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  // quads[4g + c], 128-bit lane l: column 4l + c of rows 4g to 4g + 3.
  for (int i = 0; i < 16; i += 4) {
    quads[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
    quads[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
  }
  for (int c = 0; c < 4; ++c) {
    const F32 low_even = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0x88);  // lanes 0, 2 of row groups 0, 1
    const F32 low_odd = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0xdd);
    const F32 high_even = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0x88);
    const F32 high_odd = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0xdd);
    rows[c] = _mm512_shuffle_f32x4(low_even, high_even, 0x88);
    rows[4 + c] = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
    rows[8 + c] = _mm512_shuffle_f32x4(low_even, high_even, 0xdd);
    rows[12 + c] = _mm512_shuffle_f32x4(low_odd, high_odd, 0xdd);
  }
}

// Lane i of the result is lane i ^ kStep.
template <int kStep>
[[gnu::always_inline]] inline F32 swap_lanes(F32 a) {
  if constexpr (kStep == 1) return _mm512_shuffle_ps(a, a, 0xb1);
  if constexpr (kStep == 2) return _mm512_shuffle_ps(a, a, 0x4e);
  if constexpr (kStep == 4) return _mm512_shuffle_f32x4(a, a, 0xb1);
  if constexpr (kStep == 8) return _mm512_shuffle_f32x4(a, a, 0x4e);
}

// Lanes of a and b by turns: a's first, b's first, and so on to the last.
[[gnu::always_inline]] inline void interleave(F32 a, F32 b, F32& low, F32& high) {
  low = _mm512_permutex2var_ps(a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b);
  high = _mm512_permutex2var_ps(a, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), b);
}

// Lane i of the result is the sum of the lanes of rows[i].
[[gnu::always_inline]] inline F32 sum_each(const F32 (&rows)[kLanes]) {
  F32 quads[4], halves[2];
  for (int i = 0; i < 4; ++i) {
    const F32* r = rows + 4 * i;
    const F32 top = _mm512_add_ps(_mm512_unpacklo_ps(r[0], r[1]), _mm512_unpackhi_ps(r[0], r[1]));
    const F32 bottom = _mm512_add_ps(_mm512_unpacklo_ps(r[2], r[3]), _mm512_unpackhi_ps(r[2], r[3]));
    quads[i] = _mm512_add_ps(_mm512_shuffle_ps(top, bottom, 0x44), _mm512_shuffle_ps(top, bottom, 0xee));
  }
  for (int i = 0; i < 2; ++i) {
    const F32 a = quads[2 * i], b = quads[2 * i + 1];
    halves[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  }
  return _mm512_add_ps(_mm512_shuffle_f32x4(halves[0], halves[1], 0x88),
                       _mm512_shuffle_f32x4(halves[0], halves[1], 0xdd));
}

// Stops the compiler from folding a load into every operation that uses the value.
[[gnu::always_inline]] inline void keep(F32& value) { asm("" : "+v"(value)); }
// Elsewhere computes the value here, in this order among pinned values; with 32 registers the order is the compiler's.
[[gnu::always_inline]] inline void pin(F32& value) { keep(value); }

// The empty asm makes these an effect: GCC takes a function that only prefetches for one without any and drops its calls.
[[gnu::always_inline]] inline void prefetch_l1(const void* address) {
  _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0);
  asm volatile("");
}
[[gnu::always_inline]] inline void prefetch_l2(const void* address) {
  _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T1);
  asm volatile("");
}

// The words of 2 · kLanes bf16 values, split into the even and the odd ones; see bf16_pairs.inl.
[[gnu::always_inline]] inline void split_bf16(F32 pairs, F32& even, F32& odd) {
  even = bits_of(_mm512_slli_epi32(bits_of(pairs), 16));
  odd = _mm512_and_ps(pairs, bits_of(splat_int(static_cast<int32_t>(0xffff0000u))));
}
