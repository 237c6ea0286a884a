// The class Tensor, implemented natively, and what is accepted in its place.
/// <reference lib="esnext.disposable" preserve="true" />
import { type InspectOptions, inspect } from 'node:util';
import type { DType } from './generated/dtypes';
import { native } from './native';

export type { DType } from './generated/dtypes';

/** Where a tensor's memory is, and with it where work on it runs. */
export type Device = 'cpu' | `cuda:${number}`;

/** What `Tensor.data` gives: bits as Uint16Array for f16 and bf16, bytes as Uint8Array for bool and f8e4m3. */
export type TensorData = Float32Array | Uint16Array | Int32Array | Int8Array | Uint8Array;

/** A Float16Array of the runtime, or of the package `@petamoriken/float16`. */
export interface HalfFloats {
  readonly [Symbol.toStringTag]: 'Float16Array';
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

/**
 * A tensor of another library, read without a copy: onnxruntime-common and transformers.js have `dims` and `type`,
 * others `shape` and `dtype`; names like `float32` and `float16` are known. `data` is a typed array, in row-major order
 * unless there are `strides` (or `stride`) and `offset`, in elements, as n-dimensional arrays have them.
 */
export interface ForeignTensor {
  readonly data: unknown;
  readonly dims?: readonly number[];
  readonly shape?: readonly number[];
  readonly type?: string;
  readonly dtype?: string;
  readonly strides?: readonly number[];
  readonly stride?: readonly number[];
  readonly offset?: number;
}

/** What every operation accepts as a tensor; a typed array stands for a tensor with one axis. */
export type TensorLike = Tensor | ForeignTensor | Float32Array | Int32Array | Int8Array | HalfFloats;

export interface TensorOptions {
  /** Default f32. */
  dtype?: DType | undefined;
  /** Default cpu. */
  device?: Device | undefined;
}

/**
 * A strided view over memory: native memory, or the memory of the typed array it was made from. Views share their memory
 * and keep it alive; `dispose` gives it back at once, the garbage collector does so some time later.
 */
export interface Tensor extends Disposable {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements, not bytes, from one index to the next along each axis. */
  readonly strides: readonly number[];
  /** Number of elements. */
  readonly size: number;
  readonly device: Device;
  readonly disposed: boolean;
  /**
   * The elements, without a copy: writing to them writes to the tensor. Only for contiguous tensors; others have
   * `contiguous()`. When the last tensor over native memory is disposed, the arrays taken from it become empty.
   */
  readonly data: TensorData;
  /**
   * The same elements in another shape, without a copy. Axes that it joins have to continue each other in memory; where they
   * do not this is `ERR_ATTN_SHAPE`, and `contiguous()` makes the copy.
   */
  view(shape: readonly number[]): Tensor;
  /** Axes in another order: `permute([0, 2, 1, 3])` shows [B, H, T, D] as [B, T, H, D]. */
  permute(axes: readonly number[]): Tensor;
  /** Elements `start` to `end` (exclusive) along an axis; negative numbers count from the end. */
  slice(axis: number, start?: number, end?: number): Tensor;
  /** The tensor itself in row-major order: over the same memory if it is in that order already, else a copy. */
  contiguous(): Tensor;
  /** Converted to another dtype, rounded to nearest even; on the thread pool. */
  cast(dtype: DType): Promise<Tensor>;
  /** Like `cast`, on the calling thread. */
  castSync(dtype: DType): Tensor;
  /** Releases the memory; calls that are using it finish first. Other views of it stay valid. */
  dispose(): void;
}

export interface TensorClass {
  readonly prototype: Tensor;
  [Symbol.hasInstance](value: unknown): value is Tensor;
  /** Wraps the array, without a copy. One axis unless a shape is given. */
  from(data: Float32Array | Int32Array | Int8Array | HalfFloats, shape?: readonly number[]): Tensor;
  /** Wraps 16-bit floats given as bits. */
  from(data: Uint16Array, shape: readonly number[] | undefined, dtype: 'f16' | 'bf16'): Tensor;
  /** Wraps bytes as elements of the dtype; its size has to divide their position in the buffer. */
  from(data: Uint8Array, shape: readonly number[] | undefined, dtype: DType): Tensor;
  /** Wraps a tensor of another library. */
  from(data: TensorLike): Tensor;
  /** A tensor in native memory with undefined contents. */
  empty(shape: readonly number[], options?: TensorOptions): Tensor;
  zeros(shape: readonly number[], options?: TensorOptions): Tensor;
}

export const Tensor: TensorClass = native.Tensor;

// What console.log shows: all but the elements, of which there may be millions.
Object.defineProperty(Tensor.prototype, inspect.custom, {
  value(this: Tensor, depth: number, options: InspectOptions): string {
    if (depth < 0) return '[Tensor]';
    const { dtype, shape, strides, device, disposed } = this;
    return `Tensor ${inspect({ dtype, shape, strides, device, disposed }, options)}`;
  },
});
