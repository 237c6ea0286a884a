// States from tensors to slots: a call of no tokens leaves the state as it was, in the order and dtype of the slot.
import { attnError } from '../errors';
import { operationSync } from '../native';
import { Tensor } from '../tensor';
import type { Slot, StatePool } from './state-pool';

const onThisThread =
  operationSync<(q: Tensor, k: Tensor, v: Tensor, options: Readonly<Record<string, unknown>>) => unknown>(
    'linearAttention',
  );

// Without a batch axis of 1.
function single(name: string, given: Tensor, expected: readonly number[]): Tensor {
  const shape = given.shape.length === expected.length + 1 && given.shape[0] === 1 ? given.shape.slice(1) : given.shape;
  if (shape.length === expected.length && shape.every((extent, axis) => extent === expected[axis])) {
    return shape === given.shape ? given : given.contiguous().view(shape);
  }
  const shapes = `[${given.shape.join(', ')}], expected [${expected.join(', ')}]`;
  throw attnError(RangeError, 'ERR_ATTN_SHAPE', `RecurrentState.from: ${name} is ${shapes}`);
}

/** @internal */
export function copyState(pool: StatePool, state: Tensor, normalizer: Tensor | undefined, to: Slot): void {
  const { heads, keyDim, valueDim } = pool;
  if (pool.normalizer !== (normalizer !== undefined)) {
    const what = pool.normalizer ? 'normalizer is missing: the pool keeps one' : 'the pool keeps no normalizer';
    throw attnError(TypeError, 'ERR_ATTN_OPTION_CONFLICT', `RecurrentState.from: ${what}`);
  }
  const key = Tensor.empty([1, 0, heads, keyDim]);
  const value = Tensor.empty([1, 0, heads, valueDim]);
  onThisThread(key, key, value, {
    states: [single('state', state, [heads, keyDim, valueDim])],
    nextStates: [to.state],
    ...(normalizer && {
      normalize: true,
      normalizers: [single('normalizer', normalizer, [heads, keyDim])],
      nextNormalizers: [to.normalizer],
    }),
  });
}
