// Reading attention weights: which token looks at which.

/** Weights of one head, `[query][key]`. */
export type WeightMatrix = readonly (readonly number[])[];

export interface Link {
  readonly to: number;
  readonly weight: number;
}

/** One head out of weights `[1, heads, T, S]`. */
export function headWeights(weights: ArrayLike<number>, [, , T, S]: readonly number[], head: number): WeightMatrix {
  const start = head * T! * S!;
  return Array.from({ length: T! }, (_, t) => Array.from({ length: S! }, (_, s) => weights[start + t * S! + s]!));
}

/** The keys that a query attends to most, strongest first. */
export const strongestLinks = (row: readonly number[], count: number): Link[] =>
  row
    .map((weight, to) => ({ to, weight }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, count);
