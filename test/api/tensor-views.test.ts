// Tensor: looking at it in other ways.
import { describe, expect, it } from 'vitest';
import { counted, list } from './counted';
import { caught, expectError } from './errors';

describe('views', () => {
  it('permutes, slices and makes contiguous', () => {
    const tensor = counted(2, 3, 4);
    const turned = tensor.permute([2, 0, 1]);
    expect(turned).toMatchObject({ shape: [4, 2, 3], strides: [1, 12, 4] });
    expect(list(turned.contiguous().slice(0, 1, 2))).toEqual([1, 5, 9, 13, 17, 21]);
    expect(list(turned.slice(0, -1).contiguous())).toEqual([3, 7, 11, 15, 19, 23]);
    expect(list(tensor.slice(2, 1, 3).slice(0, 1, 2).contiguous())).toEqual([13, 14, 17, 18, 21, 22]);
    expect(tensor.slice(1, 2, 2)).toMatchObject({ size: 0, shape: [2, 0, 4] });
  });

  it('shares memory, and copies only where it must', () => {
    const tensor = counted(2, 3);
    expect(tensor.contiguous().data.buffer).toBe(tensor.data.buffer);
    const copy = tensor.permute([1, 0]).contiguous();
    copy.data[0] = 100;
    expect(tensor.data[0]).toBe(0);
  });

  it('views in other shapes', () => {
    expect(counted(2, 6).view([3, 4])).toMatchObject({ shape: [3, 4], strides: [4, 1] });
    expectError(
      caught(() => counted(2, 3).view([4])),
      RangeError,
      'ERR_ATTN_SHAPE',
      '4',
      '6',
    );
    const turned = counted(2, 3).permute([1, 0]);
    expectError(
      caught(() => turned.view([6])),
      RangeError,
      'ERR_ATTN_SHAPE',
      '.contiguous()',
    );
  });

  it('hands out data of contiguous tensors only', () => {
    const turned = counted(2, 3).permute([1, 0]);
    expectError(
      caught(() => turned.data),
      RangeError,
      'ERR_ATTN_SHAPE',
      '.contiguous()',
    );
    expect(list(counted(4, 2).slice(0, 1, 3))).toEqual([2, 3, 4, 5]);
    expect(counted(1, 3).permute([1, 0]).data).toHaveLength(3);
  });

  it('refuses axes that are not there', () => {
    const tensor = counted(2, 3);
    expectError(
      caught(() => tensor.permute([0, 0])),
      RangeError,
      'ERR_ATTN_VALUE',
      'twice',
    );
    expectError(
      caught(() => tensor.permute([0])),
      RangeError,
      'ERR_ATTN_VALUE',
      '2',
    );
    expectError(
      caught(() => tensor.permute(1 as never)),
      TypeError,
      'ERR_ATTN_ARG_TYPE',
      'a number',
    );
    expectError(
      caught(() => tensor.slice(2, 0)),
      RangeError,
      'ERR_ATTN_VALUE',
      'axis',
    );
    expectError(
      caught(() => tensor.slice(0, 0, 5)),
      RangeError,
      'ERR_ATTN_VALUE',
      'end',
      '5',
    );
    expectError(
      caught(() => tensor.slice(0, 2, 1)),
      RangeError,
      'ERR_ATTN_VALUE',
      'before',
    );
    expectError(
      caught(() => tensor.slice(0, 0.5)),
      RangeError,
      'ERR_ATTN_VALUE',
      'start',
    );
  });
});
