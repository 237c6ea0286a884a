// Cases of the attention matrix: plain shapes, and options combined pairwise.
import type { AttentionCase, ScoreStage } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { type Assignment, pairwise } from '../support/pairwise';
import { Random } from '../support/random';
import type { Form } from '../support/run';
import { excludedPairs } from '../support/schema';
import type { Layout } from '../support/tensors';
import type { FloatType } from '../support/tolerance';
import type { Wanted } from './check';

/** [B, T, S, Hq, Hkv, K, V] */
export type Shape = readonly [number, number, number, number, number, number, number];

/** Odd on purpose: no extent is what a kernel would like best, except where a tile's edge is the point. */
export const shapes: readonly Shape[] = [
  [1, 1, 1, 1, 1, 1, 1],
  [2, 37, 37, 2, 2, 16, 16],
  [1, 65, 130, 4, 2, 64, 64],
  [1, 64, 64, 2, 1, 128, 128],
  [1, 131, 129, 3, 1, 80, 72],
  [1, 17, 203, 6, 2, 192, 128],
  [1, 33, 51, 2, 1, 576, 512],
  [1, 24, 70, 2, 1, 256, 432],
  [1, 20, 41, 1, 1, 1, 3],
  [1, 19, 70, 2, 2, 33, 47],
  [2, 100, 5, 2, 1, 32, 32],
  [2, 1, 300, 8, 2, 128, 128],
  [1, 1, 1030, 5, 1, 64, 64],
  [1, 4, 77, 6, 2, 40, 24],
  [3, 1, 1, 4, 4, 64, 64],
  [1, 16, 520, 4, 1, 64, 80],
  [1, 2, 129, 12, 1, 576, 512],
  [1, 3, 17, 7, 7, 7, 9],
  [2, 5, 0, 2, 1, 16, 8],
  [1, 0, 9, 2, 1, 16, 8],
  [0, 3, 9, 2, 1, 16, 8],
];

export function plainCase([B, T, S, Hq, Hkv, K, V]: Shape, seed: number): AttentionCase {
  const random = new Random(seed);
  return { q: random.normals([B, T, Hq, K]), k: random.normals([B, S, Hkv, K]), v: random.normals([B, S, Hkv, V]) };
}

const tokens: Record<string, number> = { prefill: 41, rows: 6, token: 1 };

/** What goes with a number of keys: the longer one spans several key blocks of prefill and parts of decode, whose keys the
 * other rules leave more than one of. */
const reaches: Readonly<
  Record<string, Readonly<Record<'start' | 'left' | 'both' | 'chunk' | 'block' | 'list', number>>>
> = {
  '93': { start: 3, left: 11, both: 9, chunk: 13, block: 10, list: 21 },
  '611': { start: 531, left: 311, both: 290, chunk: 307, block: 270, list: 277 },
};

export const parameters = {
  dtype: ['f32', 'f16', 'bf16'],
  optionDtype: ['f32', 'q'],
  layout: ['plain', 'headsFirst', 'padded'],
  form: ['prefill', 'rows', 'token'],
  keys: ['93', '611'],
  heads: ['1/1', '4/1', '6/2', '2/2'],
  dims: ['64/64', '128/128', '40/24', '72/80'],
  scale: ['default', 'given'],
  order: ['free', 'causal', 'topLeft', 'startTensor'],
  window: ['none', 'left', 'right', 'both'],
  blocks: ['none', 'chunk', 'block'],
  softcap: ['none', 'softcap'],
  sinks: ['none', 'sinks'],
  bias: ['none', 'full', 'perHead', 'rowHidden', 'perSequence'],
  mask: ['none', 'full', 'perKey', 'perQuery'],
  alibi: ['none', 'alibi'],
  lengths: ['none', 'kvLengths', 'kvLengthsTensor', 'kvStart', 'both'],
  packing: ['none', 'cuSeqlens', 'keyIndices', 'keyIndicesPerHead'],
  queryScale: ['none', 'queryScale'],
  gate: ['none', 'gate'],
  lse: ['none', 'lse'],
  scores: ['none', 'raw', 'capped', 'biased', 'weights'],
} as const;

