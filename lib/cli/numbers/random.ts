// Inputs for measurements: the same numbers in every run.
import { Tensor } from '../../tensor';

/** Even numbers between −1 and 1 (a 32-bit mixing generator; the order of calls does not matter). */
export function randomTensor(shape: readonly number[], seed: number, map = (x: number): number => x): Tensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let state = Math.imul(seed + 1, 0x9e3779b9);
  for (let index = 0; index < data.length; index++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    data[index] = map(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1);
  }
  return Tensor.from(data, shape);
}
