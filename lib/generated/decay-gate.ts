// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of decayGate. Log decay from a projection: rate = clamp(softplus(x + bias)), decay = −exp(logA) · rate; or decay = lowerBound · sigmoid(exp(logA) · (x + bias)). */
export interface DecayGateOptions extends CallOptions {
  /** Log of the decay rate of each head; 0 when absent. [H], f32 or x. */
  logA?: TensorLike | undefined;
  /** Added to x; 0 when absent. [C], f32 or x. */
  bias?: TensorLike | undefined;
  /** Takes the bounded form: decay lies between this and 0. ≤ 0. */
  lowerBound?: number | undefined;
  /** Least rate (Mamba-2's lower time-step limit); 0 when absent. ≥ 0. */
  rateMin?: number | undefined;
  /** Largest rate (upper time-step limit); open when absent. ≥ 0. */
  rateMax?: number | undefined;
  /** Also return the rate, which scales Mamba-2's write as beta. Default false. */
  returnRate?: boolean | undefined;
  /**
   * Where to write `decay` [B, T, C]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that decayGate returns. */
export interface DecayGateResult {
  /** natural-log gate ≤ 0 [B, T, C]. */
  decay: Tensor;
  /** softplus(x + bias) within its limits [B, T, C]. Present with `returnRate`. */
  rate?: Tensor;
}
