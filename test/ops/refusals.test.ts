// Options that make no sense together are refused by the schema, with its reason.
import {
  type AttentionOptions,
  CachePool,
  type CachedAttentionOptions,
  type LinearAttentionOptions,
  attentionSync,
  decayGateSync,
  linearAttentionSync,
  rotaryEmbeddingSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { Dense } from '../oracle/dense';
import { whyUnavailable } from '../support/machine';
import { excludedPairs, readSchema, refusedOptions } from '../support/schema';
import { toTensor } from '../support/tensors';

const zeros = (...shape: number[]) => toTensor(Dense.filled(shape, 0), 'f32');
const i32 = (shape: number[], ...values: number[]) => toTensor(new Dense(shape, values), 'i32');

const x = zeros(1, 4, 2, 8);
const attentionValues: Readonly<Record<string, unknown>> = {
  causal: true,
  block: 2,
  chunk: 2,
  kvLengths: 3,
  kvStart: 1,
  bias: zeros(4, 4),
  mask: toTensor(Dense.filled([4, 4], 1), 'bool'),
  scores: 'weights',
  keyIndices: i32([1, 4, 1], 0, 0, 0, 0),
  cuSeqlens: { q: i32([2], 0, 4), k: i32([2], 0, 4) },
  queryStart: 0,
  append: { key: x, value: x },
};

function expectRefusal(call: () => unknown, a: string, b: string, reason: string): void {
  const message = expect.stringMatching(new RegExp(`(?=.*${a})(?=.*${b})`));
  expect(call).toThrow(expect.objectContaining({ code: 'ERR_ATTN_OPTION_CONFLICT', message }));
  expect(call).toThrow(reason);
}
function expectNotTaken(call: () => unknown, name: string, reason: string): void {
  const message = expect.stringMatching(new RegExp(`^attention: ${name} is not taken.*: `));
  expect(call).toThrow(expect.objectContaining({ code: 'ERR_ATTN_ARG_TYPE', message }));
  expect(call).toThrow(reason);
}
const listed = (op: string) => excludedPairs(op).map(({ pair, reason }) => [...pair, reason] as const);

describe('attention', () => {
  it.each(listed('attention'))('%s with %s', (a, b, reason) => {
    const packed = a === 'cuSeqlens' || b === 'cuSeqlens' ? zeros(4, 2, 8) : x;
    const options = { [a]: attentionValues[a], [b]: attentionValues[b] } as AttentionOptions;
    expectRefusal(() => attentionSync(packed, packed, packed, options), a, b, reason);
  });

  it.each(refusedOptions('attention'))('without sequences, with %s', (name, reason) => {
    const options = { [name]: attentionValues[name] } as AttentionOptions;
    expectNotTaken(() => attentionSync(x, x, x, options), name, reason);
  });
});

describe('attention over cached sequences', () => {
  it.each(listed('cached_attention'))('%s with %s', (a, b, reason) => {
    const sequence = new CachePool({ kvHeads: 2, keyDim: 8, pages: 4 }).sequence();
    const values: Readonly<Record<string, unknown>> = { ...attentionValues, cuSeqlens: i32([2], 0, 4) };
    const options = { [a]: values[a], [b]: values[b] } as CachedAttentionOptions;
    expectRefusal(() => attentionSync(x, [sequence], options), a, b, reason);
  });

  it.each(refusedOptions('cached_attention'))('with %s', (name, reason) => {
    const sequence = new CachePool({ kvHeads: 2, keyDim: 8, pages: 4 }).sequence();
    const options = { [name]: attentionValues[name] } as CachedAttentionOptions;
    expectNotTaken(() => attentionSync(x, [sequence], options), name, reason);
  });
});

const linearValues: Readonly<Record<string, unknown>> = {
  decay: zeros(1, 4, 2),
  beta: zeros(1, 4, 2),
  a: x,
  b: x,
  normalize: true,
  normalizer: zeros(1, 2, 8),
};
const { cases } = readSchema('linear_attention').variants!;
const given = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, linearValues[name]]));

describe('linear attention', () => {
  const refused = Object.entries(cases).flatMap(([rule, { require = [], forbid = [] }]) => [
    ...require.map((name) => [rule, 'without', name, given(require.filter((other) => other !== name))] as const),
    ...forbid.map((name) => [rule, 'with', name, given([...require, name])] as const),
  ]);
  it.each(refused)('%s %s %s', (rule, _, name, values) => {
    const options = { updateRule: rule, ...values } as LinearAttentionOptions;
    expect(() => linearAttentionSync(x, x, x, options)).toThrow(
      expect.objectContaining({
        code: 'ERR_ATTN_OPTION_CONFLICT',
        message: expect.stringContaining(name),
      }),
    );
  });

  it.each(['state', 'returnState'])('causal: false with %s', (name) => {
    const options = { causal: false, [name]: name === 'state' ? zeros(1, 2, 8, 8) : true } as LinearAttentionOptions;
    expect(() => linearAttentionSync(x, x, x, options)).toThrow('every query already sees all tokens');
  });

  it('causal: false with decay', () => {
    const options = { causal: false, updateRule: 'gated', decay: zeros(1, 4, 2) } as LinearAttentionOptions;
    expect(() => linearAttentionSync(x, x, x, options)).toThrow('depend on the order of tokens');
  });
});

describe('rotary embedding', () => {
  const positions = i32([4], 0, -1, 2, 5);

  it('positions before the start of a table', () => {
    const table = { cosTable: zeros(6, 4), sinTable: zeros(6, 4) };
    expect(() => rotaryEmbeddingSync(x, { positions, ...table })).toThrow(
      expect.objectContaining({
        code: 'ERR_ATTN_VALUE',
        message: expect.stringMatching(/positions.* is -1, expected at least 0/),
      }),
    );
  });

  it.skipIf(whyUnavailable())('positions before 0 without a table are angles like any other', () => {
    expect(rotaryEmbeddingSync(x, { positions }).out.shape).toEqual(x.shape);
  });
});

describe('decay gate', () => {
  it.each([
    [{ rateMin: 2, rateMax: 1 }, /rateMin is 2, expected at most rateMax, 1/],
    [{ rateMax: Number.POSITIVE_INFINITY }, /rateMax is Infinity, expected a finite number/],
  ])('limits that are no range: %o', (options, message) => {
    expect(() => decayGateSync(zeros(1, 2, 3), options)).toThrow(
      expect.objectContaining({ code: 'ERR_ATTN_VALUE', message: expect.stringMatching(message) }),
    );
  });

  it.skipIf(whyUnavailable())('limits that are one number', () => {
    const { decay } = decayGateSync(zeros(1, 2, 3), { rateMin: 1, rateMax: 1 });
    expect(Array.from(decay.data)).toEqual([-1, -1, -1, -1, -1, -1]);
  });
});
