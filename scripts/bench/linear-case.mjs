// One linear-attention case as a call of the package, with what it costs. States live in a pool and are updated in place.
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
  const pool = spec.state && new lib.StatePool({ heads: H, keyDim: D, updateRule, slots: B });
  const states = pool && { states: Array.from({ length: B }, () => new lib.RecurrentState(pool)) };
  const options = { updateRule, ...own, ...(spec.allocate ? {} : { out }), ...states };
  const stateBytes = 4 * B * H * D * D;
  return {
    call: () => (spec.asynchronous ? lib.linearAttention : lib.linearAttentionSync)(q, k, v, options),
    isAsync: spec.asynchronous ?? false,
    kernel: () => lib.explain('linearAttention', q, k, v, { updateRule, ...own }).kernel,
    tensors: { q, k, v, out, ...own },
    // read the state for q, write it, and with the delta rule read it for k too
    flops: (delta ? 6 : 4) * B * T * H * D * D,
    bytes: bytesOf(q, k, v, out, own.decay, own.beta) + (spec.state ? 2 * stateBytes : 0),
    update: stateBytes,
    dispose: () => {
      for (const state of states?.states ?? []) state.dispose();
      pool?.dispose();
    },
  };
}
