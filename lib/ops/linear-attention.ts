import type { LinearAttentionOptions as Options, LinearAttentionResult as Result } from '../generated/linear-attention';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type LinearAttentionOptions = Options & CallOptions;
export type LinearAttentionResult = Result;
type WithState = { returnState: true };

const onPool =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => Promise<Result>>(
    'linearAttention',
  );
const onThisThread =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => Result>(
    'linearAttentionSync',
  );

/**
 * Linear attention: a state of constant size takes each token in, `S = decay · S + write`, and answers its query,
 * `o = scale · q S`. `updateRule` names the write and with it the options that belong to it. `q` is [B, T, Hq, K], `k` is
 * [B, T, Hk, K], `v` is [B, T, Hv, V]; `state` is [B, Hs, K, V]. Runs on the package's thread pool; bad arguments reject.
 */
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions & WithState,
): Promise<Result & { state: Tensor }>;
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<Result>;
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<Result> {
  return onPool(q, k, v, options);
}

/** Like `linearAttention`, and returns when the result is there: for worker threads, and for one token at a time. */
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions & WithState,
): Result & { state: Tensor };
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Result;
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Result {
  return onThisThread(q, k, v, options);
}
