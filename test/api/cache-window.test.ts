// Pools with a window: what queries see however tokens are cut into calls, and what can still be taken back.
import { attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { concat } from '../oracle/dense';
import { type Tokens, fill, joined, pool, queries, read, step, tokens } from '../support/cached';
import { expectClose, expectSameBits } from '../support/compare';
import { Random } from '../support/random';
import { toTensor } from '../support/tensors';
import { tolerances } from '../support/tolerance';

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
    expect([sequence.length, sequence.first]).toEqual([100, 80]);
    expect(ring.freePages).toBeGreaterThanOrEqual(1);
    const q = queries(random, 1);
    expectClose(read(sequence, q), oracle({ q, ...joined(parts.slice(80)) }).out, allowed);
  });
});
