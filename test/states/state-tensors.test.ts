// States as tensors, in and out of sessions, and what a pool demands of calls.
import { RecurrentState, Tensor, linearAttentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from '../api/errors';
import { bf16FromNumber, numberFromBf16 } from '../support/numbers';
import { call, cut, difference, heads, keyDim, numbers, poolOf, randomInputs, rules, valueDim } from './support';

const rounded = (x: number): number => numberFromBf16(bf16FromNumber(x));

describe('a session from a state', () => {
  it.each(rules)('%s: goes on from it', (rule) => {
    const inputs = randomInputs(rule, 30, 31);
    const { state } = linearAttentionSync(...call(cut(inputs, 0, 20), rule, { returnState: true }));
    const want = linearAttentionSync(...call(cut(inputs, 20, 30), rule, { state, returnState: true }));
    const pool = poolOf(rule);
    const session = RecurrentState.from(pool, state!, { length: 20 });
    expect([session.length, pool.used]).toEqual([20, 1]);
    const { out } = linearAttentionSync(...call(cut(inputs, 20, 30), rule, { states: [session] }));
    expect(session.length).toBe(30);
    expect(numbers(out)).toEqual(numbers(want.out));
    expect(numbers(session.toTensor())).toEqual(numbers(want.state!));
  });

  it('and its normaliser', () => {
    const options = { featureMap: 'elu1', normalize: true };
    const inputs = randomInputs('linear', 30, 32);
    const first = linearAttentionSync(...call(cut(inputs, 0, 20), 'linear', { ...options, returnState: true }));
    const pool = poolOf('linear', { normalizer: true });
    const session = RecurrentState.from(pool, first.state!, { normalizer: first.normalizer });
    expect(session.length).toBe(0);
    expect(numbers(session.normalizerTensor()!)).toEqual(numbers(first.normalizer!));
    const own = linearAttentionSync(...call(cut(inputs, 20, 30), 'linear', { ...options, states: [session] }));
    const { state, normalizer } = first;
    const want = linearAttentionSync(...call(cut(inputs, 20, 30), 'linear', { ...options, state, normalizer }));
    expect(numbers(own.out)).toEqual(numbers(want.out));
  });

  it.each(['f32', 'bf16'] as const)('as a tensor of another session, into a pool of %s', (dtype) => {
    const session = new RecurrentState(poolOf('gated'));
    linearAttentionSync(...call(randomInputs('gated', 9, 33), 'gated', { states: [session] }));
    const before = session.toTensor();
    expect(before.shape).toEqual([heads, keyDim, valueDim]);
    expect(session.normalizerTensor()).toBeUndefined();
    const copy = RecurrentState.from(poolOf('gated', { dtype }), before);
    const values = dtype === 'f32' ? numbers(before) : numbers(before).map(rounded);
    expect(numbers(copy.toTensor().castSync('f32'))).toEqual(values);
    const back = RecurrentState.from(poolOf('gated'), copy.toTensor());
    expect(numbers(back.toTensor())).toEqual(values);
  });

  it('of another shape, dtype or pool is refused, and takes no slot', () => {
    const pool = poolOf('linear');
    const state = Tensor.zeros([heads, keyDim, valueDim]);
    const refused = (what: () => unknown, code: 'ERR_ATTN_SHAPE' | 'ERR_ATTN_VALUE', ...mentions: string[]): void =>
      expectError(caught(what), RangeError, code, 'RecurrentState.from', ...mentions);
    refused(() => RecurrentState.from(pool, state.permute([0, 2, 1])), 'ERR_ATTN_SHAPE', '3, 12, 20', '3, 20, 12');
    refused(() => RecurrentState.from(pool, state, { length: -1 }), 'ERR_ATTN_VALUE', 'length', '-1');
    const given = (normalizer: boolean, further: object): unknown =>
      caught(() => RecurrentState.from(poolOf('linear', { normalizer }), state, further));
    expectError(given(true, {}), TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'normalizer is missing');
    const extra = given(false, { normalizer: Tensor.zeros([heads, keyDim]) });
    expectError(extra, TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'keeps no normalizer');
    expectError(
      caught(() => RecurrentState.from(pool, state.castSync('f16'))),
      TypeError,
      'ERR_ATTN_DTYPE',
      'f16',
    );
    expect(pool.used).toBe(0);
  });
});

it.each(rules)('%s: an initial state in bf16 is read as its numbers are', (rule) => {
  for (const tokens of [1, 30]) {
    const inputs = randomInputs(rule, tokens, 34);
    const { state } = linearAttentionSync(...call(randomInputs(rule, 9, 35), rule, { returnState: true }));
    const half = state!.castSync('bf16');
    const [got, want] = [half, half.castSync('f32')].map(
      (one) => linearAttentionSync(...call(inputs, rule, { state: one })).out,
    );
    expect(difference(numbers(got!), numbers(want!))).toBeLessThan(1e-6);
  }
});

describe('what calls on sessions have to say', () => {
  const options = { featureMap: 'elu1', normalize: true };
  const refused = (normalizer: boolean, further: object, ...mentions: string[]): void => {
    const session = new RecurrentState(poolOf('linear', { normalizer }));
    const error = caught(() =>
      linearAttentionSync(...call(randomInputs('linear', 3, 36), 'linear', { states: [session], ...further })),
    );
    expectError(error, TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'linearAttention', ...mentions);
    expect(session.length).toBe(0);
    session.dispose();
  };

  it('normalize, if the pool keeps a normaliser', () => {
    refused(false, options, 'normalize needs', 'normalizer: true');
    refused(true, {}, 'keeps a normalizer');
  });

  it('the rule of the pool, which is linear where it is not said', () => {
    const inputs = randomInputs('gated', 3, 37);
    const session = new RecurrentState(poolOf('gated'));
    const error = caught(() =>
      linearAttentionSync(...call(inputs, 'gated', { states: [session], updateRule: undefined })),
    );
    expectError(error, TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'updateRule is linear', 'gated');
  });
});
