// Every linear attention kernel of one instruction set (ATTN_ISA) against the oracle.
import { explain } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { type LinearAttentionCase, linearAttention } from '../oracle/linear-attention';
import { expectClose, expectSameBits } from '../support/compare';
import { KernelsSeen, onThreads, whyUnavailable } from '../support/machine';
import { type Form, linearCall, roundedCase, runLinear } from '../support/run';
import type { Layout } from '../support/tensors';
import { type FloatType, tolerances } from '../support/tolerance';
import { combinations, combinedCase, labelOf } from './linear-attention-cases';

const isa = process.env['ATTN_ISA'] ?? 'this machine';
const seen = new KernelsSeen();

/** Package against oracle, with one thread and with two, which must agree in every bit. */
function check(given: LinearAttentionCase, form: Form): void {
  const args = roundedCase(given, form);
  const { q, k, v, options } = linearCall(args, form);
  seen.note('linearAttention', q, k, v, options);
  const got = onThreads(1, () => runLinear(args, form));
  const again = onThreads(2, () => runLinear(args, form));
  const want = linearAttention(args);
  const { out, state, normalizer } = tolerances.linearAttention;
  expectClose(got.out, want.out, out[form.dtype]);
  expectSameBits(again.out, got.out, 'out on two threads');
  if (got.state) {
    expectClose(got.state, want.state, state[form.dtype], 'state');
    expectSameBits(again.state!, got.state, 'state on two threads');
  }
  if (got.normalizer) {
    expectClose(got.normalizer, want.normalizer, normalizer[form.dtype], 'normalizer');
    expectSameBits(again.normalizer!, got.normalizer, 'normalizer on two threads');
  }
}

describe.skipIf(whyUnavailable())(`linear attention on ${isa}`, () => {
  const choices = [1, 2].flatMap((seed) => combinations(seed).map((choice) => ({ seed, choice })));
  it.each(choices.map(({ seed, choice }, i) => [`${seed}: ${labelOf(choice)}`, choice, i] as const))(
    '%s',
    (_, choice, i) => {
      const dtype = choice['dtype'] as FloatType;
      const optionDtype = choice['optionDtype'] === 'f32' ? 'f32' : dtype;
      check(combinedCase(choice, i), { dtype, optionDtype, layout: choice['layout'] as Layout });
    },
  );

  it('every kernel was used', () => {
    expect(seen.missing('linear_attention')).toEqual([]);
  });

  const byTokens = (tokens: number): LinearAttentionCase => {
    const choice = {
      ...combinations(1)[0]!,
      tokens: String(tokens),
      rule: 'gated_delta',
      decay: 'perHead',
      beta: 'perHead',
    };
    const plain = { dtype: 'f32', featureMap: 'identity', normalize: 'none', packing: 'none', causal: 'causal' };
    return combinedCase({ ...choice, ...plain, dims: '40/24', heads: '2/2/2' }, tokens);
  };

  it('both sides of each edge of supports', () => {
    const chosen = (T: number): string => {
      const { q, k, v, options } = linearCall(byTokens(T), { dtype: 'f32' });
      return explain('linearAttention', q, k, v, options).kernel ?? 'none';
    };
    const edges = Array.from({ length: 70 }, (_, i) => i + 1).filter((T) => chosen(T) !== chosen(T + 1));
    for (const T of edges.flatMap((edge) => [edge, edge + 1])) check(byTokens(T), { dtype: 'f32' });
  });
});
