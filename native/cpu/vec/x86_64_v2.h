// Vectors of 4 floats: SSE4.2. Included inside namespace attn::x86_64_v2, within its target region.
// max and min give the second argument when either is NaN, as the instructions do.

using F32 = __m128;
using I32 = __m128i;
using Mask = __m128;

inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 16;
inline constexpr bool kHasFma = false;

[[gnu::always_inline]] inline F32 zero() { return _mm_setzero_ps(); }
[[gnu::always_inline]] inline F32 splat(float value) { return _mm_set1_ps(value); }
[[gnu::always_inline]] inline F32 iota() { return _mm_setr_ps(0, 1, 2, 3); }

[[gnu::always_inline]] inline F32 bits_of(I32 bits) { return _mm_castsi128_ps(bits); }
[[gnu::always_inline]] inline I32 bits_of(F32 value) { return _mm_castps_si128(value); }
[[gnu::always_inline]] inline I32 first_bits(int64_t n) {
  return _mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(n)), _mm_setr_epi32(0, 1, 2, 3));
}

// Arithmetic.
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return _mm_add_ps(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return _mm_sub_ps(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return _mm_mul_ps(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return _mm_div_ps(a, b); }
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return _mm_max_ps(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return _mm_min_ps(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return _mm_sub_ps(c, _mm_mul_ps(a, b)); }
[[gnu::always_inline]] inline void accumulate(F32& sum, F32 a, F32 b) { sum = fma(a, b, sum); }
[[gnu::always_inline]] inline F32 neg(F32 a) { return _mm_xor_ps(a, _mm_set1_ps(-0.0f)); }
[[gnu::always_inline]] inline F32 abs(F32 a) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), a); }
// 1 / a within 3 ulp, a normal and not so large that the result is subnormal.
[[gnu::always_inline]] inline F32 reciprocal(F32 a) {
  const F32 guess = _mm_rcp_ps(a);
  return _mm_mul_ps(guess, _mm_sub_ps(_mm_set1_ps(2.0f), _mm_mul_ps(a, guess)));
}
[[gnu::always_inline]] inline F32 sqrt(F32 a) { return _mm_sqrt_ps(a); }
[[gnu::always_inline]] inline F32 round_nearest(F32 a) {
  return _mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline F32 copy_sign(F32 magnitude, F32 sign) {
  const F32 bit = _mm_set1_ps(-0.0f);
  return _mm_or_ps(_mm_andnot_ps(bit, magnitude), _mm_and_ps(bit, sign));
}

// Integers, for the exponent work in math.inl.
[[gnu::always_inline]] inline I32 splat_int(int32_t value) { return _mm_set1_epi32(value); }
[[gnu::always_inline]] inline I32 nearest_int(F32 a) { return _mm_cvtps_epi32(a); }
[[gnu::always_inline]] inline F32 from_int(I32 a) { return _mm_cvtepi32_ps(a); }
[[gnu::always_inline]] inline I32 add_int(I32 a, I32 b) { return _mm_add_epi32(a, b); }
[[gnu::always_inline]] inline I32 sub_int(I32 a, I32 b) { return _mm_sub_epi32(a, b); }
[[gnu::always_inline]] inline I32 and_int(I32 a, I32 b) { return _mm_and_si128(a, b); }
template <int kCount>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return _mm_slli_epi32(a, kCount);
}
template <int kCount>
[[gnu::always_inline]] inline I32 shift_right_signed(I32 a) {
  return _mm_srai_epi32(a, kCount);
}

// Masks: all bits of a lane are set or clear.
[[gnu::always_inline]] inline Mask less(F32 a, F32 b) { return _mm_cmplt_ps(a, b); }
[[gnu::always_inline]] inline Mask less_equal(F32 a, F32 b) { return _mm_cmple_ps(a, b); }
[[gnu::always_inline]] inline Mask equal(F32 a, F32 b) { return _mm_cmpeq_ps(a, b); }
[[gnu::always_inline]] inline Mask is_nan(F32 a) { return _mm_cmpunord_ps(a, a); }
[[gnu::always_inline]] inline Mask mask_and(Mask a, Mask b) { return _mm_and_ps(a, b); }
[[gnu::always_inline]] inline Mask mask_or(Mask a, Mask b) { return _mm_or_ps(a, b); }
[[gnu::always_inline]] inline Mask mask_not(Mask a) { return _mm_xor_ps(a, bits_of(splat_int(-1))); }
[[gnu::always_inline]] inline Mask first_lanes(int64_t n) { return bits_of(first_bits(n)); }
[[gnu::always_inline]] inline F32 select(Mask mask, F32 if_true, F32 if_false) {
  return _mm_blendv_ps(if_false, if_true, mask);
}
[[gnu::always_inline]] inline bool any(Mask mask) { return _mm_movemask_ps(mask) != 0; }
[[gnu::always_inline]] inline bool all(Mask mask) { return _mm_movemask_ps(mask) == 0xf; }

