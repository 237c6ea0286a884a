// A user's ES module: one call, and the same class as CommonJS callers get.
import { createRequire } from 'node:module';
import { attention, info, linearAttentionSync, type RecurrentState, type StatePool, Tensor } from 'hybrid-attention';

const one = (value: number): Tensor => Tensor.from(new Float32Array([value]), [1, 1, 1, 1]);

// With a single key the weight is 1, so the result is the value itself.
const { out } = await attention(one(2), one(3), one(5));
if (out.data[0] !== 5) throw new Error(`attention: expected 5, got ${out.data[0]}`);

const { out: state } = linearAttentionSync(one(2), one(3), one(5), { updateRule: 'linear', scale: 1 });
if (state.data[0] !== 30) throw new Error(`linearAttention: expected 30, got ${state.data[0]}`);

// What the package keeps to itself is in none of the types that it ships.
export const kept: Extract<
  keyof RecurrentState | keyof StatePool,
  'begin' | 'end' | 'cancel' | 'lend' | 'takeBack' | 'take' | 'release'
>[] = [];
kept satisfies never[];

const required = createRequire(import.meta.url)('hybrid-attention') as { Tensor: unknown };
if (required.Tensor !== Tensor) throw new Error('import and require give different Tensor classes');
console.log(`ES module: ${info().isa}`);
