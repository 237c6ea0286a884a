import { Dense } from '../oracle/dense';
import { numberFromBf16, numberFromF16 } from './numbers';
import type { StoredTensor } from './safetensors';

/** The elements of a tensor of a .safetensors file as numbers. */
export function denseOf({ dtype, shape, bytes }: StoredTensor): Dense {
  const { buffer } = bytes;
  if (dtype === 'F32') return new Dense(shape, new Float32Array(buffer));
  if (dtype === 'I32') return new Dense(shape, new Int32Array(buffer));
  if (dtype === 'I64') return new Dense(shape, Array.from(new BigInt64Array(buffer), Number));
  if (dtype === 'BOOL') return new Dense(shape, bytes);
  if (dtype === 'F16') return new Dense(shape, Float64Array.from(new Uint16Array(buffer), numberFromF16));
  if (dtype === 'BF16') return new Dense(shape, Float64Array.from(new Uint16Array(buffer), numberFromBf16));
  throw new Error(`cannot read ${dtype}`);
}
