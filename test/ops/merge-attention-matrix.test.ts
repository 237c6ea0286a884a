// Every kernel of mergeAttention of one instruction set (ATTN_ISA) against the oracle.
import { describe, expect, it } from 'vitest';
import { KernelsSeen, whyUnavailable } from '../support/machine';
import { formOf, labelOf } from './attention-cases';
import { checkMerge } from './check';
import { combinations, combinedCase } from './merge-attention-cases';

const isa = process.env['ATTN_ISA'] ?? 'this machine';
const seen = new KernelsSeen();

describe.skipIf(whyUnavailable())(`merging on ${isa}`, () => {
  const choices = combinations(1);
  it.each(choices.map((choice, i) => [`${i}: ${labelOf(choice)}`, choice, i] as const))('%s', (_, choice, i) => {
    checkMerge(combinedCase(choice, i), formOf(choice), (...call) => seen.note('mergeAttention', ...call));
  });

  it('every kernel was used', () => {
    expect(seen.missing('merge_attention')).toEqual([]);
  });
});
