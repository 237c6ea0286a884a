// A segment of a sequence as one affine map of the state, S ↦ transition · S + state, so that the segments of a long
// sequence can be worked on apart, by other processes too, and joined exactly. Both parts and their composition are calls
// of linear attention itself, in f32: the state's recurrence is linear in the state.
import { ownOptions } from '../cache/token-record';
import { attnError, checkOptionNames, checkOptions, describeValue } from '../errors';
import { opTable } from '../generated/op-table';
import { binder, dropAll, native, plainOptions } from '../native';
import { type DType, Tensor, type TensorLike } from '../tensor';
import type { CallOptions } from './call-options';
import { type LinearAttentionOptions, linearAttention, linearAttentionSync } from './linear-attention';

/** Options of linearAttention that shape a state; the others would change the segment's effect, or are set here. */
export type SegmentOptions = Omit<
  LinearAttentionOptions,
  | 'state'
  | 'states'
  | 'checkpointEvery'
  | 'normalizer'
  | 'normalize'
  | 'returnState'
  | 'causal'
  | 'scale'
  | 'skip'
  | 'out'
>;

// What the type leaves out, for calls from JavaScript; the compiler sees to it that none is forgotten.
const foreign: Record<Exclude<keyof LinearAttentionOptions, keyof SegmentOptions>, true> = {
  state: true,
  states: true,
  checkpointEvery: true,
  normalizer: true,
  normalize: true,
  returnState: true,
  causal: true,
  scale: true,
  skip: true,
  out: true,
};

/** A segment as an affine map of the state, in f32. */
export interface SegmentState {
  /** What becomes of a state before the segment, [B, Hs, K, K]. */
  readonly transition: Tensor;
  /** What the segment itself adds, [B, Hs, K, V]: the state after it when it starts from zero. */
  readonly state: Tensor;
}

/** The same as tensors of any kind: from another process, say. */
export interface SegmentStateLike {
  readonly transition: TensorLike;
  readonly state: TensorLike;
}

type Arguments = [TensorLike, TensorLike, TensorLike, LinearAttentionOptions & { returnState: true }];

const known = opTable
  .find(({ name }) => name === 'linearAttention')!
  .options.map(({ name }) => name)
  .filter((name) => !Object.hasOwn(foreign, name));

/** The two calls of a segment: of its state, and of its transition once that is there. */
interface SegmentCalls {
  readonly state: Arguments;
  transition(state: Tensor): Arguments;
  /** When both are done. */
  drop(): void;
}

// Keys stand in for the queries, whose output is not used.
const bindSync = binder('linearAttention', { names: ['segmentStateSync', 'k', 'k', 'v'] });
const bindAsync = binder('linearAttention', { names: ['segmentState', 'k', 'k', 'v'] });

/** Checks a segment's arguments, which its calls may then come back to at any time. */
function segmentCalls(given: readonly [TensorLike, TensorLike, SegmentOptions], asynchronous: boolean): SegmentCalls {
  const [key, value, object] = given;
  const operation = asynchronous ? 'segmentState' : 'segmentStateSync';
  checkOptions(object, `${operation}: options`);
  const options = { ...plainOptions('linearAttention', object, ownOptions) };
  for (const name of Object.keys(foreign)) {
    if (options[name] !== undefined) {
      throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', `${operation} does not take ${name}`);
    }
    delete options[name];
  }
  checkOptionNames(options, [...known, 'signal'], operation);
  const bound = (asynchronous ? bindAsync : bindSync)([key, key, value, options], asynchronous);
  const { k, v, out, ...tensors } = bound as Record<string, Tensor> & Record<'k' | 'v' | 'out', Tensor>;
  const own = { ...options, ...tensors, returnState: true } as Arguments[3];
  return {
    state: [k, k, v, { ...own, out }],
    drop: () => dropAll(Object.values(bound)),
    transition: ({ shape }) => {
      const [batch, heads, dim] = shape as [number, number, number];
      return [k, k, zeros([...v.shape.slice(0, -1), dim], k.dtype), { ...own, state: identity(batch, heads, dim) }];
    },
  };
}

