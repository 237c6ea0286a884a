// Generated from native/schema by npm run generate; do not edit.
import type { Tensor, TensorLike } from '../tensor';

/** Options of attention. Softmax attention: out = softmax(scale · q kᵀ + bias) v per query head, each query head reading key head floor(h · Hkv / Hq). */
export interface AttentionOptions {
  /** Factor on q·k; 1/√K when absent. */
  scale?: number | undefined;
  /** Query at position p sees keys 0…p. Default false. */
  causal?: boolean | undefined;
  /** Position of the first query among the keys; S − T when absent, which aligns causal to the bottom right; 0 aligns it to the top left. [B], i32. ≥ -2147483648, ≤ 2147483647. */
  queryStart?: number | TensorLike | undefined;
  /** Also return the log-sum-exp of each row. Default false. */
  returnLse?: boolean | undefined;
  /** Also return the [B, Hq, T, S] matrix at this stage; for pictures and tests, not a fast path. */
  scores?: 'weights' | undefined;
  /** Where to write `out` [B, T, Hq, V]; must not overlap an input. */
  out?: Tensor | undefined;
}

/** Tensors that attention returns. */
export interface AttentionResult {
  /** attention result; a row that may attend to nothing is zero [B, T, Hq, V]. */
  out: Tensor;
  /** natural log of the sum over the keys; −∞ for an empty row [B, Hq, T]. Present with `returnLse`. */
  lse?: Tensor;
  /** the matrix named by the option [B, Hq, T, S]. Present with `scores`. */
  scores?: Tensor;
}