// 16-bit lanes in memory, n of them; the lanes above are zero.
[[gnu::always_inline]] inline __m128i load_words(const uint16_t* from, int64_t n) {
  if (n >= 4) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  __m128i words = n & 1 ? _mm_cvtsi32_si128(from[n - 1]) : _mm_setzero_si128();
  if (n & 2) {
    int32_t pair;
    __builtin_memcpy(&pair, from, sizeof pair);
    words = _mm_or_si128(_mm_slli_si128(words, 4), _mm_cvtsi32_si128(pair));
  }
  return words;
}
[[gnu::always_inline]] inline void store_words(uint16_t* to, __m128i words, int64_t n) {
  if (n >= 4) return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), words);
  if (n & 2) {
    const int32_t pair = _mm_cvtsi128_si32(words);
    __builtin_memcpy(to, &pair, sizeof pair);
    words = _mm_srli_si128(words, 4);
    to += 2;
  }
  if (n & 1) *to = static_cast<uint16_t>(_mm_extract_epi16(words, 0));
}
// 8-bit lanes in memory, n of them.
[[gnu::always_inline]] inline __m128i load_bytes(const uint8_t* from, int64_t n) {
  uint32_t bytes = 0;
  if (n >= 4) {
    __builtin_memcpy(&bytes, from, sizeof bytes);
  } else {
    for (int64_t i = n - 1; i >= 0; --i) bytes = bytes << 8 | from[i];
  }
  return _mm_cvtsi32_si128(static_cast<int32_t>(bytes));
}

// Conversion between the storage types and floats. There is no instruction for f16: integer work and one product.
[[gnu::always_inline]] inline F32 widen_f16(__m128i words) {
  const I32 lanes = _mm_cvtepu16_epi32(words);
  const I32 sign = _mm_slli_epi32(_mm_and_si128(lanes, splat_int(0x8000)), 16);
  const I32 magnitude = _mm_slli_epi32(_mm_and_si128(lanes, splat_int(0x7fff)), 13);
  // The exponent moves from bias 15 to 127 by a product, which normalises subnormals too.
  const I32 value = bits_of(_mm_mul_ps(bits_of(magnitude), _mm_set1_ps(0x1p112f)));
  const I32 not_finite = _mm_cmpgt_epi32(magnitude, splat_int(0x0f7fffff));
  const I32 exponent = _mm_and_si128(not_finite, splat_int(0x7f800000));
  return bits_of(_mm_or_si128(_mm_or_si128(value, exponent), sign));
}
[[gnu::always_inline]] inline F32 widen_bf16(__m128i words) {
  return bits_of(_mm_unpacklo_epi16(_mm_setzero_si128(), words));
}
[[gnu::always_inline]] inline F32 widen_i8(__m128i bytes) { return _mm_cvtepi32_ps(_mm_cvtepi8_epi32(bytes)); }
[[gnu::always_inline]] inline F32 widen_f8e4m3(__m128i bytes) {
  const I32 lanes = _mm_cvtepu8_epi32(bytes);
  const I32 sign = _mm_slli_epi32(_mm_and_si128(lanes, splat_int(0x80)), 24);
  const I32 magnitude = _mm_slli_epi32(_mm_and_si128(lanes, splat_int(0x7f)), 20);
  const I32 value = bits_of(_mm_mul_ps(bits_of(magnitude), _mm_set1_ps(0x1p120f)));
  const I32 nan = _mm_cmpeq_epi32(magnitude, splat_int(0x07f00000));
  return bits_of(_mm_or_si128(_mm_or_si128(value, nan), sign));
}
[[gnu::always_inline]] inline __m128i narrow_f16(F32 a) {
  const I32 bits = bits_of(a);
  const I32 magnitude = _mm_and_si128(bits, splat_int(0x7fffffff));
  const I32 sign = _mm_srai_epi32(_mm_xor_si128(bits, magnitude), 16);
  const I32 payload = _mm_and_si128(_mm_srli_epi32(magnitude, 13), splat_int(0x1ff));
  const I32 nan =
      _mm_and_si128(_mm_cmpgt_epi32(magnitude, splat_int(0x7f800000)), _mm_or_si128(payload, splat_int(0x200)));
  const I32 special = _mm_or_si128(nan, splat_int(0x7c00));
  // Below 2^-14: adding 0.5 leaves the rounded mantissa in the low bits.
  const I32 half = splat_int(0x3f000000);
  const I32 subnormal = _mm_sub_epi32(bits_of(_mm_add_ps(bits_of(magnitude), bits_of(half))), half);
  const I32 odd = _mm_srai_epi32(_mm_slli_epi32(magnitude, 18), 31);
  const I32 rounded = _mm_sub_epi32(_mm_add_epi32(magnitude, splat_int(0xfff - 0x38000000)), odd);
  const I32 normal = _mm_srli_epi32(rounded, 13);
  const I32 finite = _mm_blendv_epi8(normal, subnormal, _mm_cmpgt_epi32(splat_int(0x38800000), magnitude));
  const I32 word = _mm_blendv_epi8(special, finite, _mm_cmpgt_epi32(splat_int(0x47800000), magnitude));
  return _mm_packs_epi32(_mm_or_si128(word, sign), _mm_setzero_si128());
}
[[gnu::always_inline]] inline __m128i narrow_bf16(F32 a) {
  const I32 bits = bits_of(a);
  const I32 odd = _mm_and_si128(_mm_srli_epi32(bits, 16), splat_int(1));
  const I32 rounded = _mm_add_epi32(_mm_add_epi32(bits, splat_int(0x7fff)), odd);
  const I32 quiet = _mm_or_si128(bits, splat_int(0x400000));
  const I32 words = _mm_srli_epi32(bits_of(select(is_nan(a), bits_of(quiet), bits_of(rounded))), 16);
  return _mm_packus_epi32(words, words);
}

