// A segment of a sequence as one affine map of the state, S ↦ transition · S + state, so that the segments of a long
// sequence can be worked on apart, by other processes too, and joined exactly. Both parts and their composition are calls
// of linear attention itself, in f32: the state's recurrence is linear in the state.
import { ownOptions } from '../cache/checkpoints';
import { attnError, checkOptionNames, checkOptions, describeValue } from '../errors';
import { plainOptions } from '../native';
import { Tensor, type TensorLike } from '../tensor';
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

export interface SegmentState {
  /** What becomes of a state before the segment, [B, Hs, K, K]. */
  readonly transition: Tensor;
  /** What the segment itself adds, [B, Hs, K, V]: the state after it when it starts from zero. */
  readonly state: Tensor;
}

type Arguments = [TensorLike, TensorLike, TensorLike, LinearAttentionOptions & { returnState: true }];

function segmentOptions(given: SegmentOptions, operation: string): SegmentOptions {
  checkOptions(given, `${operation}: options`);
  const options = plainOptions('linearAttention', given, ownOptions);
  for (const name of Object.keys(foreign)) {
    if (options[name] === undefined) continue;
    throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', `${operation} does not take ${name}`);
  }
  return options as unknown as SegmentOptions;
}

const withState = (options: SegmentOptions, state?: Tensor): Arguments[3] =>
  ({ ...options, ...(state && { state }), returnState: true }) as Arguments[3];

/** The identity for each of `count` heads. */
function identity(batch: number, heads: number, dim: number): Tensor {
  const elements = new Float32Array(batch * heads * dim * dim);
  for (let row = 0; row < batch * heads * dim; ++row)
    elements.fill(1, row * dim + (row % dim), row * dim + (row % dim) + 1);
  return Tensor.from(elements, [batch, heads, dim, dim]);
}

// Keys stand in for the queries, whose output is not used.
const stateArguments = (k: TensorLike, v: TensorLike, options: SegmentOptions): Arguments => [
  k,
  k,
  v,
  withState(options),
];

function transitionArguments(k: TensorLike, v: TensorLike, state: Tensor, options: SegmentOptions): Arguments {
  const keys = Tensor.from(k);
  const [batch, heads, dim] = state.shape as [number, number, number];
  const values = Tensor.from(v).shape.slice(0, -1);
  const zero = Tensor.zeros([...values, dim], { dtype: keys.dtype });
  return [k, k, zero, withState(options, identity(batch, heads, dim))];
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
  const options = segmentOptions(given, 'segmentState');
  const { state } = await linearAttention(...stateArguments(k, v, options));
  const { state: transition } = await linearAttention(...transitionArguments(k, v, state, options));
  return { transition, state };
}

/** Like `segmentState`, on the calling thread. */
export function segmentStateSync(k: TensorLike, v: TensorLike, given: SegmentOptions): SegmentState {
  const options = segmentOptions(given, 'segmentStateSync');
  const { state } = linearAttentionSync(...stateArguments(k, v, options));
  const { state: transition } = linearAttentionSync(...transitionArguments(k, v, state, options));
  return { transition, state };
}

type Plain = [TensorLike, TensorLike, TensorLike, LinearAttentionOptions];

// transition · state + added: the rows of the transition are queries of the state, and what is added comes by `skip`.
function productArguments({ transition, state: added }: SegmentState, state: Tensor): Plain {
  const [batch, heads, rows, dim] = transition.shape as [number, number, number, number];
  const queries = transition.permute([0, 2, 1, 3]);
  const values = added.permute([0, 2, 1, 3]).contiguous();
  const keys = Tensor.zeros([batch, rows, heads, dim]);
  const skip = Tensor.from(new Float32Array(heads).fill(1), [heads]);
  return [queries.contiguous(), keys, values, { state, skip, scale: 1 }];
}

function checkChain(segments: unknown, options: unknown, operation: string): void {
  const wrong = (what: string): Error => attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${operation}: ${what}`);
  if (!Array.isArray(segments)) throw wrong(`segments must be an array, got ${describeValue(segments)}`);
  if (segments.length === 0) {
    throw attnError(RangeError, 'ERR_ATTN_VALUE', `${operation}: segments is empty, expected at least one`);
  }
  for (const [i, segment] of (segments as Partial<SegmentState>[]).entries()) {
    for (const name of ['transition', 'state'] as const) {
      checkMatrix(segment?.[name], `${operation}: segments[${i}].${name}`);
    }
  }
  checkOptions(options, `${operation}: options`);
  checkOptionNames(options, ['state', 'signal'], operation);
  if (options['state'] !== undefined) checkMatrix(options['state'], `${operation}: state`);
}

function checkMatrix(value: unknown, what: string): void {
  if (!(value instanceof Tensor)) {
    throw attnError(TypeError, 'ERR_ATTN_ARG_TYPE', `${what} must be a Tensor, got ${describeValue(value)}`);
  }
  if (value.shape.length === 4) return;
  const got = `[${value.shape.join(', ')}]`;
  throw attnError(RangeError, 'ERR_ATTN_SHAPE', `${what} has shape ${got}, expected [batch, heads, rows, columns]`);
}

const asState = (out: Tensor): Tensor => out.permute([0, 2, 1, 3]);

/** The state after consecutive segments, [B, Hs, K, V], from the state before them; zero when absent. */
export async function chainStates(
  segments: readonly SegmentState[],
  options: { state?: Tensor | undefined } & CallOptions = {},
): Promise<Tensor> {
  checkChain(segments, options, 'chainStates');
  const [first, ...rest] = segments as readonly [SegmentState, ...SegmentState[]];
  const { signal } = options;
  let state = first.state;
  for (const segment of options.state === undefined ? rest : segments) {
    const before = segment === first ? options.state! : state;
    const [q, k, v, given] = productArguments(segment, before);
    state = asState((await linearAttention(q, k, v, { ...given, signal })).out);
  }
  return state;
}

/** Like `chainStates`, on the calling thread. */
export function chainStatesSync(
  segments: readonly SegmentState[],
  options: { state?: Tensor | undefined } = {},
): Tensor {
  checkChain(segments, options, 'chainStatesSync');
  const [first, ...rest] = segments as readonly [SegmentState, ...SegmentState[]];
  let state = first.state;
  for (const segment of options.state === undefined ? rest : segments) {
    const before = segment === first ? options.state! : state;
    state = asState(linearAttentionSync(...productArguments(segment, before)).out);
  }
  return state;
}
