// Segments worked on apart and joined give the state of the whole sequence.
import {
  type SegmentOptions,
  type Tensor,
  type TensorLike,
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

  it('takes tensors of other libraries', async () => {
    const inputs = randomInputs('gated', 30, 22);
    const segments = [0, 13].map((start) => {
      const { k, v, decay } = cut(inputs, start, start + 13);
      return segmentStateSync(k!, v!, { updateRule: 'gated', decay: decay! });
    });
    const dims = (x: Tensor): TensorLike => ({ data: Float32Array.from(numbers(x)), dims: x.shape, type: 'float32' });
    const shape = (x: Tensor): TensorLike => ({ data: Float32Array.from(numbers(x)), shape: x.shape, dtype: 'f32' });
    const foreign = segments.map(({ transition, state }) => ({ transition: dims(transition), state: shape(state) }));
    const before = segments[1]!.state;
    for (const [state, same] of [
      [undefined, undefined],
      [before, dims(before)],
    ]) {
      const want = numbers(chainStatesSync(segments, { state }));
      expect(numbers(chainStatesSync(foreign, { state: same }))).toEqual(want);
      expect(numbers(await chainStates(foreign, { state: same }))).toEqual(want);
    }
  });

  it('gives a state of its own', async () => {
    const { k, v } = randomInputs('linear', 9, 23) as { k: Tensor; v: Tensor };
    const segment = segmentStateSync(k, v, {});
    const before = numbers(segment.state);
    for (const state of [chainStatesSync([segment]), await chainStates([segment])]) {
      expect(numbers(state)).toEqual(before);
      state.data.fill(7);
      state.dispose();
      expect(numbers(segment.state)).toEqual(before);
    }
  });

  it('does not begin when its signal is aborted', async () => {
    const { k, v } = randomInputs('linear', 9, 24) as { k: Tensor; v: Tensor };
    const segment = segmentStateSync(k, v, {});
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    for (const segments of [[segment], [segment, segment]]) {
      await expect(chainStates(segments, { signal })).rejects.toBe(reason);
      expect(() => chainStatesSync(segments, { signal } as object)).toThrow(reason);
    }
    await expect(segmentState(k, v, { signal })).rejects.toBe(reason);
  });
});
