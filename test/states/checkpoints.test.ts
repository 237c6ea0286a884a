// Checkpoints every n tokens of a call on sessions: where they are, and that each goes on as the call did.
import { RecurrentState, type Tensor, linearAttention, linearAttentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from '../api/errors';
import { type Inputs, call, cut, difference, numbers, poolOf, randomInputs, rules } from './support';

type Checkpoints = readonly (readonly RecurrentState[])[];
type Outcome = { out: Tensor; checkpoints: Checkpoints };

const step = (states: readonly RecurrentState[], inputs: Inputs, rule: (typeof rules)[number], further: object = {}) =>
  linearAttentionSync(...call(inputs, rule, { states, ...further })) as Outcome;

const packed = (inputs: Inputs): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.view(x.shape.slice(1))]));

describe('checkpoints', () => {
  it.each(rules)('%s: each goes on as the call did', (rule) => {
    const inputs = randomInputs(rule, 47, 21);
    const { out } = linearAttentionSync(...call(inputs, rule));
    const whole = new RecurrentState(poolOf(rule));
    step([whole], inputs, rule);
    const pool = poolOf(rule);
    const session = new RecurrentState(pool);
    const got = step([session], inputs, rule, { checkpointEvery: 15 });
    expect(difference(numbers(got.out), numbers(out))).toBeLessThan(2e-6);
    expect(session.length).toBe(47);
    expect(difference(numbers(session.toTensor()), numbers(whole.toTensor()))).toBeLessThan(2e-6);
    expect(got.checkpoints).toHaveLength(1);
    expect(got.checkpoints[0]!.map(({ length }) => length)).toEqual([15, 30, 45]);
    for (const checkpoint of got.checkpoints[0]!) {
      const { length } = checkpoint;
      const rest = step([checkpoint], cut(inputs, length, 47), rule).out;
      expect(difference(numbers(rest), numbers(out.slice(1, length, 47)))).toBeLessThan(2e-6);
      expect(difference(numbers(checkpoint.toTensor()), numbers(whole.toTensor()))).toBeLessThan(2e-6);
      checkpoint.dispose();
    }
    session.dispose();
    expect(pool.used).toBe(0);
  });

  it('asynchronously, with an output of the caller and several sessions', async () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 20, 22, 3);
    const pool = poolOf(rule);
    const [together, apart] = [0, 1].map(() => [0, 1, 2].map(() => new RecurrentState(pool))) as RecurrentState[][];
    const { out } = step(together!, inputs, rule, { checkpointEvery: 10 });
    const own = out.contiguous().castSync('f32');
    own.data.fill(0);
    const options = { states: apart, checkpointEvery: 10, out: own };
    const got = (await linearAttention(...call(inputs, rule, options))) as Outcome;
    expect(got.out).toBe(own);
    expect(numbers(own)).toEqual(numbers(out));
    expect(got.checkpoints.map((one) => one.map(({ length }) => length))).toEqual([
      [10, 20],
      [10, 20],
      [10, 20],
    ]);
    expect(apart!.map((one) => numbers(one.toTensor()))).toEqual(together!.map((one) => numbers(one.toTensor())));
  });

  it('of packed sequences of different lengths', () => {
    const rule = 'gated_delta';
    const inputs = packed(randomInputs(rule, 40, 23));
    const cuSeqlens = Int32Array.from([0, 25, 25, 33, 40]);
    const pool = poolOf(rule);
    const [plain, checked] = [0, 1].map(() => [0, 1, 2, 3].map(() => new RecurrentState(pool))) as RecurrentState[][];
    const want = step(plain!, inputs, rule, { cuSeqlens }).out;
    const got = step(checked!, inputs, rule, { cuSeqlens, checkpointEvery: 8 });
    expect(difference(numbers(got.out), numbers(want))).toBeLessThan(2e-6);
    expect(checked!.map(({ length }) => length)).toEqual([25, 0, 8, 7]);
    expect(got.checkpoints.map((one) => one.map(({ length }) => length))).toEqual([[8, 16, 24], [], [8], []]);
    checked!.forEach((one, i) => {
      expect(difference(numbers(one.toTensor()), numbers(plain![i]!.toTensor()))).toBeLessThan(2e-6);
    });
  });

  it('let tokens of a call longer than the rollback be taken back', () => {
    const rule = 'delta';
    const inputs = randomInputs(rule, 30, 24);
    const session = new RecurrentState(poolOf(rule, { rollback: 10 }));
    step([session], inputs, rule);
    expect(session.rollbackTokens).toBe(0);
    const checked = new RecurrentState(session.pool);
    step([checked], inputs, rule, { checkpointEvery: 10 });
    expect(checked.rollbackTokens).toBe(10);
    checked.rollback(7);
    const want = new RecurrentState(session.pool);
    step([want], cut(inputs, 0, 23), rule);
    expect(checked.length).toBe(23);
    expect(difference(numbers(checked.toTensor()), numbers(want.toTensor()))).toBeLessThan(2e-6);
  });

  it('of a call that fails are gone, and the sessions are where they were', async () => {
    const rule = 'linear';
    const pool = poolOf(rule, { slots: 3 });
    const session = new RecurrentState(pool);
    step([session], randomInputs(rule, 3, 25), rule);
    const before = numbers(session.toTensor());
    const inputs = randomInputs(rule, 30, 26);
    const full = caught(() => step([session], inputs, rule, { checkpointEvery: 10 }));
    expectError(full, Error, 'ERR_ATTN_POOL_FULL');
    expect([session.length, pool.used]).toEqual([3, 1]);
    const running = linearAttention(...call(inputs, rule, { states: [session], checkpointEvery: 15 }));
    expectError(
      caught(() => session.fork()),
      Error,
      'ERR_ATTN_BUSY',
    );
    await expect(running).resolves.toBeDefined();
    for (const every of [0, 1.5]) {
      const wrong = caught(() => step([session], inputs, rule, { checkpointEvery: every }));
      expectError(wrong, RangeError, 'ERR_ATTN_VALUE', 'checkpointEvery', String(every));
    }
    expectError(
      caught(() => linearAttentionSync(...call(inputs, rule, { checkpointEvery: 4 }))),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'states',
    );
    expect(before).not.toEqual(numbers(session.toTensor()));
  });
});
