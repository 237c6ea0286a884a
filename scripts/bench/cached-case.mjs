// Tokens appended to one cached sequence, which they then attend over. The call takes them back, so it can be repeated.
import { random } from './inputs.mjs';

/** T tokens on top of S in the cache. */
export function cachedCase(lib, { dtype, S, T, Hq, Hkv, D }) {
  const pageSize = 16;
  const pool = new lib.CachePool({ kvHeads: Hkv, keyDim: D, dtype, pageSize, pages: Math.ceil((S + T) / pageSize) });
  const sequence = pool.sequence();
  const tensor = (tokens, heads) => random(lib, [1, tokens, heads, D], { dtype });
  // Every page is written once; queries that see themselves alone cost little.
  const all = { q: tensor(S + T, Hq), key: tensor(S + T, Hkv), value: tensor(S + T, Hkv) };
  const append = { key: all.key, value: all.value };
  lib.attentionSync(all.q, [sequence], { append, window: { left: 0, right: 0 } });
  sequence.truncate(S);
  for (const written of Object.values(all)) written.dispose();

  const [q, key, value, out] = [Hq, Hkv, Hkv, Hq].map((heads) => tensor(T, heads));
  const options = { causal: true, append: { key, value }, out };
  return {
    call: () => {
      lib.attentionSync(q, [sequence], options);
      sequence.truncate(S);
    },
    tensors: { q, key, value, out },
  };
}
