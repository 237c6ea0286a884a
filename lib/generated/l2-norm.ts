// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor } from '../tensor';

/** Options of l2Norm. Scales the last axis to length 1: out = x / √(Σx² + epsilon), or x / max(√Σx², epsilon). */
export interface L2NormOptions extends CallOptions {
  /** Keeps a zero vector finite; 1e-6 when absent. ≥ 0. */
  epsilon?: number | undefined;
  /** Add: inside the root; max: least length. Default add. */
  epsilonRule?: 'add' | 'max' | undefined;
  /**
   * Where to write `out` [B, T, H, D]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that l2Norm returns. */
export interface L2NormResult {
  /** vectors of length 1 [B, T, H, D]. */
  out: Tensor;
}
