// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of rmsNorm. Root-mean-square norm over the last axis: out = x / √(mean(x²) + epsilon) · (weight + weightOffset), optionally gated. */
export interface RmsNormOptions extends CallOptions {
  /** Scale of each element; 1 when absent. [D] or [H, D], f32 or x. */
  weight?: TensorLike | undefined;
  /** Added to weight: 1 where a model stores 1 + w; 0 when absent. */
  weightOffset?: number | undefined;
  /** Added to the mean square; 1e-6 when absent. ≥ 0. */
  epsilon?: number | undefined;
  /** Multiplies by activation(gate), after the norm or before it. [B, T, H, D], f32 or x. */
  gate?: TensorLike | undefined;
  /** Activation of the gate. Default silu. */
  gateActivation?: 'silu' | 'sigmoid' | undefined;
  /** Gate x before the norm (Mamba-2) rather than the result after it. Default false. */
  gateFirst?: boolean | undefined;
  /**
   * Where to write `out` [B, T, H, D]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that rmsNorm returns. */
export interface RmsNormResult {
  /** normalised values [B, T, H, D]. */
  out: Tensor;
}
