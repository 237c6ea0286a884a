// Sessions: what they compute, and what becomes of them when calls fail, fork, take tokens back or are written to bytes.
import {
  type LinearAttentionResult,
  RecurrentState,
  StatePool,
  Tensor,
  type UpdateRule,
  linearAttention,
  linearAttentionSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from '../api/errors';
import { onThreads } from '../support/machine';
import { Random } from '../support/random';
import { toTensor } from '../support/tensors';
import { type Inputs, call, cut, difference, numbers, poolOf, randomInputs, rules } from './support';

const step = (states: readonly RecurrentState[], inputs: Inputs, rule: UpdateRule, further: object = {}): Tensor =>
  linearAttentionSync(...call(inputs, rule, { states, ...further })).out;

function stepped(rule: UpdateRule, inputs: Inputs, cuts: readonly number[], state: RecurrentState): Tensor[] {
  return cuts.slice(1).map((end, i) => step([state], cut(inputs, cuts[i]!, end), rule));
}

const range = (count: number, first = 0): number[] => Array.from({ length: count }, (_, i) => first + i);

describe('stepping', () => {
  it.each(rules)('%s: prefill and single tokens give what one call gives', (rule) => {
    const inputs = randomInputs(rule, 40, 1);
    const whole = linearAttentionSync(...call(inputs, rule));
    const { state } = linearAttentionSync(...call(inputs, rule, { returnState: true }));
    const session = new RecurrentState(poolOf(rule));
    const outs = stepped(rule, inputs, [0, 25, 26, 27, 33, ...range(7, 34), 40], session);
    expect(session.length).toBe(40);
    expect(difference(outs.flatMap(numbers), numbers(whole.out))).toBeLessThan(2e-6);
    expect(difference(numbers(session.toTensor()), numbers(state!))).toBeLessThan(2e-6);
  });

  it('many sessions in one call give what each gives alone, bit for bit', () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 1, 2, 5);
    const pool = poolOf(rule);
    const [together, alone] = [0, 1].map(() => range(5).map(() => new RecurrentState(pool))) as RecurrentState[][];
    const order = [3, 0, 4, 1, 2];
    for (let t = 0; t < 3; ++t) {
      step(
        order.map((i) => together![i]!),
        inputs,
        rule,
      );
      order.forEach((i, row) => {
        const own = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.slice(0, row, row + 1)]));
        step([alone![i]!], own, rule);
      });
    }
    expect(together!.map((state) => numbers(state.toTensor()))).toEqual(
      alone!.map((state) => numbers(state.toTensor())),
    );
  });

  it('takes packed batches of prefill and single tokens', () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 30, 3);
    const packed = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.view(x.shape.slice(1))]));
    const pool = poolOf(rule);
    const [a, b, c] = range(3).map(() => new RecurrentState(pool)) as [RecurrentState, RecurrentState, RecurrentState];
    step([a, b, c], packed, rule, { cuSeqlens: Int32Array.from([0, 21, 21, 30]) });
    expect([a.length, b.length, c.length]).toEqual([21, 0, 9]);
    const alone = new RecurrentState(pool);
    step([alone], cut(inputs, 21, 30), rule);
    expect(numbers(c.toTensor())).toEqual(numbers(alone.toTensor()));
    expect(numbers(b.toTensor()).every((x) => x === 0)).toBe(true);
  });

  it('keeps the normaliser', () => {
    const inputs = randomInputs('linear', 30, 4);
    const options = { featureMap: 'elu1', normalize: true };
    const whole = linearAttentionSync(...call(inputs, 'linear', options));
    const session = new RecurrentState(poolOf('linear', { normalizer: true }));
    const outs = [0, 20, 21].map((start, i) =>
      step([session], cut(inputs, start, [20, 21, 30][i]!), 'linear', options),
    );
    expect(difference(outs.flatMap(numbers), numbers(whole.out))).toBeLessThan(2e-6);
  });

  // Sizes at which the rows or columns of a head are shared out among tasks, all of which start from its normaliser.
  it.each([
    [2, 64, 128, 1],
    [8, 128, 128, 1],
    [1, 128, 128, 40],
  ])('keeps the normaliser of %i heads of %i × %i, %i tokens at a time', (H, K, V, T) => {
    const options = { featureMap: 'elu1', normalize: true } as const;
    const random = new Random(H);
    const draw = (dim: number): Tensor => toTensor(random.normals([1, T, H, dim]), 'f32');
    const calls = range(4).map(() => [draw(K), draw(K), draw(V)] as const);
    for (const [threads, rollback] of [1, 2].flatMap((count) => [[count, 0] as const, [count, 3 * T] as const])) {
      const pool = new StatePool({
        heads: H,
        keyDim: K,
        valueDim: V,
        updateRule: 'linear',
        normalizer: true,
        rollback,
      });
      const session = new RecurrentState(pool);
      const carried: Partial<LinearAttentionResult> = {};
      onThreads(threads, () => {
        for (const [q, k, v] of calls) {
          const { state, normalizer } = carried;
          const want = linearAttentionSync(q, k, v, { ...options, state, normalizer, returnState: true });
          const got = linearAttentionSync(q, k, v, { ...options, states: [session] });
          expect(numbers(got.out)).toEqual(numbers(want.out));
          Object.assign(carried, want);
          if (rollback === 0) continue;
          linearAttentionSync(k, q, v, { ...options, states: [session] });
          session.rollback(T);
        }
      });
      session.dispose();
    }
  });

  it('in bf16 stays within its rounding', () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 12, 5);
    const whole = linearAttentionSync(...call(inputs, rule));
    const session = new RecurrentState(poolOf(rule, { dtype: 'bf16' }));
    const outs = stepped(rule, inputs, range(13), session);
    expect(session.bytes).toBe(3 * 20 * 12 * 2);
    expect(difference(outs.flatMap(numbers), numbers(whole.out))).toBeLessThan(0.02);
  });
});

