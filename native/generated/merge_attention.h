// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {



struct MergeAttentionOptions {
  TensorView sinks;  // one extra logit per head in the softmax's sum, counted once here; not part of lse
};

struct MergeAttentionAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // query tokens
  int64_t H = 0;  // query heads
  int64_t V = 0;  // value dim
};

// Combines attention over parts of the keys: out = Σ exp(lse_i − lse) out_i, lse = log Σ exp(lse_i), in the order of the list.
struct MergeAttentionCall {
  TensorList outs;  // [B, T, H, V] attention over each part, without sinks; parts of packed batches are [T, H, V] each
  TensorList lses;  // [B, H, T] log-sum-exp of each part; −∞ where it held no visible key; [H, T] for packed batches
  MergeAttentionOptions options;
  TensorView out;  // [B, T, H, V] attention over all parts, packed as they are; zero where no part held a visible key
  TensorView lse;  // [B, H, T] log-sum-exp over all parts
  MergeAttentionAxes axes;  // bound by validate
  bool unbatched = false;  // the inputs came without their batch axis; set by validate
};

}  // namespace attn