/** One row for all. */
function zeros(shape: readonly number[], dtype: DType): Tensor {
  const { data } = Tensor.zeros(shape.slice(-1), { dtype });
  return Tensor.from({ data, dtype, shape, strides: shape.map((_, axis) => (axis === shape.length - 1 ? 1 : 0)) });
}

/** The identity for each of `count` heads. */
function identity(batch: number, heads: number, dim: number): Tensor {
  const elements = new Float32Array(batch * heads * dim * dim);
  for (let row = 0; row < batch * heads * dim; ++row)
    elements.fill(1, row * dim + (row % dim), row * dim + (row % dim) + 1);
  return Tensor.from(elements, [batch, heads, dim, dim]);
}

/**
 * Keys, values and gates of a segment as its effect on the state. `k` is [B, T, Hk, K], `v` is [B, T, Hv, V]. Options that
 * do not belong to the rule of the state are `ERR_ATTN_OPTION_CONFLICT`.
 */
export async function segmentState(
  k: TensorLike,
  v: TensorLike,
  given: SegmentOptions & CallOptions,
): Promise<SegmentState> {
  const calls = segmentCalls([k, v, given], true);
  try {
    const { state } = await linearAttention(...calls.state);
    const { state: transition, out } = await linearAttention(...calls.transition(state));
    out.dispose();
    return { transition, state };
  } finally {
    calls.drop();
  }
}

/** Like `segmentState`, on the calling thread. */
export function segmentStateSync(k: TensorLike, v: TensorLike, given: SegmentOptions): SegmentState {
  const calls = segmentCalls([k, v, given], false);
  try {
    const { state } = linearAttentionSync(...calls.state);
    const { state: transition, out } = linearAttentionSync(...calls.transition(state));
    out.dispose();
    return { transition, state };
  } finally {
    calls.drop();
  }
}

type Plain = [Tensor, Tensor, Tensor, LinearAttentionOptions];

// The rows of matrices as tokens, and back; back, the only tensor over its memory.
function asTokens(matrices: Tensor): Tensor {
  const view = matrices.permute([0, 2, 1, 3]);
  const tokens = view.contiguous();
  native.dropTensor(view);
  return tokens;
}

function asMatrices(tokens: Tensor): Tensor {
  const view = tokens.permute([0, 2, 1, 3]);
  native.dropTensor(tokens);
  return view;
}

// transition · state + added: the rows of the transition are queries of the state, and what is added comes by `skip`.
function productArguments({ transition, state: added }: SegmentState, state: Tensor): Plain {
  const [batch, heads, rows, dim] = transition.shape as [number, number, number, number];
  const keys = Tensor.zeros([batch, rows, heads, dim]);
  const skip = Tensor.from(new Float32Array(heads).fill(1), [heads]);
  return [asTokens(transition), keys, asTokens(added), { state, skip, scale: 1 }];
}

/** Segments to be joined, and the state that they go on from. */
interface Chain {
  readonly before: Tensor;
  readonly segments: readonly SegmentState[];
  /** When they are joined. */
  drop(): void;
}

