// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class AttentionScores : int32_t { absent = -1, weights };


struct AttentionOptions {
  OptionalNumber scale;  // factor on q·k; 1/√K when absent
  bool causal = false;  // query at position p sees keys 0…p
  IntegerOrTensor query_start;  // position of the first query among the keys; S − T when absent, which aligns causal to the bottom right; 0 aligns it to the top left
  bool return_lse = false;  // also return the log-sum-exp of each row
  AttentionScores scores = AttentionScores::absent;  // also return the [B, Hq, T, S] matrix at this stage; for pictures and tests, not a fast path
};

struct AttentionAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // query tokens
  int64_t S = 0;  // key tokens
  int64_t Hq = 0;  // query heads
  int64_t Hkv = 0;  // key and value heads
  int64_t K = 0;  // key dim
  int64_t V = 0;  // value dim
};

// Softmax attention: out = softmax(scale · q kᵀ + bias) v per query head, each query head reading key head floor(h · Hkv / Hq).
struct AttentionCall {
  TensorView q;  // [B, T, Hq, K] queries
  TensorView k;  // [B, S, Hkv, K] keys
  TensorView v;  // [B, S, Hkv, V] values
  AttentionOptions options;
  TensorView out;  // [B, T, Hq, V] attention result; a row that may attend to nothing is zero
  TensorView lse;  // [B, Hq, T] natural log of the sum over the keys; −∞ for an empty row
  TensorView scores;  // [B, Hq, T, S] the matrix named by the option
  AttentionAxes axes;  // bound by validate
};

}  // namespace attn
