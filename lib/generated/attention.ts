// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of attention. Softmax attention: out = softmax(scale · q kᵀ + bias) v per query head, each query head reading key head floor(h · Hkv / Hq). */
export interface AttentionOptions extends CallOptions {
  /** Factor on q·k; 1/√K when absent. */
  scale?: number | undefined;
  /** Query at position p sees keys 0…p. Default false. */
  causal?: boolean | undefined;
  /** Position of the first query among the keys; when absent the last query stands at the last key that counts (S − T, or kvLengths − T, of each sequence), which aligns causal to the bottom right; 0 aligns it to the top left, as a batch of prompts padded on the right needs. [B], i32. ≥ -2147483648, ≤ 2147483647. */
  queryStart?: number | TensorLike | undefined;
  /** Query at position p sees keys p − left … p + right; a side that is absent is open. `left`: keys before the query's own position. `right`: keys after the query's own position. */
  window?: { left?: number | undefined; right?: number | undefined } | undefined;
  /** Query at position p sees only keys j with floor(j / chunk) = floor(p / chunk). ≥ 1, ≤ 2147483647. */
  chunk?: number | undefined;
  /** Block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block). ≥ 1, ≤ 2147483647. */
  block?: number | undefined;
  /** Scaled scores become softcap · tanh(score / softcap), before bias, ALiBi and masks. > 0. */
  softcap?: number | undefined;
  /** One extra logit per head in the softmax's sum, without a value. [Hq], f32 or q. */
  sinks?: TensorLike | undefined;
  /** Added to the scaled scores; −∞ hides a key. [B, Hq, T, S], broadcast, f32 or q. */
  bias?: TensorLike | undefined;
  /** True where the query may see the key. [B, Hq, T, S], broadcast, bool. */
  mask?: TensorLike | undefined;
  /** Adds slope · (j − p) for key j and query position p. [Hq], f32. */
  alibiSlopes?: TensorLike | undefined;
  /** Keys of each sequence that count: key j is visible when j < kvLengths; without queryStart the last query stands at the last of them. [B], i32. ≥ 0. */
  kvLengths?: number | TensorLike | undefined;
  /** First key of each sequence that counts (left padding): key j is visible when j ≥ kvStart. [B], i32. ≥ 0. */
  kvStart?: number | TensorLike | undefined;
  /** Offsets of the sequences of a packed batch, whose tensors have no batch axis. `q`: start of each sequence among the query tokens, and their count. `k`: start of each sequence among the key tokens, and their count. */
  cuSeqlens?: { q?: TensorLike | undefined; k?: TensorLike | undefined } | undefined;
  /** The keys each query sees, all other rules applied on top; −1 is no key, a key named twice counts once for each. [B, T, I] or [B, T, Hkv, I], i32. */
  keyIndices?: TensorLike | undefined;
  /** Further factor on the scores of each query (temperature by position). [B, T], f32. */
  queryScale?: TensorLike | undefined;
  /** Out is multiplied by sigmoid(gate). [B, T, Hq, V], f32 or q. */
  gate?: TensorLike | undefined;
  /** Also return the log-sum-exp of each row; sinks are not counted in it. Default false. */
  returnLse?: boolean | undefined;
  /** Also return the [B, Hq, T, S] matrix: raw = scaled q·k; capped = after softcap; biased = with bias, ALiBi and masks (−∞); weights = after softmax. For pictures and tests, not a fast path. */
  scores?: 'raw' | 'capped' | 'biased' | 'weights' | undefined;
  /**
   * Where to write `out` [B, T, Hq, V]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
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
