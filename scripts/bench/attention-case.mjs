// One softmax case as a call of the package, with what it costs.
import { givenOptions, matrixBytes, packedOffsets, visiblePairs } from './attention-options.mjs';
import { bytesOf, random } from './inputs.mjs';

export function attentionCase(lib, spec) {
  const { dtype, B, T, S, Hq, Hkv, D, packed } = spec;
  const batch = packed ? [] : [B];
  const q = random(lib, [...batch, T, Hq, D], { dtype });
  const k = random(lib, [...batch, S, Hkv, D], { dtype });
  const v = random(lib, [...batch, S, Hkv, D], { dtype });
  const out = lib.Tensor.empty([...batch, T, Hq, D], { dtype });
  const own = givenOptions(lib, spec);
  const options = {
    ...spec.options,
    ...own,
    ...(packed ? packedOffsets(lib, spec) : {}),
    ...(spec.allocate ? {} : { out }),
  };
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
    optionBytes: matrixBytes(spec, own),
  };
}
