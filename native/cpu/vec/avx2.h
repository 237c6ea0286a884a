// Vectors of 8 floats: AVX2, FMA and F16C. Included inside namespace attn::avx2, within its target region.
// max and min give the second argument when either is NaN, as the instructions do.

using F32 = __m256;
using I32 = __m256i;
using Mask = __m256;

inline constexpr int kLanes = 8;
inline constexpr int kRegisters = 16;
inline constexpr bool kHasFma = true;

[[gnu::always_inline]] inline F32 zero() { return _mm256_setzero_ps(); }
[[gnu::always_inline]] inline F32 splat(float value) { return _mm256_set1_ps(value); }
[[gnu::always_inline]] inline F32 iota() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }

[[gnu::always_inline]] inline F32 bits_of(I32 bits) { return _mm256_castsi256_ps(bits); }
[[gnu::always_inline]] inline I32 bits_of(F32 value) { return _mm256_castps_si256(value); }
[[gnu::always_inline]] inline I32 first_bits(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// Arithmetic.
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return _mm256_add_ps(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return _mm256_sub_ps(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return _mm256_mul_ps(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return _mm256_div_ps(a, b); }
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return _mm256_max_ps(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return _mm256_min_ps(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return _mm256_fnmadd_ps(a, b, c); }
// sum += a · b, in the register that holds the sum: GCC likes to overwrite a factor instead, which in loops over many sums
// ends in moves and spills.
[[gnu::always_inline]] inline void accumulate(F32& sum, F32 a, F32 b) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}
[[gnu::always_inline]] inline F32 neg(F32 a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
[[gnu::always_inline]] inline F32 abs(F32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
// 1 / a within 3 ulp, a normal and not so large that the result is subnormal.
[[gnu::always_inline]] inline F32 reciprocal(F32 a) {
  const F32 guess = _mm256_rcp_ps(a);
  return _mm256_mul_ps(guess, _mm256_fnmadd_ps(a, guess, _mm256_set1_ps(2.0f)));
}
[[gnu::always_inline]] inline F32 sqrt(F32 a) { return _mm256_sqrt_ps(a); }
[[gnu::always_inline]] inline F32 round_nearest(F32 a) {
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline F32 copy_sign(F32 magnitude, F32 sign) {
  const F32 bit = _mm256_set1_ps(-0.0f);
  return _mm256_or_ps(_mm256_andnot_ps(bit, magnitude), _mm256_and_ps(bit, sign));
}

// Integers, for the exponent work in math.inl.
[[gnu::always_inline]] inline I32 splat_int(int32_t value) { return _mm256_set1_epi32(value); }
[[gnu::always_inline]] inline I32 nearest_int(F32 a) { return _mm256_cvtps_epi32(a); }
[[gnu::always_inline]] inline F32 from_int(I32 a) { return _mm256_cvtepi32_ps(a); }
[[gnu::always_inline]] inline I32 add_int(I32 a, I32 b) { return _mm256_add_epi32(a, b); }
[[gnu::always_inline]] inline I32 sub_int(I32 a, I32 b) { return _mm256_sub_epi32(a, b); }
[[gnu::always_inline]] inline I32 and_int(I32 a, I32 b) { return _mm256_and_si256(a, b); }
template <int kCount>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return _mm256_slli_epi32(a, kCount);
}
template <int kCount>
[[gnu::always_inline]] inline I32 shift_right_signed(I32 a) {
  return _mm256_srai_epi32(a, kCount);
}

// Masks: all bits of a lane are set or clear.
[[gnu::always_inline]] inline Mask less(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
[[gnu::always_inline]] inline Mask less_equal(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
[[gnu::always_inline]] inline Mask equal(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
[[gnu::always_inline]] inline Mask is_nan(F32 a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
[[gnu::always_inline]] inline Mask mask_and(Mask a, Mask b) { return _mm256_and_ps(a, b); }
[[gnu::always_inline]] inline Mask mask_or(Mask a, Mask b) { return _mm256_or_ps(a, b); }
[[gnu::always_inline]] inline Mask mask_not(Mask a) { return _mm256_xor_ps(a, bits_of(splat_int(-1))); }
[[gnu::always_inline]] inline Mask first_lanes(int64_t n) { return bits_of(first_bits(n)); }
[[gnu::always_inline]] inline F32 select(Mask mask, F32 if_true, F32 if_false) {
  return _mm256_blendv_ps(if_false, if_true, mask);
}
[[gnu::always_inline]] inline bool any(Mask mask) { return _mm256_movemask_ps(mask) != 0; }
[[gnu::always_inline]] inline bool all(Mask mask) { return _mm256_movemask_ps(mask) == 0xff; }

// 16-bit lanes in memory, n of them; the lanes above are zero.
[[gnu::always_inline]] inline __m128i load_words(const uint16_t* from, int64_t n) {
  if (n >= 8) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  __m128i words = n & 1 ? _mm_cvtsi32_si128(from[n - 1]) : _mm_setzero_si128();
  if (n & 2) {
    int32_t pair;
    __builtin_memcpy(&pair, from + (n & 4), sizeof pair);
    words = _mm_or_si128(_mm_slli_si128(words, 4), _mm_cvtsi32_si128(pair));
  }
  if (n & 4) {
    words = _mm_or_si128(_mm_slli_si128(words, 8), _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  return words;
}
[[gnu::always_inline]] inline void store_words(uint16_t* to, __m128i words, int64_t n) {
  if (n >= 8) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), words);
  if (n & 4) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), words);
    words = _mm_srli_si128(words, 8);
    to += 4;
  }
  if (n & 2) {
    const int32_t pair = _mm_cvtsi128_si32(words);
    __builtin_memcpy(to, &pair, sizeof pair);
    words = _mm_srli_si128(words, 4);
    to += 2;
  }
  if (n & 1) *to = static_cast<uint16_t>(_mm_extract_epi16(words, 0));
}
// 8-bit lanes in memory, n of them, in the low half.
[[gnu::always_inline]] inline __m128i load_bytes(const uint8_t* from, int64_t n) {
  if (n >= 8) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  uint64_t bytes = 0;
  for (int64_t i = n - 1; i >= 0; --i) bytes = bytes << 8 | from[i];
  return _mm_cvtsi64_si128(static_cast<int64_t>(bytes));
}

// Conversion between the storage types and floats.
[[gnu::always_inline]] inline F32 widen_f16(__m128i words) { return _mm256_cvtph_ps(words); }
[[gnu::always_inline]] inline F32 widen_bf16(__m128i words) {
  return bits_of(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
}
[[gnu::always_inline]] inline F32 widen_i8(__m128i bytes) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)); }
[[gnu::always_inline]] inline F32 widen_f8e4m3(__m128i bytes) {
  // Seen as f16 (bias 15 instead of 7) the value is 2^-8 of itself.
  const __m128i words = _mm_cvtepu8_epi16(bytes);
  const __m128i sign = _mm_slli_epi16(_mm_and_si128(words, _mm_set1_epi16(0x80)), 8);
  const __m128i magnitude = _mm_slli_epi16(_mm_and_si128(words, _mm_set1_epi16(0x7f)), 7);
  const F32 value = _mm256_mul_ps(_mm256_cvtph_ps(_mm_or_si128(sign, magnitude)), _mm256_set1_ps(256.0f));
  return _mm256_or_ps(value, _mm256_cmp_ps(abs(value), _mm256_set1_ps(480.0f), _CMP_EQ_OQ));  // all bits: NaN
}
[[gnu::always_inline]] inline __m128i narrow_f16(F32 a) {
  return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline __m128i narrow_bf16(F32 a) {
  const I32 bits = bits_of(a);
  const I32 odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), splat_int(1));
  const I32 rounded = _mm256_add_epi32(_mm256_add_epi32(bits, splat_int(0x7fff)), odd);
  const I32 quiet = _mm256_or_si256(bits, splat_int(0x400000));
  const I32 words = _mm256_srli_epi32(bits_of(select(is_nan(a), bits_of(quiet), bits_of(rounded))), 16);
  return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

// Loads and stores of kLanes values, unaligned.
[[gnu::always_inline]] inline F32 load(const float* from) { return _mm256_loadu_ps(from); }
[[gnu::always_inline]] inline F32 load(const f16* from) { return widen_f16(load_words(&from->bits, 8)); }
[[gnu::always_inline]] inline F32 load(const bf16* from) { return widen_bf16(load_words(&from->bits, 8)); }
[[gnu::always_inline]] inline F32 load(const int8_t* from) {
  return widen_i8(load_bytes(reinterpret_cast<const uint8_t*>(from), 8));
}
[[gnu::always_inline]] inline F32 load(const f8e4m3* from) { return widen_f8e4m3(load_bytes(&from->bits, 8)); }
[[gnu::always_inline]] inline void store(float* to, F32 a) { _mm256_storeu_ps(to, a); }
[[gnu::always_inline]] inline void store(f16* to, F32 a) { store_words(&to->bits, narrow_f16(a), 8); }
[[gnu::always_inline]] inline void store(bf16* to, F32 a) { store_words(&to->bits, narrow_bf16(a), 8); }

// The first n lanes, 0 <= n <= kLanes; memory past them is never touched and other lanes load as zero.
[[gnu::always_inline]] inline F32 load_partial(const float* from, int64_t n) {
  return _mm256_maskload_ps(from, first_bits(n));
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
  _mm256_maskstore_ps(to, first_bits(n), a);
}
[[gnu::always_inline]] inline void store_partial(f16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_f16(a), n);
}
[[gnu::always_inline]] inline void store_partial(bf16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_bf16(a), n);
}

// Across lanes.
[[gnu::always_inline]] inline float reduce_add(F32 a) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}
[[gnu::always_inline]] inline float reduce_max(F32 a) {
  __m128 top = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  top = _mm_max_ps(top, _mm_movehl_ps(top, top));
  return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
}
[[gnu::always_inline]] inline void transpose(F32 (&rows)[kLanes]) {
  F32 pairs[8], quads[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
    quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
}

// Lane i of the result is lane i ^ kStep.
template <int kStep>
[[gnu::always_inline]] inline F32 swap_lanes(F32 a) {
  if constexpr (kStep == 1) return _mm256_permute_ps(a, 0xb1);
  if constexpr (kStep == 2) return _mm256_permute_ps(a, 0x4e);
  if constexpr (kStep == 4) return _mm256_permute2f128_ps(a, a, 0x01);
}

// Lanes of a and b by turns: a's first, b's first, and so on to the last.
[[gnu::always_inline]] inline void interleave(F32 a, F32 b, F32& low, F32& high) {
  const F32 even = _mm256_unpacklo_ps(a, b), odd = _mm256_unpackhi_ps(a, b);
  low = _mm256_permute2f128_ps(even, odd, 0x20);
  high = _mm256_permute2f128_ps(even, odd, 0x31);
}

// Lane i of the result is the sum of the lanes of rows[i].
[[gnu::always_inline]] inline F32 sum_each(const F32 (&rows)[kLanes]) {
  F32 pairs[4], quads[2];
  for (int i = 0; i < 4; ++i) {
    const F32 a = rows[2 * i], b = rows[2 * i + 1];
    pairs[i] = _mm256_add_ps(_mm256_blend_ps(a, b, 0xaa), _mm256_permute_ps(_mm256_blend_ps(b, a, 0xaa), 0xb1));
  }
  for (int i = 0; i < 2; ++i) {
    const F32 a = pairs[2 * i], b = pairs[2 * i + 1];
    quads[i] = _mm256_add_ps(_mm256_blend_ps(a, b, 0xcc), _mm256_permute_ps(_mm256_blend_ps(b, a, 0xcc), 0x4e));
  }
  return _mm256_add_ps(_mm256_blend_ps(quads[0], quads[1], 0xf0), _mm256_permute2f128_ps(quads[0], quads[1], 0x21));
}

// Stops the compiler from folding a load into every operation that uses the value.
[[gnu::always_inline]] inline void keep(F32& value) { asm("" : "+x"(value)); }
// Computes the value here, in this order among pinned values, and not before.
[[gnu::always_inline]] inline void pin(F32& value) { asm volatile("" : "+x"(value)); }

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
  even = bits_of(_mm256_slli_epi32(bits_of(pairs), 16));
  odd = _mm256_and_ps(pairs, bits_of(splat_int(static_cast<int32_t>(0xffff0000u))));
}
