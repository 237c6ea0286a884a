// Segments worked on apart and joined give the state of the whole sequence.
import {
  type SegmentOptions,
  chainStates,
  chainStatesSync,
  linearAttentionSync,
  segmentState,
  segmentStateSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { call, cut, difference, numbers, randomInputs, rules } from './support';

describe('chainStates', () => {
  it.each(rules)('%s: joins segments exactly', async (rule) => {
    const inputs = randomInputs(rule, 50, 20, 2);
    const before = linearAttentionSync(...call(randomInputs(rule, 7, 21, 2), rule, { returnState: true })).state!;
    const segments = [0, 20, 21].map((start, i) => {
      const { q, k, v, ...gates } = cut(inputs, start, [20, 21, 50][i]!);
      expect(q!.shape[0]).toBe(2);
      return { k: k!, v: v!, options: { ...gates, updateRule: rule } as SegmentOptions };
    });
    const sync = segments.map(({ k, v, options }) => segmentStateSync(k, v, options));
    const async = await Promise.all(segments.map(({ k, v, options }) => segmentState(k, v, options)));
    for (const state of [undefined, before]) {
      const want = linearAttentionSync(...call(inputs, rule, { returnState: true, ...(state && { state }) })).state!;
      const got = chainStatesSync(sync, { state });
      expect(difference(numbers(got), numbers(want))).toBeLessThan(3e-6);
      expect(numbers(await chainStates(async, { state }))).toEqual(numbers(got));
    }
  });

  it('needs a segment', () => {
    expect(() => chainStatesSync([])).toThrow('segments');
  });
});
