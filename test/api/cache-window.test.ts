// Pools with a window: what queries see however tokens are cut into calls, and what can still be taken back.
import { Sequence, attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { concat } from '../oracle/dense';
import { type Tokens, fill, joined, pool, queries, read, step, tokens } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { toDense, toTensor } from '../support/tensors';
import { tolerances } from '../support/tolerance';
import { caught, expectError } from './errors';

const { f32: allowed } = tolerances.attention.out;

describe('a window', () => {
  it.each([[Array.from({ length: 61 }, () => 1)], [[61]], [[5, 16, 40]], [[20, 1, 1, 17, 22]]])(
    'is the same for tokens in calls of %j',
    (counts) => {
      const random = new Random(41);
      const [q, all] = [queries(random, 61), tokens(random, 61)];
      const sequence = pool({ window: 8 }).sequence();
      let from = 0;
      const parts = counts.map((count) => {
        const to = from + count;
        const added = { key: all.key.slice(1, from, to), value: all.value.slice(1, from, to) };
        const out = step([sequence], q.slice(1, from, to), added);
        from = to;
        return out;
      });
      const want = oracle({ q, ...joined([all]), causal: true, window: { left: 7 } }).out;
      expectClose(concat(parts, 1), want, allowed);
    },
  );

  it('is the same when a token is read again', () => {
    const random = new Random(43);
    const sequence = pool({ window: 8 }).sequence();
    fill(sequence, random, 30);
    const q = queries(random, 1);
    expectSameBits(step([sequence], q, tokens(random, 1)), read(sequence, q));
  });

  it('is narrowed by the window of a call, never widened', () => {
    const random = new Random(47);
    const sequence = pool({ window: 8 }).sequence();
    const all = joined([fill(sequence, random, 30)]);
    const q = queries(random, 1);
    const seen = (left: number) => {
      const { lse } = attentionSync(toTensor(q, 'f32'), [sequence], { window: { left }, returnLse: true });
      return lse!.data[0]!;
    };
    const want = (left: number) => oracle({ q, ...all, window: { left } }).lse.data[0]!;
    expect(seen(3)).toBeCloseTo(want(3), 5);
    expect(seen(20)).toBeCloseTo(want(7), 5);
  });

  it('keeps its tokens and gives the older pages back', () => {
    const random = new Random(17);
    const ring = pool({ window: 20, pages: 4 });
    const sequence = ring.sequence();
    const parts: Tokens[] = [];
    for (let i = 0; i < 100; ++i) parts.push(fill(sequence, random, 1));
    expect([sequence.length, sequence.first]).toEqual([100, 64]);
    expect(ring.freePages).toBe(1);
    const q = queries(random, 1);
    expectClose(read(sequence, q), oracle({ q, ...joined(parts.slice(80)) }).out, allowed);
  });

  it('lets a prompt longer than the pool pass through it in several calls', () => {
    const random = new Random(53);
    const [q, all] = [queries(random, 200), tokens(random, 200)];
    const ring = pool({ window: 32, rollback: 0, pages: 4 });
    const sequence = ring.sequence();
    const piece = (from: number, to: number) => {
      const added = { key: all.key.slice(1, from, to), value: all.value.slice(1, from, to) };
      return step([sequence], q.slice(1, from, to), added);
    };
    expectError(
      caught(() => piece(0, 200)),
      Error,
      'ERR_ATTN_POOL_FULL',
      '13 more pages are needed',
    );
    const parts = Array.from({ length: 10 }, (_, i) => piece(20 * i, 20 * i + 20));
    const want = oracle({ q, ...joined([all]), causal: true, window: { left: 31 } }).out;
    expectClose(concat(parts, 1), want, allowed);
  });
});

describe('tokens under a window', () => {
  it('can be taken back, as many as the rollback says, wherever pages end', () => {
    for (const rollback of [0, 1, 5, 16]) {
      const random = new Random(59);
      const sequence = pool({ window: 8, rollback }).sequence();
      for (let length = 1; length < 70; ++length) {
        fill(sequence, random, 1);
        const least = Math.max(1, length - rollback);
        const back = sequence.fork();
        if (length > 8 + rollback) {
          expectError(
            caught(() => back.truncate(least - 1)),
            RangeError,
            'ERR_ATTN_VALUE',
            `expected 0 or at least ${least}`,
          );
        }
        back.truncate(least);
        expect(back.length).toBe(least);
        back.truncate(0);
        expect([back.length, back.first]).toEqual([0, 0]);
        back.dispose();
      }
    }
  });

  it('are what they would be without the rejected ones', () => {
    const random = new Random(61);
    const shared = pool({ window: 8, rollback: 3, pages: 6 });
    const [speculative, plain] = [shared.sequence(), shared.sequence()];
    for (let i = 0; i < 60; ++i) {
      const [q, four] = [queries(random, 4), tokens(random, 4)];
      const one = { key: four.key.slice(1, 0, 1), value: four.value.slice(1, 0, 1) };
      const guesses = step([speculative], q, four);
      speculative.truncate(speculative.length - 3);
      expectClose(guesses.slice(1, 0, 1), step([plain], q.slice(1, 0, 1), one), allowed);
    }
    const last = queries(random, 1);
    expectSameBits(read(speculative, last), read(plain, last));
  });

  it('begin anew after all were taken back', () => {
    const random = new Random(67);
    const sequence = pool({ window: 8 }).sequence();
    fill(sequence, random, 60);
    sequence.truncate(0);
    const all = joined([fill(sequence, random, 5)]);
    const q = queries(random, 1);
    expectClose(read(sequence, q), oracle({ q, ...all }).out, allowed);
  });

  it('are refused to queries that would need the dropped ones', () => {
    const random = new Random(71);
    const sequence = pool({ window: 8, rollback: 3 }).sequence();
    const all = joined([fill(sequence, random, 60)]);
    const q = queries(random, 4);
    const want = oracle({ q, ...all, window: { left: 7 } }).out;
    expectClose(read(sequence, q), want, allowed);
    expectError(
      caught(() => read(sequence, queries(random, 5))),
      RangeError,
      'ERR_ATTN_VALUE',
      'sequences[0]: the query at position 55 sees tokens from 48 on, but those before 49 are gone',
    );
  });
});

describe('the bytes of a sequence', () => {
  it('give a copy that accepts what the original accepts', () => {
    const random = new Random(73);
    const shared = pool({ window: 8, rollback: 3 });
    const sequence = shared.sequence();
    for (let length = 1; length < 60; ++length) {
      fill(sequence, random, 1);
      const copy = Sequence.deserialize(shared, sequence.serialize());
      expect([copy.length, copy.first]).toEqual([sequence.length, sequence.first]);
      copy.truncate(Math.max(0, length - 3));
      const back = sequence.fork();
      back.truncate(Math.max(0, length - 3));
      const q = queries(random, 1);
      expectSameBits(read(copy, q), read(back, q));
      for (const used of [copy, back]) used.dispose();
    }
  });

  it('take no more room in a pool with a window than its own sequences', () => {
    const random = new Random(79);
    const long = pool().sequence();
    const all = joined([fill(long, random, 200)]);
    const chunks = [0, 50, 160, 170].map((from, i, starts) => long.serialize(from, starts[i + 1] ?? 200));
    const q = queries(random, 1);
    const want = oracle({ q, ...all, window: { left: 7 } }).out;
    for (const bytes of [long.serialize(), chunks]) {
      const ring = pool({ window: 8, rollback: 3, pages: 2 });
      const copy = Sequence.deserialize(ring, bytes);
      expect([copy.length, copy.first, ring.freePages]).toEqual([200, 189, 0]);
      expectClose(read(copy, q), want, allowed);
    }
  });

  it('of a window serve a pool without one as far as they reach', () => {
    const random = new Random(83);
    const sequence = pool({ window: 8 }).sequence();
    const all = joined([fill(sequence, random, 60)]);
    const copy = Sequence.deserialize(pool(), sequence.serialize());
    const q = queries(random, 1);
    const { out } = attentionSync(toTensor(q, 'f32'), [copy], { window: { left: 20 } });
    expectClose(toDense(out), oracle({ q, ...all, window: { left: 20 } }).out, allowed);
    expectError(
      caught(() => read(copy, q)),
      RangeError,
      'ERR_ATTN_VALUE',
      'those before 36 are gone',
    );
  });
});
