// Calls that lib cuts into several are checked as a whole, by the same checks and with the same words as a single one.
import {
  type LinearAttentionOptions,
  RecurrentState,
  StatePool,
  Tensor,
  type UpdateRule,
  linearAttention,
  linearAttentionSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from '../api/errors';
import { numbers } from './support';

type Arguments = [Tensor, Tensor, Tensor, object];

const pool = (updateRule: UpdateRule): StatePool => new StatePool({ heads: 1, keyDim: 4, updateRule });
const ones = (tokens: number): Tensor => Tensor.from(new Float32Array(tokens * 4).fill(1), [1, tokens, 1, 4]);
const flat = (tokens: number): Tensor => Tensor.from(new Float32Array(tokens * 4).fill(1), [tokens, 1, 4]);
const packed = (cuSeqlens: unknown): Arguments => [flat(5), flat(5), flat(5), { cuSeqlens }];

const shared = Tensor.from(new Float32Array(48).fill(1), [1, 12, 1, 4]);

const wrong: readonly [string, Arguments, UpdateRule?][] = [
  ['fewer keys than queries', [ones(5), ones(4), ones(5), {}]],
  ['fewer keys than queries and values', [ones(7), ones(5), ones(7), {}]],
  ['fewer queries than keys', [ones(2), ones(5), ones(5), {}]],
  ['queries without a batch axis', [flat(5), ones(5), ones(5), {}]],
  ['no keys', [ones(5), undefined as unknown as Tensor, ones(5), {}]],
  ['more sequences than sessions', packed(Int32Array.of(0, 2, 5))],
  ['offsets that do not begin at 0', packed(Int32Array.of(1, 4))],
  ['offsets that end before the tokens', packed(Int32Array.of(0, 4))],
  ['offsets beyond the tokens', packed(Int32Array.of(0, 9))],
  ['offsets that are no integers', packed(Float32Array.of(0, 5))],
  ['gates of other tokens', [ones(5), ones(5), ones(5), { decay: Tensor.zeros([1, 9, 1]) }], 'gated'],
  ['gates of other heads', [ones(5), ones(5), ones(5), { decay: Tensor.zeros([3]) }], 'gated'],
  ['no gates', [ones(5), ones(5), ones(5), {}], 'gated'],
  ['an output of more tokens', [ones(5), ones(5), ones(5), { out: ones(9) }]],
  ['an output over the keys', [ones(6), shared.slice(1, 0, 6), ones(6), { out: shared.slice(1, 1, 7) }]],
  ['keys of another dtype', [ones(5), ones(5).castSync('f16'), ones(5), {}]],
  ['keys of another size', [...[8, 8, 4].map((dim) => Tensor.zeros([1, 5, 1, dim])), {}] as unknown as Arguments],
  ['a batch of two', [...[2, 2, 2].map((batch) => Tensor.zeros([batch, 5, 1, 4])), {}] as unknown as Arguments],
  ['another rule', [ones(5), ones(5), ones(5), { updateRule: 'delta', beta: Tensor.zeros([1, 5, 1]) }]],
  ['options that exclude each other', [ones(5), ones(5), ones(5), { returnState: true }]],
  ['an unknown option', [ones(5), ones(5), ones(5), { scales: 1 }]],
  ['no signal', [ones(5), ones(5), ones(5), { signal: 3 }]],
];

describe('a call with checkpointEvery refuses what one without it refuses', () => {
  it.each(wrong)('%s', async (_, [q, k, v, further], updateRule = 'linear') => {
    const session = new RecurrentState(pool(updateRule));
    linearAttentionSync(ones(1), ones(1), ones(1), {
      updateRule,
      states: [session],
      ...(updateRule === 'gated' && { decay: Tensor.zeros([1, 1, 1]) }),
    } as LinearAttentionOptions);
    const before = numbers(session.toTensor());
    const options = { updateRule, states: [session], ...further } as LinearAttentionOptions;
    const { code, message } = caught(() => linearAttentionSync(q, k, v, options)) as Error & { code: string };
    expect(code).toMatch(/^ERR_ATTN_/);
    expect(message).toMatch(/^linearAttention: /);
    for (const checkpointEvery of [1, 2, 4, 99]) {
      const cut = { ...options, checkpointEvery } as LinearAttentionOptions;
      expect(caught(() => linearAttentionSync(q, k, v, cut))).toMatchObject({ code, message });
      await expect(linearAttention(q, k, v, cut)).rejects.toMatchObject({ code, message });
    }
    expect(numbers(session.toTensor())).toEqual(before);
    expect([session.length, session.pool.used]).toEqual([1, 1]);
    session.dispose(); // was not left busy
  });

  it('sessions of different pools', () => {
    const states = [0, 1].map(() => new RecurrentState(pool('linear')));
    const two = Tensor.zeros([2, 3, 1, 4]);
    for (const further of [{}, { checkpointEvery: 2 }]) {
      const error = caught(() => linearAttentionSync(two, two, two, { states, ...further }));
      expectError(error, TypeError, 'ERR_ATTN_OPTION_CONFLICT', 'linearAttention: states are of different pools');
    }
    for (const state of states) state.dispose();
  });
});

it('sessions that record tokens refuse the same as others, and take nothing', () => {
  for (const [, [q, k, v, further], updateRule = 'linear'] of wrong) {
    const [plain, recording] = [0, 9].map((rollback) => {
      const own = new StatePool({ heads: 1, keyDim: 4, updateRule, rollback });
      const session = new RecurrentState(own);
      const options = { updateRule, states: [session], ...further } as LinearAttentionOptions;
      const { code, message } = caught(() => linearAttentionSync(q, k, v, options)) as Error & { code: string };
      session.dispose();
      expect(own.used).toBe(0);
      return { code, message };
    });
    expect(recording).toEqual(plain);
  }
});
