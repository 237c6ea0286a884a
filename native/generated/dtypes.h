// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include <cstdint>

namespace attn {

enum class DType : uint8_t { f32, f16, bf16, i32, i8, f8e4m3, bool_ };
inline constexpr int kDTypeCount = 7;

constexpr int64_t dtype_bytes(DType dtype) {
  constexpr int64_t bytes[] = {4, 2, 2, 4, 1, 1, 1};
  return bytes[static_cast<int>(dtype)];
}

constexpr const char* dtype_name(DType dtype) {
  constexpr const char* names[] = {"f32", "f16", "bf16", "i32", "i8", "f8e4m3", "bool"};
  return names[static_cast<int>(dtype)];
}

}  // namespace attn
