// Cases of the matrix of attention over cached sequences: options combined pairwise.
import type { CachePoolOptions } from 'hybrid-attention';
import type { AttentionCase } from '../oracle/attention';
import { Dense } from '../oracle/dense';
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
    Partial<Record<'sinks' | 'bias' | 'mask' | 'alibiSlopes' | 'keyIndices' | 'queryScale' | 'gate', Dense>>;
}

const queries: Readonly<Record<string, number>> = { prompt: 41, rows: 6, token: 1 };
/** Tokens that the sequences hold, rules that leave queries enough of them, and how many keys a query names. The longer
 * ones span several key blocks of prefill and parts of decode. */
const reaches: Readonly<
  Record<string, { held: number[] } & Record<'window' | 'left' | 'both' | 'chunk' | 'list', number>>
> = {
  none: { held: [0, 0, 0], window: 23, left: 11, both: 31, chunk: 13, list: 5 },
  some: { held: [70, 33, 9], window: 23, left: 11, both: 31, chunk: 13, list: 21 },
  long: { held: [603, 9, 317], window: 301, left: 280, both: 311, chunk: 290, list: 277 },
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
  bias: ['none', 'full', 'perHead', 'perRow', 'rowHidden'],
  mask: ['none', 'tree', 'full', 'perKey', 'perQuery'],
  alibi: ['none', 'alibi'],
  packing: ['none', 'cuSeqlens'],
  named: ['none', 'keyIndices', 'keyIndicesPerHead'],
  queryScale: ['none', 'queryScale'],
  gate: ['none', 'gate'],
  lse: ['none', 'lse'],
} as const;

const excluded = excludedPairs('cached_attention').map(({ pair }) => pair);

function allowed({ order, blocks, bias, mask, packing, named, dims, values }: Assignment): boolean {
  const options = { bias, mask, keyIndices: named };
  const given = Object.entries(options).flatMap(([name, value = 'none']) => (value === 'none' ? [] : [name]));
  const all = [...given, order, blocks, packing];
  if (values === 'fromKeys' && dims === '72/80') return false;
  return !excluded.some((pair) => pair.every((name) => all.includes(name)));
}

export const combinations = (seed: number): Assignment[] => pairwise(parameters, allowed, seed);

const hidden = (random: Random, share: number): number =>
  random.uniform() < share ? Number.NEGATIVE_INFINITY : random.normal();

/** Over the tokens of the longest of the sequences, and a few more. */
function matrices(choice: Assignment, random: Random, H: number, T: number, lengths: readonly number[]) {
  const [B, S] = [lengths.length, Math.max(...lengths) + random.integer(0, 3)];
  const bias: Record<string, () => Dense> = {
    full: () => random.normals([B, H, T, S]),
    perHead: () => Dense.build([H, 1, S], () => hidden(random, 0.2)),
    perRow: () => random.normals([B, H, T, 1]),
    rowHidden: () => Dense.build([T, S], ([t]) => (t === 0 ? Number.NEGATIVE_INFINITY : hidden(random, 0.3))),
  };
  const parents = Array.from({ length: T }, (_, t) => random.integer(-1, t - 1));
  const descends = (t: number, from: number): boolean => t === from || (t > from && descends(parents[t]!, from));
  const mask: Record<string, () => Dense> = {
    tree: () =>
      Dense.build([B, 1, T, S], ([b, , t, j]) => {
        const draft = j! - (lengths[b!]! - T);
        return draft < 0 || descends(t!, draft) ? 1 : 0;
      }),
    full: () => Dense.build([B, H, T, S], () => (random.uniform() < 0.6 ? 1 : 0)),
    perKey: () => Dense.build([S], () => (random.uniform() < 0.7 ? 1 : 0)),
    perQuery: () => Dense.build([B, 1, T, 1], ([b]) => (b === 0 || random.uniform() < 0.7 ? 1 : 0)),
  };
  return {
    ...(choice['bias'] !== 'none' && { bias: bias[choice['bias']!]!() }),
    ...(choice['mask'] !== 'none' && { mask: mask[choice['mask']!]!() }),
  };
}

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
  const counts = offsets ? offsets.slice(1).map((end, i) => end - offsets[i]!) : [T, T];
  const appends = choice['append'] === 'append';
  const lengths = counts.map((count, i) => reach.held[i]! + (appends ? count : 0));
  // The first axis of a list is the batch, or the tokens of all sequences.
  const lengthAt = (at: number) => lengths[offsets ? offsets.filter((start) => start <= at).length - 1 : at]!;
  const lists = [...rows, ...(choice['named'] === 'keyIndicesPerHead' ? [Hkv] : []), reach.list];
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
    held: reach.held.slice(0, counts.length).map((length) => tokens([1, length])),
    q: random.normals([...rows, Hq, K]),
    ...(appends && { append: tokens(rows) }),
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
      ...matrices(choice, random, Hq, T, lengths),
      ...(choice['named'] !== 'none' && {
        keyIndices: Dense.build(lists, ([at]) => random.integer(-1, lengthAt(at!) - 1)),
      }),
      ...(choice['alibi'] === 'alibi' && { alibiSlopes: random.uniforms([Hq], 0.01, 0.5) }),
      ...(choice['queryScale'] === 'queryScale' && { queryScale: random.uniforms(rows, 0.5, 1.5) }),
      ...(choice['gate'] === 'gate' && { gate: random.normals([...rows, Hq, V]) }),
    },
  };
}