describe('fork', () => {
  it('shares the state until one of the two moves on', () => {
    const rule = 'delta';
    const inputs = randomInputs(rule, 12, 6);
    const pool = poolOf(rule);
    const first = new RecurrentState(pool);
    step([first], cut(inputs, 0, 10), rule);
    const second = first.fork();
    expect(pool.used).toBe(1);
    const before = numbers(second.toTensor());
    step([first], cut(inputs, 10, 11), rule);
    expect(pool.used).toBe(2);
    expect(numbers(second.toTensor())).toEqual(before);
    expect([first.length, second.length]).toEqual([11, 10]);
    step([second], cut(inputs, 10, 11), rule);
    expect(numbers(second.toTensor())).toEqual(numbers(first.toTensor()));
    first.dispose();
    second.dispose();
    expect(pool.used).toBe(0);
  });
});

describe('rollback', () => {
  it.each(rules)('%s: leaves what was there before the tokens, bit for bit', (rule) => {
    const inputs = randomInputs(rule, 40, 7);
    const pool = poolOf(rule, { rollback: 5 });
    for (const back of [1, 2, 3, 5]) {
      const session = new RecurrentState(pool);
      stepped(rule, inputs, [0, 12, ...range(10, 13), 26], session);
      session.rollback(back);
      const want = new RecurrentState(pool);
      stepped(rule, inputs, [0, ...range(15 - back, 12)], want);
      expect(session.length).toBe(26 - back);
      expect(numbers(session.toTensor())).toEqual(numbers(want.toTensor()));
      for (const one of [session, want]) one.dispose();
    }
    expect(pool.used).toBe(0);
  });

  it('single tokens, again and again, with forks in between', () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 60, 8);
    const pool = poolOf(rule, { rollback: 4 });
    const plain = new RecurrentState(poolOf(rule));
    const session = new RecurrentState(pool);
    for (let t = 0; t < 30; ++t) {
      const back = t % 5;
      const fork = session.fork();
      for (let i = 0; i < back; ++i) step([session], cut(inputs, 30 + t + i - back, 31 + t + i - back), rule);
      expect(session.rollbackTokens).toBeGreaterThanOrEqual(back);
      session.rollback(back);
      expect(numbers(session.toTensor())).toEqual(numbers(plain.toTensor()));
      expect(numbers(fork.toTensor())).toEqual(numbers(plain.toTensor()));
      fork.dispose();
      step([session], cut(inputs, t, t + 1), rule);
      step([plain], cut(inputs, t, t + 1), rule);
    }
    expect(pool.used).toBeLessThanOrEqual(3);
    session.dispose();
    expect(pool.used).toBe(0);
  });

  it('of sessions that step together, each as far as it likes', () => {
    const rule = 'gated_delta';
    const inputs = randomInputs(rule, 12, 18, 3);
    const packed = randomInputs(rule, 9, 19);
    const flat = Object.fromEntries(Object.entries(packed).map(([name, x]) => [name, x.view(x.shape.slice(1))]));
    const alone = poolOf(rule);
    const pool = poolOf(rule, { rollback: 4 });
    const sessions = range(3).map(() => new RecurrentState(pool));
    for (let t = 0; t < 12; ++t) step(sessions, cut(inputs, t, t + 1), rule);
    step(sessions, flat, rule, { cuSeqlens: Int32Array.from([0, 3, 4, 9]) });
    const back = [2, 4, 0];
    const left = [1, 0, 5];
    sessions.forEach((session, i) => {
      expect(session.rollbackTokens).toBe([4, 4, 0][i]);
      session.rollback(back[i]!);
      const want = new RecurrentState(alone);
      const own = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.slice(0, i, i + 1)]));
      for (let t = 0; t < [12, 9, 12][i]!; ++t) step([want], cut(own, t, t + 1), rule);
      if (left[i]! > 0) step([want], cut(packed, [0, 3, 4][i]!, [0, 3, 4][i]! + left[i]!), rule);
      expect(numbers(session.toTensor())).toEqual(numbers(want.toTensor()));
      session.dispose();
    });
    expect(pool.used).toBe(0);
  });

  it('refuses more tokens than it keeps', () => {
    const session = new RecurrentState(poolOf('linear', { rollback: 3 }));
    step([session], randomInputs('linear', 20, 9), 'linear');
    expect(session.rollbackTokens).toBe(0);
    expectError(
      caught(() => session.rollback(1)),
      RangeError,
      'ERR_ATTN_VALUE',
      'rollback',
      '1',
    );
  });
});

