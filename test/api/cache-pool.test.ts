// Cached sequences: what they hold, how they share pages, and that calls over them give what plain attention gives.
import { Sequence, Tensor, attention, attentionSync, setThreads } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { Dense, concat } from '../oracle/dense';
import { type Tokens, fill, heads, joined, pool, queries, read, step, stored, tokens } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { toDense, toTensor } from '../support/tensors';
import { tolerances } from '../support/tolerance';
import { caught, expectError } from './errors';

const stacked = (parts: readonly Dense[]) => concat(parts, 0);

describe('attention over cached sequences', () => {
  for (const dtype of ['f32', 'f16', 'bf16', 'i8', 'f8e4m3'] as const) {
    for (const queryType of ['f32', 'f16', 'bf16'] as const) {
      it(`of ${dtype} with ${queryType} queries agrees with the oracle`, () => {
        const random = new Random(7);
        const sequence = pool({ dtype }).sequence();
        const parts: Tokens[] = [];
        for (const count of [37, 1, 1, 5]) {
          const q = queries(random, count, queryType);
          const added = tokens(random, count, queryType);
          parts.push(added);
          const got = step([sequence], q, added, queryType);
          const { k, v } = joined(parts);
          const want = oracle({ q, k: stored(k, dtype), v: stored(v, dtype), causal: true }).out;
          expectClose(got, want, tolerances.attention.out[queryType]);
        }
        expect(sequence.length).toBe(44);
      });
    }
  }

  it('gives each sequence of a batch the bits that it gets alone, on any number of threads', () => {
    const lengths = [3, 16, 100, 260];
    const make = () => {
      const random = new Random(3);
      const shared = pool();
      const sequences = lengths.map(() => shared.sequence());
      for (const [i, sequence] of sequences.entries()) fill(sequence, random, lengths[i]!);
      return sequences;
    };
    const random = new Random(5);
    const q = lengths.map(() => queries(random, 1));
    const added = lengths.map(() => tokens(random, 1));
    const batch = {
      key: stacked(added.map(({ key }) => key)),
      value: stacked(added.map(({ value }) => value)),
    };
    const alone = make().map((sequence, i) => step([sequence], q[i]!, added[i]!));
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      expectSameBits(step(make(), stacked(q), batch), stacked(alone));
    }
  });

  it('takes sequences with different numbers of queries, packed', () => {
    const random = new Random(11);
    const shared = pool();
    const counts = [1, 0, 20, 4];
    const sequences = counts.map(() => shared.sequence());
    const before = sequences.map((sequence) => fill(sequence, random, 9));
    const q = queries(random, 25);
    const added = tokens(random, 25);
    const offsets = [0, 1, 1, 21, 25];
    const packed = (x: Dense) => toTensor(x.view(x.shape.slice(1)), 'f32');
    const { out } = attentionSync(packed(q), sequences, {
      causal: true,
      cuSeqlens: Tensor.from(Int32Array.from(offsets), [5]),
      append: { key: packed(added.key), value: packed(added.value) },
    });
    const want = counts.map((_, i) => {
      const [from, to] = [offsets[i]!, offsets[i + 1]!];
      const own = { key: added.key.slice(1, from, to), value: added.value.slice(1, from, to) };
      return oracle({ q: q.slice(1, from, to), ...joined([before[i]!, own]), causal: true }).out;
    });
    const got = toDense(out);
    expectClose(got.view([1, ...got.shape]), concat(want, 1), tolerances.attention.out.f32);
  });

  it('obeys window, softcap, sinks, slopes and scale', () => {
    const random = new Random(13);
    const sequence = pool().sequence();
    const { key: k, value: v } = fill(sequence, random, 90);
    const q = queries(random, 3);
    const sinks = random.normals([heads]).map(Math.fround);
    const slopes = random.uniforms([heads], -0.1, 0).map(Math.fround);
    const plain = { causal: true, window: { left: 40 }, softcap: 2, scale: 0.3 };
    const { out, lse } = attentionSync(toTensor(q, 'f32'), [sequence], {
      ...plain,
      sinks: toTensor(sinks, 'f32'),
      alibiSlopes: toTensor(slopes, 'f32'),
      returnLse: true,
    });
    const want = oracle({ q, k, v, ...plain, sinks, alibiSlopes: slopes });
    expectClose(toDense(out), want.out, tolerances.attention.out.f32);
    expectClose(toDense(lse!), want.lse, tolerances.attention.lse.f32);
  });

  it('gives zeros for an empty sequence', () => {
    expect([...read(pool().sequence(), queries(new Random(1), 1)).data].every((x) => x === 0)).toBe(true);
  });
});

