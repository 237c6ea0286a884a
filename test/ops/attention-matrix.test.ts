// Every attention kernel of one instruction set (ATTN_ISA) against the oracle: shapes, dtypes, options in pairs, forms.
import { attentionSync, explain } from 'hybrid-attention';
import { afterAll, describe, expect, it } from 'vitest';
import type { AttentionCase } from '../oracle/attention';
import { Dense } from '../oracle/dense';
import { expectClose } from '../support/compare';
import { KernelsSeen, whyUnavailable } from '../support/machine';
import { type Form, attentionCall } from '../support/run';
import { toDense, toTensor } from '../support/tensors';
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

  // Each axis alone and in pairs: the empty result, zeros where there are no keys, or an error that names the axis.
  const axes = ['B', 'T', 'S', 'Hq', 'Hkv', 'K', 'V'] as const;
  const pairs = axes.flatMap((a, i) => axes.slice(i).map((b) => [a, b] as const));
  it.each(pairs)('no extent along %s and %s', (a, b) => {
    for (const tokens of [3, 20]) {
      const sizes = [2, tokens, 30, 4, 2, 16, 8].map((size, i) => (axes[i] === a || axes[i] === b ? 0 : size));
      const [B, T, S, Hq, Hkv, K, V] = sizes as unknown as Shape;
      for (const dtype of dtypes) {
        const ones = (...shape: number[]) => toTensor(Dense.filled(shape, 1), dtype);
        const call = () =>
          attentionSync(ones(B, T, Hq, K), ones(B, S, Hkv, K), ones(B, S, Hkv, V), { returnLse: true });
        if (K === 0 || (Hkv === 0 && Hq > 0)) {
          expect(call).toThrow(expect.objectContaining({ code: 'ERR_ATTN_SHAPE' }));
          continue;
        }
        const { out, lse } = call();
        expectClose(toDense(out), Dense.filled([B, T, Hq, V], S === 0 ? 0 : 1), { absolute: 2 ** -8 });
        expect(lse.shape).toEqual([B, Hq, T]);
        expect(toDense(lse).data.every((x) => (S === 0 ? x === Number.NEGATIVE_INFINITY : x > 0))).toBe(true);
      }
    }
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