/** The options that a value of a parameter brings. */
const brings: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  order: { causal: ['causal'], topLeft: ['causal', 'queryStart'], startTensor: ['queryStart'] },
  window: { left: ['window'], right: ['window'], both: ['window'] },
  blocks: { chunk: ['chunk'], block: ['block'] },
  softcap: { softcap: ['softcap'] },
  sinks: { sinks: ['sinks'] },
  bias: { full: ['bias'], perHead: ['bias'], rowHidden: ['bias'], perSequence: ['bias'] },
  mask: { full: ['mask'], perKey: ['mask'], perQuery: ['mask'] },
  alibi: { alibi: ['alibiSlopes'] },
  lengths: {
    kvLengths: ['kvLengths'],
    kvLengthsTensor: ['kvLengths'],
    kvStart: ['kvStart'],
    both: ['kvLengths', 'kvStart'],
  },
  packing: { cuSeqlens: ['cuSeqlens'], keyIndices: ['keyIndices'], keyIndicesPerHead: ['keyIndices'] },
  scores: { raw: ['scores'], capped: ['scores'], biased: ['scores'], weights: ['scores'] },
};

const excluded = excludedPairs('attention');

function allowed(partial: Assignment): boolean {
  const options = new Set(Object.entries(partial).flatMap(([name, value]) => brings[name]?.[value] ?? []));
  return !excluded.some(({ pair: [a, b] }) => options.has(a) && options.has(b));
}

export const combinations = (seed: number): Assignment[] => pairwise(parameters, allowed, seed);

function positions(choice: Assignment, random: Random, B: number, T: number, S: number): Partial<AttentionCase> {
  const starts = Array.from({ length: B }, () => random.integer(-2, S - T));
  const reach = reaches[choice['keys']!]!;
  const lengths = Array.from({ length: B }, (_, b) => (b === 0 ? S - 7 : random.integer(T, S)));
  return {
    ...(choice['order'] === 'causal' && { causal: true }),
    ...(choice['order'] === 'topLeft' && { causal: true, queryStart: reach.start }),
    ...(choice['order'] === 'startTensor' && { queryStart: starts }),
    ...(choice['window'] === 'left' && { window: { left: reach.left } }),
    ...(choice['window'] === 'right' && { window: { right: 4 } }),
    ...(choice['window'] === 'both' && { window: { left: reach.both, right: 2 } }),
    ...(choice['blocks'] === 'chunk' && { chunk: reach.chunk }),
    ...(choice['blocks'] === 'block' && { block: reach.block }),
    ...(choice['lengths'] === 'kvLengths' && { kvLengths: S - 9 }),
    ...(choice['lengths'] === 'kvLengthsTensor' && { kvLengths: lengths }),
    ...(choice['lengths'] === 'kvStart' && { kvStart: Array.from({ length: B }, (_, b) => (b === 0 ? 5 : S)) }),
    ...(choice['lengths'] === 'both' && { kvLengths: lengths, kvStart: 6 }),
  };
}

const hidden = (random: Random, share: number): number =>
  random.uniform() < share ? Number.NEGATIVE_INFINITY : random.normal();