// Loads and stores of kLanes values, unaligned.
[[gnu::always_inline]] inline F32 load(const float* from) { return _mm_loadu_ps(from); }
[[gnu::always_inline]] inline F32 load(const f16* from) { return widen_f16(load_words(&from->bits, kLanes)); }
[[gnu::always_inline]] inline F32 load(const bf16* from) { return widen_bf16(load_words(&from->bits, kLanes)); }
[[gnu::always_inline]] inline F32 load(const int8_t* from) {
  return widen_i8(load_bytes(reinterpret_cast<const uint8_t*>(from), kLanes));
}
[[gnu::always_inline]] inline F32 load(const f8e4m3* from) { return widen_f8e4m3(load_bytes(&from->bits, kLanes)); }
[[gnu::always_inline]] inline void store(float* to, F32 a) { _mm_storeu_ps(to, a); }
[[gnu::always_inline]] inline void store(f16* to, F32 a) { store_words(&to->bits, narrow_f16(a), kLanes); }
[[gnu::always_inline]] inline void store(bf16* to, F32 a) { store_words(&to->bits, narrow_bf16(a), kLanes); }

// The first n lanes, 0 <= n <= kLanes; memory past them is never touched and other lanes load as zero.
[[gnu::always_inline]] inline F32 load_partial(const float* from, int64_t n) {
  if (n >= 4) return _mm_loadu_ps(from);
  __m128 lanes = n & 1 ? _mm_load_ss(from + n - 1) : _mm_setzero_ps();
  if (n & 2) lanes = _mm_movelh_ps(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))), lanes);
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
  if (n >= 4) return _mm_storeu_ps(to, a);
  if (n & 2) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bits_of(a));
    a = _mm_movehl_ps(a, a);
    to += 2;
  }
  if (n & 1) _mm_store_ss(to, a);
}
[[gnu::always_inline]] inline void store_partial(f16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_f16(a), n);
}
[[gnu::always_inline]] inline void store_partial(bf16* to, F32 a, int64_t n) {
  store_words(&to->bits, narrow_bf16(a), n);
}

// Across lanes.
[[gnu::always_inline]] inline float reduce_add(F32 a) {
  const __m128 sum = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}
[[gnu::always_inline]] inline float reduce_max(F32 a) {
  const __m128 top = _mm_max_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
}
[[gnu::always_inline]] inline void transpose(F32 (&rows)[kLanes]) {
  _MM_TRANSPOSE4_PS(rows[0], rows[1], rows[2], rows[3]);
}

// Lane i of the result is lane i ^ kStep.
template <int kStep>
[[gnu::always_inline]] inline F32 swap_lanes(F32 a) {
  if constexpr (kStep == 1) return _mm_shuffle_ps(a, a, 0xb1);
  if constexpr (kStep == 2) return _mm_shuffle_ps(a, a, 0x4e);
}

// Lanes of a and b by turns: a's first, b's first, and so on to the last.
[[gnu::always_inline]] inline void interleave(F32 a, F32 b, F32& low, F32& high) {
  low = _mm_unpacklo_ps(a, b);
  high = _mm_unpackhi_ps(a, b);
}

// Lane i of the result is the sum of the lanes of rows[i].
[[gnu::always_inline]] inline F32 sum_each(const F32 (&rows)[kLanes]) {
  const F32 top = _mm_add_ps(_mm_unpacklo_ps(rows[0], rows[1]), _mm_unpackhi_ps(rows[0], rows[1]));
  const F32 bottom = _mm_add_ps(_mm_unpacklo_ps(rows[2], rows[3]), _mm_unpackhi_ps(rows[2], rows[3]));
  return _mm_add_ps(_mm_movelh_ps(top, bottom), _mm_movehl_ps(bottom, top));
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
  even = bits_of(_mm_slli_epi32(bits_of(pairs), 16));
  odd = _mm_and_ps(pairs, bits_of(splat_int(static_cast<int32_t>(0xffff0000u))));
}
