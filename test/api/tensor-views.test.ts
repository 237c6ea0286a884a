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

  it('cuts and joins axes of slices that lie in memory as the new shape would', () => {
    const rows = counted(3, 8, 5).slice(1, 2, 6); // [3, 4, 5] with a gap behind each [4, 5]
    for (const shape of [
      [3, 20],
      [3, 2, 2, 5],
      [3, 2, 10],
      [1, 3, 4, 1, 5, 1],
      [3, 4, 5],
      [3, 1, 20],
    ]) {
      const view = rows.view(shape);
      expect(view.shape).toEqual(shape);
      expect(list(view.contiguous())).toEqual(list(rows.contiguous()));
    }
    const turned = counted(2, 6, 5).permute([1, 0, 2]);
    expect(list(turned.view([2, 3, 2, 5]).contiguous())).toEqual(list(turned.contiguous()));
    const data = counted(6, 4);
    const heads = data.slice(1, 1, 3).view([2, 3, 2]);
    data.data[4 * 4 + 1] = 100;
    expect(list(heads.slice(0, 1).contiguous())).toEqual([13, 14, 100, 18, 21, 22]);
  });

  it('refuses shapes whose axes would step unevenly', () => {
    const rows = counted(3, 8, 5).slice(1, 2, 6);
    for (const [tensor, shape] of [
      [rows, [12, 5]],
      [rows, [60]],
      [rows, [4, 3, 5]],
      [counted(2, 3, 4).permute([1, 0, 2]), [6, 4]],
      [counted(4, 6).slice(1, 0, 3), [2, 6]],
    ] as const) {
      expectError(
        caught(() => tensor.view(shape)),
        RangeError,
        'ERR_ATTN_SHAPE',
        `and strides [${tensor.strides.join(', ')}] does not lie in memory as [${shape.join(', ')}]`,
      );
    }
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
