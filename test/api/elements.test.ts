// The values of i32 tensors, which kernels follow unchecked: each one is looked at, and no memory beside them.
import { type AttentionOptions, Tensor, type TensorLike, attentionSync } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { caught, expectError } from './errors';

const [T, S] = [5, 6];
const q = Tensor.zeros([1, T, 2, 8]);
const kv = Tensor.zeros([1, S, 2, 8]);
const compute = (options: AttentionOptions) => attentionSync(q, kv, kv, options);
const indices = (...shape: number[]) => {
  const tensor = Tensor.zeros(shape, { dtype: 'i32' });
  tensor.data.forEach((_, i, all) => {
    all[i] = (i % (S + 1)) - 1; // −1 to S − 1
  });
  return tensor;
};

describe('keyIndices', () => {
  it.each([[0], [1], [17], [T * 4 - 1]])('of which number %i points past the keys are refused by its place', (at) => {
    const keyIndices = indices(1, T, 4);
    keyIndices.data[at] = S;
    expectError(
      caught(() => compute({ keyIndices })),
      RangeError,
      'ERR_ATTN_VALUE',
      `keyIndices[0, ${Math.floor(at / 4)}, 0, ${at % 4}] is ${S}, expected at most ${S - 1}`,
    );
    keyIndices.data[at] = -2;
    expect(() => compute({ keyIndices })).toThrow('is -2, expected at least -1');
  });

  it('count where the view sees them, and what lies between does not', () => {
    const whole = indices(1, T, 4, 3);
    const keyIndices = whole.slice(2, 0, 2); // two heads of four
    whole.slice(1, 1, 2).data[6] = 1 << 30;
    expect(compute({ keyIndices }).out.shape).toEqual(q.shape);
    expect(() => compute({ keyIndices: whole.slice(2, 2, 4) })).toThrow('keyIndices[0, 1, 0, 0] is 1073741824');
  });

  it('may be none at all', () => {
    expect(compute({ keyIndices: Tensor.zeros([1, T, 0], { dtype: 'i32' }) }).out.shape).toEqual(q.shape);
  });
});

it('lengths are looked at one by one', () => {
  const kvLengths: TensorLike = Int32Array.of(S);
  expect(compute({ kvLengths }).out.shape).toEqual(q.shape);
  kvLengths[0] = S + 1;
  expect(() => compute({ kvLengths })).toThrow(`kvLengths[0] is ${S + 1}, expected at most ${S}`);
});
