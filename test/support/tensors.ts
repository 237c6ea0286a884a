// Between the oracle's numbers and the package's tensors.
import { type DType, Tensor } from 'hybrid-attention';
import { Dense } from '../oracle/dense';
import { bf16FromNumber, f16FromNumber, numberFromBf16, numberFromF16 } from './numbers';
import type { FloatType } from './tolerance';

/**
 * How a tensor lies in memory: `plain` is row-major, `headsFirst` stores [B, T, H, D] as [B, H, T, D], and `padded` is cut
 * out of a larger block of NaN, so that every axis has a gap behind it.
 */
export type Layout = 'plain' | 'headsFirst' | 'padded';

type Elements = Float32Array | Uint16Array | Int32Array | Uint8Array;

function elementsOf(x: Dense, dtype: DType): Elements {
  if (dtype === 'f16') return Uint16Array.from(x.data, f16FromNumber);
  if (dtype === 'bf16') return Uint16Array.from(x.data, bf16FromNumber);
  if (dtype === 'i32') return Int32Array.from(x.data);
  if (dtype === 'bool') return Uint8Array.from(x.data);
  return Float32Array.from(x.data);
}

function wrap(elements: Elements, shape: readonly number[], dtype: DType): Tensor {
  if (elements instanceof Uint16Array) return Tensor.from(elements, shape, dtype as 'f16' | 'bf16');
  if (elements instanceof Uint8Array) return Tensor.from(elements, shape, 'bool');
  return elements instanceof Int32Array ? Tensor.from(elements, shape) : Tensor.from(elements, shape);
}

/** A block of `filler` in which `x` lies, starting at the origin, with a gap behind each axis but the first. */
function padded(x: Dense, filler: number): Dense {
  const shape = x.shape.map((extent, axis) => (axis === 0 ? extent : extent + (axis % 2 === 0 ? 1 : 3)));
  const block = Dense.filled(shape, filler);
  for (let i = 0; i < x.data.length; ++i) block.data[block.offset(x.indexOf(i))] = x.data[i]!;
  return block;
}

export function toTensor(x: Dense, dtype: DType, layout: Layout = 'plain'): Tensor {
  if (layout === 'headsFirst' && x.shape.length === 4) {
    const stored = x.permute([0, 2, 1, 3]);
    return wrap(elementsOf(stored, dtype), stored.shape, dtype).permute([0, 2, 1, 3]);
  }
  if (layout !== 'padded' || x.data.length === 0) return wrap(elementsOf(x, dtype), x.shape, dtype);
  const block = padded(x, dtype === 'i32' || dtype === 'bool' ? 1 : Number.NaN);
  let tensor = wrap(elementsOf(block, dtype), block.shape, dtype);
  x.shape.forEach((extent, axis) => {
    if (extent !== block.shape[axis]) tensor = tensor.slice(axis, 0, extent);
  });
  return tensor;
}

export function toDense(tensor: Tensor): Dense {
  const { data, dtype, shape } = tensor.contiguous();
  if (dtype === 'f16') return new Dense(shape, Float64Array.from(data as Uint16Array, numberFromF16));
  if (dtype === 'bf16') return new Dense(shape, Float64Array.from(data as Uint16Array, numberFromBf16));
  return new Dense(shape, Float64Array.from(data as Float32Array));
}

/** The nearest values that the type holds, so that oracle and package start from the same numbers. */
export function rounded(x: Dense, dtype: FloatType): Dense {
  if (dtype === 'f16') return x.map((value) => numberFromF16(f16FromNumber(value)));
  if (dtype === 'bf16') return x.map((value) => numberFromBf16(bf16FromNumber(value)));
  return x.map(Math.fround);
}
