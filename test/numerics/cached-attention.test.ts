// Cached sequences: what a key that a query does not see holds.
import { attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { Dense } from '../oracle/dense';
import { type Tokens, pool, queries, tokens } from '../support/cached';
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
  it.each(forms)('keep a NaN in the last key to the one of %d causal queries that sees it', (count) => {
    const random = new Random(31);
    const [all, q] = [tokens(random, 60), queries(random, count)];
    const run = (content: number) => {
      const sequence = pool({ dtype }).sequence();
      const append = appended(holding(all, 59, content));
      attentionSync(toTensor(queries(random, 60), 'f32'), [sequence], { append });
      return toDense(attentionSync(toTensor(q, 'f32'), [sequence], { causal: true }).out);
    };
    const [got, want] = [run(Number.NaN), run(0)];
    expectClose(got.slice(1, 0, count - 1), want.slice(1, 0, count - 1), allowed);
    expect(got.slice(1, count - 1, count).data.every(Number.isNaN)).toBe(true);
  });
});
