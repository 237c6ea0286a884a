// Generated from native/schema by npm run generate; do not edit.
import type { CallOptions } from '../ops/call-options';
import type { Tensor, TensorLike } from '../tensor';

/** Options of attention over sequences. Softmax attention over the keys and values of cached sequences. `append` is written to the sequences first; they keep it when the call succeeds. */
export interface CachedAttentionOptions extends CallOptions {
  /** Keys and values of the query tokens, added to each sequence before it is read. `key`: keys. `value`: values; none where the pool takes them from the keys. */
  append?: { key?: TensorLike | undefined; value?: TensorLike | undefined } | undefined;
  /** Factor on q·k; 1/√K when absent. */
  scale?: number | undefined;
  /** Query at position p sees keys 0…p. Default false. */
  causal?: boolean | undefined;
  /** Query at position p sees keys p − left … p + right; a side that is absent is open. `left`: keys before the query's own position. `right`: keys after the query's own position. */
  window?: { left?: number | undefined; right?: number | undefined } | undefined;
  /** Query at position p sees only keys j with floor(j / chunk) = floor(p / chunk). ≥ 1, ≤ 2147483647. */
  chunk?: number | undefined;
  /** Block-causal: query at position p sees keys j with floor(j / block) ≤ floor(p / block). ≥ 1, ≤ 2147483647. */
  block?: number | undefined;
  /** Scaled scores become softcap · tanh(score / softcap). > 0. */
  softcap?: number | undefined;
  /** One extra logit per head in the softmax's sum, without a value. [Hq], f32 or q. */
  sinks?: TensorLike | undefined;
  /** Added to the scaled scores; column j is for the key at position j, those behind a sequence's end go unread; −∞ hides a key. [B, Hq, T, S], broadcast, f32 or q. */
  bias?: TensorLike | undefined;
  /** True where the query may see the key: column j is for the key at position j, those behind a sequence's end go unread. [B, Hq, T, S], broadcast, bool. */
  mask?: TensorLike | undefined;
  /** Adds slope · (j − p) for key j and query position p. [Hq], f32. */
  alibiSlopes?: TensorLike | undefined;
  /** How q and append are cut: offsets of the sequences among the query tokens, when these differ in number and have no batch axis; the keys are the sequences' own. [B+1], i32. */
  cuSeqlens?: TensorLike | undefined;
  /** Positions in the query's own sequence of the keys it sees, all other rules applied on top; −1 is no key, nor is a position that a pool's window has dropped; a key named twice counts once for each. [B, T, I] or [B, T, Hkv, I], i32. */
  keyIndices?: TensorLike | undefined;
  /** Further factor on the scores of each query (temperature by position). [B, T], f32. */
  queryScale?: TensorLike | undefined;
  /** Out is multiplied by sigmoid(gate). [B, T, Hq, V], f32 or q. */
  gate?: TensorLike | undefined;
  /** Also return the log-sum-exp of each row; sinks are not counted in it. Default false. */
  returnLse?: boolean | undefined;
  /**
   * Where to write `out` [B, T, Hq, V]; must not overlap an input. A call that fails or is aborted may leave
   * it partly written, and of two calls at once that are given the same one each may overwrite the other's result.
   */
  out?: Tensor | undefined;
}

/** Tensors that attention over sequences returns. */
export interface CachedAttentionResult {
  /** attention result; a row that may attend to nothing is zero [B, T, Hq, V]. */
  out: Tensor;
  /** natural log of the sum over the keys; −∞ for an empty row [B, Hq, T]. Present with `returnLse`. */
  lse?: Tensor;
}
