// Random calls of linear attention, cut into tokens and segments.
import {
  type LinearAttentionOptions,
  StatePool,
  type StatePoolOptions,
  Tensor,
  type UpdateRule,
} from 'hybrid-attention';
import { Random } from '../support/random';

export const rules: readonly UpdateRule[] = ['linear', 'gated', 'delta', 'gated_delta', 'generalized_delta'];

export const heads = 3;
export const keyDim = 20;
export const valueDim = 12;

export type Inputs = Record<string, Tensor>;

/** Keys of length 1 or less, so that no rule's state grows without bound. */
export function randomInputs(rule: UpdateRule, tokens: number, seed: number, batch = 1): Inputs {
  const random = new Random(seed);
  const draw = (shape: number[], low: number, high: number): Tensor =>
    Tensor.from(Float32Array.from(random.uniforms(shape, low, high).data), shape);
  const perHead = [batch, tokens, heads];
  const perChannel = [...perHead, keyDim];
  const bound = 1 / Math.sqrt(keyDim);
  const inputs: Inputs = {
    q: draw(perChannel, -1, 1),
    k: draw(perChannel, -bound, bound),
    v: draw([...perHead, valueDim], -1, 1),
  };
  if (rule === 'gated' || rule === 'gated_delta') inputs['decay'] = draw(perHead, -0.2, 0);
  if (rule === 'delta' || rule === 'gated_delta') inputs['beta'] = draw(perHead, 0, 1);
  if (rule === 'generalized_delta') {
    inputs['decay'] = draw(perChannel, -0.2, 0);
    inputs['a'] = draw(perChannel, -bound, bound);
    inputs['b'] = draw(perChannel, -bound, bound);
  }
  return inputs;
}

export const cut = (inputs: Inputs, start: number, end: number): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.slice(1, start, end)]));

export function call(
  inputs: Inputs,
  updateRule: UpdateRule,
  further: object = {},
): [Tensor, Tensor, Tensor, LinearAttentionOptions] {
  const { q, k, v, ...gates } = inputs as Inputs & { q: Tensor; k: Tensor; v: Tensor };
  return [q, k, v, { ...gates, updateRule, ...further } as LinearAttentionOptions];
}

export const poolOf = (updateRule: UpdateRule, further: Partial<StatePoolOptions> = {}): StatePool =>
  new StatePool({ heads, keyDim, valueDim, updateRule, ...further });

export const numbers = (tensor: Tensor): number[] => Array.from(tensor.contiguous().data);

/** The largest difference, over the largest number. */
export function difference(got: readonly number[], want: readonly number[]): number {
  if (got.length !== want.length) return Infinity;
  const largest = Math.max(...want.map(Math.abs), 1e-30);
  return Math.max(...got.map((x, i) => Math.abs(x - want[i]!))) / largest;
}
