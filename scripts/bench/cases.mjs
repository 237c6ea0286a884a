// Every case that a benchmark measures: sizes and options, no code of the operators. Sizes of `toy` replace the real
// ones. `threads` lists the thread counts measured; `against` which of the machine's limits the case is held to.

import { BadUse } from './options.mjs';

const softmax = (id, about, more = {}) => ({
  id: `softmax.${id}`,
  op: 'attention',
  about,
  dtype: 'f32',
  B: 1,
  T: 4096,
  S: 4096,
  Hq: 8,
  Hkv: 8,
  D: 128,
  options: {},
  given: [],
  threads: [2],
  against: 'fma',
  ...more,
  toy: { T: 48, S: 48, ...more.toy },
});

const decode = (id, about, more) =>
  softmax(id, about, { T: 1, Hq: 32, against: 'read', ...more, toy: { T: 1, S: 160, ...more.toy } });

const linear = (id, about, more = {}) => ({
  id: `linear.${id}`,
  op: 'linearAttention',
  about,
  dtype: 'f32',
  B: 1,
  T: 4096,
  H: 16,
  D: 128,
  updateRule: 'gated_delta',
  decay: 'head',
  threads: [2],
  against: 'fma',
  ...more,
  toy: { T: 33, ...more.toy },
});

const step = (id, about, more = {}) =>
  linear(id, about, { T: 1, H: 32, state: true, against: 'update', ...more, toy: { T: 1, B: 1, H: 4, ...more.toy } });

const causal = { causal: true };

// Options of a step of decoding, each beside the plain step.
const stepOption = (id, about, more) => decode(`decode.${id}`, about, { S: 4096, dtype: 'bf16', ...more });

const sessions = { op: 'sessions', dtype: 'bf16', S: 2048, sessions: 32, toy: { S: 40, sessions: 3 } };

// As a caller writes it who cares for nothing: the result is allocated too.
const tiny = { T: 1, S: 1, Hq: 1, Hkv: 1, H: 1, D: 8, allocate: true, against: undefined, toy: { T: 1, S: 1 } };

