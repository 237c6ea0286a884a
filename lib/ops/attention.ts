import type { AttentionOptions, AttentionResult } from '../generated/attention';
import type { Sequence } from '../cache/cache-pool';
import type { CachedAttentionOptions, CachedAttentionResult } from '../generated/cached-attention';
import { operation, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';

export type { AttentionOptions, AttentionResult, CachedAttentionOptions, CachedAttentionResult };

const onPool =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => Promise<AttentionResult>>(
    'attention',
  );
const onThisThread =
  operationSync<(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions) => AttentionResult>(
    'attention',
  );
const cachedOnPool =
  operation<
    (q: TensorLike, sequences: readonly Sequence[], options?: CachedAttentionOptions) => Promise<CachedAttentionResult>
  >('cachedAttention');
const cachedOnThisThread =
  operationSync<
    (q: TensorLike, sequences: readonly Sequence[], options?: CachedAttentionOptions) => CachedAttentionResult
  >('cachedAttention');

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
  options: AttentionOptions & { returnLse: true } & { scores: NonNullable<AttentionOptions['scores']> },
): Promise<AttentionResult & { lse: Tensor; scores: Tensor }>;
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & { returnLse: true },
): Promise<AttentionResult & { lse: Tensor }>;
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & { scores: NonNullable<AttentionOptions['scores']> },
): Promise<AttentionResult & { scores: Tensor }>;
export function attention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: AttentionOptions,
): Promise<AttentionResult>;
export function attention(
  q: TensorLike,
  sequences: readonly Sequence[],
  options: CachedAttentionOptions & { returnLse: true },
): Promise<CachedAttentionResult & { lse: Tensor }>;
export function attention(
  q: TensorLike,
  sequences: readonly Sequence[],
  options?: CachedAttentionOptions,
): Promise<CachedAttentionResult>;
export function attention(
  q: TensorLike,
  k: TensorLike | readonly Sequence[],
  ...rest: readonly unknown[]
): Promise<AttentionResult> {
  if (Array.isArray(k)) return cachedOnPool(q, k, rest[0] as CachedAttentionOptions);
  return onPool(q, k as TensorLike, rest[0] as TensorLike, rest[1] as AttentionOptions);
}

/** Like `attention`, and returns when the result is there: for worker threads, and for one token at a time. */
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & { returnLse: true } & { scores: NonNullable<AttentionOptions['scores']> },
): AttentionResult & { lse: Tensor; scores: Tensor };
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & { returnLse: true },
): AttentionResult & { lse: Tensor };
export function attentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions & { scores: NonNullable<AttentionOptions['scores']> },
): AttentionResult & { scores: Tensor };
export function attentionSync(q: TensorLike, k: TensorLike, v: TensorLike, options?: AttentionOptions): AttentionResult;
export function attentionSync(
  q: TensorLike,
  sequences: readonly Sequence[],
  options: CachedAttentionOptions & { returnLse: true },
): CachedAttentionResult & { lse: Tensor };
export function attentionSync(
  q: TensorLike,
  sequences: readonly Sequence[],
  options?: CachedAttentionOptions,
): CachedAttentionResult;
export function attentionSync(
  q: TensorLike,
  k: TensorLike | readonly Sequence[],
  ...rest: readonly unknown[]
): AttentionResult {
  if (Array.isArray(k)) return cachedOnThisThread(q, k, rest[0] as CachedAttentionOptions);
  return onThisThread(q, k as TensorLike, rest[0] as TensorLike, rest[1] as AttentionOptions);
}
