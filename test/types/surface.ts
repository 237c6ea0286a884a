// Compiled, never run: what the types allow, and each wrong use that they must refuse.
import {
  type AttnError,
  type CachePool,
  type CachedAttentionResult,
  type DType,
  type Device,
  type ErrorCode,
  type RecurrentState,
  type Sequence,
  Tensor,
  type TensorData,
  attention,
  attentionSync,
  isAttnError,
  linearAttention,
  linearAttentionSync,
  mergeAttention,
} from 'hybrid-attention';
import { Tensor as OrtTensor } from 'onnxruntime-common';

declare const x: Tensor;
declare const pool: CachePool;
declare const sequences: Sequence[];
declare const signal: AbortSignal;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

export async function results(): Promise<void> {
  const plain = await attention(x, x, x);
  same<typeof plain.out, Tensor>(true);
  same<typeof plain.lse, Tensor | undefined>(true);
  const { lse } = await attention(x, x, x, { returnLse: true });
  same<typeof lse, Tensor>(true);
  const { scores } = attentionSync(x, x, x, { scores: 'weights', causal: true });
  same<typeof scores, Tensor>(true);
  const both = attentionSync(x, x, x, { scores: 'raw', returnLse: true });
  same<typeof both.lse, Tensor>(true);
  same<typeof both.scores, Tensor>(true);
  const { state } = linearAttentionSync(x, x, x, { returnState: true });
  same<typeof state, Tensor>(true);
  const { out } = await attention(x, sequences, { append: { key: x, value: x }, causal: true });
  same<typeof out, Tensor>(true);
  same<typeof out.data, TensorData>(true);
  same<Awaited<ReturnType<typeof mergeAttention>>['lse'], Tensor>(true);
}

export async function cachedResults(given: boolean): Promise<void> {
  const plain = await attention(x, sequences);
  same<typeof plain, CachedAttentionResult>(true);
  same<typeof plain.lse, Tensor | undefined>(true);
  const part = await attention(x, sequences, { returnLse: true, append: { key: x, value: x } });
  same<typeof part.lse, Tensor>(true);
  await mergeAttention([part, await attention(x, x, x, { returnLse: true })]);
  const { lse } = attentionSync(x, sequences, { returnLse: true, causal: true });
  same<typeof lse, Tensor>(true);
  const perhaps = attentionSync(x, sequences, { returnLse: given });
  same<typeof perhaps.lse, Tensor | undefined>(true);
  // @ts-expect-error sequences have no scores
  perhaps.scores;
  // @ts-expect-error an option of tensors alone
  await attention(x, sequences, { queryStart: 0 });
  await attention(x, sequences, { keyIndices: new Int32Array(4) });
  await attention(x, sequences, { mask: x, bias: x });
  // @ts-expect-error the log-sum-exp was not asked for
  await mergeAttention([plain]);
}

export async function options(): Promise<void> {
  await attention(x, x, x, { scale: undefined, signal, window: { left: 4 }, queryStart: Int32Array.of(1) });
  // @ts-expect-error unknown options are refused
  await attention(x, x, x, { casual: true });
  // @ts-expect-error null is not absent
  await attention(x, x, x, { scale: null });
  // @ts-expect-error a stage of the scores
  await attention(x, x, x, { scores: 'weight' });
  // @ts-expect-error out is a Tensor
  await attention(x, x, x, { out: new Float32Array(4) });
  // @ts-expect-error an option of sequences alone
  await attention(x, x, x, { append: { key: x, value: x } });
  // @ts-expect-error values are missing
  await attention(x, x);
}

export async function updateRules(decay: Tensor, beta: Tensor): Promise<void> {
  await linearAttention(x, x, x);
  await linearAttention(x, x, x, { updateRule: 'gated', decay });
  await linearAttention(x, x, x, { updateRule: 'gated_delta', decay, beta, signal });
  // @ts-expect-error gated needs decay
  await linearAttention(x, x, x, { updateRule: 'gated' });
  // @ts-expect-error linear has no decay
  await linearAttention(x, x, x, { updateRule: 'linear', decay });
  // @ts-expect-error without a rule it is linear
  await linearAttention(x, x, x, { decay });
  // @ts-expect-error delta has no normaliser
  await linearAttention(x, x, x, { updateRule: 'delta', beta, normalize: true });
}

export async function sessions(states: RecurrentState[], decay: Tensor): Promise<void> {
  await linearAttention(x, x, x, { states });
  await linearAttention(x, x, x, { states, updateRule: 'gated', decay, signal });
  const { checkpoints } = await linearAttention(x, x, x, { states, checkpointEvery: 64 });
  same<typeof checkpoints, readonly (readonly RecurrentState[])[]>(true);
  // @ts-expect-error the rule of gates is said, with states too
  await linearAttention(x, x, x, { states, decay });
  // @ts-expect-error sessions keep their states
  await linearAttention(x, x, x, { states, returnState: true });
  // @ts-expect-error states instead of a state
  linearAttentionSync(x, x, x, { states, state: x });
  // @ts-expect-error sessions are causal
  linearAttentionSync(x, x, x, { states, causal: false });
  // @ts-expect-error checkpoints are sessions
  linearAttentionSync(x, x, x, { checkpointEvery: 64 });
}

export async function tensors(unknown: unknown): Promise<void> {
  Tensor.from(new Float32Array(4), [2, 2]);
  Tensor.from(new Uint16Array(4), [2, 2], 'bf16');
  Tensor.from(new Uint8Array(4), [4], 'bool');
  Tensor.from(new OrtTensor('float32', new Float32Array(4), [4]));
  Tensor.zeros([2], { dtype: 'f16' }) satisfies Disposable;
  await attention(new OrtTensor('float16', new Uint16Array(4), [1, 1, 1, 4]), x, {
    data: new Float32Array(4),
    shape: [4],
  });
  // @ts-expect-error the dtype of bits is never guessed
  Tensor.from(new Uint16Array(4), [2, 2]);
  // @ts-expect-error f32 does not lie in 16 bits
  Tensor.from(new Uint16Array(4), [2, 2], 'f32');
  // @ts-expect-error there are no doubles
  Tensor.from(new Float64Array(4), [2, 2]);
  // @ts-expect-error made by from, empty and zeros
  new Tensor();
  // @ts-expect-error views do not change
  x.shape[0] = 3;
  // @ts-expect-error a dtype
  await x.cast('f64');
  if (unknown instanceof Tensor) same<typeof unknown, Tensor>(true);
  same<Tensor['dtype'], DType>(true);
  same<Tensor['device'], Device>(true);
  pool.sequence() satisfies Sequence;
}

export function errors(error: unknown): ErrorCode | undefined {
  if (!isAttnError(error)) return undefined;
  same<typeof error, AttnError>(true);
  return error.code;
}
