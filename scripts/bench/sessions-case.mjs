// One decoding step of many cached sequences, in one call or one call after the other.
import { bytesOf, random } from './inputs.mjs';

// Sequences of one length, each with its own pages: one is computed, the others are read from its bytes.
function fillSequences(lib, pool, { dtype, S, Hq, Hkv, D, sessions }) {
  const first = pool.sequence();
  const q = random(lib, [1, S, Hq, D], { dtype });
  const key = random(lib, [1, S, Hkv, D], { dtype });
  const value = random(lib, [1, S, Hkv, D], { dtype });
  lib.attentionSync(q, [first], { append: { key, value }, window: { left: 0, right: 0 } });
  for (const tensor of [q, key, value]) tensor.dispose();
  const bytes = first.serialize();
  return [first, ...Array.from({ length: sessions - 1 }, () => lib.Sequence.deserialize(pool, bytes))];
}

export function sessionsCase(lib, spec) {
  const { dtype, S, Hq, Hkv, D, sessions, single } = spec;
  const pageSize = 16;
  const pages = sessions * Math.ceil(S / pageSize);
  const pool = new lib.CachePool({ kvHeads: Hkv, keyDim: D, dtype, pageSize, pages });
  const sequences = fillSequences(lib, pool, spec);
  const q = random(lib, [sessions, 1, Hq, D], { dtype });
  const out = lib.Tensor.empty([sessions, 1, Hq, D], { dtype });
  const calls = sequences.map((sequence, at) => {
    const [one, result] = [q, out].map((tensor) => tensor.slice(0, at, at + 1));
    return () => lib.attentionSync(one, [sequence], { out: result });
  });
  const oneByOne = () => {
    for (const call of calls) call();
  };
  return {
    call: single ? oneByOne : () => lib.attentionSync(q, sequences, { out }),
    isAsync: false,
    kernel: () => lib.explain('attention', q, sequences, {}).kernel,
    tensors: { q, out },
    flops: 4 * S * D * Hq * sessions,
    bytes: pool.bytes + bytesOf(q, out),
    read: pool.bytes,
    dispose: () => {
      for (const sequence of sequences) sequence.dispose();
      pool.dispose();
    },
  };
}
