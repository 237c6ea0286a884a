// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class AttentionScores : int32_t { absent = -1, raw, capped, biased, weights };

struct AttentionWindow {
  bool present = false;
  OptionalInteger left;  // keys before the query's own position
  OptionalInteger right;  // keys after the query's own position
};

struct AttentionCuSeqlens {
  bool present = false;
  TensorView q;  // start of each sequence among the query tokens, and their count
  TensorView k;  // start of each sequence among the key tokens, and their count
};

struct AttentionOptions {
  OptionalNumber scale;  // factor on q·k; 1/√K when absent
  bool causal = false;  // query at position p sees keys 0…p
  IntegerOrTensor query_start;  // position of the first query among the keys; when absent the last query stands at the last key that counts (S − T, or kvLengths − T, of each sequence), which aligns causal to the bottom right; 0 aligns it to the top left, as a batch of prompts padded on the right needs
  AttentionWindow window;  // query at position p sees keys p − left … p + right; a side that is absent is open
  OptionalInteger chunk;  // query at position p sees only keys j with floor(j / chunk) = floor(p / chunk)
  OptionalInteger block;  // block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block)
  OptionalNumber softcap;  // scaled scores become softcap · tanh(score / softcap), before bias, ALiBi and masks
  TensorView sinks;  // one extra logit per head in the softmax's sum, without a value
  TensorView bias;  // added to the scaled scores; −∞ hides a key
  TensorView mask;  // true where the query may see the key
  TensorView alibi_slopes;  // adds slope · (j − p) for key j and query position p
  IntegerOrTensor kv_lengths;  // keys of each sequence that count: key j is visible when j < kvLengths; without queryStart the last query stands at the last of them
  IntegerOrTensor kv_start;  // first key of each sequence that counts (left padding): key j is visible when j ≥ kvStart
  AttentionCuSeqlens cu_seqlens;  // offsets of the sequences of a packed batch, whose tensors have no batch axis
  TensorView key_indices;  // the keys each query sees, all other rules applied on top; −1 is no key, a key named twice counts once for each
  TensorView query_scale;  // further factor on the scores of each query (temperature by position)
  TensorView gate;  // out is multiplied by sigmoid(gate)
  bool return_lse = false;  // also return the log-sum-exp of each row; sinks are not counted in it
  AttentionScores scores = AttentionScores::absent;  // also return the [B, Hq, T, S] matrix: raw = scaled q·k; capped = after softcap; biased = with bias, ALiBi and masks (−∞); weights = after softmax. For pictures and tests, not a fast path
};

struct AttentionAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // query tokens
  int64_t S = 0;  // key tokens
  int64_t Hq = 0;  // query heads
  int64_t Hkv = 0;  // key and value heads
  int64_t K = 0;  // key dim
  int64_t V = 0;  // value dim
  int64_t I = 0;  // gathered keys per query
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
