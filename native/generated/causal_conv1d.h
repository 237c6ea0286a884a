// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class CausalConv1dActivation : int32_t { absent = -1, none, silu };


struct CausalConv1dOptions {
  TensorView bias;  // added to each channel
  CausalConv1dActivation activation = CausalConv1dActivation::none;  // applied to the result
  TensorView state;  // the W − 1 tokens before the first, oldest first; zero when absent
  TensorView cu_seqlens;  // offsets of the sequences of a packed batch, whose tensors have no batch axis
  bool return_state = false;  // also return the last W − 1 tokens
};

struct CausalConv1dAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t C = 0;  // channels
  int64_t W = 0;  // width
};

// Depthwise causal convolution over tokens: out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c]), tokens before the first read from the state.
struct CausalConv1dCall {
  TensorView x;  // [B, T, C] values
  TensorView weight;  // [C, W] taps of each channel, the oldest token's first
  CausalConv1dOptions options;
  TensorView out;  // [B, T, C] convolved values
  TensorView state;  // [B, W-1, C] the last W − 1 tokens, oldest first
  CausalConv1dAxes axes;  // bound by validate
};

}  // namespace attn
