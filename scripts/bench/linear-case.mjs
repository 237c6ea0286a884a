// One linear-attention case as a call of the package, with what it costs.
import { bytesOf, random, unitRows } from './inputs.mjs';

const hasDelta = (rule) => rule === 'delta' || rule === 'gated_delta';

export function linearCase(lib, spec) {
  const { dtype, B, T, H, D, updateRule } = spec;
  const delta = hasDelta(updateRule);
  const shape = [B, T, H, D];
  const q = random(lib, shape, { dtype });
  const k = delta && dtype === 'f32' ? unitRows(lib, shape) : random(lib, shape, { dtype });
  const v = random(lib, shape, { dtype });
  const out = lib.Tensor.empty(shape, { dtype });
  const own = {};
  if (spec.decay) {
    own.decay = random(lib, spec.decay === 'channel' ? shape : [B, T, H], { map: (x) => -0.1 * Math.abs(x) });
  }
  if (delta) own.beta = random(lib, [B, T, H], { map: Math.abs });
  if (spec.state) own.state = random(lib, [B, H, D, D]).permute([0, 1, 3, 2]);
  const options = {
    updateRule,
    ...own,
    ...(spec.allocate ? {} : { out }),
    ...(spec.state ? { returnState: true } : {}),
  };
  const call = () => {
    const result = (spec.asynchronous ? lib.linearAttention : lib.linearAttentionSync)(q, k, v, options);
    if (spec.state) result.state.dispose();
    return result;
  };
  const stateBytes = 4 * B * H * D * D;
  return {
    call,
    isAsync: spec.asynchronous ?? false,
    kernel: () => lib.explain('linearAttention', q, k, v, options).kernel,
    tensors: { q, k, v, out, ...own },
    // read the state for q, write it, and with the delta rule read it for k too
    flops: (delta ? 6 : 4) * B * T * H * D * D,
    bytes: bytesOf(q, k, v, out, own.decay, own.beta) + (spec.state ? 2 * stateBytes : 0),
    update: stateBytes,
  };
}
