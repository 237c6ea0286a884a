// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of activation. Elementwise: out = function(x) · multiply. SiLU, sigmoid and their gated products between a layer's projections and its attention. */
export interface ActivationOptions extends CallOptions {
  /** Applied to x. Default silu. */
  function?: 'identity' | 'silu' | 'sigmoid' | 'softplus' | 'relu' | 'tanh' | 'exp' | undefined;
  /** Factor on function(x); 1 when absent. */
  scale?: number | undefined;
  /** Factor on function(x), element by element. [B, T, H, D], broadcast, f32 or x. */
  multiply?: TensorLike | undefined;
  /** Added to the product. [B, T, H, D], broadcast, f32 or x. */
  add?: TensorLike | undefined;
  /** Dtype of out; that of x when absent. Gates and write strengths of linear attention should stay f32. */
  outDtype?: 'f32' | undefined;
  /**
   * Where to write `out` [B, T, H, D]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that activation returns. */
export interface ActivationResult {
  /** scale · function(x) · multiply + add [B, T, H, D]. */
  out: Tensor;
}
