// Stands in for the compiler's header where the AVX-512 units are tested on machines without AVX-512: SIMDe's portable
// functions under the intrinsics' names, and those that SIMDe lacks, written lane by lane from Intel's description.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_NATIVE
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "test/simde/amx.h"

using __mmask16 = simde__mmask16;

#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC
#define asm(...) static_cast<void>(0)  // 64-byte values fit no register of this machine

namespace attn::simde {

// SIMDe has the same type for 16 floats and for 32 bf16 values, the compilers have not.
typedef short Bf16Vector __attribute__((vector_size(64), may_alias));

template <typename Lane, typename Vector>
struct Lanes {
  static constexpr int kCount = sizeof(Vector) / sizeof(Lane);
  Lane at[kCount];
  Lanes() = default;
  explicit Lanes(Vector v) { std::memcpy(at, &v, sizeof v); }
  Vector vector() const {
    Vector v;
    std::memcpy(&v, at, sizeof v);
    return v;
  }
};

// Lane i of the result is f(lane i).
template <typename To, typename ToVector, typename From, typename FromVector, typename F>
inline ToVector convert(FromVector from, F f) {
  const Lanes<From, FromVector> in(from);
  Lanes<To, ToVector> out;
  static_assert(Lanes<From, FromVector>::kCount == Lanes<To, ToVector>::kCount);
  for (int i = 0; i < out.kCount; ++i) out.at[i] = f(in.at[i]);
  return out.vector();
}

template <typename Lane, typename Vector>
inline Vector masked_load(unsigned mask, const void* from) {
  Lanes<Lane, Vector> out;
  for (int i = 0; i < out.kCount; ++i) {
    out.at[i] = 0;
    if ((mask >> i & 1) != 0) std::memcpy(&out.at[i], static_cast<const char*>(from) + i * sizeof(Lane), sizeof(Lane));
  }
  return out.vector();
}

template <typename Lane, typename Vector>
inline void masked_store(void* to, unsigned mask, Vector value) {
  const Lanes<Lane, Vector> in(value);
  for (int i = 0; i < in.kCount; ++i) {
    if ((mask >> i & 1) != 0) std::memcpy(static_cast<char*>(to) + i * sizeof(Lane), &in.at[i], sizeof(Lane));
  }
}

inline int32_t nearest(float x) {  // nearbyint rounds to even; out of range gives the integer indefinite
  if (!(x >= -2147483648.0f && x < 2147483648.0f)) return INT32_MIN;
  return static_cast<int32_t>(std::nearbyint(x));
}

// As VCVTNE2PS2BF16 has it: to nearest even, subnormals become zero, NaN becomes quiet.
inline uint16_t to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  if ((bits & 0x7f800000) == 0) return static_cast<uint16_t>(bits >> 16 & 0x8000);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace attn::simde

inline unsigned _bzhi_u32(unsigned value, unsigned index) {
  index &= 0xff;
  return index < 32 ? value & ((1u << index) - 1) : value;
}

inline simde__m512 _mm512_cvtepi32_ps(simde__m512i a) {
  return attn::simde::convert<float, simde__m512, int32_t>(a, [](int32_t x) { return static_cast<float>(x); });
}
inline simde__m512i _mm512_cvtps_epi32(simde__m512 a) {
  return attn::simde::convert<int32_t, simde__m512i, float>(a, attn::simde::nearest);
}
inline simde__m512i _mm512_cvtepu16_epi32(simde__m256i a) {
  return attn::simde::convert<int32_t, simde__m512i, uint16_t>(a, [](uint16_t x) { return int32_t{x}; });
}
inline simde__m512i _mm512_cvtepi8_epi32(simde__m128i a) {
  return attn::simde::convert<int32_t, simde__m512i, int8_t>(a, [](int8_t x) { return int32_t{x}; });
}
inline simde__m256i _mm512_cvtepi32_epi16(simde__m512i a) {
  return attn::simde::convert<uint16_t, simde__m256i, uint32_t>(a, [](uint32_t x) { return static_cast<uint16_t>(x); });
}
inline simde__m512i _mm512_srai_epi32(simde__m512i a, unsigned count) {
  return attn::simde::convert<int32_t, simde__m512i, int32_t>(
      a, [count](int32_t x) { return x >> (count > 31 ? 31 : count); });
}
inline simde__m512 _mm512_cvtph_ps(simde__m256i a) {
  return attn::simde::convert<float, simde__m512, uint16_t>(
      a, [](uint16_t x) { return simde_float16_to_float32(simde_uint16_as_float16(x)); });
}
inline simde__m256i _mm512_cvtps_ph(simde__m512 a, int) {
  return attn::simde::convert<uint16_t, simde__m256i, float>(
      a, [](float x) { return simde_float16_as_uint16(simde_float16_from_float32(x)); });
}
inline simde__m256 _mm512_extractf32x8_ps(simde__m512 a, int half) {
  const attn::simde::Lanes<float, simde__m512> in(a);
  attn::simde::Lanes<float, simde__m256> out;
  for (int i = 0; i < 8; ++i) out.at[i] = in.at[8 * (half & 1) + i];
  return out.vector();
}
inline simde__m512 _mm512_shuffle_f32x4(simde__m512 a, simde__m512 b, int order) {
  const attn::simde::Lanes<float, simde__m512> from[2] = {attn::simde::Lanes<float, simde__m512>(a),
                                                          attn::simde::Lanes<float, simde__m512>(b)};
  attn::simde::Lanes<float, simde__m512> out;
  for (int block = 0; block < 4; ++block) {
    const int source = order >> (2 * block) & 3;
    for (int i = 0; i < 4; ++i) out.at[4 * block + i] = from[block / 2].at[4 * source + i];
  }
  return out.vector();
}

// Within 2^-14 of 1 / a, as the instruction promises: the fraction is cut, so that a step of refinement has work to do.
inline simde__m512 _mm512_rcp14_ps(simde__m512 a) {
  return attn::simde::convert<float, simde__m512, float>(a, [](float x) {
    const float whole = 1.0f / x;
    uint32_t bits;
    std::memcpy(&bits, &whole, sizeof bits);
    bits &= ~0x1ffu;
    float cut;
    std::memcpy(&cut, &bits, sizeof cut);
    return cut;
  });
}

inline simde__m512 _mm512_maskz_loadu_ps(simde__mmask16 mask, const void* from) {
  return attn::simde::masked_load<float, simde__m512>(mask, from);
}
inline simde__m256i _mm256_maskz_loadu_epi16(simde__mmask16 mask, const void* from) {
  return attn::simde::masked_load<uint16_t, simde__m256i>(mask, from);
}
inline simde__m128i _mm_maskz_loadu_epi8(simde__mmask16 mask, const void* from) {
  return attn::simde::masked_load<uint8_t, simde__m128i>(mask, from);
}
inline void _mm512_mask_storeu_ps(void* to, simde__mmask16 mask, simde__m512 value) {
  attn::simde::masked_store<float>(to, mask, value);
}
inline void _mm256_mask_storeu_epi16(void* to, simde__mmask16 mask, simde__m256i value) {
  attn::simde::masked_store<uint16_t>(to, mask, value);
}

#define __m512bh attn::simde::Bf16Vector
#undef _mm512_dpbf16_ps
inline simde__m512 _mm512_dpbf16_ps(simde__m512 sum, __m512bh a, __m512bh b) {
  return simde_mm512_dpbf16_ps(sum, (simde__m512bh)a,
                               (simde__m512bh)b);  // NOLINT: vector types convert by this cast alone
}
// The first operand fills the upper half.
inline __m512bh _mm512_cvtne2ps_pbh(simde__m512 high, simde__m512 low) {
  const attn::simde::Lanes<float, simde__m512> upper(high);
  const attn::simde::Lanes<float, simde__m512> lower(low);
  attn::simde::Lanes<uint16_t, __m512bh> out;
  for (int i = 0; i < 16; ++i) {
    out.at[i] = attn::simde::to_bf16(lower.at[i]);
    out.at[16 + i] = attn::simde::to_bf16(upper.at[i]);
  }
  return out.vector();
}
