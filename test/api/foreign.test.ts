// Tensors of other libraries, and of another copy of this one.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Float16Array as PolyfilledFloat16Array } from '@petamoriken/float16';
import type * as attn from 'hybrid-attention';
import { type ForeignTensor, Tensor, type TensorLike, attention, attentionSync } from 'hybrid-attention';
import { Tensor as OrtTensor } from 'onnxruntime-common';
import { afterAll, describe, expect, it } from 'vitest';
import { caught, expectError } from './errors';

const shape = [1, 2, 1, 4];
const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
const bits = { f16: [0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800], one: [0x3c00] };
const own = Tensor.from(Float32Array.from(numbers), shape);
const result = (tensor: TensorLike) => Array.from(attentionSync(tensor, tensor, tensor).out.castSync('f32').data);
const expected = result(own);
const near = (got: number[]) => {
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i]!, 2);
};

describe('onnxruntime tensors', () => {
  it('are read in place', async () => {
    const tensor = new OrtTensor('float32', Float32Array.from(numbers), shape);
    expect(result(tensor)).toEqual(expected);
    expect(Array.from((await attention(tensor, tensor, tensor)).out.data)).toEqual(expected);
    expect(Tensor.from(tensor).data).toBe(tensor.data);
  });

  it('may be 16-bit floats, masks and integers', () => {
    near(result(new OrtTensor('float16', Uint16Array.from(bits.f16), shape)));
    const mask = new OrtTensor('bool', [true, false, true, true], [2, 2]);
    const { out } = attentionSync(own, own, own, { mask });
    expect(Array.from(out.slice(1, 0, 1).data)).toEqual([1, 2, 3, 4]);
    const kvLengths = new OrtTensor('int32', Int32Array.of(1), [1]);
    expect(Array.from(attentionSync(own, own, own, { kvLengths }).out.data)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('of types that are no dtype here are refused by name', () => {
    const long = new OrtTensor('int64', BigInt64Array.of(1n), [1]);
    expectError(
      caught(() => attentionSync(own, own, own, { kvLengths: long })),
      TypeError,
      'ERR_ATTN_DTYPE',
      'int64',
    );
    const text = new OrtTensor('string', ['a'], [1]);
    expectError(
      caught(() => attentionSync(own, text, own)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'k.data',
      'an array',
    );
  });

  it('elsewhere than in memory of the CPU are refused', () => {
    const elsewhere = { location: 'gpu-buffer', dims: shape, type: 'float32', data: new Float32Array(8) };
    expectError(
      caught(() => result(elsewhere)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'gpu-buffer',
      'CPU',
    );
  });
});

describe('any object with data, shape and dtype', () => {
  it('is a tensor, under the names that libraries use', () => {
    const data = Float32Array.from(numbers);
    expect(result({ data, dims: shape, type: 'float32' })).toEqual(expected);
    expect(result({ data, shape, dtype: 'float32' })).toEqual(expected);
    expect(result({ data, shape, dtype: 'F32' })).toEqual(expected);
    expect(result({ data, shape })).toEqual(expected);
    expect(result({ data: new Float32Array([0, ...numbers]).subarray(1), dims: shape, type: 'float32' })).toEqual(
      expected,
    );
    near(result({ data: Uint16Array.from(bits.f16), shape, dtype: 'float16' }));
  });

  it('has data that fit', () => {
    const data = Float32Array.from(numbers);
    expectError(
      caught(() => result({ data, dims: [1, 2, 1, 5], type: 'float32' })),
      RangeError,
      'ERR_ATTN_SHAPE',
      '10',
      '8',
    );
    expectError(
      caught(() => result({ data, dims: shape, type: 'float16' })),
      TypeError,
      'ERR_ATTN_DTYPE',
      'f16',
    );
    const unknownBits = { data: Uint16Array.from(bits.f16), dims: shape };
    expectError(
      caught(() => result(unknownBits)),
      TypeError,
      'ERR_ATTN_DTYPE',
      'Uint16Array',
    );
  });
});

describe('n-dimensional arrays with strides and offset', () => {
  // [B, H, T, D] in memory, of which the operations want [B, T, H, D].
  const data = Float32Array.of(0, 0, ...numbers);
  const turned = { data, shape: [1, 2, 2, 2], strides: [8, 2, 4, 1], offset: 2, dtype: 'float32' };

  it('are read in place where their last axis is contiguous', async () => {
    const tensor = Tensor.from(turned);
    expect(tensor).toMatchObject({ shape: turned.shape, strides: turned.strides });
    expect(Array.from(tensor.contiguous().data)).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    const want = attentionSync(tensor.contiguous(), tensor.contiguous(), tensor.contiguous()).out.data;
    expect(attentionSync(turned, turned, turned).out.data).toEqual(want);
    expect((await attention(turned, turned, turned)).out.data).toEqual(want);
    data[2] = 10;
    expect(tensor.slice(1, 0, 1).contiguous().data[0]).toBe(10);
    data[2] = 1;
  });

  it('may say stride instead, or have one of the two', () => {
    const { strides, ...rest } = turned;
    expect(Tensor.from({ ...rest, stride: strides }).strides).toEqual(strides);
    expect(Array.from(Tensor.from({ data, shape: [2, 2], offset: 6 }).data)).toEqual([5, 6, 7, 8]);
    expect(Array.from(Tensor.from({ data, shape: [3], strides: [4] }).contiguous().data)).toEqual([0, 3, 7]);
    const rows = { data: Float32Array.of(1, 2), shape: [3, 2], strides: [0, 1] };
    expect(Array.from(Tensor.from(rows).contiguous().data)).toEqual([1, 2, 1, 2, 1, 2]);
    expect(Tensor.from({ data, shape: [0, 4], strides: [4, 1], offset: 99 }).size).toBe(0);
  });

  it('are refused by operations whose last axis must be contiguous', () => {
    const transposed = { data, shape: [1, 2, 1, 4], strides: [8, 1, 8, 2] };
    expectError(
      caught(() => attentionSync(own, transposed, own)),
      RangeError,
      'ERR_ATTN_SHAPE',
      'k: the last axis has stride 2, expected 1',
    );
  });

  it.each([
    [{ strides: [8, 2, 4, 2] }, 'data of shape [1, 2, 2, 2] reaches beyond its data, which holds 10 elements'],
    [{ offset: 3 }, 'reaches beyond its data'],
    [{ strides: [8, 2 ** 52, 2 ** 52, 1] }, 'reaches beyond its data'],
    [{ strides: [8, -2, 4, 1] }, 'the stride of axis 1 must be an integer ≥ 0, got -2; copy the array first'],
    [{ strides: [8, 0.5, 4, 1] }, 'the stride of axis 1 must be an integer ≥ 0, got 0.5'],
    [{ strides: [2, 4, 1] }, 'one for each of the 4 axes, got 3 of them'],
    [{ offset: -1 }, 'offset must be an integer ≥ 0, got -1'],
    [{ strides: 'C' }, 'one for each of the 4 axes, got a string'],
    [{ strides: [8, '2', 4, 1] }, 'the stride of axis 1 must be an integer ≥ 0, got a string'],
    [{ offset: '2' }, 'offset must be an integer ≥ 0, got a string'],
  ] as [object, string][])('are refused with %o', (part, message) => {
    const { name, message: text } = caught(() => Tensor.from({ ...turned, ...part } as ForeignTensor)) as Error;
    const kind = message.endsWith('a string') ? 'TypeError' : 'RangeError';
    expect([name, text]).toEqual([kind, expect.stringContaining(message)]);
  });
});

describe('Float16Array', () => {
  it('of the polyfill is read in place', () => {
    const array = new PolyfilledFloat16Array(numbers);
    const tensor = Tensor.from(array, shape);
    expect(tensor.dtype).toBe('f16');
    near(result(tensor));
    near(result({ data: array, dims: shape, type: 'float16' }));
    array[0] = 1;
    expect(Array.from(tensor.data)).toEqual(bits.f16);
    const part = new PolyfilledFloat16Array(array.buffer, 4, 2);
    expect(Array.from(Tensor.from(part).data)).toEqual(bits.f16.slice(2, 4));
  });

  it.skipIf(!('Float16Array' in globalThis))('of the runtime is read in place', () => {
    const { Float16Array: Native } = globalThis as unknown as { Float16Array: typeof PolyfilledFloat16Array };
    const tensor = Tensor.from(new Native(numbers), shape);
    expect(tensor.dtype).toBe('f16');
    near(result(tensor));
    expect(Array.from(tensor.data)).toEqual(bits.f16);
    expect(Array.from(Tensor.from(new Native(new Native(numbers).buffer, 4, 2)).data)).toEqual(bits.f16.slice(2, 4));
  });
});

describe('another copy of the package', () => {
  const root = resolve(__dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'attention-copy-'));
  for (const part of ['package.json', 'dist', 'build/Release/hybrid_attention.node']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const other = createRequire(__filename)(folder) as typeof attn;

  it('has classes of its own, and reads tensors of the other one', async () => {
    expect(other.Tensor).not.toBe(Tensor);
    const theirs = other.Tensor.from(Float32Array.from(numbers), shape);
    expect(theirs).not.toBeInstanceOf(Tensor);
    expect(result(theirs)).toEqual(expected);
    expect(Array.from(other.attentionSync(own, own, own).out.data)).toEqual(expected);
    const both = await Promise.all([attention(theirs, own, theirs), other.attention(own, theirs, own)]);
    for (const { out } of both) expect(Array.from(out.data)).toEqual(expected);
  });

  it('refuses as its own what is not', () => {
    const theirs = other.Tensor.zeros(shape);
    expectError(
      caught(() => attentionSync(own, own, own, { out: theirs })),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'out',
    );
    expect(() => Tensor.prototype.view.call(theirs, [8])).toThrow(TypeError);
  });
});
