// Every kernel of attention over cached sequences of one instruction set (ATTN_ISA) against the oracle.
import { describe, expect, it } from 'vitest';
import { KernelsSeen, whyUnavailable } from '../support/machine';
import { formOf, labelOf } from './attention-cases';
import { combinations, combinedCase } from './cached-attention-cases';
import { checkCached } from './check-cached';

const isa = process.env['ATTN_ISA'] ?? 'this machine';
const seen = new KernelsSeen();

describe.skipIf(whyUnavailable())(`attention over cached sequences on ${isa}`, () => {
  const choices = [1, 2].flatMap((seed) => combinations(seed));
  it.each(choices.map((choice, i) => [`${i}: ${labelOf(choice)}`, choice, i] as const))('%s', (_, choice, i) => {
    checkCached(combinedCase(choice, i), formOf(choice), (...call) => seen.note('cachedAttention', ...call));
  });

  it('every kernel was used', () => {
    expect(seen.missing('cached_attention')).toEqual([]);
  });
});
