import type { AttentionOptions as Options, AttentionResult as Result } from '../generated/attention';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type AttentionOptions = Options & CallOptions;
export type AttentionResult = Result;
type WithLse = { returnLse: true };
type WithScores = { scores: NonNullable<Options['scores']> };

const onPool =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => Promise<Result>>('attention');
const onThisThread =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => Result>('attentionSync');

/**
 * Softmax attention: `out = softmax(scale · q kᵀ + bias) v` for each query head. `q` is [B, T, Hq, K], `k` is
 * [B, S, Hkv, K], `v` is [B, S, Hkv, V] and `out` is [B, T, Hq, V]; Hkv divides Hq. Runs on the package's thread pool;
 * bad arguments reject.
 */
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithLse & WithScores,
): Promise<Result & { lse: Tensor; scores: Tensor }>;
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithLse,
): Promise<Result & { lse: Tensor }>;
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithScores,
): Promise<Result & { scores: Tensor }>;
export function attention(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions): Promise<Result>;
export function attention(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions): Promise<Result> {
  return onPool(q, k, v, options);
}

/** Like `attention`, and returns when the result is there: for worker threads, and for one token at a time. */
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithLse & WithScores,
): Result & { lse: Tensor; scores: Tensor };
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithLse,
): Result & { lse: Tensor };
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & WithScores,
): Result & { scores: Tensor };
export function attentionSync(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions): Result;
export function attentionSync(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions): Result {
  return onThisThread(q, k, v, options);
}
