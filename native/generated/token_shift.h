// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {



struct TokenShiftOptions {
  TensorView state;  // the token before the first; zero when absent
  TensorView cu_seqlens;  // offsets of the sequences of a packed batch, whose tensors have no batch axis
  bool return_state = false;  // also return the last token
};

struct TokenShiftAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t C = 0;  // channels
  int64_t M = 0;  // mixes
};

// Mixes each token with the one before it: out[m] = x + (previous − x) · mix[m].
struct TokenShiftCall {
  TensorView x;  // [B, T, C] values
  TensorView mix;  // [M, C] share of the previous token, per mix and channel
  TokenShiftOptions options;
  TensorView out;  // [M, B, T, C] one mixed sequence per row of mix
  TensorView state;  // [B, C] the last token
  TokenShiftAxes axes;  // bound by validate
};

}  // namespace attn
