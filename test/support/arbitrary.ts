// Sizes and options that fast-check draws; the numbers in the tensors come from a seed, so that a failure shrinks to
// small sizes and can be repeated.
import fc from 'fast-check';
import type { AttentionCase } from '../oracle/attention';
import type { LinearAttentionCase, UpdateRule } from '../oracle/linear-attention';
import { Random } from './random';
import type { FloatType } from './tolerance';

export interface AttentionSizes {
  seed: number;
  dtype: FloatType;
  B: number;
  T: number;
  S: number;
  Hkv: number;
  group: number;
  K: number;
  V: number;
}

const dims = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 80, 128));

export const attentionSizes: fc.Arbitrary<AttentionSizes> = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<FloatType>('f32', 'f16', 'bf16'),
  B: fc.integer({ min: 1, max: 3 }),
  T: fc.oneof(fc.constantFrom(1, 2, 16, 17), fc.integer({ min: 1, max: 90 })),
  S: fc.integer({ min: 1, max: 150 }),
  Hkv: fc.integer({ min: 1, max: 3 }),
  group: fc.integer({ min: 1, max: 5 }),
  K: dims,
  V: dims,
});

export function attentionInputs({ seed, B, T, S, Hkv, group, K, V }: AttentionSizes): AttentionCase {
  const random = new Random(seed);
  return {
    q: random.normals([B, T, Hkv * group, K]),
    k: random.normals([B, S, Hkv, K]),
    v: random.normals([B, S, Hkv, V]),
  };
}

export const visibility: fc.Arbitrary<Partial<AttentionCase>> = fc.oneof(
  fc.constant({}),
  fc.constant({ causal: true }),
  fc.record({ causal: fc.boolean(), queryStart: fc.integer({ min: -3, max: 60 }) }),
  fc.record({ causal: fc.constant(true), window: fc.record({ left: fc.nat(40) }) }),
  fc.record({ chunk: fc.integer({ min: 1, max: 40 }), causal: fc.boolean() }),
  fc.record({ block: fc.integer({ min: 1, max: 20 }) }),
);

export interface LinearSizes {
  seed: number;
  dtype: FloatType;
  rule: UpdateRule;
  perChannel: boolean;
  B: number;
  T: number;
  heads: readonly [number, number, number];
  K: number;
  V: number;
}

const rules: readonly UpdateRule[] = ['linear', 'gated', 'delta', 'gated_delta', 'generalized_delta'];

export const linearSizes: fc.Arbitrary<LinearSizes> = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<FloatType>('f32', 'f16', 'bf16'),
  rule: fc.constantFrom(...rules),
  perChannel: fc.boolean(),
  B: fc.integer({ min: 1, max: 3 }),
  T: fc.oneof(fc.constantFrom(1, 2, 16, 64, 65), fc.integer({ min: 1, max: 150 })),
  heads: fc.constantFrom([1, 1, 1], [2, 2, 2], [4, 2, 2], [2, 2, 4], [3, 1, 1]),
  K: dims,
  V: dims,
});

export function linearInputs({
  seed,
  rule,
  perChannel,
  B,
  T,
  heads: [Hq, Hk, Hv],
  K,
  V,
}: LinearSizes): LinearAttentionCase {
  const random = new Random(seed);
  const Hs = Math.max(Hk, Hv);
  const size = 1 / Math.sqrt(K);
  const decayed = rule === 'gated' || rule === 'gated_delta' || rule === 'generalized_delta';
  return {
    updateRule: rule,
    q: random.normals([B, T, Hq, K]),
    k: random.normals([B, T, Hk, K], size),
    v: random.normals([B, T, Hv, V]),
    ...(decayed && { decay: random.uniforms(perChannel ? [B, T, Hs, K] : [B, T, Hs], -0.3, 0) }),
    ...((rule === 'delta' || rule === 'gated_delta') && { beta: random.uniforms([B, T, Hs], 0, 1) }),
    ...(rule === 'generalized_delta' && {
      a: random.normals([B, T, Hs, K], size),
      b: random.normals([B, T, Hs, K], size / 2),
    }),
  };
}

/** Offsets of packed sequences of these lengths. */
export function offsetsOf(lengths: readonly number[]): number[] {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length);
  return offsets;
}
