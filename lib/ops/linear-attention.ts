import type { LinearAttentionOptionsByUpdateRule, LinearAttentionResult } from '../generated/linear-attention';
import type { RecurrentState } from '../cache/recurrent-state';
import { StateStep } from '../cache/step-states';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';

/** Options of linearAttention: those that belong to the update rule, and sessions. */
export type LinearAttentionOptions = LinearAttentionOptionsByUpdateRule & {
  /**
   * Sessions of one pool, one per sequence of the batch: their states are read and move on, all in this call. Nothing
   * changes when it fails; a session in two calls at once, or twice in one, is `ERR_ATTN_BUSY`. The rule is the pool's.
   */
  states?: readonly RecurrentState[] | undefined;
};

const onPool =
  operation<
    (q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => Promise<LinearAttentionResult>
  >('linearAttention');
const onThisThread =
  operation<(q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => LinearAttentionResult>(
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
  options: LinearAttentionOptions & { returnState: true },
): Promise<LinearAttentionResult & { state: Tensor }>;
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<LinearAttentionResult>;
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<LinearAttentionResult> {
  return options?.states === undefined ? onPool(q, k, v, options) : stepOnPool(q, k, v, options);
}

// A signal may stop the work half-way, so a call that has one never writes over a state.
async function stepOnPool(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions,
): Promise<LinearAttentionResult> {
  const step = new StateStep(k, v, { ...options }, options.signal === undefined);
  try {
    const result = await onPool(q, k, v, step.options as LinearAttentionOptions);
    step.finish();
    return result;
  } catch (error) {
    step.cancel();
    throw error;
  }
}

/** Like `linearAttention`, and returns when the result is there: for worker threads, and for one token at a time. */
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions & { returnState: true },
): LinearAttentionResult & { state: Tensor };
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): LinearAttentionResult;
export function linearAttentionSync(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): LinearAttentionResult {
  if (options?.states === undefined) return onThisThread(q, k, v, options);
  const step = new StateStep(k, v, { ...options }, true);
  try {
    const result = onThisThread(q, k, v, step.options as LinearAttentionOptions);
    step.finish();
    return result;
  } catch (error) {
    step.cancel();
    throw error;
  }
}
