// Generated from native/schema by npm run generate; do not edit.
#pragma once

#include "attn/option.h"
#include "attn/tensor_view.h"

namespace attn {

enum class LinearAttentionUpdateRule : int32_t { absent = -1, linear, gated, delta, gated_delta, generalized_delta };
enum class LinearAttentionFeatureMap : int32_t { absent = -1, identity, elu1, relu, softmax };
enum class LinearAttentionOutDtype : int32_t { absent = -1, f32 };


struct LinearAttentionOptions {
  LinearAttentionUpdateRule update_rule = LinearAttentionUpdateRule::linear;  // linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv
  TensorView decay;  // natural-log gate g ≤ 0: constant per head, per token and head, or per token, head and key channel
  TensorView beta;  // write strength, per token and head or per token
  TensorView a;  // read vector of the state's own update (RWKV-7: −κ)
  TensorView b;  // write vector of the state's own update (RWKV-7: κ⊙a)
  OptionalNumber scale;  // factor on q; 1/√K when absent
  bool causal = true;  // false gives φ(q)(φ(K)ᵀV) over all tokens, in one pass; updateRule linear only
  LinearAttentionFeatureMap feature_map = LinearAttentionFeatureMap::identity;  // φ on q and k: identity, elu(x) + 1, max(x, 0), or softmax over the key dim
  bool normalize = false;  // divide each output by φ(q)·Σφ(k) + 1e-6
  TensorView state;  // state before the first token; zero when absent
  TensorView normalizer;  // Σφ(k) before the first token; zero when absent; with normalize only
  bool qk_l2_norm = false;  // divide q and k by √(Σx² + 1e-6) over the key dim, before φ and scale
  TensorView skip;  // out += skip · v per output head (Mamba-2's D)
  TensorView cu_seqlens;  // offsets of the sequences of a packed batch, whose tensors have no batch axis
  TensorList states;  // state of each sequence before its first token
  TensorList next_states;  // where the state of each sequence after its last token is written; may be the tensors of states
  TensorList normalizers;  // normalizer of each sequence before its first token
  TensorList next_normalizers;  // where the normalizer of each sequence after its last token is written
  LinearAttentionOutDtype out_dtype = LinearAttentionOutDtype::absent;  // dtype of out; that of q when absent. What f32 states answer may be too large for f16
  bool return_state = false;  // also return the state (and the normalizer) after the last token
};

struct LinearAttentionAxes {
  int64_t B = 0;  // batch
  int64_t T = 0;  // tokens
  int64_t Hq = 0;  // query heads
  int64_t Hk = 0;  // key heads
  int64_t Hv = 0;  // value heads
  int64_t Hs = 0;  // state heads
  int64_t H = 0;  // output heads
  int64_t K = 0;  // key dim
  int64_t V = 0;  // value dim
};

// Linear attention: S_t = decay_t · S_{t−1} + write_t and o_t = scale · q_t S_t, with a constant-size state S per head.
struct LinearAttentionCall {
  TensorView q;  // [B, T, Hq, K] queries
  TensorView k;  // [B, T, Hk, K] keys
  TensorView v;  // [B, T, Hv, V] values
  LinearAttentionOptions options;
  TensorView out;  // [B, T, H, V] attention result
  TensorView state;  // [B, Hs, K, V] final state, stored V-major (K innermost)
  TensorView normalizer;  // [B, Hs, K] Σφ(k) after the last token
  LinearAttentionAxes axes;  // bound by validate
};

}  // namespace attn
