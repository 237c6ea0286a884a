/** A tensor of float64 numbers in row-major order: what the oracle computes with. */
export class Dense {
  readonly shape: readonly number[];
  readonly data: Float64Array;

  constructor(shape: readonly number[], data: ArrayLike<number>) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (data.length !== count) throw new Error(`[${shape}] holds ${count} elements, given ${data.length}`);
    this.shape = shape;
    this.data = data instanceof Float64Array ? data : Float64Array.from(data);
  }

  static filled(shape: readonly number[], value: number): Dense {
    return new Dense(shape, new Float64Array(shape.reduce((product, extent) => product * extent, 1)).fill(value));
  }

  /** Asks `value` for each element; the array it is given changes from one to the next. */
  static build(shape: readonly number[], value: (index: readonly number[]) => number): Dense {
    const result = Dense.filled(shape, 0);
    const index = shape.map(() => 0);
    for (let i = 0; i < result.data.length; ++i) {
      result.data[i] = value(index);
      for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; --axis) index[axis] = 0;
    }
    return result;
  }

  offset(index: readonly number[]): number {
    let offset = 0;
    for (let axis = 0; axis < this.shape.length; ++axis) offset = offset * this.shape[axis]! + index[axis]!;
    return offset;
  }

  at(...index: number[]): number {
    return this.data[this.offset(index)]!;
  }

  set(value: number, ...index: number[]): void {
    this.data[this.offset(index)] = value;
  }

  /** The element at `index` of the shape this one broadcasts to: shapes align at the last axis, 1 and missing repeat. */
  broadcastAt(...index: number[]): number {
    const skipped = index.length - this.shape.length;
    let offset = 0;
    this.shape.forEach((extent, axis) => {
      offset = offset * extent + (extent === 1 ? 0 : index[axis + skipped]!);
    });
    return this.data[offset]!;
  }

  /** Where in the tensor the i-th element lies. */
  indexOf(i: number): number[] {
    const index = new Array<number>(this.shape.length);
    for (let axis = this.shape.length - 1; axis >= 0; --axis) {
      index[axis] = i % this.shape[axis]!;
      i = Math.floor(i / this.shape[axis]!);
    }
    return index;
  }

  /** The same elements under another shape; one extent may be −1. */
  view(shape: readonly number[]): Dense {
    const known = shape.reduce((product, extent) => (extent < 0 ? product : product * extent), 1);
    return new Dense(
      shape.map((extent) => (extent < 0 ? this.data.length / known : extent)),
      this.data,
    );
  }

  /** Axis i of the result is axis `axes[i]` of this tensor. */
  permute(axes: readonly number[]): Dense {
    const source = axes.map(() => 0);
    return Dense.build(
      axes.map((axis) => this.shape[axis]!),
      (index) => {
        for (let i = 0; i < axes.length; ++i) source[axes[i]!] = index[i]!;
        return this.data[this.offset(source)]!;
      },
    );
  }

  slice(axis: number, start: number, end: number): Dense {
    const inner = this.shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
    const stride = this.shape[axis]! * inner;
    const result = Dense.filled(
      this.shape.map((extent, i) => (i === axis ? end - start : extent)),
      0,
    );
    const length = (end - start) * inner;
    for (let outer = 0; length > 0 && outer < result.data.length / length; ++outer) {
      const from = outer * stride + start * inner;
      result.data.set(this.data.subarray(from, from + length), outer * length);
    }
    return result;
  }

  map(change: (value: number) => number): Dense {
    return new Dense(this.shape, this.data.map(change));
  }
}

export function concat(parts: readonly Dense[], axis: number): Dense {
  const first = parts[0]!;
  const before = first.shape.slice(0, axis).reduce((product, extent) => product * extent, 1);
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const result = Dense.filled(
    first.shape.map((extent, i) => (i === axis ? total : extent)),
    0,
  );
  let offset = 0;
  for (let outer = 0; outer < before; ++outer) {
    for (const part of parts) {
      const length = part.data.length / before;
      result.data.set(part.data.subarray(outer * length, (outer + 1) * length), offset);
      offset += length;
    }
  }
  return result;
}