describe('sequences', () => {
  it('forget rejected tokens', () => {
    const random = new Random(19);
    const shared = pool();
    const [speculative, plain] = [shared.sequence(), shared.sequence()];
    const start = fill(speculative, random, 30);
    step([plain], queries(random, 30), start);
    fill(speculative, random, 25);
    speculative.truncate(30);
    expect([speculative.length, shared.freePages]).toEqual([30, 36]);
    const [q, added] = [queries(random, 2), tokens(random, 2)];
    expectSameBits(step([speculative], q, added), step([plain], q, added));
  });

  it('share pages with their forks until one of them writes', () => {
    const random = new Random(23);
    const shared = pool();
    const parent = shared.sequence();
    const start = fill(parent, random, 40);
    const free = shared.freePages;
    const child = parent.fork();
    expect(shared.freePages).toBe(free);
    const q = queries(random, 1);
    const before = read(parent, q);
    const added = fill(child, random, 1);
    expect(shared.freePages).toBe(free - 1);
    expectSameBits(read(parent, q), before);
    expectClose(read(child, q), oracle({ q, ...joined([start, added]) }).out, tolerances.attention.out.f32);
    parent.dispose();
    child.dispose();
    expect(shared.freePages).toBe(shared.pages);
  });

  // Sequences of these lengths share their last page; those that append copy it, but for the longest, unless one of the
  // others keeps it as it is.
  describe.each([
    { appending: [10, 10], keeping: [], copies: 1 },
    { appending: [7, 10], keeping: [], copies: 1 },
    { appending: [10, 7, 10, 3], keeping: [], copies: 3 },
    { appending: [10, 7], keeping: [10], copies: 2 },
  ])('forked from one another: $appending append, $keeping do not', ({ appending, keeping, copies }) => {
    const make = () => {
      const shared = pool({ pages: 1 + copies });
      const parent = shared.sequence();
      fill(parent, new Random(31), 10);
      const forks = [...appending, ...keeping].map((length) => {
        const fork = parent.fork();
        fork.truncate(length);
        return fork;
      });
      parent.dispose();
      return { shared, forks, sequences: forks.slice(0, appending.length) };
    };
    const random = new Random(32);
    const count = appending.length;
    const one = (x: Dense, i: number) => x.slice(0, i, i + 1);
    const perSequence = (x: Dense) => x.view([count, 1, ...x.shape.slice(2)]);
    const q = perSequence(queries(random, count));
    const all = tokens(random, count);
    const [key, value] = [perSequence(all.key), perSequence(all.value)];
    const append = { key: toTensor(key, 'f32'), value: toTensor(value, 'f32') };

    it('take no more pages in one call than in several', () => {
      const { shared, forks, sequences } = make();
      const kept = forks.slice(count).map((fork) => fork.serialize());
      const alone = sequences.map((sequence) => Sequence.deserialize(pool(), sequence.serialize()));
      const got = step(sequences, q, { key, value });
      expect(shared.freePages).toBe(0);
      alone.forEach((sequence, i) => {
        const added = { key: one(key, i), value: one(value, i) };
        expectSameBits(one(got, i), step([sequence], one(q, i), added));
        expect(sequences[i]!.serialize()).toEqual(sequence.serialize());
      });
      expect(forks.slice(count).map((fork) => fork.serialize())).toEqual(kept);
    });

    it('are as they were when the call fails', async () => {
      const { shared, forks, sequences } = make();
      const before = forks.map((fork) => fork.serialize());
      const shape = [count, 1, heads, value.shape[3]!];
      const out = Tensor.from(Float32Array.from(Dense.filled(shape, 0).data), shape);
      const failing = attention(toTensor(q, 'f32'), sequences, { append, out });
      structuredClone(out.data, { transfer: [out.data.buffer as ArrayBuffer] });
      await expect(failing).rejects.toThrow('out');
      expect(shared.freePages).toBe(copies);
      expect(forks.map((fork) => fork.serialize())).toEqual(before);
    });
  });

  it('come back from bytes, whole and in chunks', () => {
    for (const dtype of ['f32', 'f16', 'bf16', 'i8', 'f8e4m3'] as const) {
      const random = new Random(29);
      const sequence = pool({ dtype }).sequence();
      fill(sequence, random, 50);
      const q = queries(random, 1);
      const want = read(sequence, q);
      const chunks = [sequence.serialize(0, 17), sequence.serialize(17, 18), sequence.serialize(18)];
      for (const bytes of [sequence.serialize(), chunks]) {
        const copy = Sequence.deserialize(pool({ dtype, pageSize: 32 }), bytes);
        expect(copy.length).toBe(50);
        expectSameBits(read(copy, q), want);
      }
    }
  });

  it('write a common prefix once, and share its pages again', () => {
    const random = new Random(41);
    for (const shared of [32, 39, 40]) {
      const parent = pool().sequence();
      fill(parent, random, shared);
      const forks = [1, 0, 23].map((count) => {
        const fork = parent.fork();
        fill(fork, random, count);
        return fork;
      });
      const target = pool({ pages: 10 });
      const prefix = Sequence.deserialize(target, parent.serialize());
      const before = target.freePages;
      const copies = forks.map((fork) => Sequence.deserialize(prefix, fork.serialize(shared)));
      const full = Math.floor(shared / 16);
      const own = forks.map(({ length }) => (length > shared ? Math.ceil(length / 16) - full : 0));
      expect(target.freePages).toBe(before - own.reduce((a, b) => a + b));
      const q = queries(random, 1);
      for (const [i, copy] of copies.entries()) expectSameBits(read(copy, q), read(forks[i]!, q));
      expectSameBits(read(prefix, q), read(parent, q));
      for (const copy of copies) copy.dispose();
      expect(target.freePages).toBe(before);
    }
  });

  it('refuse to continue a prefix that ends elsewhere, or what is none', () => {
    const random = new Random(43);
    const parent = pool().sequence();
    fill(parent, random, 20);
    const fork = parent.fork();
    fill(fork, random, 3);
    expectError(
      caught(() => Sequence.deserialize(parent, fork.serialize(19))),
      Error,
      'ERR_ATTN_DATA',
      'expected tokens from 20 on, got 19',
    );
    expectError(
      caught(() => Sequence.deserialize({} as Sequence, fork.serialize())),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'into must be a CachePool or a Sequence',
    );
    expect(parent.length).toBe(20);
  });

  it('refuse damaged bytes and those of another pool', () => {
    const sequence = pool().sequence();
    fill(sequence, new Random(31), 5);
    const bytes = sequence.serialize();
    const target = pool();
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      expect(caught(() => Sequence.deserialize(target, damaged))).toBeInstanceOf(Error);
    }
    expect(caught(() => Sequence.deserialize(target, bytes.subarray(0, bytes.length - 1)))).toBeInstanceOf(Error);
    const older = bytes.slice();
    new DataView(older.buffer).setUint32(8, 0, true);
    expectError(
      caught(() => Sequence.deserialize(target, older)),
      Error,
      'ERR_ATTN_DATA',
      'version 0, this package reads 1',
    );
    expect(caught(() => Sequence.deserialize(pool({ dtype: 'f16' }), bytes))).toBeInstanceOf(Error);
    expect(caught(() => Sequence.deserialize(target, [sequence.serialize(2)]))).toBeInstanceOf(Error);
    expect(target.freePages).toBe(target.pages);
  });

  it('are busy while a call uses them, and unchanged when it fails', async () => {
    const random = new Random(37);
    const small = pool({ pages: 3 });
    const sequence = small.sequence();
    fill(sequence, random, 20);
    const q = queries(random, 1);
    const before = read(sequence, q);
    const twice = caught(() => attentionSync(toTensor(stacked([q, q]), 'f32'), [sequence, sequence]));
    expectError(twice, Error, 'ERR_ATTN_BUSY', 'sequences[1]');
    const full = caught(() => fill(sequence, random, 40));
    expectError(full, Error, 'ERR_ATTN_POOL_FULL', 'nothing was changed');
    expect([sequence.length, small.freePages]).toEqual([20, 1]);
    expectSameBits(read(sequence, q), before);

    const append = { key: toTensor(tokens(random, 1).key, 'f32'), value: toTensor(tokens(random, 1).value, 'f32') };
    const running = attention(toTensor(q, 'f32'), [sequence], { append });
    expectError(
      caught(() => sequence.truncate(0)),
      Error,
      'ERR_ATTN_BUSY',
    );
    await running;
    expect(sequence.length).toBe(21);

    const stopped = new AbortController();
    const aborted = attention(toTensor(q, 'f32'), [sequence], { append, signal: stopped.signal });
    stopped.abort(new Error('enough'));
    await aborted.catch(() => undefined);
    expect([21, 22]).toContain(sequence.length); // it may have been done already
    sequence.truncate(21);
    fill(sequence, random, 1);
    expect(sequence.length).toBe(22);
  });

  it('end with a clear error when they are used after dispose', () => {
    const sequence = pool().sequence();
    sequence.dispose();
    expect(sequence.disposed).toBe(true);
    const q = toTensor(queries(new Random(1), 1), 'f32');
    expect(caught(() => attentionSync(q, [sequence]))).toBeInstanceOf(Error);
    expect(caught(() => sequence.fork())).toBeInstanceOf(Error);
  });
});
