// Linear attention over a stream: chunks of any length go in as they arrive, and all that a session keeps between them
// is a state whose size never changes. The result is the one that a single call over the whole stream gives.
//   node examples/linear-stream.mjs
import { linearAttentionSync, Tensor } from 'hybrid-attention';

const [tokens, heads, dim] = [96, 4, 64];

const random = (shape, low, high) =>
  Tensor.from(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => low + Math.random() * (high - low)),
    shape,
  );

class Session {
  #state;

  /** Takes the next chunk in and gives its output. */
  push({ q, k, v, decay, beta }) {
    const { out, state } = linearAttentionSync(q, k, v, {
      updateRule: 'gated_delta',
      decay, // natural logarithm of what the state keeps: 0 all, −∞ nothing
      beta, // how far the value stored under this key moves to the new one: 0 not at all, 1 replaces it
      qkL2Norm: true,
      state: this.#state,
      returnState: true,
    });
    this.#state?.dispose();
    this.#state = state;
    return out;
  }

  get bytes() {
    return this.#state.shape.reduce((a, b) => a * b) * 4;
  }
}

const stream = {
  q: random([1, tokens, heads, dim], -1, 1),
  k: random([1, tokens, heads, dim], -1, 1),
  v: random([1, tokens, heads, dim], -1, 1),
  decay: random([1, tokens, heads], -0.1, 0),
  beta: random([1, tokens, heads], 0, 1),
};
const part = (from, to) =>
  Object.fromEntries(Object.entries(stream).map(([name, tensor]) => [name, tensor.slice(1, from, to)]));

const session = new Session();
let last;
for (const [from, to] of [
  [0, 60], // a long first chunk,
  [60, 61], // then single tokens and whatever else arrives
  [61, 62],
  [62, 96],
]) {
  last = session.push(part(from, to));
  console.log(`tokens ${from} to ${to}: out [${last.shape.join(', ')}], ${session.bytes} bytes of state`);
}

const whole = new Session().push(stream);
const tail = whole.slice(1, 62, 96).contiguous().data;
const difference = Math.max(...last.data.map((value, index) => Math.abs(value - tail[index])));
console.log(`largest difference from one call over all ${tokens} tokens: ${difference.toExponential(1)}`);
