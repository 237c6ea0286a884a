// Every attention kernel of one instruction set (ATTN_ISA) against the oracle: shapes, dtypes, options in pairs, forms.
import { attentionSync, explain } from 'hybrid-attention';
import { afterAll, describe, expect, it } from 'vitest';
import type { AttentionCase } from '../oracle/attention';
import { KernelsSeen, whyUnavailable } from '../support/machine';
import { type Form, attentionCall } from '../support/run';
import type { FloatType } from '../support/tolerance';
import {
  type Shape,
  combinations,
  combinedCase,
  formOf,
  labelOf,
  plainCase,
  shapes,
  wantedOf,
} from './attention-cases';
import { type Wanted, checkAttention } from './check';

const dtypes: readonly FloatType[] = ['f32', 'f16', 'bf16'];
const isa = process.env['ATTN_ISA'] ?? 'this machine';
const unavailable = whyUnavailable();
const seen = new KernelsSeen();

function check(args: AttentionCase, form: Form, wanted: Wanted): void {
  const { q, k, v, options } = attentionCall(args, form, wanted.scores ? { scores: wanted.scores } : {});
  seen.note('attention', q, k, v, options);
  checkAttention(args, form, wanted);
}

describe.skipIf(unavailable)(`attention on ${isa}`, () => {
  describe.each(dtypes)('%s', (dtype) => {
    it.each(shapes.map((shape, i) => [shape.join(' '), shape, i] as const))('[B T S Hq Hkv K V] %s', (_, shape, i) => {
      check(plainCase(shape, i), { dtype }, { lse: true });
      check({ ...plainCase(shape, i + 100), causal: true }, { dtype, layout: 'headsFirst' }, { lse: true });
      check({ ...plainCase(shape, i + 200), causal: true, queryStart: 0 }, { dtype, layout: 'padded' }, {});
    });
  });

  const choices = [1, 2].flatMap((seed) => combinations(seed));
  it.each(choices.map((choice, i) => [`${i}: ${labelOf(choice)}`, choice, i] as const))('%s', (_, choice, i) => {
    check(combinedCase(choice, i), formOf(choice), wantedOf(choice));
  });

  it('every kernel was used', () => {
    expect(seen.missing('attention')).toEqual([]);
  });

  const kernel = (shape: Shape, dtype: FloatType): string => {
    const { q, k, v, options } = attentionCall(plainCase(shape, 1), { dtype });
    return explain('attention', q, k, v, options).kernel ?? 'none';
  };

  it('the form depends on the rows of a sequence, not on the batch', () => {
    for (const T of [1, 2, 8, 15, 16, 17, 18, 33, 64]) {
      expect([T, kernel([3, T, 300, 4, 2, 64, 64], 'f32')]).toEqual([T, kernel([1, T, 300, 4, 2, 64, 64], 'f32')]);
    }
  });

  // Where the choice of kernel changes as the number of query rows grows, both sides must be right.
  it.each(dtypes)('both sides of each edge of supports, %s', (dtype) => {
    const sized = (T: number): Shape => [1, T, 80, 2, 1, 32, 32];
    const rows = Array.from({ length: 70 }, (_, i) => i + 1);
    const edges = rows.filter((T) => kernel(sized(T), dtype) !== kernel(sized(T + 1), dtype));
    for (const T of edges.flatMap((edge) => [edge, edge + 1])) check(plainCase(sized(T), T), { dtype }, {});
  });

  it('a refusal says why', () => {
    const { q, k, v } = attentionCall(plainCase([1, 100, 100, 2, 1, 32, 32], 1), { dtype: 'f32' });
    for (const { reason } of explain('attention', q, k, v).refused) expect(reason).toMatch(/\w+ \w+/);
    expect(attentionSync(q, k, v).out.shape).toEqual([1, 100, 2, 32]);
  });
});

afterAll(() => {
  if (unavailable) console.log(`skipped: ${unavailable}`);
});
