// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of linearAttention. Linear attention: S_t = decay_t · S_{t−1} + write_t and o_t = scale · q_t S_t, with a constant-size state S per head. */
export interface LinearAttentionOptionsCommon extends CallOptions {
  /** Factor on q; 1/√K when absent. */
  scale?: number | undefined;
  /** False gives φ(q)(φ(K)ᵀV) over all tokens, in one pass; updateRule linear only. Default true. */
  causal?: boolean | undefined;
  /** φ on q and k: identity, elu(x) + 1, max(x, 0), or softmax over the key dim. Default identity. */
  featureMap?: 'identity' | 'elu1' | 'relu' | 'softmax' | undefined;
  /** State before the first token; zero when absent. [B, Hs, K, V], f32 or bf16. */
  state?: TensorLike | undefined;
  /** Divide q and k by √(Σx² + 1e-6) over the key dim, before φ and scale. Default false. */
  qkL2Norm?: boolean | undefined;
  /** Out += skip · v per output head (Mamba-2's D). [H], f32 or q. */
  skip?: TensorLike | undefined;
  /** Offsets of the sequences of a packed batch, whose tensors have no batch axis. [B+1], i32. */
  cuSeqlens?: TensorLike | undefined;
  /** Dtype of out; that of q when absent. What f32 states answer may be too large for f16. */
  outDtype?: 'f32' | undefined;
  /** Also return the state (and the normalizer) after the last token. Default false. */
  returnState?: boolean | undefined;
  /**
   * Where to write `out` [B, T, H, V]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

export interface LinearAttentionOptionsLinear extends LinearAttentionOptionsCommon {
  /** Linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv. Default linear. */
  updateRule?: 'linear' | undefined;
  decay?: undefined;
  beta?: undefined;
  a?: undefined;
  b?: undefined;
  /** Divide each output by φ(q)·Σφ(k) + 1e-6. Default false. */
  normalize?: boolean | undefined;
  /** Σφ(k) before the first token; zero when absent; with normalize only. [B, Hs, K], f32. */
  normalizer?: TensorLike | undefined;
}

export interface LinearAttentionOptionsGated extends LinearAttentionOptionsCommon {
  /** Linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv. Default linear. */
  updateRule: 'gated';
  /** Natural-log gate g ≤ 0: constant per head, per token and head, or per token, head and key channel. [Hs] or [B, T, Hs] or [B, T, Hs, K], f32 or q. */
  decay: TensorLike;
  /** Write strength, per token and head or per token. [B, T, Hs] or [B, T, 1], f32 or q. */
  beta?: TensorLike | undefined;
  a?: undefined;
  b?: undefined;
  normalize?: undefined;
  normalizer?: undefined;
}

export interface LinearAttentionOptionsDelta extends LinearAttentionOptionsCommon {
  /** Linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv. Default linear. */
  updateRule: 'delta';
  decay?: undefined;
  /** Write strength, per token and head or per token. [B, T, Hs] or [B, T, 1], f32 or q. */
  beta: TensorLike;
  a?: undefined;
  b?: undefined;
  normalize?: undefined;
  normalizer?: undefined;
}

export interface LinearAttentionOptionsGatedDelta extends LinearAttentionOptionsCommon {
  /** Linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv. Default linear. */
  updateRule: 'gated_delta';
  /** Natural-log gate g ≤ 0: constant per head, per token and head, or per token, head and key channel. [Hs] or [B, T, Hs] or [B, T, Hs, K], f32 or q. */
  decay: TensorLike;
  /** Write strength, per token and head or per token. [B, T, Hs] or [B, T, 1], f32 or q. */
  beta: TensorLike;
  a?: undefined;
  b?: undefined;
  normalize?: undefined;
  normalizer?: undefined;
}

export interface LinearAttentionOptionsGeneralizedDelta extends LinearAttentionOptionsCommon {
  /** Linear: S += kᵀv; gated: S = e^g S + kᵀ(βv); delta: S += kᵀ β(v − kS); gated_delta: S = e^g S, then the delta rule; generalized_delta: S = e^g S + b (aᵀ S) + kᵀv. Default linear. */
  updateRule: 'generalized_delta';
  /** Natural-log gate g ≤ 0: constant per head, per token and head, or per token, head and key channel. [Hs] or [B, T, Hs] or [B, T, Hs, K], f32 or q. */
  decay: TensorLike;
  beta?: undefined;
  /** Read vector of the state's own update (RWKV-7: −κ). [B, T, Hs, K], f32 or q. */
  a: TensorLike;
  /** Write vector of the state's own update (RWKV-7: κ⊙a). [B, T, Hs, K], f32 or q. */
  b: TensorLike;
  normalize?: undefined;
  normalizer?: undefined;
}

export type LinearAttentionOptionsByUpdateRule = LinearAttentionOptionsLinear | LinearAttentionOptionsGated | LinearAttentionOptionsDelta | LinearAttentionOptionsGatedDelta | LinearAttentionOptionsGeneralizedDelta;

/** Tensors that linearAttention returns. */
export interface LinearAttentionResult {
  /** attention result [B, T, H, V]. */
  out: Tensor;
  /** final state, stored V-major (K innermost) [B, Hs, K, V]. Present with `returnState`. */
  state?: Tensor;
  /** Σφ(k) after the last token [B, Hs, K]. Present with `returnState` and `normalize`. */
  normalizer?: Tensor;
}
