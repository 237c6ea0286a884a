// Softmax attention, token by token: the keys and values of all tokens so far stay in memory that is allocated once,
// and each step attends over a view of its filled part. The sync twin is right here: a step takes microseconds.
//   node examples/softmax-decode.mjs
import { attention, attentionSync, Tensor } from 'hybrid-attention';

const [capacity, promptTokens, newTokens] = [64, 16, 8];
const [heads, kvHeads, dim] = [8, 2, 64]; // 4 query heads share each key head

const random = (...shape) =>
  Tensor.from(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.random() - 0.5),
    shape,
  );

// What a model's projections would produce: one row of keys and values per token.
const rowLength = kvHeads * dim;
const keyMemory = new Float32Array(capacity * rowLength);
const valueMemory = new Float32Array(capacity * rowLength);
const keys = Tensor.from(keyMemory, [1, capacity, kvHeads, dim]); // wraps the memory, copies nothing
const values = Tensor.from(valueMemory, [1, capacity, kvHeads, dim]);
let length = 0;
const append = (key, value) => {
  keyMemory.set(key.data, length * rowLength);
  valueMemory.set(value.data, length * rowLength);
  length += key.shape[1];
};
const filled = (tensor) => tensor.slice(1, 0, length); // a view

// The prompt in one call, off the event loop.
append(random(1, promptTokens, kvHeads, dim), random(1, promptTokens, kvHeads, dim));
const prompt = await attention(random(1, promptTokens, heads, dim), filled(keys), filled(values), { causal: true });
console.log(`prompt: ${promptTokens} tokens, out [${prompt.out.shape.join(', ')}]`);

for (let step = 0; step < newTokens; step++) {
  append(random(1, 1, kvHeads, dim), random(1, 1, kvHeads, dim));
  const { out } = attentionSync(random(1, 1, heads, dim), filled(keys), filled(values));
  console.log(`token ${length}: out [${out.shape.join(', ')}], ${2 * length * rowLength * 4} bytes of keys and values`);
  out.dispose(); // frees the memory now instead of at the next garbage collection
}
