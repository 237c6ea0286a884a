// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include <cstdint>

namespace attn {

enum class OpId : uint8_t { activation, attention, cached_attention, causal_conv1d, decay_gate, l2_norm, layer_norm, linear_attention, merge_attention, rms_norm, rotary_embedding, token_shift };

}  // namespace attn
