// Many sessions, one call per step: keys and values live in pages of one pool, sessions have different lengths, and a
// decoding step appends a token to each and attends over all of them at once.
//   node examples/cached-sessions.mjs
import { attention, CachePool, Sequence, Tensor } from 'hybrid-attention';

const [heads, kvHeads, dim] = [8, 2, 64];
const pool = new CachePool({ kvHeads, keyDim: dim, dtype: 'bf16', maxBytes: 4_000_000 });

const random = (...shape) =>
  Tensor.from(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.random() - 0.5),
    shape,
  );
const tokens = (batch, count) => ({
  key: random(batch, count, kvHeads, dim),
  value: random(batch, count, kvHeads, dim),
});

// Three prompts of different lengths.
const sessions = [];
for (const length of [40, 7, 123]) {
  const session = pool.sequence();
  await attention(random(1, length, heads, dim), [session], { causal: true, append: tokens(1, length) });
  sessions.push(session);
}
console.log(
  `prompts: ${sessions.map(({ length }) => length).join(', ')} tokens; ${pool.freePages} of ${pool.pages} pages free`,
);

// A session may branch: the pages of the common past are shared until one of the two appends to them.
sessions.push(sessions[2].fork());

// Each step is one call for all sessions.
for (let step = 0; step < 4; step++) {
  const { out } = await attention(random(sessions.length, 1, heads, dim), sessions, {
    append: tokens(sessions.length, 1),
  });
  out.dispose();
}
console.log(`after 4 steps: ${sessions.map(({ length }) => length).join(', ')} tokens; ${pool.freePages} pages free`);

// Rejected speculation is cut off; a session can leave the process and come back.
sessions[0].truncate(42);
const bytes = sessions[0].serialize();
sessions[0].dispose(); // its pages return to the pool
const restored = Sequence.deserialize(pool, bytes);
console.log(`restored from ${bytes.length} bytes: ${restored.length} tokens`);