describe('bytes', () => {
  const rule = 'linear';
  const filled = (dtype: 'f32' | 'bf16'): RecurrentState => {
    const session = new RecurrentState(poolOf(rule, { dtype, normalizer: true }));
    step([session], randomInputs(rule, 9, 10), rule, { featureMap: 'elu1', normalize: true });
    return session;
  };

  it.each(['f32', 'bf16'] as const)('%s: come back as they were', (dtype) => {
    const session = filled(dtype);
    const copy = RecurrentState.deserialize(poolOf(rule, { dtype, normalizer: true }), session.serialize());
    expect(copy.length).toBe(9);
    expect(numbers(copy.toTensor())).toEqual(numbers(session.toTensor()));
    expect(copy.serialize()).toEqual(session.serialize());
  });

  it('come back from a Buffer, wherever it begins in its memory', () => {
    const bytes = filled('f32').serialize();
    const buffer = Buffer.concat([Buffer.of(1, 2, 3), bytes]).subarray(3);
    const copy = RecurrentState.deserialize(poolOf(rule, { normalizer: true }), buffer);
    expect(copy.serialize()).toEqual(bytes);
  });

  it('say their layout and rule', () => {
    const text = new TextDecoder('latin1').decode(filled('f32').serialize());
    expect(text).toContain('"layout":"heads, valueDim, keyDim","updateRule":"linear","dtype":"f32"');
  });

  it('that are damaged, from a newer version or of another pool are refused', () => {
    const bytes = filled('f32').serialize();
    const pool = poolOf(rule, { normalizer: true });
    const refused = (other: Uint8Array, what: string): void =>
      expectError(
        caught(() => RecurrentState.deserialize(pool, other)),
        Error,
        'ERR_ATTN_DATA',
        what,
      );
    for (const at of [200, bytes.length - 1])
      refused(
        bytes.map((x, i) => (i === at ? x ^ 1 : x)),
        'checksum',
      );
    refused(bytes.subarray(0, bytes.length - 8), 'checksum');
    refused(
      bytes.map((x, i) => (i === 8 ? 9 : x)),
      'version 9',
    );
    refused(new Uint8Array(100), 'not a recurrent state');
    const other = poolOf('gated_delta');
    const error = caught(() => RecurrentState.deserialize(other, bytes));
    expectError(error, Error, 'ERR_ATTN_DATA', 'updateRule is linear', 'gated_delta');
    expect([pool.used, other.used]).toEqual([0, 0]);
  });
});

