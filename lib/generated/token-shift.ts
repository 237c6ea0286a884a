// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of tokenShift. Mixes each token with the one before it: out[m] = x + (previous − x) · mix[m]. */
export interface TokenShiftOptions extends CallOptions {
  /** The token before the first; zero when absent. [B, C], x. */
  state?: TensorLike | undefined;
  /** Offsets of the sequences of a packed batch, whose tensors have no batch axis. [B+1], i32. */
  cuSeqlens?: TensorLike | undefined;
  /** Also return the last token. Default false. */
  returnState?: boolean | undefined;
  /**
   * Where to write `out` [M, B, T, C]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that tokenShift returns. */
export interface TokenShiftResult {
  /** one mixed sequence per row of mix [M, B, T, C]. */
  out: Tensor;
  /** the last token [B, C]. Present with `returnState`. */
  state?: Tensor;
}
