// What tests of caches share: small sequences of random tokens, and what a cache keeps of them.
import { CachePool, type CachePoolOptions, type Sequence, attentionSync } from 'hybrid-attention';
import { Dense, concat } from '../oracle/dense';
import type { Random } from './random';
import { rounded, toDense, toTensor } from './tensors';
import type { FloatType } from './tolerance';

const [kvHeads, group, keyDim, valueDim] = [2, 3, 20, 24];
export const heads = kvHeads * group;

/** [1, tokens, heads, dim] */
export interface Tokens {
  key: Dense;
  value: Dense;
}

export function tokens(random: Random, count: number, dtype: FloatType = 'f32'): Tokens {
  return {
    key: rounded(random.normals([1, count, kvHeads, keyDim]), dtype),
    value: rounded(random.normals([1, count, kvHeads, valueDim]), dtype),
  };
}
/** All tokens of a sequence as the oracle takes them. */
export const joined = (parts: readonly Tokens[]): { k: Dense; v: Dense } => ({
  k: concat(
    parts.map(({ key }) => key),
    1,
  ),
  v: concat(
    parts.map(({ value }) => value),
    1,
  ),
});
export const queries = (random: Random, count: number, dtype: FloatType = 'f32') =>
  rounded(random.normals([1, count, heads, keyDim]), dtype);

export const pool = (options: Partial<CachePoolOptions> = {}) =>
  new CachePool({ kvHeads, keyDim, valueDim, pages: 40, ...options });

export function step(sequences: readonly Sequence[], q: Dense, added: Tokens, dtype: FloatType = 'f32'): Dense {
  const append = { key: toTensor(added.key, dtype), value: toTensor(added.value, dtype) };
  return toDense(attentionSync(toTensor(q, dtype), sequences, { causal: true, append }).out);
}
export const fill = (sequence: Sequence, random: Random, count: number): Tokens => {
  const added = tokens(random, count);
  step([sequence], queries(random, count), added);
  return added;
};
export const read = (sequence: Sequence, q: Dense) => toDense(attentionSync(toTensor(q, 'f32'), [sequence]).out);

function nearestEven(x: number): number {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
}

/** 4 exponent bits with bias 7 and 3 mantissa bits; ±448 at most. */
function nearestF8(x: number): number {
  const exponent = Math.max(-6, Math.floor(Math.log2(Math.abs(x))));
  const step = 2 ** (exponent - 3);
  return x === 0 ? 0 : Math.max(-448, Math.min(448, nearestEven(x / step) * step));
}

/** What a cache of this dtype keeps of [1, tokens, heads, dim]. */
export function stored(x: Dense, dtype: string): Dense {
  if (dtype === 'f16' || dtype === 'bf16') return rounded(x, dtype);
  if (dtype === 'f8e4m3') return x.map(nearestF8);
  if (dtype !== 'i8') return x;
  const dim = x.shape[3]!;
  const kept = Float64Array.from(x.data);
  for (let row = 0; row < kept.length; row += dim) {
    const largest = x.data.subarray(row, row + dim).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const [scale, factor] = [Math.fround(largest / 127), Math.fround(127 / largest)];
    for (let d = row; d < row + dim; ++d) kept[d] = scale * nearestEven(Math.fround(kept[d]! * factor));
  }
  return new Dense(x.shape, kept);
}
