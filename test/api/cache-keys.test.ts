// Which keys of cached sequences a query sees, and how it weighs them: keyIndices, mask and bias.
import { type CachedAttentionOptions, Tensor, attention, attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { type Tokens, fill, heads, joined, pool, queries, tokens } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { toDense, toTensor } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';
import { caught, expectBoth, expectError } from './errors';

const { f32: allowed } = tolerances.attention.out;
/** Queries of the decode form and of the prefill form. */
const forms = [3, 20];

const i32 = (x: Dense) => toTensor(x, 'i32');
const bool = (x: Dense) => toTensor(x, 'bool');
const appended = ({ key, value }: Tokens, dtype: FloatType = 'f32') => ({
  key: toTensor(key, dtype),
  value: toTensor(value, dtype),
});
/** A mask of draft tokens, each of which follows another of them or, with −1, the text before them. */
const tree = (parents: readonly number[], length: number): Dense => {
  const follows = (t: number, from: number): boolean => t === from || (t >= 0 && follows(parents[t]!, from));
  const past = length - parents.length;
  return Dense.build([1, 1, parents.length, length], ([, , t, j]) => (j! < past || follows(t!, j! - past) ? 1 : 0));
};
const draft = [-1, 0, 0, -1, 3, 1];

describe('keyIndices', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('gather from pages of %s what they gather from tensors', (dtype) => {
    const random = new Random(3);
    for (const count of [1, 5, 33]) {
      const all = tokens(random, 300, dtype);
      const q = toTensor(queries(random, count, dtype), dtype);
      const sequence = pool({ dtype, pageSize: 7, pages: 60 }).sequence();
      attentionSync(toTensor(queries(random, 300, dtype), dtype), [sequence], { append: appended(all, dtype) });
      for (const shape of [
        [1, count, 150],
        [1, count, 2, 70],
      ]) {
        const keyIndices = i32(Dense.build(shape, () => random.integer(-1, 299)));
        const options = { keyIndices, causal: true, softcap: 3 };
        const { k, v } = joined([all]);
        const plain = attentionSync(q, toTensor(k, dtype), toTensor(v, dtype), options);
        expectSameBits(toDense(attentionSync(q, [sequence], options).out), toDense(plain.out));
      }
    }
  });

  it('belong to each sequence of a packed call, whatever stands beside it', () => {
    const random = new Random(5);
    const shared = pool({ pages: 200 });
    const [counts, held] = [
      [1, 0, 20, 4],
      [330, 12, 40, 0],
    ];
    const make = () => counts.map(() => shared.sequence());
    const before = held.map((count) => tokens(random, count));
    const [packed, apart] = [make(), make()];
    for (const sequences of [packed, apart]) {
      sequences.forEach((sequence, i) => {
        attentionSync(toTensor(queries(random, held[i]!), 'f32'), [sequence], { append: appended(before[i]!) });
      });
    }
    const offsets = [0, 1, 1, 21, 25];
    const [q, added] = [queries(random, 25), tokens(random, 25)];
    const last = (at: number) => {
      const i = offsets.filter((start) => start <= at).length - 1;
      return held[i]! + counts[i]! - 1;
    };
    for (const lists of [
      [1, 25, 37],
      [1, 25, 2, 37],
    ]) {
      const named = Dense.build(lists, ([, at]) => random.integer(-1, last(at!)));
      const unbatched = (x: Dense) => x.view(x.shape.slice(1));
      const { out, lse } = attentionSync(toTensor(unbatched(q), 'f32'), packed, {
        append: appended({ key: unbatched(added.key), value: unbatched(added.value) }),
        cuSeqlens: Tensor.from(Int32Array.from(offsets), [5]),
        keyIndices: i32(unbatched(named)),
        returnLse: true,
      });
      counts.forEach((count, i) => {
        const own = (x: Dense) => x.slice(1, offsets[i]!, offsets[i + 1]!);
        const parts = { key: own(added.key), value: own(added.value) };
        const alone = attentionSync(toTensor(own(q), 'f32'), [apart[i]!], {
          append: appended(parts),
          keyIndices: i32(own(named)),
          returnLse: true,
        });
        expectSameBits(own(toDense(out).view([1, 25, heads, -1])), toDense(alone.out));
        expectSameBits(toDense(lse).slice(1, offsets[i]!, offsets[i + 1]!), toDense(alone.lse).view([heads, count]));
        const want = oracle({ q: own(q), ...joined([before[i]!, parts]), keyIndices: own(named) });
        expectClose(toDense(alone.out), want.out, allowed);
      });
      for (const sequences of [packed, apart]) {
        for (const [i, sequence] of sequences.entries()) sequence.truncate(held[i]!);
      }
    }
  });

  it('count a key as often as it is named, and −1 never', () => {
    const random = new Random(7);
    const sequence = pool().sequence();
    const all = fill(sequence, random, 30);
    const q = queries(random, 2);
    const keyIndices = new Dense([1, 2, 4], [4, 4, -1, 17, -1, -1, -1, -1]);
    const { out, lse } = attentionSync(toTensor(q, 'f32'), [sequence], {
      keyIndices: i32(keyIndices),
      returnLse: true,
    });
    const want = oracle({ q, ...joined([all]), keyIndices });
    expectClose(toDense(out), want.out, allowed);
    expectClose(toDense(lse), want.lse, tolerances.attention.lse.f32, 'lse');
    expect([...toDense(out).data.subarray(toDense(out).offset([0, 1, 0, 0]))].every((x) => x === 0)).toBe(true);
  });

  it('are refused beyond the tokens of their sequence, of which nothing is kept then', async () => {
    const random = new Random(11);
    const shared = pool();
    const sequences = [shared.sequence(), shared.sequence()];
    fill(sequences[0]!, random, 30);
    fill(sequences[1]!, random, 8);
    const [freePages, q] = [shared.freePages, concat([queries(random, 2), queries(random, 2)], 0)];
    const two = () => concat([tokens(random, 2).key, tokens(random, 2).key], 0);
    const append = { key: toTensor(two(), 'f32'), value: toTensor(Dense.filled([2, 2, 2, 24], 1), 'f32') };
    const listed = (value: number) => {
      const keyIndices = i32(new Dense([2, 2, 3], [0, 31, 1, 2, 3, 4, 0, 9, 1, 2, value, -1]));
      return { append, keyIndices };
    };
    const call = (value: number) =>
      [
        () => attentionSync(toTensor(q, 'f32'), sequences, listed(value)),
        () => attention(toTensor(q, 'f32'), sequences, listed(value)),
      ] as const;
    const beyond =
      'attention: keyIndices[1, 1, 0, 1] is 10, expected at most 9: sequences[1] has 10 tokens with those of append';
    await expectBoth(...call(10), RangeError, 'ERR_ATTN_VALUE', beyond);
    await expectBoth(...call(-2), RangeError, 'ERR_ATTN_VALUE', 'keyIndices[1, 1, 0, 1] is -2, expected at least -1');
    expect([...sequences.map(({ length }) => length), shared.freePages]).toEqual([30, 8, freePages]);
    attentionSync(toTensor(q, 'f32'), sequences, listed(9));
    expect(sequences.map(({ length }) => length)).toEqual([32, 10]);

    const packed = {
      cuSeqlens: Tensor.from(Int32Array.of(0, 1, 4), [3]),
      keyIndices: i32(new Dense([4, 1], [31, 9, 10, 0])),
    };
    expectError(
      caught(() => attentionSync(toTensor(queries(random, 4).view([4, heads, 20]), 'f32'), sequences, packed)),
      RangeError,
      'ERR_ATTN_VALUE',
      'is 10, expected at most 9: sequences[1] has 10 tokens',
    );
  });

  it('do not reach what the window of a pool has dropped', () => {
    const random = new Random(13);
    const sequence = pool({ window: 8, rollback: 3 }).sequence();
    const all = fill(sequence, random, 60);
    expect(sequence.first).toBe(49);
    const q = queries(random, 5);
    const named = [0, 47, 48, 49, 50, 52, 55, 57, 59];
    const keyIndices = Dense.build([1, 5, named.length], ([, , i]) => named[i!]!);
    const { out } = attentionSync(toTensor(q, 'f32'), [sequence], { keyIndices: i32(keyIndices) });
    const want = oracle({ q, ...joined([all]), keyIndices, window: { left: 7 }, kvStart: 49, queryStart: 55 });
    expectClose(toDense(out), want.out, allowed);
  });
});

