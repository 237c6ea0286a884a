// Every linear attention kernel of one instruction set (ATTN_ISA) against the oracle.
import { explain } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import type { LinearAttentionCase } from '../oracle/linear-attention';
import { KernelsSeen, whyUnavailable } from '../support/machine';
import { type Form, linearCall } from '../support/run';
import { checkLinear } from './check';
import { combinations, combinedCase, formOf, labelOf } from './linear-attention-cases';

const isa = process.env['ATTN_ISA'] ?? 'this machine';
const seen = new KernelsSeen();

function check(args: LinearAttentionCase, form: Form): void {
  const { q, k, v, options } = linearCall(args, form);
  seen.note('linearAttention', q, k, v, options);
  checkLinear(args, form);
}

describe.skipIf(whyUnavailable())(`linear attention on ${isa}`, () => {
  const choices = [1, 2].flatMap((seed) => combinations(seed));
  it.each(choices.map((choice, i) => [`${i}: ${labelOf(choice)}`, choice, i] as const))('%s', (_, choice, i) => {
    check(combinedCase(choice, i), formOf(choice));
  });

  it('every kernel was used', () => {
    expect(seen.missing('linear_attention')).toEqual([]);
  });

  const byTokens = (tokens: number): LinearAttentionCase => {
    const rule = { rule: 'gated_delta', decay: 'perHead', beta: 'perHead', featureMap: 'identity', normalize: 'none' };
    const sizes = { tokens: String(tokens), heads: '2/2/2', dims: '40/24', packing: 'none', causal: 'causal' };
    return combinedCase({ ...rule, ...sizes }, tokens);
  };

  // Where the choice of kernel changes as the number of tokens grows, both sides must be right.
  it('both sides of each edge of supports', () => {
    const kernel = (T: number): string => {
      const { q, k, v, options } = linearCall(byTokens(T), { dtype: 'f32' });
      return explain('linearAttention', q, k, v, options).kernel ?? 'none';
    };
    const edges = Array.from({ length: 70 }, (_, i) => i + 1).filter((T) => kernel(T) !== kernel(T + 1));
    for (const T of edges.flatMap((edge) => [edge, edge + 1])) check(byTokens(T), { dtype: 'f32' });
  });
});
