import type { DecayGateOptions, DecayGateResult } from '../generated/decay-gate';
import { operation, operationSync } from '../native';
import type { Tensor, TensorLike } from '../tensor';

export type { DecayGateOptions, DecayGateResult };

const onPool = operation<(x: TensorLike, options?: DecayGateOptions) => Promise<DecayGateResult>>('decayGate');
const onThisThread = operationSync<(x: TensorLike, options?: DecayGateOptions) => DecayGateResult>('decayGate');

/** The decay of linear attention, as a natural log, from a layer's projection `x` [B, T, C]. */
export function decayGate(
  x: TensorLike,
  options: DecayGateOptions & { returnRate: true },
): Promise<DecayGateResult & { rate: Tensor }>;
export function decayGate(x: TensorLike, options?: DecayGateOptions): Promise<DecayGateResult>;
export function decayGate(x: TensorLike, options?: DecayGateOptions): Promise<DecayGateResult> {
  return onPool(x, options);
}

/** Like `decayGate`, and returns when the result is there: for worker threads, and for one token at a time. */
export function decayGateSync(
  x: TensorLike,
  options: DecayGateOptions & { returnRate: true },
): DecayGateResult & { rate: Tensor };
export function decayGateSync(x: TensorLike, options?: DecayGateOptions): DecayGateResult;
export function decayGateSync(x: TensorLike, options?: DecayGateOptions): DecayGateResult {
  return onThisThread(x, options);
}
