// Pools that keep keys alone, of which values are the beginning: latent attention with the expansion absorbed.
import { CachePool, type CachePoolOptions, Sequence, attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { stored } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { rounded, toDense, toTensor } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';
import { caught, expectError } from './errors';

const [kvHeads, heads, keyDim, valueDim] = [1, 5, 44, 35];
const dtypes = ['f32', 'f16', 'bf16', 'i8', 'f8e4m3'] as const;
const shape = { kvHeads, keyDim, valueDim, valuesFromKeys: true } as const;
const pool = (options: Partial<CachePoolOptions> = {}) => new CachePool({ ...shape, pages: 60, ...options });

/** [1, count, kvHeads, keyDim] */
const latents = (random: Random, count: number, dtype: FloatType = 'f32') =>
  rounded(random.normals([1, count, kvHeads, keyDim]), dtype);
const queries = (random: Random, count: number, dtype: FloatType = 'f32') =>
  rounded(random.normals([1, count, heads, keyDim]), dtype);

function step(sequences: readonly Sequence[], q: Dense, key: Dense, dtype: FloatType = 'f32'): Dense {
  const append = { key: toTensor(key, dtype) };
  return toDense(attentionSync(toTensor(q, dtype), sequences, { causal: true, append }).out);
}
function fill(sequence: Sequence, random: Random, count: number): Dense {
  const key = latents(random, count);
  step([sequence], queries(random, count), key);
  return key;
}
const read = (sequence: Sequence, q: Dense) => toDense(attentionSync(toTensor(q, 'f32'), [sequence]).out);

function wanted(q: Dense, keys: Dense, dtype: string): Dense {
  const k = stored(keys, dtype);
  return oracle({ q, k, v: k.slice(3, 0, valueDim), causal: true }).out;
}

describe('a pool with values from keys', () => {
  it('takes the bytes of the keys alone', () => {
    const perToken = (options: Partial<CachePoolOptions>) => {
      const latent = { kvHeads: 1, keyDim: 576, valueDim: 512, dtype: 'bf16', pages: 3, ...options } as const;
      const made = new CachePool(latent);
      return made.bytes / (made.pages * made.pageSize);
    };
    expect([perToken({}), perToken({ valuesFromKeys: true })]).toEqual([2176, 1152]);
    expect(perToken({ valuesFromKeys: true, dtype: 'i8' })).toBe(576 + 4);
    expect([pool().valuesFromKeys, pool().valueDim, pool({ valuesFromKeys: false }).valuesFromKeys]).toEqual([
      true,
      valueDim,
      false,
    ]);
  });

  describe.each(dtypes)('of %s', (dtype) => {
    it.each(['f32', 'f16', 'bf16'] as const)('decodes several sessions with %s queries', (queryType) => {
      const random = new Random(3);
      const shared = pool({ dtype });
      const sessions = [3, 20, 130].map((count) => {
        const key = latents(random, count, queryType);
        const sequence = shared.sequence();
        const q = queries(random, count, queryType);
        expectClose(step([sequence], q, key, queryType), wanted(q, key, dtype), tolerances.attention.out[queryType]);
        return { sequence, keys: [key] };
      });
      for (const count of [1, 1, 3]) {
        const q = concat(
          sessions.map(() => queries(random, count, queryType)),
          0,
        );
        const key = concat(
          sessions.map(() => latents(random, count, queryType)),
          0,
        );
        const got = step(
          sessions.map(({ sequence }) => sequence),
          q,
          key,
          queryType,
        );
        sessions.forEach(({ keys }, i) => {
          keys.push(key.slice(0, i, i + 1));
          const want = wanted(q.slice(0, i, i + 1), concat(keys, 1), dtype);
          expectClose(got.slice(0, i, i + 1), want, tolerances.attention.out[queryType]);
        });
      }
    });

    it('forks, forgets and comes back from bytes', () => {
      const random = new Random(4);
      const parent = pool({ dtype }).sequence();
      const start = fill(parent, random, 37);
      const child = parent.fork();
      fill(child, random, 20);
      child.truncate(41);
      const q = queries(random, 1);
      expectClose(read(parent, q), wanted(q, start, dtype), tolerances.attention.out.f32);
      const chunks = [child.serialize(0, 13), child.serialize(13)];
      for (const bytes of [child.serialize(), chunks]) {
        const copy = Sequence.deserialize(pool({ dtype, pageSize: 7 }), bytes);
        expectSameBits(read(copy, q), read(child, q));
      }
      const continued = Sequence.deserialize(parent, child.serialize(37));
      expectSameBits(read(continued, q), read(child, q));
      expectSameBits(step([continued], q, start.slice(1, 0, 1)), step([child], q, start.slice(1, 0, 1)));
    });
  });

  it('keeps a window', () => {
    const random = new Random(5);
    const sequence = pool({ window: 9, rollback: 4, pages: 5 }).sequence();
    const keys: Dense[] = [];
    for (const count of [30, 1, 1, 25, 1]) keys.push(fill(sequence, random, count));
    expect(sequence.first).toBe(58 - 13);
    const [q, key] = [queries(random, 2), latents(random, 2)];
    const k = concat([...keys, key], 1);
    const want = oracle({ q, k, v: k.slice(3, 0, valueDim), causal: true, window: { left: 8 } }).out;
    expectClose(step([sequence], q, key), want, tolerances.attention.out.f32);
  });

  it('appends keys alone, and other pools keys and values', () => {
    const key = toTensor(Dense.filled([1, 1, kvHeads, keyDim], 0), 'f32');
    const value = toTensor(Dense.filled([1, 1, kvHeads, valueDim], 0), 'f32');
    const q = toTensor(Dense.filled([1, 1, heads, keyDim], 0), 'f32');
    const [latent, plain] = [pool().sequence(), pool({ valuesFromKeys: false }).sequence()];
    expectError(
      caught(() => attentionSync(q, [latent], { append: { key, value } })),
      TypeError,
      'ERR_ATTN_OPTION_CONFLICT',
      'attention: append.value has no place in a pool with valuesFromKeys',
    );
    expectError(
      caught(() => attentionSync(q, [plain], { append: { key } })),
      TypeError,
      'ERR_ATTN_OPTION_CONFLICT',
      'attention: append needs append.value',
    );
    expect([latent.length, plain.length]).toEqual([0, 0]);
  });

  it('refuses values that are no part of the keys, and what is no boolean', () => {
    expectError(
      caught(() => pool({ valueDim: keyDim + 1 })),
      RangeError,
      'ERR_ATTN_VALUE',
      'valueDim is 45, expected at most keyDim, 44',
    );
    expectError(
      caught(() => pool({ valuesFromKeys: 1 as never })),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'valuesFromKeys must be a boolean',
    );
    expect(new CachePool({ kvHeads: 2, keyDim: 8, valuesFromKeys: true, pages: 1 }).valueDim).toBe(8);
  });
});

describe('bytes', () => {
  it('say where the values are', () => {
    const [latent, plain] = [pool().sequence(), pool({ valuesFromKeys: false }).sequence()];
    for (const [sequence, target] of [
      [latent, pool({ valuesFromKeys: false })],
      [plain, pool()],
    ] as const) {
      expectError(
        caught(() => Sequence.deserialize(target, sequence.serialize())),
        Error,
        'ERR_ATTN_DATA',
        'valuesFromKeys is',
      );
    }
    // Pools without the option write what packages before it read.
    const version = (sequence: Sequence) => new DataView(sequence.serialize().buffer).getUint32(8, true);
    expect([version(latent), version(plain)]).toEqual([2, 1]);
  });

  it('of version 1 are read', () => {
    const written =
      '4154544e4b560a00010000006633320000000000000000000100000002000000010000000000000000000000000000000200000000000000000000000000000002000000000000005f3b9a4d25ac79ca0000803f0000004000004040000080400000a0400000c040';
    const made = new CachePool({ kvHeads: 1, keyDim: 2, valueDim: 1, pages: 1 });
    const sequence = Sequence.deserialize(made, new Uint8Array(Buffer.from(written, 'hex')));
    expect(sequence.length).toBe(2);
    const q = toTensor(Dense.filled([1, 1, 1, 2], 0), 'f32');
    expect([...attentionSync(q, [sequence]).out.data]).toEqual([4.5]); // the mean of the values 3 and 6
  });
});
