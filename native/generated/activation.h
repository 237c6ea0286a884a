// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class ActivationFunction : int32_t { absent = -1, identity, silu, sigmoid, softplus, relu, tanh, exp };
enum class ActivationOutDtype : int32_t { absent = -1, f32 };


struct ActivationOptions {
  ActivationFunction function = ActivationFunction::silu;  // applied to x
  OptionalNumber scale;  // factor on function(x); 1 when absent
  TensorView multiply;  // factor on function(x), element by element
  TensorView add;  // added to the product
  ActivationOutDtype out_dtype = ActivationOutDtype::absent;  // dtype of out; that of x when absent. Gates and write strengths of linear attention should stay f32
};

struct ActivationAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t H = 0;  // heads
  int64_t D = 0;  // dim
};

// Elementwise: out = function(x) · multiply. SiLU, sigmoid and their gated products between a layer's projections and its attention.
struct ActivationCall {
  TensorView x;  // [B, T, H, D] values
  ActivationOptions options;
  TensorView out;  // [B, T, H, D] scale · function(x) · multiply + add
  ActivationAxes axes;  // bound by validate
};

}  // namespace attn