describe('a mask', () => {
  it('over a tree of drafted tokens gives what it gives over tensors, and leaves a forked sequence alone', () => {
    const random = new Random(17);
    for (const dtype of ['f32', 'bf16'] as const) {
      const [past, all] = [64, tokens(random, 64 + draft.length, dtype)];
      const part = (from: number, to: number) => ({
        key: all.key.slice(1, from, to),
        value: all.value.slice(1, from, to),
      });
      const base = pool({ dtype }).sequence();
      attentionSync(toTensor(queries(random, past), dtype), [base], { append: appended(part(0, past), dtype) });
      const bytes = base.serialize();
      const fork = base.fork();
      const q = toTensor(queries(random, draft.length, dtype), dtype);
      const mask = bool(tree(draft, past + draft.length));
      const append = appended(part(past, past + draft.length), dtype);
      const cached = attentionSync(q, [fork], { append, mask });
      const { k, v } = joined([all]);
      const plain = attentionSync(q, toTensor(k, dtype), toTensor(v, dtype), { mask });
      expectSameBits(toDense(cached.out), toDense(plain.out));
      expect([fork.length, base.length]).toEqual([70, 64]);
      expect(base.serialize()).toEqual(bytes);
    }
  });

  it('gives a sequence the same bits in any company', () => {
    const random = new Random(19);
    for (const count of forms) {
      const shared = pool({ pages: 200 });
      const sequences = [500, 70, 0].map((held) => {
        const sequence = shared.sequence();
        if (held > 0) fill(sequence, random, held);
        return sequence;
      });
      const S = 500;
      const mask = Dense.build([3, heads, count, S], () => random.integer(0, 1));
      const bias = random.normals([3, 1, count, S]);
      const q = concat(
        sequences.map(() => queries(random, count)),
        0,
      );
      const options = (of: (x: Dense) => Dense) => ({ mask: bool(of(mask)), bias: toTensor(of(bias), 'f32') });
      const together = attentionSync(
        toTensor(q, 'f32'),
        sequences,
        options((x) => x),
      );
      sequences.forEach((sequence, i) => {
        const own = (x: Dense) => x.slice(0, i, i + 1);
        const alone = attentionSync(toTensor(own(q), 'f32'), [sequence], options(own));
        expectSameBits(own(toDense(together.out)), toDense(alone.out));
      });
    }
  });
});

