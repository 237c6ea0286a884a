// How many slots of its pool a session takes, and what it loses when something fails in between: nothing.
import { RecurrentState, StatePool, linearAttention, linearAttentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { SessionPast, type TokenRecord } from '../../lib/cache/session-past';
import { caught, expectError } from '../api/errors';
import { Random } from '../support/random';
import { type Inputs, call, cut, difference, numbers, poolOf, randomInputs } from './support';

const rule = 'gated_delta';

const step = (state: RecurrentState, inputs: Inputs): unknown =>
  linearAttentionSync(...call(inputs, rule, { states: [state] }));

describe('a session that can take tokens back', () => {
  it('takes three slots at most, whatever it does', () => {
    const tokens = 400;
    const inputs = randomInputs(rule, tokens, 51);
    const random = new Random(52);
    const draw = (below: number): number => random.integer(0, below - 1);
    for (const rollback of [1, 2, 4, 7]) {
      const pool = poolOf(rule, { rollback, slots: 3 });
      const session = new RecurrentState(pool);
      const plain: RecurrentState[] = [new RecurrentState(poolOf(rule))]; // after each number of tokens
      for (let turn = 0; turn < 60; ++turn) {
        const count = draw(10) === 0 ? rollback + 3 : 1 + draw(rollback);
        step(session, cut(inputs, session.length, session.length + count));
        while (plain.length <= session.length) {
          const next = plain.at(-1)!.fork();
          step(next, cut(inputs, next.length, next.length + 1));
          plain.push(next);
        }
        for (let again = draw(3); again > 0; --again) session.rollback(draw(session.rollbackTokens + 1));
        expect(difference(numbers(session.toTensor()), numbers(plain[session.length]!.toTensor()))).toBeLessThan(2e-6);
      }
      expect(pool.used).toBeLessThanOrEqual(3);
      session.dispose();
      expect(pool.used).toBe(0);
    }
  });

  it('takes back a token after ten of one each', () => {
    const session = new RecurrentState(poolOf(rule, { rollback: 4, slots: 3 }));
    const inputs = randomInputs(rule, 10, 53);
    for (let t = 0; t < 10; ++t) step(session, cut(inputs, t, t + 1));
    const want = new RecurrentState(poolOf(rule));
    for (let t = 0; t < 7; ++t) step(want, cut(inputs, t, t + 1));
    session.rollback(1);
    session.rollback(2);
    expect(session.length).toBe(7);
    expect(session.rollbackTokens).toBeGreaterThanOrEqual(1);
    expect(numbers(session.toTensor())).toEqual(numbers(want.toTensor()));
  });

  it('shares slots with its forks, and leaves them alone', () => {
    const inputs = randomInputs(rule, 20, 54);
    const pool = poolOf(rule, { rollback: 4, slots: 6 });
    const session = new RecurrentState(pool);
    for (let t = 0; t < 10; ++t) step(session, cut(inputs, t, t + 1));
    const fork = session.fork();
    const before = numbers(fork.toTensor());
    session.rollback(1);
    expect(numbers(fork.toTensor())).toEqual(before);
    step(session, cut(inputs, 9, 10));
    expect(numbers(session.toTensor())).toEqual(before);
    fork.rollback(3);
    for (let t = 7; t < 10; ++t) step(fork, cut(inputs, t, t + 1));
    expect(numbers(fork.toTensor())).toEqual(before);
    expect(numbers(session.toTensor())).toEqual(before);
    for (const one of [session, fork]) one.dispose();
    expect(pool.used).toBe(0);
  });

  // From the state at 8 tokens, over which it may write, and from that at 4.
  it.each([1, 3, 4])('loses nothing when taking back %i tokens fails', (back) => {
    const pool = new StatePool({ heads: 1, keyDim: 4, updateRule: 'linear', rollback: 4, slots: 3 });
    const past = new SessionPast(pool, pool.take());
    past.slot.memory.data.fill(0);
    let failing = true;
    // Each token adds 1 to all numbers of the state.
    const record = (): TokenRecord => ({
      users: 0,
      replay(_, from, to, tokens) {
        const before = Number(from.memory.data.at(0));
        to.memory.data.fill(failing ? Number.NaN : before + tokens);
        if (failing) throw new Error('no memory');
      },
      dispose: () => undefined,
    });
    for (let t = 1; t <= 10; ++t) {
      const to = past.next(true);
      to.memory.data.fill(t);
      past.advance(to, 1, record(), 0);
    }
    for (const _ of [1, 2]) {
      expect(() => past.rollback(back)).toThrow('no memory');
      expect([past.length, past.rollbackTokens, past.slot.memory.data[0]]).toEqual([10, 4, 10]);
    }
    failing = false;
    past.rollback(back);
    expect([past.length, past.slot.memory.data[0]]).toEqual([10 - back, 10 - back]);
    past.release();
    expect(pool.used).toBe(0);
  });
});

describe('an asynchronous call takes a further slot for each session', () => {
  const inputs = randomInputs(rule, 5, 55);

  it.each([{}, { checkpointEvery: 9 }])('if it has a signal: %o', async (further) => {
    const session = new RecurrentState(poolOf(rule, { slots: 1 }));
    const { signal } = new AbortController();
    const options = { states: [session], signal, ...further };
    expectError(
      await linearAttention(...call(inputs, rule, options)).catch((reason: unknown) => reason),
      Error,
      'ERR_ATTN_POOL_FULL',
    );
    expect(session.length).toBe(0);
    await linearAttention(...call(inputs, rule, { states: [session] }));
    expect(session.length).toBe(5);
    expectError(
      caught(() => session.fork().toTensor() && step(session, inputs)),
      Error,
      'ERR_ATTN_POOL_FULL',
    );
  });
});
