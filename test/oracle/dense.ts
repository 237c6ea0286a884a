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

  static build(shape: readonly number[], value: (index: number[]) => number): Dense {
    const result = Dense.filled(shape, 0);
    for (let i = 0; i < result.data.length; ++i) result.data[i] = value(result.indexOf(i));
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
    return this.at(...this.shape.map((extent, axis) => (extent === 1 ? 0 : index[axis + skipped]!)));
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
    return Dense.build(
      axes.map((axis) => this.shape[axis]!),
      (index) => {
        const source = new Array<number>(axes.length);
        axes.forEach((axis, i) => {
          source[axis] = index[i]!;
        });
        return this.at(...source);
      },
    );
  }

  slice(axis: number, start: number, end: number): Dense {
    const shape = this.shape.map((extent, i) => (i === axis ? end - start : extent));
    return Dense.build(shape, (index) => this.at(...index.map((at, i) => (i === axis ? at + start : at))));
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
