import type { DecayGateOptions as Options, DecayGateResult as Result } from '../generated/decay-gate';
import { operation } from '../native';
import type { Tensor, TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type DecayGateOptions = Options & CallOptions;
export type DecayGateResult = Result;
type WithRate = { returnRate: true };

const onPool = operation<(x: TensorLike, options?: DecayGateOptions) => Promise<Result>>('decayGate');
const onThisThread = operation<(x: TensorLike, options?: DecayGateOptions) => Result>('decayGateSync');

/** The decay of linear attention, as a natural log, from a layer's projection `x` [B, T, C]. */
export function decayGate(x: TensorLike, options: DecayGateOptions & WithRate): Promise<Result & { rate: Tensor }>;
export function decayGate(x: TensorLike, options?: DecayGateOptions): Promise<Result>;
export function decayGate(x: TensorLike, options?: DecayGateOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `decayGate`, and returns when the result is there: for worker threads, and for one token at a time. */
export function decayGateSync(x: TensorLike, options: DecayGateOptions & WithRate): Result & { rate: Tensor };
export function decayGateSync(x: TensorLike, options?: DecayGateOptions): Result;
export function decayGateSync(x: TensorLike, options?: DecayGateOptions): Result {
  return onThisThread(x, options);
}
