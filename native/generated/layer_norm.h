// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {



struct LayerNormOptions {
  TensorView weight;  // scale of each element; 1 when absent
  TensorView bias;  // added to each element; 0 when absent
  OptionalNumber epsilon;  // added to the variance; 1e-5 when absent
};

struct LayerNormAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t H = 0;  // heads or groups
  int64_t D = 0;  // normalised dim
};

// Layer norm over the last axis: out = (x − mean(x)) / √(var(x) + epsilon) · weight + bias.
struct LayerNormCall {
  TensorView x;  // [B, T, H, D] values
  LayerNormOptions options;
  TensorView out;  // [B, T, H, D] normalised values
  LayerNormAxes axes;  // bound by validate
};

}  // namespace attn
