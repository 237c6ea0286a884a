// One softmax case as a call of the package, with what it costs.
import { bytesOf, random, randomMask } from './inputs.mjs';

/** Pairs of a query and a key it sees, per head. */
function visiblePairs({ T, S, options: { causal, window } }) {
  let pairs = 0;
  for (let t = 0; t < T; ++t) {
    const position = S - T + t;
    const last = causal ? position : S - 1;
    pairs += last - Math.max(0, window ? position - window.left : 0) + 1;
  }
  return pairs;
}

function optionTensors(lib, spec) {
  const { T, S, Hq } = spec;
  const options = {};
  if (spec.sinks) options.sinks = random(lib, [Hq]);
  if (spec.alibi) options.alibiSlopes = random(lib, [Hq], { map: (x) => 0.01 * Math.abs(x) });
  if (spec.bias) options.bias = random(lib, [T, S]);
  if (spec.mask) options.mask = randomMask(lib, [T, S], 0.9);
  return options;
}

// Elements of a [T, S] option that the visible scores of all heads need.
const optionBytes = (spec, { bias, mask }) =>
  visiblePairs(spec) * spec.Hq * ((bias ? bias.data.BYTES_PER_ELEMENT : 0) + (mask ? 1 : 0));

export function attentionCase(lib, spec) {
  const { dtype, B, T, S, Hq, Hkv, D } = spec;
  const q = random(lib, [B, T, Hq, D], { dtype });
  const k = random(lib, [B, S, Hkv, D], { dtype });
  const v = random(lib, [B, S, Hkv, D], { dtype });
  const out = lib.Tensor.empty([B, T, Hq, D], { dtype });
  const own = optionTensors(lib, spec);
  const options = { ...spec.options, ...own, ...(spec.allocate ? {} : { out }) };
  const call = () => (spec.asynchronous ? lib.attention : lib.attentionSync)(q, k, v, options);
  const tensors = { q, k, v, out, ...own };
  return {
    call,
    isAsync: spec.asynchronous ?? false,
    kernel: () => lib.explain('attention', q, k, v, options).kernel,
    tensors,
    flops: 4 * visiblePairs(spec) * D * Hq * B,
    bytes: bytesOf(...Object.values(tensors)),
    read: bytesOf(k, v),
    optionBytes: optionBytes(spec, own),
  };
}
