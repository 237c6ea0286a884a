// Cached sequences: what a key that nobody sees holds, and rows whose biases are all the lowest number.
import { type CachePoolOptions, type CachedAttentionOptions, attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { attention as oracle } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { type Tokens, fill, joined, pool, queries, stored, tokens } from '../support/cached';
import { expectClose } from '../support/compare';
import { whyUnavailable } from '../support/machine';
import { Random } from '../support/random';
import { toDense, toTensor } from '../support/tensors';
import { tolerances } from '../support/tolerance';

const { f32: allowed } = tolerances.attention.out;
const pages = ['f32', 'f16', 'bf16', 'i8', 'f8e4m3'] as const;
/** Queries of the decode form and of the prefill form. */
const forms = [3, 20];

const appended = ({ key, value }: Tokens) => ({ key: toTensor(key, 'f32'), value: toTensor(value, 'f32') });
const holding = ({ key, value }: Tokens, position: number, content: number): Tokens => {
  const changed = (x: Dense) =>
    Dense.build(x.shape, (index) => (index[1] === position ? content : x.data[x.offset(index)]!));
  return { key: changed(key), value: changed(value) };
};

describe.skipIf(whyUnavailable()).each(pages)('pages of %s', (dtype) => {
  const make = (options: Partial<CachePoolOptions> = {}) => pool({ dtype, pages: 20, ...options }).sequence();

  it.each(forms)('keep a NaN in a key that none of %d queries sees to themselves', (count) => {
    const random = new Random(29);
    const [all, q] = [tokens(random, 90), queries(random, count)];
    const hidden = 41;
    const visible = Dense.build([90], ([j]) => (j === hidden ? 0 : 1));
    const choices: CachedAttentionOptions[] = [
      { mask: toTensor(visible, 'bool') },
      {
        bias: toTensor(
          visible.map((x) => (x === 1 ? 0.5 : Number.NEGATIVE_INFINITY)),
          'f32',
        ),
      },
      {
        keyIndices: toTensor(
          Dense.build([1, count, 89], ([, , i]) => (i! < hidden ? i! : i! + 1)),
          'i32',
        ),
      },
    ];
    const run = (content: number, options: CachedAttentionOptions) => {
      const sequence = make();
      const append = appended(holding(all, hidden, content));
      attentionSync(toTensor(queries(random, 90), 'f32'), [sequence], { append });
      return toDense(attentionSync(toTensor(q, 'f32'), [sequence], options).out);
    };
    for (const options of choices) {
      const want = run(0, options);
      expect(want.data.every(Number.isFinite)).toBe(true);
      // A block with a NaN in it takes sums in another order.
      for (const content of [Number.NaN, Number.POSITIVE_INFINITY]) expectClose(run(content, options), want, allowed);
    }
  });

  it.each(forms)('keep a NaN in the last key to the one of %d causal queries that sees it', (count) => {
    const random = new Random(31);
    const [all, q] = [tokens(random, 60), queries(random, count)];
    const run = (content: number) => {
      const sequence = make();
      const append = appended(holding(all, 59, content));
      attentionSync(toTensor(queries(random, 60), 'f32'), [sequence], { append });
      return toDense(attentionSync(toTensor(q, 'f32'), [sequence], { causal: true }).out);
    };
    const [got, want] = [run(Number.NaN), run(0)];
    expectClose(got.slice(1, 0, count - 1), want.slice(1, 0, count - 1), allowed);
    expect(got.slice(1, count - 1, count).data.every(Number.isNaN)).toBe(true);
  });

  it.each(forms)('give %d rows whose biases are all the lowest number their keys evenly', (count) => {
    const random = new Random(37);
    const lowest = -3.4028234663852886e38;
    for (const ring of [{}, { window: 30, rollback: 32 }]) {
      const sequence = make(ring);
      const all = fill(sequence, random, 80);
      const q = queries(random, count);
      const bias = Dense.build([count, 80], ([t]) => (t! % 2 === 0 ? lowest : 0.25));
      const { out, lse } = attentionSync(toTensor(q, 'f32'), [sequence], {
        bias: toTensor(bias, 'f32'),
        causal: true,
        returnLse: true,
      });
      const { k, v } = joined([all]);
      const window = ring.window === undefined ? {} : { window: { left: ring.window - 1 } };
      const want = oracle({ q, k: stored(k, dtype), v: stored(v, dtype), bias, causal: true, ...window });
      expectClose(toDense(out), want.out, allowed);
      expectClose(toDense(lse), want.lse, tolerances.attention.lse.f32, 'lse');
    }
  });
});
