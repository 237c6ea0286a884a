// out = scale · function(x) · multiply + add, elementwise in float64.
import { Dense } from './dense';

export type ActivationFunction = 'identity' | 'silu' | 'sigmoid' | 'softplus' | 'relu' | 'tanh' | 'exp';

export const functions: Readonly<Record<ActivationFunction, (x: number) => number>> = {
  identity: (x) => x,
  silu: (x) => x / (1 + Math.exp(-x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  exp: Math.exp,
};

export interface ActivationCase {
  /** [B, T, H, D] */
  x: Dense;
  function?: ActivationFunction;
  scale?: number;
  multiply?: Dense;
  add?: Dense;
}

export function activation({ x, function: name = 'silu', scale = 1, multiply, add }: ActivationCase): Dense {
  return Dense.build(x.shape, (index) => {
    const value = scale * functions[name](x.at(...index)) * (multiply?.broadcastAt(...index) ?? 1);
    return value + (add?.broadcastAt(...index) ?? 0);
  });
}
