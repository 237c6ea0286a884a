// Log decay from a projection, in float64.
import { functions } from './activation';
import { Dense } from './dense';

export interface DecayGateCase {
  /** [B, T, C] */
  x: Dense;
  /** [H]; gate c belongs to head floor(c · H / C) */
  logA?: Dense;
  bias?: Dense;
  lowerBound?: number;
  rateMin?: number;
  rateMax?: number;
}

/** decay = −exp(logA) · clamp(softplus(x + bias)), or lowerBound · sigmoid(exp(logA) · (x + bias)). */
export function decayGate(args: DecayGateCase): { decay: Dense; rate: Dense } {
  const { x, logA, bias, lowerBound, rateMin = 0, rateMax = Number.POSITIVE_INFINITY } = args;
  const gates = x.shape[2]!;
  const shifted = (index: readonly number[]): number => x.at(...index) + (bias?.at(index[2]!) ?? 0);
  const a = (c: number): number => (logA ? Math.exp(logA.at(Math.floor((c * logA.shape[0]!) / gates))) : 1);
  const rate = Dense.build(x.shape, (index) =>
    Math.min(Math.max(functions.softplus(shifted(index)), rateMin), rateMax),
  );
  const decay = Dense.build(x.shape, (index) => {
    if (lowerBound !== undefined) return lowerBound * functions.sigmoid(a(index[2]!) * shifted(index));
    return -a(index[2]!) * rate.at(...index);
  });
  return { decay, rate };
}
