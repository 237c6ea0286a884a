import type { ActivationOptions as Options, ActivationResult as Result } from '../generated/activation';
import { operation } from '../native';
import type { TensorLike } from '../tensor';
import type { CallOptions } from './call-options';

export type ActivationOptions = Options & CallOptions;
export type ActivationResult = Result;

const onPool = operation<(x: TensorLike, options?: ActivationOptions) => Promise<Result>>('activation');
const onThisThread = operation<(x: TensorLike, options?: ActivationOptions) => Result>('activationSync');

/** Elementwise function of `x`, times `multiply`, plus `add`: SiLU, sigmoid and the gated products built on them. */
export function activation(x: TensorLike, options?: ActivationOptions): Promise<Result> {
  return onPool(x, options);
}

/** Like `activation`, and returns when the result is there: for worker threads, and for one token at a time. */
export function activationSync(x: TensorLike, options?: ActivationOptions): Result {
  return onThisThread(x, options);
}
