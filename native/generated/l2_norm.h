// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class L2NormEpsilonRule : int32_t { absent = -1, add, max };


struct L2NormOptions {
  OptionalNumber epsilon;  // keeps a zero vector finite; 1e-6 when absent
  L2NormEpsilonRule epsilon_rule = L2NormEpsilonRule::add;  // add: inside the root; max: least length
};

struct L2NormAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t H = 0;  // heads
  int64_t D = 0;  // normalised dim
};

// Scales the last axis to length 1: out = x / √(Σx² + epsilon), or x / max(√Σx², epsilon).
struct L2NormCall {
  TensorView x;  // [B, T, H, D] values
  L2NormOptions options;
  TensorView out;  // [B, T, H, D] vectors of length 1
  L2NormAxes axes;  // bound by validate
};

}  // namespace attn
