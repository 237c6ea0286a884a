import type { AttentionOptions as Options, AttentionResult as Result } from '../generated/attention';
import type { Sequence } from '../cache/cache-pool';
import type { CachedAttentionOptions as CachedOptions } from '../generated/cached-attention';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type AttentionOptions = Options & CallOptions;
export type AttentionResult = Result;
/** Options of attention over cached sequences. */
export type CachedAttentionOptions = CachedOptions & CallOptions;
type WithLse = { returnLse: true };
type WithScores = { scores: NonNullable<Options['scores']> };

const onPool =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => Promise<Result>>('attention');
const onThisThread =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => Result>('attentionSync');
const cachedOnPool =
  operation<(q: TensorLike, sequences: readonly Sequence[], options?: CachedAttentionOptions) => Promise<Result>>(
    'cachedAttention',
  );
const cachedOnThisThread =
  operation<(q: TensorLike, sequences: readonly Sequence[], options?: CachedAttentionOptions) => Result>(
    'cachedAttentionSync',
  );

/**
 * Softmax attention: `out = softmax(scale · q kᵀ + bias) v` for each query head. `q` is [B, T, Hq, K], `k` is
 * [B, S, Hkv, K], `v` is [B, S, Hkv, V] and `out` is [B, T, Hq, V]; Hkv divides Hq. Runs on the package's thread pool;
 * bad arguments reject.
 *
 * With `sequences` in place of `k` and `v` it reads the keys and values of cached sequences, one per batch entry, after
 * writing those of `append` to them: one call per decoding step for any number of sessions.
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
export function attention(
  q: TensorLike,
  sequences: readonly Sequence[],
  options?: CachedAttentionOptions,
): Promise<Result>;
export function attention(
  q: TensorLike,
  k: TensorLike | readonly Sequence[],
  ...rest: readonly unknown[]
): Promise<Result> {
  if (Array.isArray(k)) return cachedOnPool(q, k, rest[0] as CachedAttentionOptions);
  return onPool(q, k as TensorLike, rest[0] as TensorLike, rest[1] as AttentionOptions);
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
export function attentionSync(q: TensorLike, sequences: readonly Sequence[], options?: CachedAttentionOptions): Result;
export function attentionSync(q: TensorLike, k: TensorLike | readonly Sequence[], ...rest: readonly unknown[]): Result {
  if (Array.isArray(k)) return cachedOnThisThread(q, k, rest[0] as CachedAttentionOptions);
  return onThisThread(q, k as TensorLike, rest[0] as TensorLike, rest[1] as AttentionOptions);
}