/** Checks what is to be chained, and makes it tensors that stay when the caller's go. */
function chainOf(segments: unknown, options: unknown, asynchronous: boolean): Chain {
  const operation = asynchronous ? 'chainStates' : 'chainStatesSync';
  const wrong = (what: string): Error => attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${operation}: ${what}`);
  if (!Array.isArray(segments)) throw wrong(`segments must be an array, got ${describeValue(segments)}`);
  if (segments.length === 0) {
    throw attnError(RangeError, 'ERR_ATTN_VALUE', `${operation}: segments is empty, expected at least one`);
  }
  checkOptions(options, `${operation}: options`);
  checkOptionNames(options, ['state', 'signal'], operation);
  const { state: given, signal } = options as { state?: unknown; signal?: unknown };
  if (signal !== undefined) native.checkSignal(signal, operation);
  const held: Tensor[] = [];
  const own = (value: unknown, name: string): Tensor => {
    held.push(native.ownTensor(value, operation, name, asynchronous));
    return held.at(-1)!;
  };
  const all = (segments as (Partial<SegmentStateLike> | undefined)[]).map((segment, i) => ({
    transition: own(segment?.transition, `segments[${i}].transition`),
    state: own(segment?.state, `segments[${i}].state`),
  }));
  const before = given === undefined ? undefined : own(given, 'state');
  checkMaps(all, before, operation);
  const chain = before === undefined ? { before: all[0]!.state, segments: all.slice(1) } : { before, segments: all };
  return { ...chain, drop: () => dropAll(held) };
}

function checkMaps(segments: readonly SegmentState[], before: Tensor | undefined, operation: string): void {
  const [{ state: first }] = segments as [SegmentState];
  checkMatrix(first, `${operation}: segments[0].state`, ['f32'], undefined);
  const [batch, heads, rows] = first.shape as [number, number, number];
  for (const [i, { transition, state }] of segments.entries()) {
    const name = `${operation}: segments[${i}]`;
    checkMatrix(transition, `${name}.transition`, ['f32'], [batch, heads, rows, rows]);
    checkMatrix(state, `${name}.state`, ['f32'], first.shape);
  }
  if (before !== undefined) checkMatrix(before, `${operation}: state`, ['f32', 'bf16'], first.shape);
}

// The first state has any shape of that rank, and all else follows it.
function checkMatrix(
  { shape, dtype }: Tensor,
  what: string,
  dtypes: readonly DType[],
  expected: readonly number[] | undefined,
): void {
  if (!dtypes.includes(dtype)) {
    throw attnError(TypeError, 'ERR_ATTN_DTYPE', `${what} has dtype ${dtype}, expected ${dtypes.join(' or ')}`);
  }
  if (expected === undefined ? shape.length === 4 : String(shape) === String(expected)) return;
  const text = (extents: readonly number[]): string => `[${extents.join(', ')}]`;
  const wanted =
    expected === undefined ? '[batch, heads, rows, columns]' : `${text(expected)}, as of segments[0].state`;
  throw attnError(RangeError, 'ERR_ATTN_SHAPE', `${what} has shape ${text(shape)}, expected ${wanted}`);
}

/**
 * The state after consecutive segments, [B, Hs, K, V], from the state before them, of the same shape in f32 or bf16; zero
 * when absent.
 */
export async function chainStates(
  segments: readonly SegmentStateLike[],
  options: { state?: TensorLike | undefined } & CallOptions = {},
): Promise<Tensor> {
  const chain = chainOf(segments, options, true);
  const { signal } = options;
  try {
    let state = chain.before;
    for (const segment of chain.segments) {
      const [q, k, v, given] = productArguments(segment, state);
      const { out } = await linearAttention(q, k, v, { ...given, signal });
      dropAll([q, k, v]);
      state = asMatrices(out);
    }
    return chain.segments.length === 0 ? native.copyTensor(state, 'chainStates', 'the result') : state;
  } finally {
    chain.drop();
  }
}

/** Like `chainStates`, on the calling thread. */
export function chainStatesSync(
  segments: readonly SegmentStateLike[],
  options: { state?: TensorLike | undefined } = {},
): Tensor {
  const chain = chainOf(segments, options, false);
  try {
    let state = chain.before;
    for (const segment of chain.segments) {
      const [q, k, v, given] = productArguments(segment, state);
      const { out } = linearAttentionSync(q, k, v, given);
      dropAll([q, k, v]);
      state = asMatrices(out);
    }
    return chain.segments.length === 0 ? native.copyTensor(state, 'chainStatesSync', 'the result') : state;
  } finally {
    chain.drop();
  }
}
