// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include <cstdint>

namespace attn {

enum class OpId : uint8_t { attention, linear_attention, merge_attention };

}  // namespace attn
