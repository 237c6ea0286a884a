// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class RmsNormGateActivation : int32_t { absent = -1, silu, sigmoid };


struct RmsNormOptions {
  TensorView weight;  // scale of each element; 1 when absent
  OptionalNumber weight_offset;  // added to weight: 1 where a model stores 1 + w; 0 when absent
  OptionalNumber epsilon;  // added to the mean square; 1e-6 when absent
  TensorView gate;  // multiplies by activation(gate), after the norm or before it
  RmsNormGateActivation gate_activation = RmsNormGateActivation::silu;  // activation of the gate
  bool gate_first = false;  // gate x before the norm (Mamba-2) rather than the result after it
};

struct RmsNormAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t H = 0;  // heads or groups
  int64_t D = 0;  // normalised dim
};

// Root-mean-square norm over the last axis: out = x / √(mean(x²) + epsilon) · (weight + weightOffset), optionally gated.
struct RmsNormCall {
  TensorView x;  // [B, T, H, D] values; view flattened heads as one head
  RmsNormOptions options;
  TensorView out;  // [B, T, H, D] normalised values
  RmsNormAxes axes;  // bound by validate
};

}  // namespace attn
