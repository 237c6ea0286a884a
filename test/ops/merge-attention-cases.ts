// Cases of the matrix of mergeAttention: its few parameters combined pairwise.
import { Dense } from '../oracle/dense';
import { type Assignment, pairwise } from '../support/pairwise';
import { Random } from '../support/random';

export interface MergeCase {
  /** [B, T, H, V] each; packed [T, H, V] */
  outs: readonly Dense[];
  /** [B, H, T] each; packed [H, T] */
  lses: readonly Dense[];
  sinks?: Dense;
}

export const parameters = {
  dtype: ['f32', 'f16', 'bf16'],
  optionDtype: ['f32', 'q'],
  layout: ['plain', 'headsFirst', 'padded'],
  parts: ['1', '2', '7'],
  rows: ['1/1/1', '2/37/3', '1/5/8'],
  packing: ['none', 'packed'],
  dim: ['1', '24', '64', '131'],
  empty: ['none', 'rows', 'parts', 'all'],
  size: ['ordinary', 'far', 'lowest'],
  sinks: ['none', 'sinks'],
} as const;

export const combinations = (seed: number): Assignment[] => pairwise(parameters, () => true, seed);

export function combinedCase(choice: Assignment, seed: number): MergeCase {
  const random = new Random(seed);
  const packed = choice['packing'] === 'packed';
  const [batch, tokens, H] = choice['rows']!.split('/').map(Number) as [number, number, number];
  const [B, T] = packed ? [1, batch * tokens] : [batch, tokens];
  const shaped = (x: Dense) => (packed ? x.view(x.shape.slice(1)) : x);
  const parts = Array.from({ length: Number(choice['parts']) }, (_, i) => i);
  const isEmpty = (part: number): boolean => {
    if (choice['empty'] === 'rows') return random.uniform() < 0.3;
    return choice['empty'] === 'all' || (choice['empty'] === 'parts' && part % 2 === 1);
  };
  const sizes: Readonly<Record<string, () => number>> = {
    ordinary: () => random.normal(),
    far: () => 200 * random.normal(),
    lowest: () => -3.4028234663852886e38,
  };
  const lses = parts.map((part) =>
    Dense.build([B, H, T], () => (isEmpty(part) ? Number.NEGATIVE_INFINITY : sizes[choice['size']!]!())),
  );
  const outs = parts.map((part) => {
    const values = random.normals([B, T, H, Number(choice['dim'])]);
    // A part that saw no key may hold anything.
    return Dense.build(values.shape, ([b, t, h, d]) =>
      lses[part]!.at(b!, h!, t!) === Number.NEGATIVE_INFINITY ? Number.NaN : values.at(b!, t!, h!, d!),
    );
  });
  return {
    outs: outs.map(shaped),
    lses: lses.map(shaped),
    ...(choice['sinks'] === 'sinks' && { sinks: random.normals([H]) }),
  };
}
