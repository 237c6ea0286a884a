// Cases of the matrix of attention over cached sequences: options combined pairwise.
import type { CachePoolOptions } from 'hybrid-attention';
import type { AttentionCase } from '../oracle/attention';
import type { Dense } from '../oracle/dense';
import type { Tokens } from '../support/cached';
import { type Assignment, pairwise } from '../support/pairwise';
import { Random } from '../support/random';
import { excludedPairs } from '../support/schema';

export interface CachedCase {
  pool: CachePoolOptions;
  /** What each sequence holds before the call, as tokens of its own. */
  held: readonly Tokens[];
  /** [B, T, Hq, K]; packed [T, Hq, K] */
  q: Dense;
  /** Keys and values of the same tokens as `q`; the values go unused where the pool takes them from the keys. */
  append?: Tokens;
  offsets?: readonly number[];
  options: Pick<AttentionCase, 'scale' | 'causal' | 'window' | 'chunk' | 'block' | 'softcap'> &
    Partial<Record<'sinks' | 'alibiSlopes' | 'queryScale' | 'gate', Dense>>;
}

const queries: Readonly<Record<string, number>> = { prompt: 41, rows: 6, token: 1 };
/** Tokens that the sequences hold, and rules that leave queries enough of them. The longer ones span several key blocks of
 * prefill and parts of decode. */
const reaches: Readonly<Record<string, { held: number[]; window: number; left: number; both: number; chunk: number }>> =
  {
    none: { held: [0, 0, 0], window: 23, left: 11, both: 31, chunk: 13 },
    some: { held: [70, 33, 9], window: 23, left: 11, both: 31, chunk: 13 },
    long: { held: [603, 9, 317], window: 301, left: 280, both: 311, chunk: 290 },
  };
/** Enough to take back that no query of a case needs what is gone. */
const rollback = 41;

export const parameters = {
  dtype: ['f32', 'f16', 'bf16'],
  optionDtype: ['f32', 'q'],
  pages: ['f32', 'f16', 'bf16', 'i8', 'f8e4m3'],
  pageSize: ['16', '5'],
  values: ['own', 'fromKeys'],
  layout: ['plain', 'headsFirst', 'padded'],
  form: ['prompt', 'rows', 'token'],
  held: ['some', 'long', 'none'],
  append: ['append', 'none'],
  heads: ['1/1', '4/1', '6/2', '2/2'],
  dims: ['64/64', '128/128', '40/24', '72/80'],
  scale: ['default', 'given'],
  order: ['free', 'causal'],
  poolWindow: ['none', 'poolWindow'],
  window: ['none', 'left', 'right', 'both'],
  blocks: ['none', 'chunk', 'block'],
  softcap: ['none', 'softcap'],
  sinks: ['none', 'sinks'],
  alibi: ['none', 'alibi'],
  packing: ['none', 'cuSeqlens'],
  queryScale: ['none', 'queryScale'],
  gate: ['none', 'gate'],
  lse: ['none', 'lse'],
} as const;

const excluded = excludedPairs('cached_attention').map(({ pair }) => pair);

function allowed({ order, blocks, dims, values }: Assignment): boolean {
  const given = [order, blocks];
  if (values === 'fromKeys' && dims === '72/80') return false;
  return !excluded.some((pair) => pair.every((name) => given.includes(name)));
}

export const combinations = (seed: number): Assignment[] => pairwise(parameters, allowed, seed);

export function combinedCase(choice: Assignment, seed: number): CachedCase {
  const random = new Random(seed);
  const T = queries[choice['form']!]!;
  const [Hq, Hkv] = choice['heads']!.split('/').map(Number) as [number, number];
  const [K, V] = choice['dims']!.split('/').map(Number) as [number, number];
  const offsets = choice['packing'] === 'cuSeqlens' ? [0, T, T + 1, 2 * T + 4] : undefined;
  const rows = offsets ? [2 * T + 4] : [2, T];
  const tokens = (shape: readonly number[]): Tokens => ({
    key: random.normals([...shape, Hkv, K]),
    value: random.normals([...shape, Hkv, V]),
  });
  const reach = reaches[choice['held']!]!;
  return {
    pool: {
      kvHeads: Hkv,
      keyDim: K,
      valueDim: V,
      valuesFromKeys: choice['values'] === 'fromKeys',
      dtype: choice['pages'] as NonNullable<CachePoolOptions['dtype']>,
      pageSize: Number(choice['pageSize']),
      pages: 240,
      ...(choice['poolWindow'] === 'poolWindow' && { window: reach.window, rollback }),
    },
    held: reach.held.slice(0, offsets ? 3 : 2).map((length) => tokens([1, length])),
    q: random.normals([...rows, Hq, K]),
    ...(choice['append'] === 'append' && { append: tokens(rows) }),
    ...(offsets && { offsets }),
    options: {
      ...(choice['scale'] === 'given' && { scale: 0.21 }),
      ...(choice['order'] === 'causal' && { causal: true }),
      ...(choice['window'] === 'left' && { window: { left: reach.left } }),
      ...(choice['window'] === 'right' && { window: { right: 4 } }),
      ...(choice['window'] === 'both' && { window: { left: reach.both, right: 2 } }),
      ...(choice['blocks'] === 'chunk' && { chunk: reach.chunk }),
      ...(choice['blocks'] === 'block' && { block: 10 }),
      ...(choice['softcap'] === 'softcap' && { softcap: 1.7 }),
      ...(choice['sinks'] === 'sinks' && { sinks: random.normals([Hq]) }),
      ...(choice['alibi'] === 'alibi' && { alibiSlopes: random.uniforms([Hq], 0.01, 0.5) }),
      ...(choice['queryScale'] === 'queryScale' && { queryScale: random.uniforms(rows, 0.5, 1.5) }),
      ...(choice['gate'] === 'gate' && { gate: random.normals([...rows, Hq, V]) }),
    },
  };
}