describe('calls that fail', () => {
  const rule = 'gated_delta';

  it('leave the state and the pool as they were', async () => {
    const pool = poolOf(rule);
    const session = new RecurrentState(pool);
    const inputs = randomInputs(rule, 20, 11);
    step([session], inputs, rule);
    const before = numbers(session.toTensor());
    const { beta, ...without } = inputs;
    expect(beta).toBeDefined();
    expectError(
      caught(() => step([session], without, rule)),
      TypeError,
      'ERR_ATTN_OPTION_CONFLICT',
      'beta',
    );
    const reason = new Error('enough');
    const stopped = linearAttention(...call(inputs, rule, { states: [session], signal: AbortSignal.abort(reason) }));
    await expect(stopped).rejects.toBe(reason);
    const two = caught(() => step([session, session.fork()], inputs, rule));
    expectError(two, RangeError, 'ERR_ATTN_SHAPE', 'states', '2');
    expect(numbers(session.toTensor())).toEqual(before);
    expect(session.length).toBe(20);
    session.dispose();
  });

  it('stopped in the middle leave the state as it was', async () => {
    const session = new RecurrentState(poolOf(rule));
    step([session], randomInputs(rule, 5, 12), rule);
    const before = numbers(session.toTensor());
    // So long that it cannot be over before the signal comes.
    const long = Object.entries(randomInputs(rule, 1, 13)).map(
      ([name, { shape }]) => [name, Tensor.zeros([1, 400_000, ...shape.slice(2)])] as const,
    );
    const controller = new AbortController();
    const running = linearAttention(
      ...call(Object.fromEntries(long), rule, { states: [session], signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 5);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(numbers(session.toTensor())).toEqual(before);
    expect(session.length).toBe(5);
  });

  it('because another call is using the state', async () => {
    const pool = poolOf(rule);
    const session = new RecurrentState(pool);
    const inputs = randomInputs(rule, 400, 14);
    const running = linearAttention(...call(inputs, rule, { states: [session] }));
    const second = linearAttention(...call(inputs, rule, { states: [session] }));
    await expect(second).rejects.toMatchObject({ code: 'ERR_ATTN_BUSY' });
    expectError(
      caught(() => session.fork()),
      Error,
      'ERR_ATTN_BUSY',
    );
    await running;
    expect(session.length).toBe(400);
    const twice = caught(() => step([session, session], randomInputs(rule, 1, 15, 2), rule));
    expectError(twice, Error, 'ERR_ATTN_BUSY');
    step([session], cut(inputs, 0, 1), rule);
    expect(session.length).toBe(401);
  });

  it('because the pool is full, the state disposed, or of another rule', () => {
    const pool = poolOf(rule, { slots: 1 });
    const session = new RecurrentState(pool);
    expectError(
      caught(() => new RecurrentState(pool)),
      Error,
      'ERR_ATTN_POOL_FULL',
      '1',
    );
    const inputs = randomInputs('linear', 1, 16);
    const other = caught(() => step([session], inputs, 'linear'));
    expectError(other, TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'linear', 'gated_delta');
    session.dispose();
    session.dispose();
    const gone = caught(() => step([session], randomInputs(rule, 1, 17), rule));
    expectError(gone, Error, 'ERR_ATTN_DISPOSED');
  });
});

it('sessions that are dropped give their slots back', async () => {
  const rule = 'gated_delta';
  const pool = poolOf(rule, { rollback: 2 });
  const kept = new RecurrentState(pool);
  (() => {
    const dropped = range(4).map(() => new RecurrentState(pool));
    for (let t = 0; t < 3; ++t) step(dropped, randomInputs(rule, 1, 20 + t, 4), rule);
    expect(pool.used).toBeGreaterThan(5);
  })();
  for (let tries = 0; pool.used > 1 && tries < 50; ++tries) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(pool.used).toBe(1);
  kept.dispose();
  expect(pool.used).toBe(0);
});
