// Bad segments: each is an error of the function that was called, with the names of its own arguments.
import {
  type ErrorCode,
  type SegmentOptions,
  type SegmentState,
  Tensor,
  chainStates,
  chainStatesSync,
  segmentState,
  segmentStateSync,
} from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectBoth, expectError } from '../api/errors';

const q = Tensor.zeros([1, 4, 2, 3]);
const v = Tensor.zeros([1, 4, 2, 5]);

const refusesChain = (
  segments: unknown,
  options: unknown,
  kind: typeof TypeError | typeof RangeError,
  code: ErrorCode,
  ...mentions: string[]
): Promise<void> =>
  expectBoth(
    () => chainStatesSync(segments as never, options as never),
    () => chainStates(segments as never, options as never),
    kind,
    code,
    'chainStates',
    ...mentions,
  );

describe('segments', () => {
  const segment = segmentStateSync(q, v, { updateRule: 'linear' });

  it.each([
    [undefined, {}, 'segments must be an array, got undefined'],
    [segment, {}, 'segments must be an array, got an object'],
    [[{}], {}, 'segments[0].transition must be a Tensor or an object with data, dims and type, got undefined'],
    [[segment, undefined], {}, 'segments[1].transition must be a Tensor'],
    [
      [{ transition: segment.transition, state: 3 }],
      {},
      'segments[0].state must be a Tensor or an object with data, dims and type, got a number',
    ],
    [[segment], null, 'options must be an object, got null'],
    [[segment], { states: [] }, 'unknown option states; known are state, signal'],
    [[segment], { signal: 3 }, 'signal must be an AbortSignal, got a number'],
    [[segment], { state: [] }, 'state must be a Tensor or an object with data, dims and type, got an array'],
  ])('are chained from a list: %o with %o', async (segments, options, message) => {
    await refusesChain(segments, options, TypeError, 'ERR_ATTN_ARG_TYPE', message);
  });

  it('hold matrices that fit', async () => {
    const zeros = (...shape: number[]): Tensor => Tensor.zeros(shape);
    const refused = (second: Partial<SegmentState>, options: object, ...mentions: string[]): Promise<void> =>
      refusesChain([segment, { ...segment, ...second }], options, RangeError, 'ERR_ATTN_SHAPE', ...mentions);
    await refused({ state: zeros(2, 3, 5) }, {}, 'segments[1].state has shape [2, 3, 5], expected [1, 2, 3, 5]');
    await refused({ transition: zeros(1, 2, 3, 5) }, {}, 'segments[1].transition', 'expected [1, 2, 3, 3], as of');
    await refused({ transition: zeros(1, 1, 3, 3) }, {}, 'segments[1].transition has shape [1, 1, 3, 3]');
    await refused({}, { state: zeros(2, 2, 3, 5) }, 'state has shape [2, 2, 3, 5]', 'as of segments[0].state');
    const flat = { ...segment, state: zeros(2, 3, 5) };
    await refusesChain([flat], {}, RangeError, 'ERR_ATTN_SHAPE', 'segments[0].state', '[batch, heads, rows, columns]');
    await refusesChain([], {}, RangeError, 'ERR_ATTN_VALUE', 'segments is empty');
    const half = { ...segment, transition: segment.transition.castSync('bf16') };
    await refusesChain([half], {}, TypeError, 'ERR_ATTN_DTYPE', 'segments[0].transition has dtype bf16, expected f32');
  });

  const f16 = v.castSync('f16');
  it.each([
    [[undefined, v, {}], TypeError, 'ERR_ATTN_ARG_TYPE', 'k is missing'],
    [[q, undefined, {}], TypeError, 'ERR_ATTN_ARG_TYPE', 'v is missing'],
    [[q, 3, {}], TypeError, 'ERR_ATTN_ARG_TYPE', 'v must be a Tensor or an object with data, dims and type, got a num'],
    [[q.view([4, 2, 3]), v, {}], RangeError, 'ERR_ATTN_SHAPE', 'k has shape [4, 2, 3], expected '],
    [[q, v.slice(1, 0, 3), {}], RangeError, 'ERR_ATTN_SHAPE', 'v axis 1 (tokens) is 3, expected 4 (T, from k)'],
    [[q, f16, {}], TypeError, 'ERR_ATTN_DTYPE', 'v has dtype f16, expected f32 (k is f32)'],
    [[q, v, { updateRule: 'gated' }], TypeError, 'ERR_ATTN_OPTION_CONFLICT', "updateRule 'gated' needs decay"],
    [
      [q, v, { state: undefined, sale: 1 }],
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'unknown option sale; known are updateRule,',
    ],
  ] as const)('are made of keys and values, which errors name: %#', async (given, kind, code, message) => {
    const args = given as unknown as Parameters<typeof segmentState>;
    const error = caught(() => segmentStateSync(...args));
    expectError(error, kind, code, `segmentStateSync: ${message}`);
    const rejection: unknown = await segmentState(...args).catch((reason: unknown) => reason);
    expectError(rejection, kind, code, `segmentState: ${message}`);
    for (const one of [error, rejection]) expect((one as Error).message).not.toMatch(/linearAttention|\bq\b/);
  });

  it('are made with options of the rule', async () => {
    for (const [options, code, message] of [
      [null, 'ERR_ATTN_ARG_TYPE', 'options must be an object, got null'],
      [undefined, 'ERR_ATTN_ARG_TYPE', 'options must be an object, got undefined'],
      [{ normalize: true }, 'ERR_ATTN_OPTION_CONFLICT', 'does not take normalize'],
      [{ state: segment.state }, 'ERR_ATTN_OPTION_CONFLICT', 'does not take state'],
      [{ checkpointEvery: 2 }, 'ERR_ATTN_OPTION_CONFLICT', 'does not take checkpointEvery'],
    ] as const) {
      const given = options as unknown as SegmentOptions;
      await expectBoth(
        () => segmentStateSync(q, v, given),
        () => segmentState(q, v, given),
        TypeError,
        code,
        message,
      );
    }
  });
});
