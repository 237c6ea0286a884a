// Every attention kernel of one instruction set (ATTN_ISA) against the oracle: shapes, dtypes, options in pairs, forms.
import { attentionSync, explain } from 'hybrid-attention';
import { afterAll, describe, expect, it } from 'vitest';
import { type AttentionCase, type ScoreStage, attention } from '../oracle/attention';
import { expectClose, expectSameBits } from '../support/compare';
import { KernelsSeen, onThreads, whyUnavailable } from '../support/machine';
import { type Form, attentionCall, roundedCase, runAttention } from '../support/run';
import type { Layout } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';
import { combinations, combinedCase, labelOf, plainCase, shapes } from './attention-cases';

const dtypes: readonly FloatType[] = ['f32', 'f16', 'bf16'];
const isa = process.env['ATTN_ISA'] ?? 'this machine';
const unavailable = whyUnavailable();
const seen = new KernelsSeen();

function note(args: AttentionCase, form: Form, further: object): void {
  const { q, k, v, options } = attentionCall(args, form, further);
  seen.note('attention', q, k, v, options);
}

/** Package against oracle, with one thread and with two, which must agree in every bit. */
function check(given: AttentionCase, form: Form, wanted: { scores?: ScoreStage; lse?: boolean }): void {
  const args = roundedCase(given, form);
  note(args, form, wanted.scores ? { scores: wanted.scores } : {});
  const got = onThreads(1, () => runAttention(args, form, wanted));
  const again = onThreads(2, () => runAttention(args, form, wanted));
  const want = attention(args);
  const { out, lse, scores } = tolerances.attention;
  expectClose(got.out, want.out, out[form.dtype]);
  expectSameBits(again.out, got.out, 'out on two threads');
  if (wanted.lse) {
    expectClose(got.lse!, want.lse, lse[form.dtype], 'lse');
    expectSameBits(again.lse!, got.lse!, 'lse on two threads');
  }
  if (wanted.scores) {
    expectClose(got.scores!, want.scores![wanted.scores], scores[form.dtype], wanted.scores);
    expectSameBits(again.scores!, got.scores!, `${wanted.scores} on two threads`);
  }
}

describe.skipIf(unavailable)(`attention on ${isa}`, () => {
  describe.each(dtypes)('%s', (dtype) => {
    it.each(shapes.map((shape, i) => [shape.join(' '), shape, i] as const))('[B T S Hq Hkv K V] %s', (_, shape, i) => {
      check(plainCase(shape, i), { dtype }, { lse: true });
      check({ ...plainCase(shape, i + 100), causal: true }, { dtype, layout: 'headsFirst' }, { lse: true });
      check({ ...plainCase(shape, i + 200), causal: true, queryStart: 0 }, { dtype, layout: 'padded' }, {});
    });
  });

  const choices = [1, 2].flatMap((seed) => combinations(seed).map((choice) => ({ seed, choice })));
  it.each(choices.map(({ seed, choice }, i) => [`${seed}: ${labelOf(choice)}`, choice, i] as const))(
    '%s',
    (_, choice, i) => {
      const dtype = choice['dtype'] as FloatType;
      const optionDtype = choice['optionDtype'] === 'f32' ? 'f32' : dtype;
      const form: Form = { dtype, optionDtype, layout: choice['layout'] as Layout };
      const wanted = choice['wanted']!;
      const stage = wanted === 'out' || wanted === 'lse' ? {} : { scores: wanted as ScoreStage };
      check(combinedCase(choice, i), form, { lse: wanted === 'lse', ...stage });
    },
  );

  it('every kernel was used', () => {
    expect(seen.missing('attention')).toEqual([]);
  });

  it('the form depends on the rows of a sequence, not on the batch', () => {
    const kernel = (B: number, T: number): string | null | undefined => {
      const { q, k, v, options } = attentionCall(plainCase([B, T, 300, 4, 2, 64, 64], 1), { dtype: 'f32' });
      return explain('attention', q, k, v, options).kernel;
    };
    for (const T of [1, 2, 8, 15, 16, 17, 18, 33, 64]) expect([T, kernel(3, T)]).toEqual([T, kernel(1, T)]);
  });

  // Where the choice of kernel changes as the number of query rows grows, both sides must be right.
  it.each(dtypes)('both sides of each edge of supports, %s', (dtype) => {
    const chosen = (T: number): string => {
      const { q, k, v, options } = attentionCall(plainCase([1, T, 80, 2, 1, 32, 32], T), { dtype });
      return explain('attention', q, k, v, options).kernel ?? 'none';
    };
    const edges = Array.from({ length: 70 }, (_, i) => i + 1).filter((T) => chosen(T) !== chosen(T + 1));
    for (const T of edges.flatMap((edge) => [edge, edge + 1]))
      check(plainCase([1, T, 80, 2, 1, 32, 32], T), { dtype }, {});
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
