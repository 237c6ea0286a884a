import type {
  LinearAttentionOptionsByUpdateRule as Options,
  LinearAttentionResult as Result,
} from '../generated/linear-attention';
import { CheckpointedCall } from '../cache/checkpoints';
import type { RecurrentState } from '../cache/recurrent-state';
import { StateStep } from '../cache/step-states';
import { ownOptions } from '../cache/token-record';
import { native, operation, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';

/** Sessions instead of a state: they take what `returnState` would return. */
export interface SessionOptions {
  /**
   * Sessions of one pool, one per sequence of the batch: their states are read and move on, all in this call. Nothing
   * changes when it fails; a session in two calls at once, or twice in one, is `ERR_ATTN_BUSY`. `updateRule` and
   * `normalize` have to be the pool's.
   */
  states: readonly RecurrentState[];
  /** Return a fork of each session after every so many of its tokens, each of which takes a slot of the pool. */
  checkpointEvery?: number | undefined;
  state?: undefined;
  normalizer?: undefined;
  returnState?: false | undefined;
  causal?: true | undefined;
}

/** Options of linearAttention: those that belong to the update rule, and sessions or none. */
export type LinearAttentionOptions = Options & (SessionOptions | { states?: undefined; checkpointEvery?: undefined });

/** Tensors that linearAttention returns, and forks of sessions. */
export interface LinearAttentionResult extends Result {
  /** With `checkpointEvery`: of each session of `states`, its forks in the order of its tokens. */
  checkpoints?: readonly (readonly RecurrentState[])[];
}

const onPool = operation<
  (q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => Promise<LinearAttentionResult>
>('linearAttention', ownOptions);
const onThisThread = operationSync<
  (q: TensorLike, k: TensorLike, v: TensorLike, options?: LinearAttentionOptions) => LinearAttentionResult
>('linearAttention', ownOptions);

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
  options: LinearAttentionOptions & { checkpointEvery: number },
): Promise<LinearAttentionResult & { checkpoints: readonly (readonly RecurrentState[])[] }>;
export function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<LinearAttentionResult>;
export async function linearAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: LinearAttentionOptions,
): Promise<LinearAttentionResult> {
  if (options?.checkpointEvery !== undefined) return checkpointedOnPool(q, k, v, options);
  return options?.states === undefined ? onPool(q, k, v, options) : stepOnPool(q, k, v, options);
}

// A signal may stop the work half-way, and where `out` may be gone when the work is done the call fails then: such calls do
// not write over a state.
async function stepOnPool(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions,
): Promise<LinearAttentionResult> {
  const inPlace = options.signal === undefined && !native.mayVanish(options.out);
  const step = new StateStep(q, k, v, options, inPlace);
  try {
    const result = await onPool(q, k, v, step.options as LinearAttentionOptions);
    step.finish(result.out);
    return result;
  } catch (error) {
    step.cancel();
    throw error;
  }
}

async function checkpointedOnPool(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions,
): Promise<LinearAttentionResult> {
  const call = new CheckpointedCall(q, k, v, options, true);
  for (const [queries, keys, values, own] of call.pieces()) {
    await stepOnPool(queries, keys, values, own as LinearAttentionOptions);
  }
  return { out: call.out, checkpoints: call.checkpoints };
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
  options: LinearAttentionOptions & { checkpointEvery: number },
): LinearAttentionResult & { checkpoints: readonly (readonly RecurrentState[])[] };
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
  if (options?.checkpointEvery !== undefined) return checkpointed(q, k, v, options);
  return options?.states === undefined ? onThisThread(q, k, v, options) : step(q, k, v, options);
}

function step(q: TensorLike, k: TensorLike, v: TensorLike, options: LinearAttentionOptions): Result {
  const sessions = new StateStep(q, k, v, options, true);
  try {
    const result = onThisThread(q, k, v, sessions.options as LinearAttentionOptions);
    sessions.finish(result.out);
    return result;
  } catch (error) {
    sessions.cancel();
    throw error;
  }
}

function checkpointed(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: LinearAttentionOptions,
): LinearAttentionResult {
  const call = new CheckpointedCall(q, k, v, options, false);
  for (const [queries, keys, values, own] of call.pieces()) {
    step(queries, keys, values, own as LinearAttentionOptions);
  }
  return { out: call.out, checkpoints: call.checkpoints };
}
