// Calls of the package from the oracle's arguments: the same case goes to both.
import {
  type AttentionOptions,
  type DType,
  type LinearAttentionOptions,
  Tensor,
  attentionSync,
  linearAttentionSync,
} from 'hybrid-attention';
import type { AttentionCase, ScoreStage } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import type { LinearAttentionCase } from '../oracle/linear-attention';
import { type Layout, rounded, toDense, toTensor } from './tensors';
import type { FloatType } from './tolerance';

export interface Form {
  dtype: FloatType;
  /** Of optional floating-point tensors that may also come as f32: q's dtype unless named. */
  optionDtype?: FloatType;
  /** Of linear attention's out: q's dtype unless named. */
  outDtype?: FloatType;
  layout?: Layout;
}

/** Options that are f32 whatever the inputs are. */
const alwaysF32 = new Set(['alibiSlopes', 'queryScale', 'state', 'normalizer']);
const inputs = new Set(['q', 'k', 'v']);

function dtypeOf(name: string, { dtype, optionDtype }: Form): DType {
  if (inputs.has(name)) return dtype;
  if (name === 'mask') return 'bool';
  if (name === 'keyIndices') return 'i32';
  return alwaysF32.has(name) ? 'f32' : (optionDtype ?? dtype);
}

/** The case with every tensor rounded to what its dtype holds. */
export function roundedCase<Case extends AttentionCase | LinearAttentionCase>(args: Case, form: Form): Case {
  const entries = Object.entries(args).map(([name, value]) => {
    const dtype = dtypeOf(name, form);
    return [
      name,
      value instanceof Dense && dtype !== 'i32' && dtype !== 'bool' ? rounded(value, dtype as FloatType) : value,
    ];
  });
  return Object.fromEntries(entries) as Case;
}

const i32 = (values: readonly number[]): Tensor => Tensor.from(Int32Array.from(values), [values.length]);

function argument(name: string, value: unknown, form: Form): unknown {
  if (value instanceof Dense) {
    // The state may come in any order: V-major is how the package returns it.
    if (name === 'state' && form.layout === 'headsFirst')
      return toTensor(value.permute([0, 1, 3, 2]), 'f32').permute([0, 1, 3, 2]);
    const layout = inputs.has(name) || ['gate', 'decay', 'a', 'b', 'state'].includes(name) ? form.layout : 'plain';
    return toTensor(value, dtypeOf(name, form), layout);
  }
  if (Array.isArray(value)) return i32(value as number[]);
  if (name === 'cuSeqlens') {
    const { q, k } = value as { q: number[]; k: number[] };
    return { q: i32(q), k: i32(k) };
  }
  return value;
}

export interface Call<Options> {
  q: Tensor;
  k: Tensor;
  v: Tensor;
  options: Options;
}

function callOf<Options>(args: AttentionCase | LinearAttentionCase, form: Form, further: object): Call<Options> {
  const converted = Object.entries(args).map(([name, value]) => [name, argument(name, value, form)]);
  const { q, k, v, ...options } = Object.fromEntries(converted) as Record<string, unknown>;
  return { q: q as Tensor, k: k as Tensor, v: v as Tensor, options: { ...options, ...further } as Options };
}

export const attentionCall = (args: AttentionCase, form: Form, further: object = {}): Call<AttentionOptions> =>
  callOf(args, form, further);

export const linearCall = (args: LinearAttentionCase, form: Form, further: object = {}): Call<LinearAttentionOptions> =>
  callOf(args, form, further);

/** An output tensor full of NaN: an element that a kernel forgets is seen. */
export const unwritten = (shape: readonly number[], form: Form): Tensor =>
  toTensor(Dense.filled(shape, Number.NaN), form.outDtype ?? form.dtype, form.layout);

export interface AttentionRun {
  out: Dense;
  lse?: Dense;
  scores?: Dense;
}

export function runAttention(args: AttentionCase, form: Form, wanted: { scores?: ScoreStage; lse?: boolean } = {}) {
  const out = unwritten([...args.q.shape.slice(0, -1), args.v.shape[args.v.shape.length - 1]!], form);
  const { q, k, v, options } = attentionCall(args, form, {
    out,
    ...(wanted.lse && { returnLse: true }),
    ...(wanted.scores && { scores: wanted.scores }),
  });
  const result = attentionSync(q, k, v, options);
  const run: AttentionRun = { out: toDense(result.out) };
  if (result.lse) run.lse = toDense(result.lse);
  if (result.scores) run.scores = toDense(result.scores);
  return run;
}

export interface LinearRun {
  out: Dense;
  state?: Dense;
  normalizer?: Dense;
}

export function runLinear(args: LinearAttentionCase, form: Form, returnState = args.causal !== false): LinearRun {
  const tokenAxes = args.q.shape.slice(0, -2);
  const heads = Math.max(...[args.q, args.k, args.v].map((x) => x.shape[x.shape.length - 2]!));
  const out = unwritten([...tokenAxes, heads, args.v.shape[args.v.shape.length - 1]!], form);
  const wide = form.outDtype === 'f32' && { outDtype: 'f32' };
  const { q, k, v, options } = linearCall(args, form, { out, ...wide, ...(returnState && { returnState }) });
  const result = linearAttentionSync(q, k, v, options);
  const run: LinearRun = { out: toDense(result.out) };
  if (result.state) run.state = toDense(result.state);
  if (result.normalizer) run.normalizer = toDense(result.normalizer);
  return run;
}
