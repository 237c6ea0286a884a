// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of layerNorm. Layer norm over the last axis: out = (x − mean(x)) / √(var(x) + epsilon) · weight + bias. */
export interface LayerNormOptions extends CallOptions {
  /** Scale of each element; 1 when absent. [D] or [H, D], f32 or x. */
  weight?: TensorLike | undefined;
  /** Added to each element; 0 when absent. [D] or [H, D], f32 or x. */
  bias?: TensorLike | undefined;
  /** Added to the variance; 1e-5 when absent. ≥ 0. */
  epsilon?: number | undefined;
  /**
   * Where to write `out` [B, T, H, D]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that layerNorm returns. */
export interface LayerNormResult {
  /** normalised values [B, T, H, D]. */
  out: Tensor;
}