describe('columns', () => {
  const random = new Random(23);
  const shared = pool();
  const sequences = [shared.sequence(), shared.sequence()];
  const held = sequences.map((sequence, i) => fill(sequence, random, 20 + 13 * i));

  it.each(['mask', 'bias'] as const)('of a %s are one for each token of the longest sequence, or one', async (name) => {
    const q = concat([queries(random, 2), queries(random, 2)], 0);
    const key = toTensor(Dense.filled([2, 2, 2, 20], 1), 'f32');
    const append = { key, value: toTensor(Dense.filled([2, 2, 2, 24], 1), 'f32') };
    const { freePages } = shared;
    const given = (...shape: number[]): CachedAttentionOptions => {
      const matrix = Dense.filled(shape, 1);
      return { append, [name]: name === 'mask' ? bool(matrix) : toTensor(matrix, 'f32') };
    };
    for (const shape of [[34], [2, 0], [2, 1, 2, 34]]) {
      await expectBoth(
        () => attentionSync(toTensor(q, 'f32'), sequences, given(...shape)),
        () => attention(toTensor(q, 'f32'), sequences, given(...shape)),
        RangeError,
        'ERR_ATTN_SHAPE',
        `attention: ${name} has ${shape.at(-1)} columns (S), expected at least 35, or 1: sequences[1] has 35 tokens with those of append`,
      );
    }
    expect([...sequences.map(({ length }) => length), shared.freePages]).toEqual([20, 33, freePages]);
    for (const shape of [[35], [2, 40], [1], [2, 1, 2, 1]]) {
      const { out } = attentionSync(toTensor(q, 'f32'), sequences, given(...shape));
      expect(out.shape).toEqual([2, 2, heads, 24]);
      for (const [i, sequence] of sequences.entries()) sequence.truncate(held[i]!.key.shape[1]!);
    }
  });

  it('of one matrix may be one where the other has more', async () => {
    for (const count of forms) {
      const q = concat([queries(random, count), queries(random, count)], 0);
      const perRow = Dense.build([2, 1, count, 1], ([b, , t]) => (b! + t!) % 2);
      const perKey = Dense.build([40], ([j]) => (j! % 3 === 0 ? 0 : 1));
      for (const matrices of [
        { mask: perRow, bias: random.normals([40]) },
        { mask: perKey, bias: random.normals([2, heads, count, 1]) },
        { mask: perRow, bias: random.normals([2, heads, 1, 1]) },
      ]) {
        const options = { mask: bool(matrices.mask), bias: toTensor(matrices.bias, 'f32') };
        const got = attentionSync(toTensor(q, 'f32'), sequences, options);
        const again = await attention(toTensor(q, 'f32'), sequences, options);
        expectSameBits(toDense(again.out), toDense(got.out), 'asynchronous');
        const want = held.map((tokens, i) => {
          const own = (x: Dense) => (x.shape.length === 4 ? x.slice(0, i, i + 1) : x);
          return oracle({ q: own(q), ...joined([tokens]), mask: own(matrices.mask), bias: own(matrices.bias) }).out;
        });
        expectClose(toDense(got.out), concat(want, 0), allowed);
      }
    }
  });

  it('have to agree otherwise', () => {
    const q = toTensor(concat([queries(random, 2), queries(random, 2)], 0), 'f32');
    const options = { mask: bool(Dense.filled([40], 1)), bias: toTensor(Dense.filled([41], 1), 'f32') };
    expectError(
      caught(() => attentionSync(q, sequences, options)),
      RangeError,
      'ERR_ATTN_SHAPE',
      'expected 1 or',
    );
  });
});
