// Options of softmax attention that are tensors, and which scores a case computes under its options.
import { random, randomMask } from './inputs.mjs';

/** Equal parts that a packed case's tokens are cut into. */
const sequences = 4;
/** Keys that a query names in a case with `keyIndices`. */
const namedKeys = ({ S }) => Math.ceil(S / 8);
const lastKey = ({ S }) => Math.ceil((S * 3) / 4);
const firstKey = ({ S }) => Math.floor(S / 4);

const integers = ({ Tensor }, shape, value) => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return Tensor.from(
    Int32Array.from({ length }, (_, index) => value(index)),
    shape,
  );
};
const offsets = (lib, tokens) => integers(lib, [sequences + 1], (b) => (b * tokens) / sequences);

/** By option: its value for a case's sizes. */
const values = {
  sinks: (lib, { Hq }) => random(lib, [Hq]),
  alibiSlopes: (lib, { Hq }) => random(lib, [Hq], { map: (x) => 0.01 * Math.abs(x) }),
  bias: (lib, { T, S }) => random(lib, [T, S]),
  mask: (lib, { T, S }) => randomMask(lib, [T, S], 0.9),
  kvLengths: (lib, spec) => integers(lib, [spec.B], () => lastKey(spec)),
  kvStart: (lib, spec) => integers(lib, [spec.B], () => firstKey(spec)),
  queryScale: (lib, { B, T }) => random(lib, [B, T], { map: (x) => 1 + 0.5 * x }),
  gate: (lib, { B, T, Hq, D }) => random(lib, [B, T, Hq, D]),
  // In steps of a prime: far apart, and none twice for one query.
  keyIndices: (lib, spec) => integers(lib, [spec.B, spec.T, namedKeys(spec)], (index) => (index * 7919) % spec.S),
};

/** The options of `spec.given`, by name. */
export function givenOptions(lib, spec) {
  return Object.fromEntries(spec.given.map((name) => [name, values[name](lib, spec)]));
}

/** Offsets of a packed batch. */
export const packedOffsets = (lib, { T, S }) => ({ cuSeqlens: { q: offsets(lib, T), k: offsets(lib, S) } });

// [first, last] key that the query at a position sees.
function visibleKeys({ S, given, options: { causal, window = {}, chunk, block }, ...sizes }, position) {
  let [first, last] = [0, S - 1];
  if (given.includes('kvStart')) first = firstKey({ S, ...sizes });
  if (given.includes('kvLengths')) last = lastKey({ S, ...sizes }) - 1;
  if (causal) last = Math.min(last, position);
  if (window.left !== undefined) first = Math.max(first, position - window.left);
  if (window.right !== undefined) last = Math.min(last, position + window.right);
  if (chunk) first = Math.max(first, Math.floor(position / chunk) * chunk);
  if (block) last = Math.min(last, Math.floor(position / block + 1) * block - 1);
  return [first, last];
}

/** Pairs of a query and a key it sees, per head. */
export function visiblePairs(spec) {
  const { T, S, given, packed } = spec;
  if (given.includes('keyIndices')) return T * namedKeys(spec);
  if (packed) {
    return sequences * visiblePairs({ ...spec, packed: false, T: T / sequences, S: S / sequences });
  }
  const start = spec.options.queryStart ?? S - T;
  let pairs = 0;
  for (let t = 0; t < T; ++t) {
    const [first, last] = visibleKeys(spec, start + t);
    pairs += Math.max(0, last - first + 1);
  }
  return pairs;
}

/** Bytes of [T, S] matrices that the call reads, or writes for `scores`, in all heads. */
export function matrixBytes(spec, { bias, mask }) {
  const read = (bias ? bias.data.BYTES_PER_ELEMENT : 0) + (mask ? mask.data.BYTES_PER_ELEMENT : 0);
  const written = spec.options.scores ? spec.T * spec.S * 4 : 0;
  return spec.B * spec.Hq * (visiblePairs(spec) * read + written);
}
