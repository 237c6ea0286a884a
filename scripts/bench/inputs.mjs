// Inputs of the cases: tensors in memory of the package, filled with reproducible numbers.

function randomBlock(length) {
  const block = new Float32Array(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block[i] = state / 2 ** 31;
  }
  return block;
}

// Random numbers are drawn once and repeated at an odd distance: filling gigabytes one by one takes longer than a run.
const block = randomBlock(1_000_003);

/** Bits of bf16, rounded to nearest even. */
export function bf16Bits(values) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}
const bf16Block = bf16Bits(block);

function repeat(target, source, offset) {
  for (let at = 0, from = offset % source.length; at < target.length; from = 0) {
    const count = Math.min(source.length - from, target.length - at);
    target.set(source.subarray(from, from + count), at);
    at += count;
  }
}

let drawn = 0;

/** Numbers in (−1, 1), or what `map` makes of them (f32 only). */
export function random({ Tensor }, shape, { dtype = 'f32', map } = {}) {
  const tensor = Tensor.empty(shape, { dtype });
  const { data } = tensor;
  drawn += 7919;
  repeat(data, dtype === 'bf16' ? bf16Block : block, drawn);
  if (map) for (let i = 0; i < data.length; ++i) data[i] = map(data[i]);
  return tensor;
}

/** Rows of the last axis scaled to length 1, as the delta rule's keys are. */
export function unitRows(lib, shape) {
  const tensor = random(lib, shape);
  const width = shape.at(-1);
  const { data } = tensor;
  for (let row = 0; row < data.length; row += width) {
    let sum = 0;
    for (let i = row; i < row + width; ++i) sum += data[i] ** 2;
    const factor = 1 / Math.sqrt(sum);
    for (let i = row; i < row + width; ++i) data[i] *= factor;
  }
  return tensor;
}

/** True with probability `share`, and always on and near the diagonal, so that no row is empty. */
export function randomMask({ Tensor }, [T, S], share) {
  const tensor = Tensor.empty([T, S], { dtype: 'bool' });
  const { data } = tensor;
  for (let t = 0; t < T; ++t) {
    for (let s = 0; s < S; ++s)
      data[t * S + s] = s === t || Math.abs(block[(t * S + s) % block.length]) < share ? 1 : 0;
  }
  return tensor;
}

export const bytesOf = (...tensors) => tensors.reduce((sum, tensor) => sum + (tensor?.data.byteLength ?? 0), 0);
