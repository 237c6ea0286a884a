// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of causalConv1d. Depthwise causal convolution over tokens: out[t, c] = act(Σ_w weight[c, w] · x[t − W + 1 + w, c] + bias[c]), tokens before the first read from the state. */
export interface CausalConv1dOptions extends CallOptions {
  /** Added to each channel. [C], f32 or x. */
  bias?: TensorLike | undefined;
  /** Applied to the result. Default none. */
  activation?: 'none' | 'silu' | undefined;
  /** The W − 1 tokens before the first, oldest first; zero when absent. [B, W-1, C], x. */
  state?: TensorLike | undefined;
  /** Offsets of the sequences of a packed batch, whose tensors have no batch axis. [B+1], i32. */
  cuSeqlens?: TensorLike | undefined;
  /** Also return the last W − 1 tokens. Default false. */
  returnState?: boolean | undefined;
  /**
   * Where to write `out` [B, T, C]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that causalConv1d returns. */
export interface CausalConv1dResult {
  /** convolved values [B, T, C]. */
  out: Tensor;
  /** the last W − 1 tokens, oldest first [B, W-1, C]. Present with `returnState`. */
  state?: Tensor;
}
