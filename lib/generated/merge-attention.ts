// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of mergeAttention. Combines attention over parts of the keys: out = Σ exp(lse_i − lse) out_i, lse = log Σ exp(lse_i), in the order of the list. */
export interface MergeAttentionOptions extends CallOptions {
  /** One extra logit per head in the softmax's sum, counted once here; not part of lse. [H], f32 or outs. */
  sinks?: TensorLike | undefined;
  /**
   * Where to write `out` [B, T, H, V]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that mergeAttention returns. */
export interface MergeAttentionResult {
  /** attention over all parts, packed as they are; zero where no part held a visible key [B, T, H, V]. */
  out: Tensor;
  /** log-sum-exp over all parts [B, H, T]. */
  lse: Tensor;
}
