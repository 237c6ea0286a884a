// Tensor: making one, converting it, and giving it back.
import { inspect } from 'node:util';
import { Tensor } from 'hybrid-attention';
import { describe, expect, it } from 'vitest';
import { counted, list } from './counted';
import { caught, expectError } from './errors';

describe('from', () => {
  it('wraps without a copy', () => {
    const array = new Float32Array(6);
    const tensor = Tensor.from(array, [2, 3]);
    expect(tensor.data).toBe(array);
    array[4] = 7;
    expect(list(tensor.slice(0, 1))).toEqual([0, 7, 0]);
    expect(tensor).toMatchObject({
      dtype: 'f32',
      shape: [2, 3],
      strides: [3, 1],
      size: 6,
      device: 'cpu',
      disposed: false,
    });
    expect(tensor).toBeInstanceOf(Tensor);
  });

  it('respects byteOffset', () => {
    const buffer = new ArrayBuffer(64);
    const whole = new Float32Array(buffer).fill(1);
    const tensor = Tensor.from(new Float32Array(buffer, 12, 4).fill(5), [2, 2]);
    expect(list(tensor)).toEqual([5, 5, 5, 5]);
    const row = tensor.slice(0, 1).data;
    expect(row.byteOffset).toBe(20);
    row[0] = 9;
    expect(Array.from(whole)).toEqual([1, 1, 1, 5, 5, 9, 5, ...Array(9).fill(1)]);
  });

  it('takes the dtype from the array, has one axis unless told otherwise', () => {
    expect(Tensor.from(new Int32Array(3))).toMatchObject({ dtype: 'i32', shape: [3] });
    expect(Tensor.from(new Int8Array(3))).toMatchObject({ dtype: 'i8', shape: [3] });
    expect(Tensor.from(new Float32Array(0))).toMatchObject({ size: 0, shape: [0] });
    expect(Tensor.from(Float32Array.of(4), [])).toMatchObject({ size: 1, shape: [] });
  });

  it('never guesses the dtype of bits and bytes', () => {
    const bits = new Uint16Array(4) as unknown as Float32Array;
    expectError(
      caught(() => Tensor.from(bits, [4])),
      TypeError,
      'ERR_ATTN_DTYPE',
      'Uint16Array',
      'name it',
    );
    const bytes = new Uint8Array(4) as unknown as Float32Array;
    expectError(
      caught(() => Tensor.from(bytes, [4])),
      TypeError,
      'ERR_ATTN_DTYPE',
      'Uint8Array',
      'name it',
    );
    expect(Tensor.from(new Uint16Array(4), [4], 'bf16').dtype).toBe('bf16');
    expect(Tensor.from(new Uint8Array(4), [4], 'bool').dtype).toBe('bool');
    expect(Tensor.from(new Uint8Array(8), [2, 1], 'f32')).toMatchObject({ dtype: 'f32', shape: [2, 1] });
  });

  it('refuses arrays that are no dtype, and dtypes that an array does not hold', () => {
    const doubles = new Float64Array(2) as unknown as Float32Array;
    expectError(
      caught(() => Tensor.from(doubles, [2])),
      TypeError,
      'ERR_ATTN_DTYPE',
      'Float64Array',
    );
    expectError(
      caught(() => Tensor.from(new Float32Array(2) as never, [2], 'f16')),
      TypeError,
      'ERR_ATTN_DTYPE',
      'f16',
    );
    expectError(
      caught(() => Tensor.from(new Uint16Array(2), [2], 'f12' as never)),
      TypeError,
      'ERR_ATTN_DTYPE',
      'f12',
    );
  });

  it('checks the shape', () => {
    const data = new Float32Array(6);
    expectError(
      caught(() => Tensor.from(data, [2, 4])),
      RangeError,
      'ERR_ATTN_SHAPE',
      '[2, 4]',
      '8',
      '6',
    );
    expectError(
      caught(() => Tensor.from(data, [2, -3])),
      RangeError,
      'ERR_ATTN_SHAPE',
      'axis 1',
    );
    expectError(
      caught(() => Tensor.from(data, [2.5, 2])),
      RangeError,
      'ERR_ATTN_SHAPE',
      'axis 0',
    );
    expectError(
      caught(() => Tensor.from(data, [Number.NaN])),
      RangeError,
      'ERR_ATTN_SHAPE',
      'axis 0',
    );
    expectError(
      caught(() => Tensor.from(data, ['6'] as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'axis 0',
    );
    expectError(
      caught(() => Tensor.from(data, 6 as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'a number',
    );
    expectError(
      caught(() => Tensor.from(data, [1, 1, 1, 1, 1, 2, 3])),
      RangeError,
      'ERR_ATTN_SHAPE',
      '7 axes',
    );
    expectError(
      caught(() => Tensor.empty([2 ** 30, 2 ** 30])),
      RangeError,
      'ERR_ATTN_SHAPE',
      'too many',
    );
  });

  it('refuses bytes that are not aligned', () => {
    const bytes = new Uint8Array(new ArrayBuffer(16), 2, 8);
    expectError(
      caught(() => Tensor.from(bytes, [2], 'f32')),
      RangeError,
      'ERR_ATTN_VALUE',
      'byteOffset 2',
    );
    expect(Tensor.from(bytes, [4], 'bf16').size).toBe(4);
  });

  it('says what it got', () => {
    for (const [value, text] of [
      [[1, 2], 'an array'],
      [null, 'null'],
      [undefined, 'undefined'],
      ['x', 'a string'],
      [new ArrayBuffer(4), 'an ArrayBuffer'],
      [new Map(), 'a Map'],
      [Promise.resolve(), 'a promise'],
    ] as const) {
      expectError(
        caught(() => Tensor.from(value as never)),
        TypeError,
        'ERR_ATTN_ARG_TYPE',
        text,
      );
    }
  });
});

describe('empty and zeros', () => {
  it('makes native memory of the dtype', () => {
    expect(list(Tensor.zeros([2, 2]))).toEqual([0, 0, 0, 0]);
    const half = Tensor.zeros([3], { dtype: 'f16' });
    expect(half.data).toEqual(new Uint16Array(3));
    half.data[1] = 0x3c00;
    expect(list(half.castSync('f32'))).toEqual([0, 1, 0]);
    expect(Tensor.empty([0, 4]).data).toHaveLength(0);
    expect(Tensor.empty([5], { dtype: 'bool' }).data).toBeInstanceOf(Uint8Array);
  });

  it('is aligned and shows one buffer to all views', () => {
    const tensor = Tensor.zeros([4, 4]);
    expect(tensor.data.buffer).toBe(tensor.slice(0, 2).data.buffer);
  });

  it('refuses devices that are not there and memory that does not exist', () => {
    expectError(
      caught(() => Tensor.empty([2], { device: 'cuda:0' })),
      Error,
      'ERR_ATTN_UNSUPPORTED',
      'cuda:0',
    );
    expectError(
      caught(() => Tensor.empty([2], { dtype: 'f64' as never })),
      TypeError,
      'ERR_ATTN_DTYPE',
      'f64',
    );
    expectError(
      caught(() => Tensor.empty([2 ** 50])),
      Error,
      'ERR_ATTN_OUT_OF_MEMORY',
      'bytes',
    );
    expectError(
      caught(() => Tensor.empty([2], 'f32' as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'options',
    );
    expectError(
      caught(() => Tensor.zeros([2], { dtpye: 'f16' } as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'Tensor.zeros: unknown option dtpye',
      'did you mean dtype?',
    );
  });
});

describe('cast', () => {
  it('rounds to nearest even', async () => {
    const values = Float32Array.of(1, 1.00390625, 1.01171875, -2.5, 65520, Number.POSITIVE_INFINITY, 1e-8);
    const bf16 = await Tensor.from(values).cast('bf16');
    expect(list(bf16)).toEqual([0x3f80, 0x3f80, 0x3f82, 0xc020, 0x4780, 0x7f80, 0x322c]);
    const f16 = Tensor.from(values).castSync('f16');
    expect(list(f16)).toEqual([0x3c00, 0x3c04, 0x3c0c, 0xc100, 0x7c00, 0x7c00, 0x0000]);
    expect(list(await f16.cast('f32'))[3]).toBe(-2.5);
  });

  it('takes strided tensors, and leaves the same dtype where it is', async () => {
    const tensor = counted(2, 3);
    expect(list(await tensor.permute([1, 0]).cast('i32'))).toEqual([0, 3, 1, 4, 2, 5]);
    expect((await tensor.cast('f32')).data.buffer).toBe(tensor.data.buffer);
    expect(list(Tensor.from(Float32Array.of(0, -1, Number.NaN)).castSync('bool'))).toEqual([0, 1, 1]);
    expect(list(Tensor.from(Float32Array.of(1e20, -1e20, Number.NaN, 2.5)).castSync('i32'))).toEqual([
      2147483647, -2147483648, 0, 2,
    ]);
  });

  it('rejects instead of throwing', async () => {
    const error = await counted(2)
      .cast('f64' as never)
      .catch((reason: unknown) => reason);
    expectError(error, TypeError, 'ERR_ATTN_DTYPE', 'f64');
  });
});

describe('dispose', () => {
  it('ends this tensor and no other', async () => {
    const tensor = Tensor.zeros([4]);
    const view = tensor.view([2, 2]);
    tensor.dispose();
    tensor.dispose();
    expect(tensor.disposed).toBe(true);
    expect(list(view)).toEqual([0, 0, 0, 0]);
    expectError(
      caught(() => tensor.data),
      Error,
      'ERR_ATTN_DISPOSED',
      'disposed',
    );
    expectError(
      caught(() => tensor.view([4])),
      Error,
      'ERR_ATTN_DISPOSED',
    );
    expectError(await tensor.cast('f16').catch((reason: unknown) => reason), Error, 'ERR_ATTN_DISPOSED');
  });

  it('empties arrays over native memory when the last tensor over it goes', () => {
    const tensor = Tensor.zeros([4]);
    const { data } = tensor;
    const view = tensor.slice(0, 1);
    tensor.dispose();
    expect(data).toHaveLength(4);
    view.dispose();
    expect(data).toHaveLength(0);
  });

  it('leaves the memory of the program alone', () => {
    const array = Float32Array.of(1, 2);
    Tensor.from(array).dispose();
    expect(Array.from(array)).toEqual([1, 2]);
  });

  it('is a disposable resource', () => {
    const tensor = Tensor.zeros([4]);
    tensor[Symbol.dispose]();
    expect(tensor.disposed).toBe(true);
  });
});

describe('class', () => {
  it('is not constructed and its methods need a tensor', () => {
    const Constructor = Tensor as unknown as new () => Tensor;
    expectError(
      caught(() => new Constructor()),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'Tensor.from',
    );
    const { view } = Tensor.prototype;
    for (const receiver of [{}, new Map(), null, Object.create(Tensor.zeros([1]))]) {
      expect(() => view.call(receiver as Tensor, [1])).toThrow(TypeError);
    }
  });

  it('shows all but its elements', () => {
    const tensor = Tensor.zeros([2, 1000], { dtype: 'bf16' });
    expect(inspect(tensor.slice(1, 0, 10), { breakLength: 200 })).toBe(
      "Tensor { dtype: 'bf16', shape: [ 2, 10 ], strides: [ 1000, 1 ], device: 'cpu', disposed: false }",
    );
    tensor.dispose();
    expect(inspect({ tensor }, { breakLength: 200 })).toContain('disposed: true');
    expect(inspect({ a: { b: { tensor } } }, { depth: 1 })).not.toContain('bf16');
  });
});
