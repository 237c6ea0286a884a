// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/cache_view.h"
#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {


struct CachedAttentionAppend {
  bool present = false;
  TensorView key;  // keys
  TensorView value;  // values; none where the pool takes them from the keys
};

struct CachedAttentionWindow {
  bool present = false;
  OptionalInteger left;  // keys before the query's own position
  OptionalInteger right;  // keys after the query's own position
};

struct CachedAttentionOptions {
  CachedAttentionAppend append;  // keys and values of the query tokens, added to each sequence before it is read
  OptionalNumber scale;  // factor on q·k; 1/√K when absent
  bool causal = false;  // query at position p sees keys 0…p
  CachedAttentionWindow window;  // query at position p sees keys p − left … p + right; a side that is absent is open
  OptionalInteger chunk;  // query at position p sees only keys j with floor(j / chunk) = floor(p / chunk)
  OptionalInteger block;  // block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block)
  OptionalNumber softcap;  // scaled scores become softcap · tanh(score / softcap)
  TensorView sinks;  // one extra logit per head in the softmax's sum, without a value
  TensorView bias;  // added to the scaled scores; column j is for the key at position j, those behind a sequence's end go unread; −∞ hides a key
  TensorView mask;  // true where the query may see the key: column j is for the key at position j, those behind a sequence's end go unread
  TensorView alibi_slopes;  // adds slope · (j − p) for key j and query position p
  TensorView cu_seqlens;  // how q and append are cut: offsets of the sequences among the query tokens, when these differ in number and have no batch axis; the keys are the sequences' own
  TensorView key_indices;  // positions in the query's own sequence of the keys it sees, all other rules applied on top; −1 is no key, nor is a position that a pool's window has dropped; a key named twice counts once for each
  TensorView query_scale;  // further factor on the scores of each query (temperature by position)
  TensorView gate;  // out is multiplied by sigmoid(gate)
  bool return_lse = false;  // also return the log-sum-exp of each row; sinks are not counted in it
};

struct CachedAttentionAxes {
  int64_t B = 0;  // sequences
  int64_t T = 0;  // query tokens
  int64_t Hq = 0;  // query heads
  int64_t Hkv = 0;  // key and value heads
  int64_t K = 0;  // key dim
  int64_t V = 0;  // value dim
  int64_t S = 0;  // columns, at least as many as the longest sequence has tokens
  int64_t I = 0;  // named keys per query
};

// Softmax attention over the keys and values of cached sequences. `append` is written to the sequences first; they keep it when the call succeeds.
struct CachedAttentionCall {
  TensorView q;  // [B, T, Hq, K] queries; the last of them stands at the last position
  CacheView sequences;  // [B, Hkv, K, V] cached sequences of one pool, one per batch entry
  CachedAttentionOptions options;
  TensorView out;  // [B, T, Hq, V] attention result; a row that may attend to nothing is zero
  TensorView lse;  // [B, Hq, T] natural log of the sum over the keys; −∞ for an empty row
  CachedAttentionAxes axes;  // bound by validate
};

}  // namespace attn
