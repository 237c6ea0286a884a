// Many sessions of linear attention, one call per step: each holds a state of constant size, may branch, take back what
// a speculation added, and leave the process as bytes.
//   node examples/recurrent-sessions.mjs
import { linearAttention, RecurrentState, StatePool, Tensor } from 'hybrid-attention';

const [heads, dim] = [4, 64];
const pool = new StatePool({ heads, keyDim: dim, updateRule: 'gated_delta', maxBytes: 2_000_000, rollback: 4 });

const random = (shape, low = -1, high = 1) =>
  Tensor.from(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => low + Math.random() * (high - low)),
    shape,
  );

/** Moves all sessions on by some tokens each, in one call. */
async function step(states, tokens) {
  const shape = [states.length, tokens, heads, dim];
  const { out } = await linearAttention(random(shape), random(shape), random(shape), {
    updateRule: 'gated_delta',
    qkL2Norm: true,
    decay: random(shape.slice(0, 3), -0.1, 0),
    beta: random(shape.slice(0, 3), 0, 1),
    states,
  });
  return out;
}

const first = new RecurrentState(pool);
await step([first], 200); // a long prompt
const second = new RecurrentState(pool);
await step([second], 20);
const branch = first.fork(); // nothing is copied until one of the two moves on

for (let token = 0; token < 4; token++) await step([first, second, branch], 1);
const lengths = () => [first, second, branch].map(({ length }) => length).join(', ');
console.log(`sessions of ${lengths()} tokens, ${first.bytes} bytes of state each`);

branch.rollback(3); // the rejected end of a speculation
console.log(`after taking back three: ${lengths()} tokens`);

const bytes = second.serialize();
second.dispose();
const restored = RecurrentState.deserialize(pool, bytes);
console.log(`restored from ${bytes.length} bytes: ${restored.length} tokens`);