function matrices(
  choice: Assignment,
  random: Random,
  B: number,
  H: number,
  T: number,
  S: number,
): Partial<AttentionCase> {
  const bias: Record<string, () => Dense> = {
    full: () => random.normals([B, H, T, S]),
    perHead: () => Dense.build([H, 1, S], () => hidden(random, 0.2)),
    rowHidden: () => Dense.build([T, S], ([t]) => (t === 0 ? Number.NEGATIVE_INFINITY : hidden(random, 0.3))),
    perSequence: () => Dense.build([B, 1, 1, S], () => hidden(random, 0.4)),
  };
  const mask: Record<string, () => Dense> = {
    full: () => Dense.build([B, H, T, S], () => (random.uniform() < 0.6 ? 1 : 0)),
    perKey: () => Dense.build([S], () => (random.uniform() < 0.7 ? 1 : 0)),
    perQuery: () => Dense.build([B, 1, T, 1], ([b]) => (b === 0 || random.uniform() < 0.7 ? 1 : 0)),
  };
  return {
    ...(choice['bias'] !== 'none' && { bias: bias[choice['bias']!]!() }),
    ...(choice['mask'] !== 'none' && { mask: mask[choice['mask']!]!() }),
  };
}

/** Offsets of three sequences, one of them of one token; keys are more than queries. */
const offsets = (T: number, S: number): { q: number[]; k: number[] } => ({
  q: [0, T, T + 1, 2 * T + 4],
  k: [0, S - 20, S, 2 * S],
});

function gathered(
  choice: Assignment,
  random: Random,
  B: number,
  T: number,
  Hkv: number,
  S: number,
): Partial<AttentionCase> {
  const { list } = reaches[choice['keys']!]!;
  const shape = choice['packing'] === 'keyIndices' ? [B, T, list] : [B, T, Hkv, list];
  if (!choice['packing']!.startsWith('keyIndices')) return {};
  return { keyIndices: Dense.build(shape, () => random.integer(-1, S - 1)) };
}

export function combinedCase(choice: Assignment, seed: number): AttentionCase {
  const random = new Random(seed);
  const [B, T, S] = [2, tokens[choice['form']!]!, Number(choice['keys'])];
  const [Hq, Hkv] = choice['heads']!.split('/').map(Number) as [number, number];
  const [K, V] = choice['dims']!.split('/').map(Number) as [number, number];
  const cuSeqlens = choice['packing'] === 'cuSeqlens' ? offsets(T, S) : undefined;
  const sequences = cuSeqlens ? 3 : B;
  const rows = (total: number, batched: number): number[] => (cuSeqlens ? [total] : [B, batched]);
  const queries = rows(2 * T + 4, T);
  return {
    q: random.normals([...queries, Hq, K]),
    k: random.normals([...rows(2 * S, S), Hkv, K]),
    v: random.normals([...rows(2 * S, S), Hkv, V]),
    ...(cuSeqlens && { cuSeqlens }),
    ...(choice['scale'] === 'given' && { scale: 0.21 }),
    ...positions(choice, random, sequences, T, S),
    ...(choice['softcap'] === 'softcap' && { softcap: 1.7 }),
    ...(choice['sinks'] === 'sinks' && { sinks: random.normals([Hq]) }),
    ...matrices(choice, random, B, Hq, T, S),
    ...(choice['alibi'] === 'alibi' && { alibiSlopes: random.uniforms([Hq], 0.01, 0.25) }),
    ...gathered(choice, random, B, T, Hkv, S),
    ...(choice['queryScale'] === 'queryScale' && { queryScale: random.uniforms(queries, 0.5, 1.5) }),
    ...(choice['gate'] === 'gate' && { gate: random.normals([...queries, Hq, V]) }),
  };
}

export const labelOf = (choice: Assignment): string =>
  Object.values(choice)
    .filter((value) => !['none', 'default', 'free', 'plain'].includes(value))
    .join(' ');

export function formOf(choice: Assignment): Form {
  const dtype = choice['dtype'] as FloatType;
  return { dtype, optionDtype: choice['optionDtype'] === 'f32' ? 'f32' : dtype, layout: choice['layout'] as Layout };
}

export const wantedOf = ({ lse, scores }: Assignment): Wanted => ({
  ...(lse === 'lse' && { lse: true }),
  ...(scores !== 'none' && { scores: scores as ScoreStage }),
});
