// 16-bit and 8-bit storage types and their conversions, one value at a time. The vector headers convert alike.
#pragma once

#include <cstdint>
#include <cstring>

#include "generated/dtypes.h"

namespace attn {

struct f16 {
  uint16_t bits;
};
struct bf16 {
  uint16_t bits;
};
struct f8e4m3 {  // no infinity; 0x7f and 0xff are NaN; largest 448
  uint8_t bits;
};

template <typename S>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<f16>() {
  return DType::f16;
}
template <>
constexpr DType dtype_of<bf16>() {
  return DType::bf16;
}
template <>
constexpr DType dtype_of<int8_t>() {
  return DType::i8;
}
template <>
constexpr DType dtype_of<f8e4m3>() {
  return DType::f8e4m3;
}

inline uint32_t float_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float float_of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline float to_float(float value) { return value; }
inline float to_float(bf16 value) { return float_of_bits(static_cast<uint32_t>(value.bits) << 16); }
inline float to_float(int8_t value) { return value; }

inline float to_float(f16 value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(value.bits & 0x7fffu) << 13;
  if (magnitude >= 0x0f800000u) return float_of_bits(sign | 0x7f800000u | magnitude);  // infinity, NaN
  // The exponent moves from bias 15 to 127 by a product, which normalises subnormals too.
  return float_of_bits(sign | float_bits(float_of_bits(magnitude) * 0x1p112f));
}

inline float to_float(f8e4m3 value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x80u) << 24;
  const uint32_t magnitude = value.bits & 0x7fu;
  if (magnitude == 0x7fu) return float_of_bits(sign | 0x7fc00000u);
  return float_of_bits(sign | float_bits(float_of_bits(magnitude << 20) * 0x1p120f));
}

// Round to nearest, ties to even; NaN stays NaN.
template <typename S>
S from_float(float value);

template <>
inline float from_float<float>(float value) {
  return value;
}

template <>
inline bf16 from_float<bf16>(float value) {
  const uint32_t bits = float_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40u)};
  return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

template <>
inline f16 from_float<f16>(float value) {
  const uint32_t bits = float_bits(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN: quiet, upper payload kept
    return {static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu))};
  }
  if (magnitude >= 0x47800000u) return {static_cast<uint16_t>(sign | 0x7c00u)};  // 65536 and more
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 leaves the rounded mantissa in the low bits
    const uint32_t rounded = float_bits(float_of_bits(magnitude) + 0.5f) - 0x3f000000u;
    return {static_cast<uint16_t>(sign | rounded)};
  }
  const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u;
  return {static_cast<uint16_t>(sign | (rounded >> 13))};
}

// Saturates at ±448, so that a finite value never becomes NaN.
template <>
inline f8e4m3 from_float<f8e4m3>(float value) {
  const uint32_t bits = float_bits(value);
  const uint8_t sign = static_cast<uint8_t>((bits >> 24) & 0x80u);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {static_cast<uint8_t>(sign | 0x7fu)};
  if (magnitude >= 0x43e00000u) return {static_cast<uint8_t>(sign | 0x7eu)};  // 448 and more
  if (magnitude < 0x3c800000u) {  // below 2^-6: multiples of 2^-9; adding 2^14 aligns them to the last bit
    const uint32_t rounded = float_bits(float_of_bits(magnitude) + 16384.0f) - 0x46800000u;
    return {static_cast<uint8_t>(sign | rounded)};
  }
  const uint32_t rounded = magnitude + 0x7ffffu + ((magnitude >> 20) & 1u) - 0x3c000000u;
  return {static_cast<uint8_t>(sign | (rounded >> 20))};
}

template <>
inline int8_t from_float<int8_t>(float value) {  // saturates; NaN becomes 0
  if (!(value > -128.0f)) return value <= -128.0f ? -128 : 0;
  if (value >= 127.0f) return 127;
  const float magic = 12582912.0f;  // 1.5 · 2^23: the sum's last bit is the unit, so it rounds to nearest even
  return static_cast<int8_t>(static_cast<int32_t>(float_bits(value + magic)) - static_cast<int32_t>(float_bits(magic)));
}

}  // namespace attn