/** Cases of one group are measured in turns. */
export const groups = [
  {
    name: 'softmax prefill',
    cases: [
      softmax('full.f32.d128', 'full, 4096 tokens, 8 heads of 128', { threads: [1, 2] }),
      softmax('causal.f32.d128', 'causal, the same', { options: causal, threads: [1, 2] }),
      softmax('full.f32.d64', 'full, heads of 64', { D: 64, threads: [1] }),
      softmax('causal.f32.d64', 'causal, heads of 64', { D: 64, options: causal, threads: [1] }),
      softmax('full.bf16.d128', 'full in bf16', { dtype: 'bf16' }),
    ],
  },
  {
    name: 'softmax options',
    cases: [
      softmax('plain', 'plain causal, 4096 tokens, 8 heads of 128', { options: causal }),
      softmax('softcap', 'causal with softcap', { options: { ...causal, softcap: 30 } }),
      softmax('sinks', 'causal with sinks', { options: causal, given: ['sinks'] }),
      softmax('alibi', 'causal with ALiBi slopes', { options: causal, given: ['alibiSlopes'] }),
      softmax('bias', 'causal with an f32 bias [T, S]', { options: causal, given: ['bias'] }),
      softmax('mask', 'causal with a boolean mask [T, S]', { options: causal, given: ['mask'] }),
      softmax('query-scale', 'causal with a factor per query', { options: causal, given: ['queryScale'] }),
      softmax('gate', 'causal with an output gate', { options: causal, given: ['gate'] }),
    ],
  },
  {
    name: 'softmax visible keys',
    rounds: 5,
    cases: [
      softmax('causal4096', 'plain causal, 4096 tokens, 8 heads of 128', { options: causal }),
      softmax('window512', 'causal, window of 512', { options: { ...causal, window: { left: 511 } } }),
      softmax('chunk', 'causal in chunks of 1024', { options: { ...causal, chunk: 1024 } }),
      softmax('block', 'causal between blocks of 256', { options: { block: 256 } }),
      softmax('kv-lengths', 'causal, the last quarter of the keys is padding', {
        options: { ...causal, queryStart: 0 },
        given: ['kvLengths'],
      }),
      softmax('kv-start', 'causal, the first quarter of the keys is padding', { options: causal, given: ['kvStart'] }),
      softmax('packed', 'causal, 4 packed sequences of 1024', { options: causal, packed: true, toy: { T: 96, S: 96 } }),
      softmax('key-indices', 'each query names 512 keys', { given: ['keyIndices'] }),
      softmax('scores', 'causal, 1024 tokens, with the matrix of weights', {
        T: 1024,
        S: 1024,
        options: { ...causal, scores: 'weights' },
      }),
    ],
  },
  {
    name: 'softmax decode options',
    cases: [
      stepOption('plain', 'one token, 32/8 heads of 128, 4096 keys, bf16'),
      stepOption('softcap', 'the same with softcap', { options: { softcap: 30 } }),
      stepOption('sinks', 'with sinks', { given: ['sinks'] }),
      stepOption('alibi', 'with ALiBi slopes', { given: ['alibiSlopes'] }),
      stepOption('bias', 'with an f32 bias [1, S]', { given: ['bias'] }),
      stepOption('mask', 'with a boolean mask [1, S]', { given: ['mask'] }),
      stepOption('query-scale', 'with a factor on the scores', { given: ['queryScale'] }),
      stepOption('gate', 'with an output gate', { given: ['gate'] }),
      stepOption('window', 'window of 2048', { options: { window: { left: 2047 } } }),
      stepOption('kv-lengths', 'a quarter of the keys is padding', { given: ['kvLengths'] }),
      stepOption('speculative', '4 tokens at once, causal', { T: 4, options: causal, toy: { T: 4 } }),
    ],
  },
  {
    name: 'softmax window',
    rounds: 3,
    cases: [
      softmax('window1024', 'causal, window of 1024, 16384 tokens', {
        T: 16384,
        S: 16384,
        options: { ...causal, window: { left: 1023 } },
        toy: { T: 96, S: 96 },
      }),
      softmax('causal16384', 'full causal, 16384 tokens', {
        T: 16384,
        S: 16384,
        options: causal,
        toy: { T: 96, S: 96 },
      }),
    ],
  },
  {
    name: 'softmax decode',
    cases: [
      decode('decode.bf16.4k', 'one token, 32/8 heads of 128, 4096 keys, bf16', {
        S: 4096,
        dtype: 'bf16',
        threads: [1, 2],
      }),
      decode('decode.bf16.64k', '65536 keys, bf16', { S: 65536, dtype: 'bf16', threads: [1, 2] }),
      decode('decode.f32.4k', '4096 keys, f32', { S: 4096 }),
      decode('decode.f32.64k', '65536 keys, f32', { S: 65536 }),
    ],
  },
  {
    name: 'softmax sessions',
    cases: [
      decode('sessions.one-call', '32 cached sequences of 2048 keys in one call, bf16', sessions),
      decode('sessions.single-calls', 'the same in 32 calls', { ...sessions, single: true }),
    ],
  },
  {
    name: 'linear prefill',
    cases: [
      linear('gated_delta', 'gated delta rule, 4096 tokens, 16 heads of 128', { threads: [1, 2] }),
      linear('kda', 'gated delta rule, decay per key channel', { decay: 'channel' }),
      linear('linear', 'no decay, no delta rule', { updateRule: 'linear', decay: undefined }),
      linear('gated', 'decay per head, no delta rule', { updateRule: 'gated' }),
      linear('four-heads', 'gated delta rule, 4 heads', { H: 4, threads: [1, 2] }),
    ],
  },
  {
    name: 'linear decode',
    cases: [
      step('step', 'one token, 32 heads of 128, one sequence (2 MB of state)'),
      step('step-dram', 'one token of 128 sequences (256 MB of states)', { B: 128, threads: [1, 2] }),
    ],
  },
  {
    name: 'overhead',
    cases: [
      softmax('tiny.sync', 'the smallest call, synchronous', tiny),
      softmax('tiny.async', 'the smallest call, asynchronous', { ...tiny, asynchronous: true }),
      linear('tiny.sync', 'the smallest call, synchronous', tiny),
      linear('tiny.async', 'the smallest call, asynchronous', { ...tiny, asynchronous: true }),
    ],
  },
];

export const sized = (spec, toy) => (toy ? { ...spec, ...spec.toy } : spec);

/** Names of all cases. */
export const caseNames = groups.flatMap(({ cases }) => cases.map(({ id }) => id));

export const findCase = (id) => groups.flatMap(({ cases }) => cases).find((spec) => spec.id === id);

/** The names that contain one of the texts; without texts, all. A text that no name contains is a mistake. */
export function chosenNames(filters, names) {
  for (const text of filters) {
    if (!names.some((name) => name.includes(text))) throw new BadUse(`no case is named like '${text}'`);
  }
  return names.filter((name) => filters.length === 0 || filters.some((text) => name.includes(text)));
}

/** Groups with only the cases named. */
export function groupsOf(names) {
  return groups
    .map((group) => ({ ...group, cases: group.cases.filter(({ id }) => names.has(id)) }))
    .filter(({ cases }) => cases.length > 0);
}
